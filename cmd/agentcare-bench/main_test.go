package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/store/storetest"
)

// bench runs the program and returns what it printed.
func benchmark(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = command(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// A small network from an empty server to figures, and again with what was loaded.
func TestScheduling(t *testing.T) {
	server := storetest.Empty(t)
	name := "agentcare_test_bench_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() { drop(t, server, name) })
	args := []string{
		"scheduling", "--database", server, "--database-name", name,
		"--practitioners=20", "--days=4", "--allocations=4000", "--for=50ms", "--clients=4", "--rivals=16",
	}
	for run, says := range []string{"data: making the database " + name, "data: what an earlier run loaded into " + name} {
		code, stdout, stderr := benchmark(t, args...)
		if code != exitOK {
			t.Fatalf("run %d: exit code %d: %s", run+1, code, stderr)
		}
		if !strings.HasPrefix(stdout, says) {
			t.Errorf("run %d begins with %.80q, want %q", run+1, stdout, says)
		}
		wantResults(t, lastLine(t, stdout))
		wantNoneLeft(t, server, name)
	}
	if code, stdout, stderr := benchmark(t, append(args, "--days=3", "--allocations=3000")...); code != exitOK || !strings.HasPrefix(stdout, "data: making") {
		t.Errorf("another size: exit code %d, %.80q, %s", code, stdout, stderr)
	}
}

func lastLine(t *testing.T, text string) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("the last line is %q: %v", lines[len(lines)-1], err)
	}
	return line
}

func wantResults(t *testing.T, line map[string]any) {
	t.Helper()
	results, ok := line["results"].(map[string]any)
	if line["bench"] != "scheduling" || !ok || len(line) != 2 {
		t.Fatalf("the last line is %v", line)
	}
	want := []string{
		"bookings_floor_per_s", "bookings_per_s", "index_scan_ms", "race_deadlocks", "race_p99_ms", "race_winners",
		"search_all_ms", "search_full_p99_ms", "search_typical_p50_ms", "search_typical_p99_ms", "select1_p50_ms",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(results))); diff != "" {
		t.Error(diff)
	}
	for key, value := range results {
		n, ok := value.(float64)
		if wantZero := key == "race_deadlocks"; !ok || wantZero != (n == 0) {
			t.Errorf("%s is %v", key, value)
		}
	}
	if results["race_winners"] != 1.0 {
		t.Errorf("%v winners", results["race_winners"])
	}
}

// wantNoneLeft is about the bookings of the benchmark itself: the next run finds what was loaded.
func wantNoneLeft(t *testing.T, server, name string) {
	t.Helper()
	ctx := context.Background()
	url, err := withDatabase(server, name)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var events, pairs, constraints int
	if err := conn.QueryRow(ctx, `
		select (select count(*) from appointment_event), (select count(*) - 2 * (select count(*) from appointment) from allocation),
		  (select count(*) from pg_constraint where conrelid = 'allocation'::regclass and contype in ('x', 'f'))`).Scan(&events, &pairs, &constraints); err != nil {
		t.Fatal(err)
	}
	if events != 0 || pairs != 0 || constraints < 3 {
		t.Errorf("%d events are left, %d allocations too many, %d constraints", events, pairs, constraints)
	}
}

func drop(t *testing.T, server, name string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
		t.Error(err)
	}
}

func TestWrongUse(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"an unknown part", []string{"nonsense"}, exitUsage, "agentcare-bench --help"},
		{"no database", []string{"scheduling"}, exitFailure, "DATABASE_URL is not set"},
		{"no URL", []string{"scheduling", "--database=x"}, exitFailure, "want postgres://"},
		{"nobody listens", []string{"scheduling", "--database=postgres://somebody:secret@127.0.0.1:1/x"}, exitFailure, "cannot reach Postgres"},
		{"nobody works there", []string{"scheduling", "--practitioners=0"}, exitFailure, "0 practitioners over 30 days"},
		{"more than they can do", []string{"scheduling", "--allocations=9000000"}, exitFailure, "9000000 allocations of 1000 practitioners in 30 days: want"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := benchmark(t, tt.args...)
			if code != tt.code || !strings.Contains(stderr, tt.says) || strings.Contains(stderr, "secret") {
				t.Errorf("exit code %d, %q; want %d, %q", code, stderr, tt.code, tt.says)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	if code, stdout, _ := benchmark(t, "--help"); code != exitOK || !strings.Contains(stdout, "scheduling") {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}
