package clinic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Tuesday 1 December 2026 is an ordinary day; Saturday the 5th is one at the harbor.
const (
	tuesday  = "2026-12-01"
	saturday = "2026-12-05"
	sunday   = "2026-12-06"
)

// openings writes the openings of a day as "09:00-12:00@1 ..." with the number of the location.
func openings(tb testing.TB, s *Schedule, resource uuid.UUID, day string) string {
	tb.Helper()
	d := mustDate(tb, day)
	var out []string
	for _, o := range s.Openings(resource, d, d) {
		if localtime.ClockOf(o.Start, s.Zone(o.Location)) != o.Opens || o.Day != d {
			tb.Errorf("opening %v does not begin at its wall time", o)
		}
		out = append(out, fmt.Sprintf("%v-%v@%d", o.Opens, o.Closes, o.Location[15]))
	}
	return strings.Join(out, " ")
}

func TestOpeningsWithOverrides(t *testing.T) {
	const usual = "09:00-12:00@1 13:00-17:00@1"
	closed := func(resource, location uuid.UUID, day string) DateOverride {
		return DateOverride{Resource: resource, Location: location, Day: mustDate(t, day), Closed: true}
	}
	open := func(resource, location uuid.UUID, day, opens, closes string) DateOverride {
		return DateOverride{Resource: resource, Location: location, Day: mustDate(t, day), Opens: mustClock(t, opens), Closes: mustClock(t, closes)}
	}
	for _, tt := range []struct {
		name, day string
		overrides []DateOverride
		want      string
	}{
		{"ordinary", tuesday, nil, usual},
		{"never on Sundays", sunday, nil, ""},
		{"another day's override", tuesday, []DateOverride{closed(chen, uuid.Nil, sunday)}, usual},
		{"somebody else's override", tuesday, []DateOverride{closed(weiss, uuid.Nil, tuesday)}, usual},
		{"away", tuesday, []DateOverride{closed(chen, uuid.Nil, tuesday)}, ""},
		{"away from there", tuesday, []DateOverride{closed(chen, mainStreet, tuesday)}, ""},
		{"away from elsewhere", tuesday, []DateOverride{closed(chen, harbor, tuesday)}, usual},
		{"other hours", tuesday, []DateOverride{open(chen, mainStreet, tuesday, "10:00", "11:00")}, "10:00-11:00@1"},
		{
			"other hours in two parts", tuesday,
			[]DateOverride{open(chen, mainStreet, tuesday, "15:00", "20:00"), open(chen, mainStreet, tuesday, "07:00", "08:00")},
			"07:00-08:00@1 15:00-20:00@1",
		},
		{"other hours where the practitioner is that weekday", saturday, []DateOverride{open(chen, uuid.Nil, saturday, "10:00", "11:00")}, "10:00-11:00@2"},
		{"other hours on a day off", sunday, []DateOverride{open(chen, uuid.Nil, sunday, "10:00", "11:00")}, "10:00-11:00@1"},
		{"at another place for the day", tuesday, []DateOverride{open(chen, harbor, tuesday, "10:00", "11:00")}, "10:00-11:00@2"},
		{"closed beats open", tuesday, []DateOverride{open(chen, mainStreet, tuesday, "10:00", "11:00"), closed(chen, uuid.Nil, tuesday)}, ""},
		{"holiday", tuesday, []DateOverride{closed(uuid.Nil, uuid.Nil, tuesday)}, ""},
		{"another place is closed", tuesday, []DateOverride{closed(uuid.Nil, harbor, tuesday)}, usual},
		{"the clinic closes early", tuesday, []DateOverride{open(uuid.Nil, uuid.Nil, tuesday, "08:00", "15:00")}, "09:00-12:00@1 13:00-15:00@1"},
		{"another place closes early", tuesday, []DateOverride{open(uuid.Nil, harbor, tuesday, "08:00", "10:00")}, usual},
		{"the clinic opens on a Sunday: nobody is expected", sunday, []DateOverride{open(uuid.Nil, uuid.Nil, sunday, "08:00", "15:00")}, ""},
		{
			"the clinic is open in two parts that touch", tuesday,
			[]DateOverride{open(uuid.Nil, uuid.Nil, tuesday, "10:00", "11:00"), open(uuid.Nil, uuid.Nil, tuesday, "11:00", "14:00")},
			"10:00-12:00@1 13:00-14:00@1",
		},
		{
			"on duty on a holiday", tuesday,
			[]DateOverride{closed(uuid.Nil, uuid.Nil, tuesday), open(chen, mainStreet, tuesday, "10:00", "11:00")},
			"10:00-11:00@1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := openings(t, testSchedule(t, tt.overrides...), chen, tt.day); got != tt.want {
				t.Errorf("open %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOpeningsWithValidity(t *testing.T) {
	rows := []WeeklyHours{
		{Resource: chen, Location: mainStreet, Weekday: time.Tuesday, Opens: 9 * 60, Closes: 12 * 60, ValidUntil: mustDate(t, "2026-12-01")},
		{Resource: chen, Location: mainStreet, Weekday: time.Tuesday, Opens: 11 * 60, Closes: 14 * 60, ValidFrom: mustDate(t, "2026-12-01")},
		{Resource: chen, Location: mainStreet, Weekday: time.Wednesday, Opens: 11 * 60, Closes: 14 * 60},
	}
	s, err := NewSchedule(testDirectory(t), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2026-11-24": "09:00-12:00@1", "2026-12-01": "09:00-14:00@1", "2026-12-08": "11:00-14:00@1", "2026-12-02": "11:00-14:00@1",
	} {
		if got := openings(t, s, chen, day); got != want {
			t.Errorf("on %s open %q, want %q", day, got, want)
		}
	}
}

func TestOpeningsOverDays(t *testing.T) {
	s := testSchedule(t)
	got := s.Openings(chen, mustDate(t, "2026-12-04"), mustDate(t, "2026-12-07")) // Friday to Monday
	var days []string
	for _, o := range got {
		days = append(days, o.Start.Format("Mon 15:04"))
	}
	want := []string{"Fri 09:00", "Fri 13:00", "Sat 09:00", "Mon 09:00", "Mon 13:00"}
	if diff := cmp.Diff(want, days); diff != "" {
		t.Error(diff)
	}
	if got := s.Openings(patientAna, mustDate(t, tuesday), mustDate(t, saturday)); got != nil {
		t.Errorf("somebody without hours is there: %v", got)
	}
	if got := s.Openings(chen, mustDate(t, saturday), mustDate(t, tuesday)); got != nil {
		t.Errorf("a range that ends before it starts has openings: %v", got)
	}
}

func TestOpeningsLeaveOutWhatTheClockSkips(t *testing.T) {
	rows := []WeeklyHours{
		{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 2 * 60, Closes: 3 * 60},
		{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 4 * 60, Closes: 6 * 60},
	}
	s, err := NewSchedule(testDirectory(t), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := openings(t, s, chen, "2026-03-08"); got != "04:00-06:00@1" {
		t.Errorf("open %q on the night when clocks go forward", got)
	}
}

// TestOpeningsDoNotOverlapInARepeatedHour has a break in the hour that comes twice: the first stretch closes the second time
// that it is a quarter past one, but by then the one after the break has begun.
func TestOpeningsDoNotOverlapInARepeatedHour(t *testing.T) {
	rows := []WeeklyHours{
		{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 0, Closes: 60 + 15},
		{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 60 + 30, Closes: 3 * 60},
	}
	s, err := NewSchedule(testDirectory(t), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	day := mustDate(t, "2026-11-01")
	var got []string
	for _, o := range s.Openings(chen, day, day) {
		got = append(got, o.Start.Format("15:04 MST")+" to "+o.End.Format("15:04 MST"))
	}
	if diff := cmp.Diff([]string{"00:00 EDT to 01:30 EDT", "01:30 EDT to 03:00 EST"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewScheduleRefusesWhatMakesNoSense(t *testing.T) {
	day := mustDate(t, tuesday)
	for _, tt := range []struct {
		name, says string
		change     func(d *Directory, weekly *[]WeeklyHours, overrides *[]DateOverride)
	}{
		{"no duration", "duration", func(d *Directory, _ *[]WeeklyHours, _ *[]DateOverride) { d.Services[0].Duration = 0 }},
		{"half minutes", "grid", func(d *Directory, _ *[]WeeklyHours, _ *[]DateOverride) { d.Services[0].Grid = 90 * time.Second }},
		{"no window", "window", func(d *Directory, _ *[]WeeklyHours, _ *[]DateOverride) { d.Services[0].Window = 0 }},
		{"negative buffer", "buffer before", func(d *Directory, _ *[]WeeklyHours, _ *[]DateOverride) { d.Services[0].BufferBefore = -time.Minute }},
		{"unknown room", "no such resource", func(d *Directory, _ *[]WeeklyHours, _ *[]DateOverride) { d.Resources = nil }},
		{"unknown place", "no such location", func(_ *Directory, w *[]WeeklyHours, _ *[]DateOverride) { (*w)[0].Location = testID(99) }},
		{"closes first", "opening before the closing", func(_ *Directory, w *[]WeeklyHours, _ *[]DateOverride) { (*w)[0].Closes = 60 }},
		{"past midnight", "within one day", func(_ *Directory, w *[]WeeklyHours, _ *[]DateOverride) { (*w)[0].Closes = 25 * 60 }},
		{"eighth weekday", "no weekday 7", func(_ *Directory, w *[]WeeklyHours, _ *[]DateOverride) { (*w)[0].Weekday = 7 }},
		{"unknown place for a day", "no such location", func(_ *Directory, _ *[]WeeklyHours, o *[]DateOverride) {
			*o = []DateOverride{{Day: day, Closed: true, Location: testID(99)}}
		}},
		{"closes first for a day", "opening before the closing", func(_ *Directory, _ *[]WeeklyHours, o *[]DateOverride) {
			*o = []DateOverride{{Day: day, Opens: 600, Closes: 600}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, weekly, overrides := testDirectory(t), testHours(), []DateOverride(nil)
			tt.change(d, &weekly, &overrides)
			if _, err := NewSchedule(d, weekly, overrides); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one about %q", err, tt.says)
			}
		})
	}
}

func TestZones(t *testing.T) {
	d := testDirectory(t)
	d.Locations[1].Zone = nil
	s, err := NewSchedule(d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, location := range []uuid.UUID{mainStreet, harbor, testID(99)} {
		if got := s.Zone(location).String(); got != "America/New_York" {
			t.Errorf("zone of %v is %s", location, got)
		}
	}
	nowhere, err := NewSchedule(&Directory{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := nowhere.Zone(uuid.Nil); got != time.UTC {
		t.Errorf("zone of a clinic without one is %v", got)
	}
}

func TestLookUps(t *testing.T) {
	s := testSchedule(t)
	if p, ok := s.Practitioner(retired); !ok || p.FamilyName != "Gone" {
		t.Errorf("Practitioner = %v, %v", p, ok)
	}
	if _, ok := s.Practitioner(checkup); ok {
		t.Error("a service is a practitioner")
	}
	if v, ok := s.Service(oldService); !ok || v.Code != "old" {
		t.Errorf("Service = %v, %v", v, ok)
	}
	if _, ok := s.Service(chen); ok {
		t.Error("a practitioner is a service")
	}
	if len(s.Directory().Practitioners) != 3 {
		t.Error("the directory is another one")
	}
}
