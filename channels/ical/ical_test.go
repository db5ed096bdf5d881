package ical_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	goical "github.com/emersion/go-ical"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/channels/ical"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

var operator = clinic.Actor{Kind: clinic.ActorStaff, Channel: "cli"}

// office is the demo clinic in a private database, with calendars that are really served.
type office struct {
	*storetest.Env
	t    *testing.T
	data clinic.Dataset
	base string
	log  *bytes.Buffer
}

func open(t *testing.T) *office {
	t.Helper()
	env := storetest.Open(t)
	env.Clock.Set(time.Date(2026, 10, 12, 12, 0, 0, 0, time.UTC)) // clocks change on 1 November
	data, err := demo.Dataset(env.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.DB.Seed(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	o := &office{Env: env, t: t, data: data, log: &bytes.Buffer{}}
	o.base = o.serve(env.DB)
	return o
}

func (o *office) serve(feeds ical.Feeds) (base string) {
	o.t.Helper()
	server, err := ical.New(ical.Config{Feeds: feeds, Logger: slog.New(slog.NewTextHandler(o.log, nil))})
	if err != nil {
		o.t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	o.t.Cleanup(web.Close)
	return web.URL
}

func (o *office) id() uuid.UUID { return o.data.Directory.Clinic.ID }

func (o *office) practitioner(name string) uuid.UUID {
	o.t.Helper()
	found := o.data.Directory.MatchPractitioners(name)
	if len(found) != 1 {
		o.t.Fatalf("%d practitioners are called %s", len(found), name)
	}
	return found[0].ID
}

func (o *office) feed(name string) (clinic.Feed, string) {
	o.t.Helper()
	feed, token, err := o.DB.CreateFeed(context.Background(), o.id(), o.practitioner(name), operator)
	if err != nil {
		o.t.Fatal(err)
	}
	return feed, token
}

// answer is what the server said, read to its end.
type answer struct {
	status int
	header http.Header
	length int64 // as it was announced
}

func (o *office) ask(method, address string, header http.Header) (got answer, body string) {
	o.t.Helper()
	request, err := http.NewRequestWithContext(o.t.Context(), method, address, http.NoBody)
	if err != nil {
		o.t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, response.ContentLength}, string(text)
}

func (o *office) get(token string) (got answer, body string) {
	o.t.Helper()
	return o.ask(http.MethodGet, o.base+ical.Path(token), nil)
}

// events are those of a calendar by their UID.
func (o *office) events(token string) map[string]goical.Event {
	o.t.Helper()
	response, body := o.get(token)
	if response.status != http.StatusOK {
		o.t.Fatalf("answered %d: %s", response.status, body)
	}
	calendar, err := goical.NewDecoder(strings.NewReader(body)).Decode()
	if err != nil {
		o.t.Fatal(err)
	}
	events := map[string]goical.Event{}
	for _, e := range calendar.Events() {
		events[e.Props.Get("UID").Value] = e
	}
	return events
}

// coming are a practitioner's appointments that are to come, by start.
func (o *office) coming(name string) []clinic.Appointment {
	var coming []clinic.Appointment
	for _, a := range o.data.Appointments {
		if a.Slot.Practitioner == o.practitioner(name) && a.Slot.Start.After(o.Clock.Now().Add(48*time.Hour)) && a.State == clinic.StateBooked {
			coming = append(coming, a)
		}
	}
	slices.SortFunc(coming, func(a, b clinic.Appointment) int { return a.Slot.Start.Compare(b.Slot.Start) })
	return coming
}

func (o *office) count(query string, args ...any) int {
	o.t.Helper()
	var n int
	if err := o.Owner.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

func TestACalendarHasEveryAppointmentAndNoPatient(t *testing.T) {
	t.Parallel()
	o := open(t)
	feed, token := o.feed("Chen")
	response, body := o.get(token)
	if got := response.header.Get("Content-Type"); response.status != http.StatusOK || got != "text/calendar; charset=utf-8" {
		t.Fatalf("answered %d, %s", response.status, got)
	}
	if got := response.header.Get("Cache-Control"); !strings.Contains(got, "private") {
		t.Errorf("Cache-Control: %s", got)
	}
	events := o.events(token)
	coming := o.coming("Chen")
	if len(coming) == 0 || len(events) < len(coming) {
		t.Fatalf("%d events for %d appointments to come", len(events), len(coming))
	}
	for _, a := range coming {
		event := events[a.ID.String()]
		start, err := event.DateTimeStart(nil)
		if err != nil || !start.Equal(a.Slot.Start) || event.Props.Get("SEQUENCE").Value != "1" {
			t.Errorf("appointment at %v: event at %v, %v", a.Slot.Start, start, err)
		}
	}
	unfolded := strings.ReplaceAll(body, "\r\n ", "")
	for _, p := range o.data.Patients {
		for _, secret := range []string{p.FamilyName, p.Phone, p.Email, p.ID.String()} {
			if secret != "" && strings.Contains(unfolded, secret) {
				t.Errorf("the calendar names a patient: %q", secret)
			}
		}
	}
	if n := o.count("select count(*) from audit where action = 'calendar_feed.read' and subject_id = $1", feed.ID); n != 2 {
		t.Errorf("%d reads are audited, want 2", n)
	}
	if n := o.count("select count(*) from calendar_feed where id = $1 and read_at = $2 and token_hash <> convert_to($3, 'UTF8')", feed.ID, o.Clock.Now(), token); n != 1 {
		t.Error("the feed does not say when it was read, or keeps its token")
	}
}

func TestChangesArriveInTheCalendar(t *testing.T) {
	t.Parallel()
	o := open(t)
	_, chens := o.feed("Chen")
	_, weisses := o.feed("Weiss")
	coming := o.coming("Chen")
	first, second := coming[0], coming[1]
	if _, err := o.DB.Cancel(t.Context(), o.id(), clinic.CancelRequest{Key: "cancel", Appointment: first.ID, Version: 1, Actor: operator}); err != nil {
		t.Fatal(err)
	}
	slots, err := o.DB.Search(t.Context(), o.id(), clinic.Query{Service: second.Slot.Service, Practitioners: []uuid.UUID{o.practitioner("Weiss")}, Patient: second.Patient})
	if err != nil || len(slots) == 0 {
		t.Fatalf("no slot with somebody else: %v", err)
	}
	before, _ := o.get(chens)
	if _, err := o.DB.Move(t.Context(), o.id(), clinic.MoveRequest{Key: "move", Appointment: second.ID, Version: 1, Slot: slots[0], Actor: operator}); err != nil {
		t.Fatal(err)
	}
	after, _ := o.ask(http.MethodGet, o.base+ical.Path(chens), http.Header{"If-None-Match": before.header["Etag"]})
	if after.status != http.StatusOK || after.header.Get("ETag") == before.header.Get("ETag") {
		t.Errorf("an appointment that went to somebody else's calendar is not noticed: %d", after.status)
	}
	if e := o.events(chens)[first.ID.String()]; e.Component == nil || e.Props.Get("STATUS").Value != "CANCELLED" || e.Props.Get("SEQUENCE").Value != "2" {
		t.Errorf("the cancelled one is %+v", e)
	}
	if e := o.events(chens)[second.ID.String()]; e.Component != nil {
		t.Error("what was moved to somebody else is still there")
	}
	e := o.events(weisses)[second.ID.String()]
	if start, err := e.DateTimeStart(nil); err != nil || !start.Equal(slots[0].Start) || e.Props.Get("SEQUENCE").Value != "2" {
		t.Errorf("the moved one is at %v, %v", start, err)
	}
}

func TestWhatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	o := open(t)
	_, token := o.feed("Chen")
	first, body := o.get(token)
	again, rest := o.ask(http.MethodGet, o.base+ical.Path(token), http.Header{"If-None-Match": first.header["Etag"]})
	if again.status != http.StatusNotModified || rest != "" || again.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("answered %d with %d octets", again.status, len(rest))
	}
	modified, err := time.Parse(http.TimeFormat, first.header.Get("Last-Modified"))
	if err != nil || modified.Before(o.Clock.Now().AddDate(0, 0, -1)) || modified.After(time.Now()) {
		t.Errorf("Last-Modified: %v, %v", modified, err)
	}
	head, nothing := o.ask(http.MethodHead, o.base+ical.Path(token), nil)
	if head.status != http.StatusOK || nothing != "" || head.length != int64(len(body)) || head.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("HEAD answered %d with %d octets of %d", head.status, len(nothing), head.length)
	}
	o.Clock.Advance(3 * time.Hour)
	if later, _ := o.get(token); later.header.Get("ETag") != first.header.Get("ETag") {
		t.Error("the calendar changes by itself in the course of a day")
	}
}

func TestOnlyATokenInUseOpensACalendar(t *testing.T) {
	t.Parallel()
	o := open(t)
	feed, token := o.feed("Chen")
	_, other := o.feed("Chen")
	if err := o.DB.RevokeFeed(t.Context(), o.id(), feed.ID, operator); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"revoked": ical.Path(token), "unknown": ical.Path(strings.Repeat("A", 43)), "empty": "/calendar/.ics", "no extension": "/calendar/" + other,
		"long": ical.Path(strings.Repeat("A", 5000)), "id for token": ical.Path(feed.ID.String()), "not UTF-8": "/calendar/%ff%fe.ics",
		"NUL": "/calendar/%00.ics", "quote": "/calendar/%27%20or%201=1.ics",
	} {
		response, body := o.ask(http.MethodGet, o.base+path, nil)
		if response.status != http.StatusNotFound || !strings.Contains(body, "no longer shared") {
			t.Errorf("%s: answered %d: %s", name, response.status, body)
		}
	}
	if response, _ := o.get(other); response.status != http.StatusOK {
		t.Errorf("the other one of the same practitioner: %d", response.status)
	}
	if response, _ := o.ask(http.MethodPost, o.base+ical.Path(other), nil); response.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", response.status)
	}
	if o.log.Len() > 0 {
		t.Errorf("logged %s", o.log)
	}
	if err := o.DB.RevokeFeed(t.Context(), o.id(), uuid.New(), operator); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("revoking what there is not: %v", err)
	}
	if _, _, err := o.DB.CreateFeed(t.Context(), o.id(), uuid.New(), operator); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("a feed of nobody: %v", err)
	}
	feeds, err := o.DB.Feeds(t.Context(), o.id(), uuid.Nil)
	if err != nil || len(feeds) != 2 || feeds[0].Revoked.IsZero() || !feeds[1].Revoked.IsZero() {
		t.Errorf("feeds %+v, %v", feeds, err)
	}
}

func TestARecordThatIsDownIsSaidSo(t *testing.T) {
	t.Parallel()
	o := open(t)
	_, token := o.feed("Chen")
	closed, err := postgres.Open(t.Context(), postgres.Config{URL: o.URL, Keys: o.Keys, Logger: slog.New(slog.DiscardHandler), Now: o.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	response, body := o.ask(http.MethodGet, o.serve(closed)+ical.Path(token), nil)
	if response.status != http.StatusServiceUnavailable || response.header.Get("Retry-After") == "" || !strings.Contains(body, "try again") {
		t.Errorf("answered %d: %s", response.status, body)
	}
	if log := o.log.String(); !strings.Contains(log, "could not be read") || strings.Contains(log, token) {
		t.Errorf("logged %s", log)
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := ical.New(ical.Config{}); err == nil {
		t.Error("a server without feeds")
	}
}
