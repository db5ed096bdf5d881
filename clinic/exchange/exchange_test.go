package exchange

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

var us = Locale{Region: "US", Today: localtime.Date{Year: 2026, Month: 3, Day: 2}}

// readText reads a file of patients and says what is wrong.
func readText(t testing.TB, text string) ([]Patient, []string) {
	t.Helper()
	var ps problems
	sheet, err := read(&patientTable, strings.NewReader(text), us, &ps)
	if err != nil {
		t.Fatal(err)
	}
	var patients []Patient
	for _, row := range sheet.Rows {
		patients = append(patients, row.T)
	}
	var lines []string
	for _, p := range ps.sorted() {
		lines = append(lines, p.String())
	}
	return patients, lines
}

func TestReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()

	ann := Patient{ID: "P1", GivenName: "Ann", FamilyName: "Abel", BirthDate: localtime.Date{Year: 1980, Month: 5, Day: 6}, Phone: "+16465550111"}
	for name, text := range map[string]string{
		"plain":                 "id,given_name,family_name,birth_date,phone\nP1,Ann,Abel,1980-05-06,(646) 555-0111\n",
		"no end of line":        "id,given_name,family_name,birth_date,phone\nP1,Ann,Abel,1980-05-06,646.555.0111",
		"from Excel in Europe":  "\ufeffid;given_name;family_name;birth_date;phone\r\nP1;Ann;Abel;1980-05-06;+1 646 555 0111\r\n",
		"tabs":                  "id\tgiven_name\tfamily_name\tbirth_date\tphone\nP1\tAnn\tAbel\t1980-05-06\t6465550111\n",
		"another order":         "phone,birth_date,Family_Name, given_name ,ID\n6465550111,1980-05-06, Abel ,Ann,P1\n",
		"quoted":                "id,given_name,family_name,birth_date,phone\n\"P1\",\"Ann\",\"Abel\",\"1980-05-06\",\"'+16465550111\"\n",
		"blank lines and cells": "id,given_name,family_name,birth_date,phone,,\n\n,,,,,,\nP1,Ann,Abel,1980-05-06,646 555 0111,,\n,,,,,,\n",
	} {
		got, problems := readText(t, text)
		if diff := cmp.Diff([]Patient{ann}, got); diff != "" || problems != nil {
			t.Errorf("%s: problems %q, (-want +got):\n%s", name, problems, diff)
		}
	}
}

