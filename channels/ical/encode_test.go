package ical

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	goical "github.com/emersion/go-ical"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/clinic"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// contentIn is a calendar of 2026 with an appointment at each of these instants.
func contentIn(z *time.Location, starts ...time.Time) clinic.FeedContent {
	content := clinic.FeedContent{
		Clinic: "Harbor View Clinic", Practitioner: "Dr. Maya Chen", Zone: z,
		From: time.Date(2026, 1, 1, 0, 0, 0, 0, z), Until: time.Date(2027, 1, 1, 0, 0, 0, 0, z),
		Modified: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
	}
	for i, start := range starts {
		content.Entries = append(content.Entries, clinic.FeedEntry{
			ID: uuid.NewSHA1(uuid.Nil, []byte{byte(i)}), Version: i + 1, State: clinic.StateBooked, Start: start.In(z), End: start.Add(30 * time.Minute).In(z),
			Service: "Visit", Place: "Main Street", Modified: content.Modified,
		})
	}
	return content
}

func mustEncode(tb testing.TB, content clinic.FeedContent) []byte {
	tb.Helper()
	text, err := Encode(content)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func mustDecode(tb testing.TB, text []byte) *goical.Calendar {
	tb.Helper()
	calendar, err := goical.NewDecoder(bytes.NewReader(text)).Decode()
	if err != nil {
		tb.Fatalf("%v in\n%s", err, text)
	}
	return calendar
}

func TestACalendarIsReadBack(t *testing.T) {
	z := zone(t, "America/New_York")
	content := contentIn(z, time.Date(2026, 7, 1, 13, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 14, 0, 0, 0, time.UTC))
	content.Entries[0].Place, content.Entries[0].Address = "Main Street", "14 Pier Lane; Suite 3,\nNew York \\ NY\r"
	content.Entries[1].State, content.Entries[1].Mode = clinic.StateCancelled, clinic.ModeVideo
	calendar := mustDecode(t, mustEncode(t, content))
	for name, want := range map[string]string{
		"VERSION": "2.0", "X-PUBLISHED-TTL": "PT15M", "REFRESH-INTERVAL": "PT15M", "X-WR-TIMEZONE": "America/New_York", "LAST-MODIFIED": "20260101T120000Z",
	} {
		if got := calendar.Props.Get(name); got == nil || got.Value != want {
			t.Errorf("%s is %+v, want %s", name, got, want)
		}
	}
	if name, err := calendar.Props.Text("NAME"); err != nil || name != "Dr. Maya Chen, Harbor View Clinic" {
		t.Errorf("NAME is %q, %v", name, err)
	}
	if got := calendar.Props.Get("REFRESH-INTERVAL").Params.Get("VALUE"); got != "DURATION" {
		t.Errorf("REFRESH-INTERVAL has VALUE=%q, which RFC 7986 asks for", got)
	}
	events := calendar.Events()
	if len(events) != 2 {
		t.Fatalf("%d events, want 2", len(events))
	}
	for i, e := range events {
		entry := content.Entries[i]
		start, errStart := e.DateTimeStart(time.UTC)
		end, errEnd := e.DateTimeEnd(time.UTC)
		if errStart != nil || errEnd != nil || !start.Equal(entry.Start) || !end.Equal(entry.End) {
			t.Errorf("event from %v to %v, want %v to %v", start, end, entry.Start, entry.End)
		}
		got := []string{e.Props.Get("UID").Value, e.Props.Get("SEQUENCE").Value, e.Props.Get("STATUS").Value, e.Props.Get("TRANSP").Value, e.Props.Get("DTSTART").Params.Get("TZID")}
		want := [][]string{
			{entry.ID.String(), "1", "CONFIRMED", "OPAQUE", "America/New_York"}, {entry.ID.String(), "2", "CANCELLED", "TRANSPARENT", "America/New_York"},
		}[i]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event %d (-want +got):\n%s", i, diff)
		}
	}
	where, err := events[0].Props.Text("LOCATION")
	if err != nil || where != "Main Street, 14 Pier Lane; Suite 3,\nNew York \\ NY" {
		t.Errorf("LOCATION is %q, %v", where, err)
	}
	if where, err := events[1].Props.Text("LOCATION"); err != nil || where != "By video" {
		t.Errorf("LOCATION is %q, %v", where, err)
	}
}

func TestAnEmptyCalendarIsOne(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Kathmandu"} {
		if calendar := mustDecode(t, mustEncode(t, contentIn(zone(t, name)))); len(calendar.Children) != 1 || len(calendar.Events()) != 0 {
			t.Errorf("%s: components %+v, want the time zone alone", name, calendar.Children)
		}
	}
}

func TestLinesAreFolded(t *testing.T) {
	content := contentIn(zone(t, "UTC"), time.Date(2026, 7, 1, 13, 0, 0, 0, time.UTC))
	content.Entries[0].Service = strings.Repeat("Revisión 検診 ", 40)
	text := mustEncode(t, content)
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\r\n")) || len(line) > maxLine+2 || !utf8.Valid(line) || bytes.ContainsAny(line[:len(line)-2], "\r\n") {
			t.Errorf("line of %d octets: %q", len(line)-2, line)
		}
	}
	got, err := mustDecode(t, text).Events()[0].Props.Text("SUMMARY")
	if err != nil || got != content.Entries[0].Service {
		t.Errorf("SUMMARY is %q, %v", got, err)
	}
}

