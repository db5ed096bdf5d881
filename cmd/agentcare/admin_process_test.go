package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/storetest"
)

// front is the demo clinic with a practitioner who has visits on a day to come.
type front struct {
	*storetest.Env
	t    *testing.T
	id   uuid.UUID
	who  clinic.Practitioner
	day  localtime.Date
	seen int // visits of who on day
}

// newFront finds the first day at least three days ahead on which somebody has several visits.
func newFront(t *testing.T) *front {
	t.Helper()
	env := storetest.Open(t)
	if err := seed(t.Context(), env.DB, nil, console{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	setEnv(t, map[string]string{"APP_ENV": "development", "DATABASE_URL": env.URL, "ENCRYPTION_KEYS": storetest.Keys, "PUBLIC_URL": "https://clinic.example"})
	f := &front{Env: env, t: t}
	found, err := env.DB.FindClinic(t.Context(), "harbor-view", "")
	if err != nil {
		t.Fatal(err)
	}
	f.id = found.ID
	var who uuid.UUID
	var day time.Time
	err = env.Owner.QueryRow(t.Context(), `
		select practitioner_id, local_start::date, count(*)::int from appointment
		where state = 'booked' and local_start::date > current_date + 2 group by 1, 2 having count(*) >= 2 order by 2, 1 limit 1`).Scan(&who, &day, &f.seen)
	if err != nil {
		t.Fatal(err)
	}
	f.day = localtime.DateOf(day, time.UTC)
	directory, err := env.DB.Directory(t.Context(), f.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range directory.Practitioners {
		if p.ID == who {
			f.who = p
		}
	}
	return f
}

// run runs the command and returns what it printed.
func (f *front) run(want int, args ...string) (out, said string) {
	f.t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), append([]string{"admin", "process-data"}, args...), &stdout, &stderr); code != want {
		f.t.Fatalf("%v ended with %d, want %d:\n%s%s", args, code, want, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// report is [front.run] as JSON.
func (f *front) report(args ...string) displacedReport {
	f.t.Helper()
	out, _ := f.run(exitOK, append([]string{"displaced", "--format", "json"}, args...)...)
	var report displacedReport
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		f.t.Fatalf("%v in %s", err, out)
	}
	return report
}

func (f *front) count(query string, args ...any) int {
	f.t.Helper()
	var n int
	if err := f.Owner.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}

func TestAPractitionerIsAway(t *testing.T) {
	f := newFront(t)
	away := []string{"--practitioner", f.who.FamilyName, "--from", f.day.String(), "--close", "--reason", "conference"}
	if out, _ := f.run(exitOK, "displaced"); !strings.Contains(out, "No appointment is displaced.") {
		t.Errorf("at first:\n%s", out)
	}
	out, _ := f.run(exitOK, append([]string{"displaced", "--dry-run"}, away...)...)
	if !strings.Contains(out, "Would be closed: "+f.who.DisplayName()+", "+f.day.String()+". Nothing was changed.") || f.count("select count(*) from closure") != 0 {
		t.Errorf("tried:\n%s", out)
	}
	closed := f.report(away...)
	if len(closed.Displaced) != f.seen || closed.Closure.ID == uuid.Nil || closed.Closure.Hours != "" {
		t.Fatalf("closed: %+v, want %d displaced", closed, f.seen)
	}
	listed, log := f.run(exitOK, "displaced", "--practitioner", f.who.ID.String())
	for _, e := range closed.Displaced {
		if e.Proposal == nil || e.Why != clinic.WhyAway || !strings.Contains(listed, e.Patient) || !strings.Contains(listed, e.proposal()) {
			t.Errorf("%+v is not listed with its proposal:\n%s", e, listed)
		}
		if strings.Contains(log, e.Patient) {
			t.Error("the log names a patient")
		}
	}
	settled := f.report("--practitioner", f.who.FamilyName, "--settle", "move")
	for _, e := range settled.Displaced {
		if e.Settled == nil || !e.Settled.Visit.StartsAt.Equal(e.Proposal.StartsAt) || e.Settled.Told != clinic.ToldByTask {
			t.Errorf("settled: %+v", e)
		}
	}
	if n := f.count("select count(*) from task where kind = 'callback' and key like 'displaced/%'"); n != f.seen {
		t.Errorf("%d tasks to call, want %d", n, f.seen)
	}
	if again := f.report("--settle", "move"); len(again.Displaced) != 0 || again.Finished != 0 {
		t.Errorf("once more: %+v", again)
	}
	out, _ = f.run(exitOK, "displaced", "--reopen", closed.Closure.ID.String())
	if !strings.Contains(out, "Taken back: "+f.who.DisplayName()) || f.count("select count(*) from date_override where closure_id is not null") != 0 {
		t.Errorf("reopened:\n%s", out)
	}
}

func TestHoursOfADayAreClosedAndCancelled(t *testing.T) {
	f := newFront(t)
	report := f.report("--from", f.day.String(), "--hours", "00:00-23:59", "--practitioner", f.who.DisplayName(), "--close", "--settle", "cancel")
	if report.Closure.Hours != "00:00-23:59" || len(report.Displaced) != f.seen {
		t.Fatalf("closed: %+v", report)
	}
	for _, e := range report.Displaced {
		if e.Settled == nil || e.Settled.Way != clinic.SettleCancel {
			t.Errorf("settled: %+v", e)
		}
	}
	if n := f.count("select count(*) from appointment where state = 'cancelled' and practitioner_id = $1 and local_start::date = $2", f.who.ID, f.day.String()); n != f.seen {
		t.Errorf("%d are cancelled, want %d", n, f.seen)
	}
}

func TestWhatCannotBeSettledEndsWithAnError(t *testing.T) {
	f := newFront(t)
	f.run(exitOK, "displaced", "--from", time.Now().Format(time.DateOnly), "--until", time.Now().AddDate(1, 0, 0).Format(time.DateOnly), "--close")
	out, said := f.run(exitFailure, "displaced", "--practitioner", f.who.FamilyName, "--from", f.day.String(), "--until", f.day.String(), "--settle", "move")
	if !strings.Contains(out, "no: There is no other time") || !strings.Contains(said, "could not be settled; the same command goes on") {
		t.Errorf("printed:\n%s\n%s", out, said)
	}
}

func TestMistakesOfTheOperator(t *testing.T) {
	f := newFront(t)
	closed := f.count("select count(*) from closure")
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"displaced --practitioner Chenn", exitFailure, "the nearest names are Dr. Maya Chen ("},
		{"displaced --practitioner Dr.", exitFailure, "can mean several practitioners"},
		{"displaced --location Atlantis", exitFailure, "there is no location"},
		{"displaced --from 2026-02-30", exitFailure, "want YYYY-MM-DD"},
		{"displaced --hours 14:00-17:00", exitFailure, "they need --close"},
		{"displaced --close", exitFailure, "--close needs the first day"},
		{"displaced --close --from 2027-01-04 --hours 17:00-14:00", exitFailure, "such as 14:00-17:00"},
		{"displaced --close --from 2027-01-04 --until 2027-01-03", exitFailure, "--until is before --from"},
		{"displaced --from 2027-01-04 --until 2027-01-03", exitFailure, "--until is before --from"},
		{"displaced --close --from 2020-01-04", exitFailure, "those days are over"},
		{"displaced --close --from 2027-01-04 --room Nowhere", exitFailure, "there is no room or device"},
		{"displaced --close --from 2027-01-04 --room X --practitioner Chen", exitFailure, "one after the other"},
		{"displaced --reopen chen", exitFailure, "want the id"},
		{"displaced --reopen 0199d3c2-0000-7000-8000-000000000000", exitFailure, "no such closing"},
		{"displaced --clinic nowhere", exitFailure, "takes the slug"},
		{"displaced --settle shrug", exitSettings, "must be one of"},
		{"displaced --close --from 2027-01-04 --reopen 0199d3c2-0000-7000-8000-000000000000", exitSettings, "can't be used together"},
		{"calendar-feeds --create", exitFailure, "need a --practitioner"},
		{"calendar-feeds --revoke chen", exitFailure, "want the id of a feed"},
	} {
		if _, said := f.run(tt.code, strings.Fields(tt.args)...); !strings.Contains(said, tt.says) {
			t.Errorf("%s: said %q, want %q", tt.args, said, tt.says)
		}
	}
	if n := f.count("select count(*) from closure"); n != closed {
		t.Errorf("%d closures were written by mistakes", n-closed)
	}
}

func TestCalendarFeedsAreMadeServedAndRevoked(t *testing.T) {
	f := newFront(t)
	t.Setenv("REDIS_URL", storetest.Redis(t))
	base, _ := launch(t, io.Discard, "web")
	out, said := f.run(exitOK, "calendar-feeds", "--practitioner", f.who.FamilyName, "--create", "--format", "json")
	var feeds []feedReport
	if err := json.Unmarshal([]byte(out), &feeds); err != nil || len(feeds) != 1 {
		t.Fatalf("%v in %s", err, out)
	}
	address, err := url.Parse(feeds[0].URL)
	if err != nil || address.Host != "clinic.example" || strings.Contains(said, address.Path) {
		t.Fatalf("address %s, %v; the log: %s", feeds[0].URL, err, said)
	}
	if status, body := get(t, base+address.Path); status != http.StatusOK || !strings.HasPrefix(body, "BEGIN:VCALENDAR\r\n") || !strings.Contains(body, f.day.String()[:4]) {
		t.Errorf("answered %d %.200s", status, body)
	}
	if out, _ := f.run(exitOK, "calendar-feeds"); !strings.Contains(out, f.who.DisplayName()) || strings.Contains(out, "https://") {
		t.Errorf("listed:\n%s", out)
	}
	f.run(exitOK, "calendar-feeds", "--practitioner", f.who.FamilyName, "--create")
	f.run(exitOK, "calendar-feeds", "--revoke", feeds[0].ID.String())
	if status, body := get(t, base+address.Path); status != http.StatusNotFound || !strings.Contains(body, "ask the clinic") {
		t.Errorf("revoked: answered %d %.200s", status, body)
	}
	f.run(exitOK, "calendar-feeds", "--practitioner", f.who.FamilyName, "--revoke", "all")
	if n := f.count("select count(*) from calendar_feed where revoked_at is null"); n != 0 {
		t.Errorf("%d are in use after all were revoked", n)
	}
}
