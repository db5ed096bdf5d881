package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// folder is a set of files in memory.
type folder map[string]string

func (f folder) files(t testing.TB) *exchange.Files {
	t.Helper()
	in := fstest.MapFS{}
	for name, text := range f {
		in[name] = &fstest.MapFile{Data: []byte(text)}
	}
	files, err := exchange.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (f folder) with(name, text string) folder {
	out := maps.Clone(f)
	out[name] = text
	return out
}

// only are some of the files.
func (f folder) only(names ...string) folder {
	out := folder{}
	for _, name := range names {
		out[name] = f[name]
	}
	return out
}

type closer struct {
	bytes.Buffer
	name string
	to   folder
}

func (c *closer) Close() error {
	c.to[c.name] = c.String()
	return nil
}

func export(t testing.TB, db *postgres.DB, r postgres.ExportRequest) folder {
	t.Helper()
	out := folder{}
	_, err := db.Export(context.Background(), r, func(name string) (io.WriteCloser, error) {
		return &closer{name: name, to: out}, nil
	})
	if err != nil {
		t.Fatalf("exporting: %v", err)
	}
	return out
}

func imported(t testing.TB, db *postgres.DB, f folder) exchange.Report {
	t.Helper()
	report, err := db.Import(context.Background(), postgres.ImportRequest{Files: f.files(t)})
	if err != nil {
		t.Fatalf("importing: %v\n%v", err, errorsOf(report))
	}
	return report
}

func errorsOf(r exchange.Report) []string {
	var lines []string
	for _, p := range r.Problems {
		if !p.Warning {
			lines = append(lines, p.String())
		}
	}
	return lines
}

func warningsOf(r exchange.Report) []string {
	var lines []string
	for _, p := range r.Problems {
		if p.Warning {
			lines = append(lines, p.String())
		}
	}
	return lines
}

// small is a clinic that goes live with two practitioners, a room and three patients. It is Monday, 2 March 2026, 8:00.
func small() folder {
	return folder{
		"clinic.csv":        "slug,name,zone,region,phone,origins\nlakeside,Lakeside,America/New_York,US,(212) 555-0100,https://lakeside.example\n",
		"locations.csv":     "id,name\nmain,Main Street\n",
		"specialties.csv":   "id,name,title,words\ngeneral,General,doctor,doc; GP\n",
		"rooms.csv":         "id,name,location\nr1,Room 1,main\n",
		"services.csv":      "id,name,specialty,duration,buffer_after,grid,needs,default\nvisit,Visit,general,30,10,30,,yes\ntreat,Treatment,general,60,0,30,room=r1,no\n",
		"practitioners.csv": "id,title,given_name,family_name,specialties,services\nada,Dr.,Ada,A,general,visit;treat\nben,Dr.,Ben,B,general,visit;treat\n",
		"hours.csv":         "practitioner,weekday,opens,closes\nada,Monday,9:00,12:00\nada,Tue,09:00,17:00\nben,Tuesday,09:00,17:00\n",
		"closures.csv":      "day,kind,opens,closes,reason\n2026-12-25,closed,,,Christmas Day\n2026-12-24,open,09:00,12:00,Christmas Eve\n",
		"patients.csv": "id,given_name,family_name,birth_date,phone,email,guardian,relation,last_seen\n" +
			"P1,Ann,Abel,1980-05-06,(646) 555-0111,ann@example.com,,,2025-01-02\n" +
			"P2,Bob,Bell,1990-07-08,646-555-0112,,,,\n" +
			"P3,Kid,Abel,2018-09-10,,,P1,mother,\n",
		"appointments.csv": "id,patient,practitioner,service,start,state\n" +
			"A1,P1,ada,visit,2026-03-03 09:00,booked\n" +
			"A2,P2,ada,visit,2026-03-03 09:30,confirmed\n" +
			"A3,P3,ben,treat,2026-03-03 10:00,booked\n" +
			"A4,P2,ben,visit,2025-06-01 03:10,completed\n" +
			"A5,P1,ben,treat,2026-03-04 10:00,cancelled\n",
	}
}

func empty(t testing.TB) *storetest.Env {
	t.Helper()
	e := storetest.Open(t)
	e.Clock.Set(monday)
	return e
}

func scalar[T any](t testing.TB, e *storetest.Env, query string, args ...any) T {
	t.Helper()
	var v T
	if err := e.Owner.QueryRow(context.Background(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func TestImportMakesAClinicThatCanBeBooked(t *testing.T) {
	t.Parallel()

	e := empty(t)
	report := imported(t, e.DB, small())
	if diff := cmp.Diff([]string{
		`appointments.csv:2, start: warning: leaves less time before or after the visit than its service wants, because of line 3`,
	}, warningsOf(report)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	ctx := context.Background()
	found, err := e.DB.FindClinic(ctx, "", "https://lakeside.example")
	if err != nil || found.Slug != "lakeside" || found.Phone != "+12125550100" {
		t.Fatalf("FindClinic by origin: %+v, %v", found, err)
	}
	directory, err := e.DB.Directory(ctx, found.ID)
	if err != nil {
		t.Fatal(err)
	}
	slots, err := e.DB.Search(ctx, found.ID, clinic.Query{Service: directory.Services[1].ID, From: monday.Add(24 * time.Hour), Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	for _, s := range slots {
		starts = append(starts, s.Start.Format("02 15:04"))
	}
	if diff := cmp.Diff([]string{"03 09:00", "03 10:30", "03 11:00"}, starts); diff != "" { // Ben, then Ada when she has tidied up
		t.Errorf("free (-want +got):\n%s", diff)
	}
	for query, want := range map[string]int{
		"select count(*) from allocation where state = 2":                                                        7, // two visits of two, and one with a room
		"select count(*) from appointment_event where actor_kind = 'system' and channel = 'cli' and version = 1": 5,
		"select count(*) from patient_link where relation = 'mother'":                                            1,
		"select count(*) from patient where seen_at is not null":                                                 2,
		"select count(*) from audit where action = 'clinic.import'":                                              1,
	} {
		if got := scalar[int](t, e, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func TestImportAgainChangesNothing(t *testing.T) {
	t.Parallel()

	e := empty(t)
	imported(t, e.DB, small())
	version := scalar[int](t, e, "select version from directory_version")
	report := imported(t, e.DB, small())
	if report.Changes() != 0 {
		t.Errorf("the second run: %+v", report.Files)
	}
	if got := scalar[int](t, e, "select version from directory_version"); got != version {
		t.Errorf("directory version %d, want %d", got, version)
	}
}

func TestImportChanges(t *testing.T) {
	t.Parallel()

	e := empty(t)
	imported(t, e.DB, small())
	f := small()
	f["hours.csv"] = "practitioner,weekday,opens,closes\nada,Monday,10:00,12:00\n"
	f["closures.csv"] = "day,kind\n2026-12-25,removed\n"
	f["patients.csv"] = "id,given_name,family_name,birth_date,phone\nP1,Anna,Abel,1980-05-06,646 555 0119\n"
	f["practitioners.csv"] = "id,given_name,family_name,specialties,retired\nben,Ben,B,general,yes\n"
	f["appointments.csv"] = "id,patient,practitioner,service,start,state\nA1,P1,ada,visit,2026-03-03 11:00,booked\nA2,P2,ada,visit,2026-03-03 09:30,cancelled\nA4,P2,ben,visit,2025-06-01 03:10,completed\n"
	report := imported(t, e.DB, f.only("hours.csv", "closures.csv", "patients.csv", "practitioners.csv", "appointments.csv"))
	want := []exchange.Count{
		{File: "practitioners.csv", Lines: 1, Changed: 1},
		{File: "hours.csv", Lines: 1, Added: 1, Removed: 2},
		{File: "closures.csv", Lines: 1, Unchanged: 1, Removed: 1},
		{File: "patients.csv", Lines: 1, Changed: 1},
		{File: "appointments.csv", Lines: 3, Changed: 2, Unchanged: 1},
	}
	if diff := cmp.Diff(want, report.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	out := export(t, e.DB, postgres.ExportRequest{})
	for file, lines := range map[string][]string{
		"practitioners.csv": {"ada,Dr.,Ada,A,,general,en,treat; visit,1,,no", "ben,Dr.,Ben,B,,general,en,treat; visit,1,,yes"},
		"hours.csv":         {"ada,,main,Monday,10:00,12:00,,", "ben,,main,Tuesday,09:00,17:00,,"},
		"closures.csv":      {",,,2026-12-24,open,09:00,12:00,Christmas Eve"},
		"patients.csv": {
			"P1,Anna,Abel,1980-05-06,'+16465550119,ann@example.com,en,,,2025-01-02", "P2,Bob,Bell,1990-07-08,'+16465550112,,en,,,2025-06-01",
			"P3,Kid,Abel,2018-09-10,,,en,P1,mother,",
		},
		"appointments.csv": {
			"A1,P1,ada,visit,main,2026-03-03 11:00,,30,booked,no", "A2,P2,ada,visit,main,2026-03-03 09:30,,30,cancelled,no",
			"A3,P3,ben,treat,main,2026-03-03 10:00,,60,booked,no", "A4,P2,ben,visit,main,2025-06-01 03:10,,30,completed,no",
			"A5,P1,ben,treat,main,2026-03-04 10:00,,60,cancelled,no",
		},
	} {
		got := strings.Split(strings.TrimSpace(out[file]), "\n")[1:]
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	history := scalar[string](t, e, "select string_agg(v.kind, ' ' order by a.external_id, v.version) from appointment_event v join appointment a on a.id = v.appointment_id where a.external_id in ('A1', 'A2')")
	if history != "booked moved confirmed cancelled" {
		t.Errorf("history: %s", history)
	}
	if n := scalar[int](t, e, "select count(*) from allocation l join appointment a on a.id = l.appointment_id where l.state > 0 and a.external_id = 'A2'"); n != 0 {
		t.Errorf("a cancelled appointment takes %d", n)
	}
}

func TestImportOfNothingWithProblems(t *testing.T) {
	t.Parallel()

	e := empty(t)
	f := small().
		with("patients.csv", "id,given_name,family_name,birth_date,phone,guardian\nP1,Ann,Abel,06.05.1980,,\nP2,,Bell,1990-07-08,12,\nP3,Kid,Abel,2018-09-10,,P9\n").
		with("appointments.csv", "id,patient,practitioner,service,start,state,utc_offset\n"+
			"A1,P3,ada,visit,2026-03-03 09:00,booked,\nA2,P2,ada,visit,2026-03-03 09:15,booked,\nA2,P3,ada,visit,2026-04-03 09:15,booked,\n"+
			"A4,P3,ben,visit,2026-03-08 02:30,booked,\nA5,P3,ben,visit,2026-11-01 01:30,booked,\nA6,P3,nobody,visit,2026-11-01 01:30,gone,\n")
	for _, dry := range []bool{true, false} {
		report, err := e.DB.Import(context.Background(), postgres.ImportRequest{Files: f.files(t), DryRun: dry})
		if !errors.Is(err, postgres.ErrProblems) {
			t.Fatalf("dry %v: %v", dry, err)
		}
		want := []string{
			`patients.csv:2, birth_date: not a date; want YYYY-MM-DD`,
			`patients.csv:3, given_name: is empty`,
			`patients.csv:3, phone: not a telephone number; want it with its area code, or with + and the country code`,
			`patients.csv:4, guardian: there is no patient of that id, neither here nor in the files`,
			`appointments.csv:4, id: the same id is in line 3 already`,
			`appointments.csv:5, start: the clock skips that time; the next one that there is, is 2026-03-08 03:00`,
			`appointments.csv:6, utc_offset: the clock shows that time twice: want -04:00 for the first or -05:00 for the second`,
			`appointments.csv:7, state: "gone" is not one of: booked, confirmed, arrived, completed, cancelled, no_show`,
		}
		if diff := cmp.Diff(want, errorsOf(report)); diff != "" {
			t.Errorf("dry %v (-want +got):\n%s", dry, diff)
		}
	}
	if n := scalar[int](t, e, "select count(*) from clinic"); n != 0 {
		t.Errorf("there are %d clinics", n)
	}
}

// A file that cannot be read is one problem, and not one more for every line that speaks of what is in it.
func TestImportOfAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()

	e := empty(t)
	f := small().with("patients.csv", "id,given_name,family_name,birth_date,shoe_size\nP1,Ann,Abel,1980-05-06,40\n")
	report, err := e.DB.Import(context.Background(), postgres.ImportRequest{Files: f.files(t), DryRun: true})
	if !errors.Is(err, postgres.ErrProblems) {
		t.Fatal(err)
	}
	if got := errorsOf(report); len(got) != 1 || !strings.HasPrefix(got[0], `patients.csv:1: there is no column "shoe_size"`) {
		t.Errorf("problems: %q", got)
	}
}

func TestImportOverlaps(t *testing.T) {
	t.Parallel()

	e := empty(t)
	imported(t, e.DB, small())
	f := small().only("appointments.csv")
	for name, tt := range map[string]struct{ lines, want string }{
		"two lines, one practitioner": {
			"B1,P1,ada,visit,2026-03-10 09:00,no\nB2,P2,ada,visit,2026-03-10 09:15,no\n",
			"appointments.csv:3, start: the practitioner's time is taken: by line 2, 2026-03-10 09:00 to 09:30",
		},
		"two lines, one patient": {
			"B1,P1,ada,visit,2026-03-10 09:00,no\nB2,P1,ben,visit,2026-03-10 09:15,no\n",
			"appointments.csv:3, start: the patient has another visit at that time: by line 2, 2026-03-10 09:00 to 09:30",
		},
		"what is here": {
			"B1,P2,ben,visit,2026-03-03 10:30,no\n",
			`appointments.csv:2, start: the practitioner's time is taken: by appointment "A3", which is here, 2026-03-03 10:00 to 11:00`,
		},
		"the room": {
			"B1,P2,ada,treat,2026-03-03 10:30,no\n",
			"appointments.csv:2, start: no room or device that the service needs is free at that time",
		},
		"squeezed in": {"B1,P2,ben,visit,2026-03-03 10:30,yes\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f := f.with("appointments.csv", "id,patient,practitioner,service,start,overbooked\n"+tt.lines)
			report, err := e.DB.Import(context.Background(), postgres.ImportRequest{Files: f.files(t), DryRun: true})
			if got := strings.Join(errorsOf(report), "\n"); got != tt.want {
				t.Errorf("%v, got\n%s\nwant\n%s", err, got, tt.want)
			}
		})
	}
}

func TestImportLeavesWhatPatientsChanged(t *testing.T) {
	t.Parallel()

	e := empty(t)
	imported(t, e.DB, small())
	ctx := context.Background()
	found, err := e.DB.FindClinic(ctx, "lakeside", "")
	if err != nil {
		t.Fatal(err)
	}
	var c clinic.CancelRequest
	c.Key, c.Version = "cancel", 1
	if err := e.Owner.QueryRow(ctx, "select id, patient_id from appointment where external_id = 'A1'").Scan(&c.Appointment, &c.Actor.ID); err != nil {
		t.Fatal(err)
	}
	c.Actor.Kind, c.Actor.Channel = clinic.ActorPatient, "web"
	if _, err := e.DB.Cancel(ctx, found.ID, c); err != nil {
		t.Fatal(err)
	}
	report := imported(t, e.DB, small())
	want := []string{"appointments.csv:2, state: warning: was changed here since it was imported, so it stays as it is here"}
	if diff := cmp.Diff(want, warningsOf(report)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if state := scalar[string](t, e, "select state from appointment where external_id = 'A1'"); state != "cancelled" {
		t.Errorf("the patient's cancelled appointment is %s", state)
	}
}

// TestExportImportExport moves the demo clinic, which has no ids of other systems, into an empty database.
func TestExportImportExport(t *testing.T) {
	t.Parallel()

	from, to := empty(t), empty(t)
	data, err := demo.Dataset(monday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := from.DB.Seed(context.Background(), data); err != nil {
		t.Fatal(err)
	}
	first := export(t, from.DB, postgres.ExportRequest{})
	report := imported(t, to.DB, first)
	if w := warningsOf(report); len(w) > 0 {
		t.Errorf("%d warnings, such as %s", len(w), w[0])
	}
	second := export(t, to.DB, postgres.ExportRequest{})
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("files (-first +second):\n%.4000s", diff)
	}
	if again := imported(t, from.DB, second); again.Changes() != 0 {
		t.Errorf("back where it came from: %+v", again.Files)
	}
	if got, want := scalar[int](t, to, "select count(*) from allocation where state = 2"), scalar[int](t, from, "select count(*) from allocation where state = 2"); got != want {
		t.Errorf("%d allocations, want %d", got, want)
	}
}

func TestExportSome(t *testing.T) {
	t.Parallel()

	e := empty(t)
	imported(t, e.DB, small())
	r := postgres.ExportRequest{Kinds: []string{"appointments"}}
	r.From.Year, r.From.Month, r.From.Day = 2026, 3, 4
	r.Until = r.From
	out := export(t, e.DB, r)
	if names := slices.Collect(maps.Keys(out)); !slices.Equal(names, []string{"appointments.csv"}) {
		t.Fatalf("files %v", names)
	}
	if want := "id,patient,practitioner,service,location,start,utc_offset,duration,state,overbooked\nA5,P1,ben,treat,main,2026-03-04 10:00,,60,cancelled,no\n"; out["appointments.csv"] != want {
		t.Errorf("got %s", out["appointments.csv"])
	}
	if n := scalar[int](t, e, "select count(*) from audit where action = 'clinic.export'"); n != 1 {
		t.Errorf("%d audit rows of the export", n)
	}
	if _, err := e.DB.Export(context.Background(), postgres.ExportRequest{Clinic: "nobody"}, nil); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("a clinic that is not there: %v", err)
	}
}
