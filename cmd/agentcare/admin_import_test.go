package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/store/storetest"
)

// agentcare runs the program as in a terminal.
func agentcare(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

// ownDatabase makes a private database the one of the environment.
func ownDatabase(t *testing.T) *storetest.Env {
	t.Helper()
	cleanEnv(t)
	e := storetest.Open(t)
	for name, value := range map[string]string{"DATABASE_URL": e.URL, "ENCRYPTION_KEYS": storetest.Keys, "LOG_FORMAT": "json"} {
		t.Setenv(name, value)
	}
	return e
}

// TestGoingLive goes the whole way: templates, a look, the import, again, out, and into the same clinic.
func TestGoingLive(t *testing.T) {
	e := ownDatabase(t)
	dir := filepath.Join(t.TempDir(), "clinic")
	steps := []struct {
		args []string
		says string
	}{
		{[]string{"import", "--template", dir}, "has the files to fill in"},
		{[]string{"import", dir, "--dry-run"}, "This was a dry run: nothing was changed."},
		{[]string{"import", dir}, "example-clinic is as the files say now."},
		{[]string{"import", dir}, "Nothing to change: example-clinic is as the files say."},
		{[]string{"import", filepath.Join(dir, "hours.csv"), filepath.Join(dir, "patients.csv"), "--clinic", "example-clinic"}, "Nothing to change"},
		{[]string{"export", filepath.Join(dir, "out")}, "has the files of example-clinic: 1 patients, 1 appointments."},
		{[]string{"import", filepath.Join(dir, "out")}, "Nothing to change"},
	}
	for _, step := range steps {
		code, stdout, stderr := agentcare(t, append([]string{"admin"}, step.args...)...)
		if code != exitOK || !strings.Contains(stdout, step.says) {
			t.Fatalf("%v: exit code %d, want %q in\n%s%s", step.args, code, step.says, stdout, stderr)
		}
		for _, personal := range []string{"Alex", "1980-05-06", "5550111", "alex@"} {
			if strings.Contains(stdout+stderr, personal) {
				t.Errorf("%v says %q:\n%s%s", step.args, personal, stdout, stderr)
			}
		}
	}
	var zone string
	if err := e.Owner.QueryRow(t.Context(), "select zone from clinic").Scan(&zone); err != nil || zone != "America/New_York" {
		t.Errorf("the clinic's zone is %q, %v", zone, err)
	}
}

func TestExportIsForOneAlone(t *testing.T) {
	ownDatabase(t)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, args := range [][]string{{"import", "--template", in}, {"import", in}, {"export", out}, {"export", out, "--force", "--what", "patients"}} {
		if code, _, stderr := agentcare(t, append([]string{"admin"}, args...)...); code != exitOK {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	modes := map[string]fs.FileMode{}
	for _, path := range []string{out, filepath.Join(out, "patients.csv"), filepath.Join(out, "appointments.csv")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		modes[filepath.Base(path)] = info.Mode().Perm()
	}
	if diff := cmp.Diff(map[string]fs.FileMode{"out": 0o700, "patients.csv": 0o600, "appointments.csv": 0o600}, modes); diff != "" {
		t.Errorf("permissions (-want +got):\n%s", diff)
	}
	code, _, stderr := agentcare(t, "admin", "export", out, "--what", "rooms,patients")
	if code != exitFailure || !strings.Contains(stderr, "is there already: --force overwrites it") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	ownDatabase(t)
	dir := t.TempDir()
	if code, _, stderr := agentcare(t, "admin", "import", "--template", dir); code != exitOK {
		t.Fatal(stderr)
	}
	broken := "id,given_name,family_name,birth_date\nP-1001,Secret,Example,06/05/1980\n"
	if err := os.WriteFile(filepath.Join(dir, "patients.csv"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := agentcare(t, "admin", "import", dir, "--dry-run", "--format", "json")
	var report exchange.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v in\n%s", err, stdout)
	}
	want := []exchange.Problem{{File: "patients.csv", Line: 2, Column: "birth_date", Message: "not a date; want YYYY-MM-DD"}}
	if diff := cmp.Diff(want, report.Problems); diff != "" || code != exitFailure || !report.DryRun {
		t.Errorf("exit code %d, %s, problems (-want +got):\n%s", code, stderr, diff)
	}
	code, stdout, stderr = agentcare(t, "admin", "import", dir)
	for _, says := range []string{"patients.csv:2, birth_date: not a date; want YYYY-MM-DD\n", "1 line: 1 added", "1 problem and 0 warnings. Nothing was changed."} {
		if !strings.Contains(stdout, says) {
			t.Errorf("want %q in\n%s", says, stdout)
		}
	}
	if code != exitFailure || strings.Contains(stdout+stderr, "Secret") {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
}

func TestImportAndExportRefuse(t *testing.T) {
	ownDatabase(t)
	dir, taken := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(taken, "clinic.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"import"}, "name a folder or files to import"},
		{[]string{"import", dir}, "there is nothing to import"},
		{[]string{"import", filepath.Join(dir, "none")}, "there is no file or folder"},
		{[]string{"import", "--template", taken}, "name another folder"},
		{[]string{"import", dir, dir}, "want one folder, or files alone"},
		{[]string{"export", filepath.Join(dir, "out")}, "There is no clinic yet"},
		{[]string{"export", dir, "--from", "tomorrow"}, `--from: want YYYY-MM-DD, got "tomorrow"`},
		{[]string{"export", dir, "--from", "2026-12-02", "--until", "2026-12-01"}, "--until is before --from"},
		{[]string{"export", dir, "--what", "secrets"}, "must be one of"},
	} {
		code, _, stderr := agentcare(t, append([]string{"admin"}, tt.args...)...)
		if code == exitOK || !strings.Contains(stderr, tt.says) {
			t.Errorf("%v: exit code %d, want %q in %s", tt.args, code, tt.says, stderr)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{to: &out, now: func() time.Time { return now }}
	p.tell("patient", 0, 3000)
	p.tell("patient", 10, 3000) // too soon to be told
	now = now.Add(time.Second)
	p.tell("patient", 1000, 3000)
	p.end()
	if want := "\r\x1b[Kpatient: 0 of 3000, 0 rows/s\r\x1b[Kpatient: 1000 of 3000, 1000 rows/s\r\x1b[K"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	quiet := newProgress(&out)
	out.Reset()
	quiet.tell("patient", 1, 2)
	quiet.end()
	if out.Len() > 0 {
		t.Errorf("told a file: %q", out.String())
	}
}