// TestAnyWordsComeBack puts whatever a clinic may call a service through the format.
func TestAnyWordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := contentIn(time.UTC, time.Date(2026, 7, 1, 13, 0, 0, 0, time.UTC))
		words := rapid.StringMatching(`[a-zé,;:\\" 検"\n]{0,200}`).Draw(t, "words")
		content.Entries[0].Service = words
		text, err := Encode(content)
		if err != nil {
			t.Fatal(err)
		}
		calendar, err := goical.NewDecoder(bytes.NewReader(text)).Decode()
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got, err := calendar.Events()[0].Props.Text("SUMMARY"); err != nil || got != words {
			t.Fatalf("%q came back as %q, %v", words, got, err)
		}
	})
}

// reader resolves times as the format says: the observance with the latest beginning that is not after the time on the wall,
// and the first of two instants where the clock shows it twice.
type reader struct{ observances []observed }

type observed struct {
	from time.Time // on the wall before it, as if that were UTC
	is   time.Duration
}

func readerOf(tb testing.TB, calendar *goical.Calendar, tzid string) reader {
	tb.Helper()
	var r reader
	for _, c := range calendar.Children {
		if c.Name != goical.CompTimezone || c.Props.Get("TZID").Value != tzid {
			continue
		}
		for _, o := range c.Children {
			from, err := time.Parse(wallFormat, o.Props.Get("DTSTART").Value)
			if err != nil {
				tb.Fatal(err)
			}
			r.observances = append(r.observances, observed{from, parseOffset(tb, o.Props.Get("TZOFFSETTO").Value)})
		}
	}
	slices.SortFunc(r.observances, func(a, b observed) int { return a.from.Compare(b.from) })
	return r
}

func parseOffset(tb testing.TB, text string) time.Duration {
	tb.Helper()
	layout := "15:04"
	if len(text) == 7 {
		layout = "15:04:05"
	}
	digits := text[1:3] + ":" + text[3:5]
	if len(text) == 7 {
		digits += ":" + text[5:]
	}
	at, err := time.Parse(layout, digits)
	if err != nil {
		tb.Fatalf("offset %q: %v", text, err)
	}
	offset := at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
	if text[0] == '-' {
		return -offset
	}
	return offset
}

func (r reader) instant(wall time.Time) time.Time {
	offset := r.observances[0].is
	for _, o := range r.observances {
		if !wall.Before(o.from) {
			offset = o.is
		}
	}
	return wall.Add(-offset)
}

// TestTimesAreReadByTheZonesOwnRules reads every half hour of the days around each change of the clock, by nothing but what the
// calendar says.
func TestTimesAreReadByTheZonesOwnRules(t *testing.T) {
	for _, name := range []string{
		"America/New_York", "America/Santiago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Africa/Cairo", "America/Asuncion",
	} {
		z := zone(t, name)
		var starts []time.Time
		first := time.Date(2026, 1, 1, 0, 0, 0, 0, z)
		for at := first; at.Year() < 2027; {
			_, change := at.ZoneBounds()
			if change.IsZero() {
				break
			}
			for n := -60; n <= 60 && change.Year() < 2027; n++ {
				starts = append(starts, change.Add(time.Duration(n)*30*time.Minute))
			}
			at = change
		}
		if len(starts) == 0 {
			starts = append(starts, first)
		}
		content := contentIn(z, starts...)
		calendar := mustDecode(t, mustEncode(t, content))
		r := readerOf(t, calendar, name)
		for i, e := range calendar.Events() {
			start := e.Props.Get("DTSTART")
			if strings.HasSuffix(start.Value, "Z") {
				if got, err := e.DateTimeStart(nil); err != nil || !got.Equal(starts[i]) {
					t.Errorf("%s: %v was written as %s", name, starts[i], start.Value)
				}
				continue
			}
			wall, err := time.Parse(wallFormat, start.Value)
			if got := r.instant(wall); err != nil || !got.Equal(starts[i]) {
				t.Errorf("%s: %v is read as %v", name, starts[i], got)
			}
		}
	}
}

func TestWhatTheClockShowsTwiceIsWrittenInUTC(t *testing.T) {
	z := zone(t, "America/New_York")
	first := time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC) // 1:30 on the wall, and an hour later again
	calendar := mustDecode(t, mustEncode(t, contentIn(z, first, first.Add(time.Hour))))
	var got []string
	for _, e := range calendar.Events() {
		got = append(got, e.Props.Get("DTSTART").Value, e.Props.Get("DTEND").Value)
	}
	want := []string{"20261101T053000Z", "20261101T060000Z", "20261101T063000Z", "20261101T070000Z"} // the first ends in the second hour
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOffsets(t *testing.T) {
	for seconds, want := range map[int]string{0: "+0000", -5 * 3600: "-0500", 20700: "+0545", -(3600 + 90): "-010130", 10*3600 + 1800: "+1030"} {
		if got := utcOffset(seconds); got != want {
			t.Errorf("%d s is %s, want %s", seconds, got, want)
		}
	}
}