func TestReadProblems(t *testing.T) {
	t.Parallel()

	const header = "id,given_name,family_name,birth_date,phone,email,language,guardian\n"
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"nothing": {"", []string{"patients.csv:1: has no header; its first line names the columns: id,given_name,family_name,birth_date,phone,email,language,guardian,relation,last_seen"}},
		"columns": {"id,given_nam,family_name,birth_date,id\n", []string{
			`patients.csv:1: there is no column "given_nam"; did you mean given_name?`, `patients.csv:1, id: the column is there twice`, `patients.csv:1, given_name: the column is missing`,
		}},
		"no column like it": {"id,given_name,family_name,birth_date,shoe_size\n", []string{
			`patients.csv:1: there is no column "shoe_size"; known are id, given_name, family_name, birth_date, phone, email, language, guardian, relation, last_seen`,
		}},
		"no CSV":    {"PK\x03\x04", []string{"patients.csv: is no CSV file; save it as CSV UTF-8"}},
		"not UTF-8": {header + "P1,Ren\xe9,Abel,1980-05-06,,,,\n", []string{"patients.csv:2, given_name: is not UTF-8 text; save the file as CSV UTF-8"}},
		"cells": {header + "P1,Ann,Abel\n,Ann,Abel,1980-05-06,,,,,more\n", []string{
			"patients.csv:2: has 3 cells, the header 8; a cell with a separator inside needs quotation marks",
			"patients.csv:3: has 9 cells, the header 8; a cell with a separator inside needs quotation marks",
		}},
		"every line and column": {header + "P1,Ann,Abel,1980-02-30,12,ann@,english,P1\nP2,,\"Be\nll\",2030-01-01,,,,\nP3,Bob,Bell,1850-01-01,,,,\n", []string{
			"patients.csv:2, birth_date: not a date; want YYYY-MM-DD",
			"patients.csv:2, phone: not a telephone number; want it with its area code, or with + and the country code",
			"patients.csv:2, email: not a mail address; want name@example.org",
			`patients.csv:2, language: not a language; want two letters such as en`,
			"patients.csv:3, given_name: is empty",
			"patients.csv:3, birth_date: not a date; want YYYY-MM-DD",
			"patients.csv:5, birth_date: not a date; want YYYY-MM-DD",
		}},
		"own guardian": {header + "P1,Ann,Abel,1980-05-06,,,,P1\n", []string{"patients.csv:2, guardian: nobody is their own guardian"}},
		"quotes":       {header + "P1,An\"n,Abel,1980-05-06,,,,\nP2,,Bell,1990-07-08,,,,\n", []string{"patients.csv:2: the quotation marks do not match from here on (line 2): a cell with one inside is written \"like \"\"this\"\"\"", "patients.csv:3, given_name: is empty"}},
	} {
		_, got := readText(t, tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestProblemsNameNobody reads what is personal into the wrong columns and looks for it in what is said.
func TestProblemsNameNobody(t *testing.T) {
	t.Parallel()

	_, got := readText(t, "id,given_name,family_name,birth_date,phone,email,guardian,language,last_seen\n"+
		"Secret;Id,Ann,Abel,Secretday,Secretphone,Secretmail,a|Secretguardian,Secretlanguage,Secretseen\n")
	if len(got) != 7 || strings.Contains(strings.Join(got, "\n"), "Secret") {
		t.Errorf("problems: %q", got)
	}
	_, got = readText(t, "P1,Secret,Secret,1980-05-06\n")
	if len(got) != 1 || strings.Contains(got[0], "ecret") {
		t.Errorf("without a header: %q", got)
	}
}

func TestFormulasAreMarked(t *testing.T) {
	t.Parallel()

	for value, cell := range map[string]string{
		"=1+1": "'=1+1", "+16465550111": "'+16465550111", "-x": "'-x", "@SUM(A1)": "'@SUM(A1)", "'=1": "''=1", "O'Neil": "O'Neil", "'s": "'s", "": "",
	} {
		if got := escape(value); got != cell {
			t.Errorf("escape(%q) = %q, want %q", value, got, cell)
		}
		if got, ok := unescape(cell); got != value || !ok {
			t.Errorf("unescape(%q) = %q, want %q", cell, got, value)
		}
	}
}

// again writes rows and reads them.
func again[T any](t *rapid.T, table *table[T], rows []T) ([]T, string) {
	var out bytes.Buffer
	if err := write(table, &out, rows); err != nil {
		t.Fatal(err)
	}
	var ps problems
	sheet, err := read(table, strings.NewReader(out.String()), us, &ps)
	if err != nil || len(ps.list) > 0 {
		t.Fatalf("reading what was written: %v, %v\n%s", err, ps.list, out.String())
	}
	var got []T
	for _, row := range sheet.Rows {
		got = append(got, row.T)
	}
	return got, out.String()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()

	word := rapid.StringMatching(`[=+@'"a-zé,\n -]{0,6}[a-zé"]`).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
	key := rapid.StringMatching(`[=+A-Za-z0-9/._-]{1,8}`).Filter(func(s string) bool { return !strings.Contains(s, "=") })
	rapid.Check(t, func(t *rapid.T) {
		day := func(name string) localtime.Date {
			return localtime.Date{Year: rapid.IntRange(1930, 2025).Draw(t, name), Month: time.Month(rapid.IntRange(1, 12).Draw(t, name)), Day: rapid.IntRange(1, 28).Draw(t, name)}
		}
		want := []Patient{{
			ID: key.Draw(t, "id"), GivenName: word.Draw(t, "given name"), FamilyName: word.Draw(t, "family name"), BirthDate: day("birth"),
			Phone: rapid.SampledFrom([]string{"", "+16465550111", "+493012345678"}).Draw(t, "phone"), Email: rapid.SampledFrom([]string{"", "a@example.com"}).Draw(t, "email"),
			LastSeen: day("seen"), Language: "es",
		}}
		if got, text := again(t, &patientTable, want); !cmp.Equal(want, got) {
			t.Fatalf("patients (-want +got):\n%s\n%s", cmp.Diff(want, got), text)
		}
		hours := []Hours{{
			Who: Who{Practitioner: key.Draw(t, "practitioner")}, Location: key.Draw(t, "location"), Weekday: time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday")),
			Opens: localtime.Clock(rapid.IntRange(0, 700).Draw(t, "opens")), Closes: localtime.Clock(rapid.IntRange(701, 1440).Draw(t, "closes")),
		}}
		if got, text := again(t, &hoursTable, hours); !cmp.Equal(hours, got) {
			t.Fatalf("hours (-want +got):\n%s\n%s", cmp.Diff(hours, got), text)
		}
	})
}

type buffer struct {
	bytes.Buffer
	name string
	into fstest.MapFS
}

func (b *buffer) Close() error {
	b.into[b.name] = &fstest.MapFile{Data: b.Bytes()}
	return nil
}

// TestTemplateCanBeImported holds the examples to the rules.
func TestTemplateCanBeImported(t *testing.T) {
	t.Parallel()

	out := fstest.MapFS{}
	if err := Template(func(name string) (io.WriteCloser, error) { return &buffer{name: name, into: out}, nil }); err != nil {
		t.Fatal(err)
	}
	files, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Read(us); err != nil {
		t.Fatal(err)
	}
	plan := NewPlan(files, &Data{}, time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC), uuid.New)
	plan.Place(nil)
	report := plan.Report()
	if len(report.Files) != len(fileNames) || report.Changes() != len(fileNames) {
		t.Errorf("files: %+v", report.Files)
	}
	for _, p := range report.Problems {
		t.Errorf("problem: %v", p)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()

	if _, err := Open(fstest.MapFS{"notes.txt": {}}); err == nil {
		t.Error("a folder without files of ours was opened")
	}
	files, err := Open(fstest.MapFS{"pateints.csv": {}, "clinic.csv": {Data: []byte("slug,name,zone\na,A,UTC\nb,B,UTC\n")}})
	if err != nil {
		t.Fatal(err)
	}
	report := Report{Problems: files.problems.sorted()}
	if report.Errors() != 2 {
		t.Errorf("problems: %v", report.Problems)
	}
}

// TestDocumentation holds docs/import.md to the tables: every file, column, requirement and default.
func TestDocumentation(t *testing.T) {
	t.Parallel()

	text, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range documentation() {
		if !strings.Contains(string(text), section) {
			t.Errorf("docs/import.md lacks this, as it is now:\n%s", section)
		}
	}
}

// documentation is a table for each file.
func documentation() []string {
	return []string{
		document(&clinicTable), document(&locationTable), document(&specialtyTable), document(&roomTable), document(&serviceTable),
		document(&practitionerTable), document(&hoursTable), document(&closureTable), document(&patientTable), document(&appointmentTable),
	}
}

func document[T any](t *table[T]) string {
	var b strings.Builder
	b.WriteString("### " + t.file() + "\n\n" + t.help + "\n\n| column | needed | holds | example | empty means |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range t.columns {
		needed := ""
		if c.required {
			needed = "yes"
		}
		help := c.help
		if help == "" {
			help = strings.TrimPrefix(strings.TrimPrefix(c.what, "a "), "an ")
		}
		b.WriteString("| " + strings.Join([]string{"`" + c.name + "`", needed, strings.ReplaceAll(help, "|", "\\|"), c.example, c.fallback}, " | ") + " |\n")
	}
	return b.String()
}

// FuzzRead reads anything as patients and as services: no panic, and what is accepted is read back as it is.
func FuzzRead(f *testing.F) {
	f.Add("id,given_name,family_name,birth_date,phone\nP1,Ann,Abel,1980-05-06,(646) 555-0111\n")
	f.Add("\ufeffid;given_name;family_name;birth_date;guardian;relation\r\nP1;\"An\"\"n\";'=Abel;1980-05-06;P2; P3;mother\r\n")
	f.Add("id,name,specialty,duration,needs,words\nv,Visit,g,30,room=r1|r2; laser=l1,a; b\n")
	f.Add("practitioner,room,weekday,opens,closes\na,,Mon,9:00,24:00\n")
	f.Add("id,patient,practitioner,service,start,utc_offset\nA1,P1,a,v,2026-11-01T01:30:00,-05:00\n")
	f.Fuzz(func(t *testing.T, text string) {
		reread(t, &patientTable, text)
		reread(t, &serviceTable, text)
		reread(t, &hoursTable, text)
		reread(t, &closureTable, text)
		reread(t, &appointmentTable, text)
		reread(t, &clinicTable, text)
	})
}

func reread[T any](t *testing.T, table *table[T], text string) {
	t.Helper()
	accepted := func(text string) ([]T, []Problem) {
		var ps problems
		sheet, err := read(table, strings.NewReader(text), us, &ps)
		if err != nil {
			t.Fatal(err)
		}
		var rows []T
		for _, row := range sheet.Rows {
			rows = append(rows, row.T)
		}
		return rows, ps.list
	}
	rows, _ := accepted(text)
	var out bytes.Buffer
	if err := write(table, &out, rows); err != nil {
		t.Fatal(err)
	}
	got, problems := accepted(out.String())
	if diff := cmp.Diff(rows, got); diff != "" || len(problems) > 0 {
		t.Errorf("%s: problems %v, (-read +read again):\n%s", table.file(), problems, diff)
	}
}
