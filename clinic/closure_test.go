package clinic

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

func mustClose(tb testing.TB, s *Schedule, c Closure) []ClosedDay {
	tb.Helper()
	days, err := s.Close(c)
	if err != nil {
		tb.Fatal(err)
	}
	return days
}

func TestClosingPartsOfDays(t *testing.T) {
	day := mustDate(t, tuesday)
	for _, tt := range []struct {
		name      string
		overrides []DateOverride
		closure   Closure
		want      string // openings of Chen that Tuesday, 09:00-12:00@1 13:00-17:00@1 before
	}{
		{"the afternoon", nil, Closure{Resource: chen, DayFrom: 14 * 60}, "09:00-12:00@1 13:00-14:00@1"},
		{"some of it", nil, Closure{Resource: chen, DayFrom: 14 * 60, DayUntil: 15 * 60}, "09:00-12:00@1 13:00-14:00@1 15:00-17:00@1"},
		{"over the break", nil, Closure{Resource: chen, DayFrom: 11 * 60, DayUntil: 14 * 60}, "09:00-11:00@1 14:00-17:00@1"},
		{"the break", nil, Closure{Resource: chen, DayFrom: 12 * 60, DayUntil: 13 * 60}, "09:00-12:00@1 13:00-17:00@1"},
		{"all of the hours", nil, Closure{Resource: chen, DayFrom: 8 * 60, DayUntil: 18 * 60}, ""},
		{"the day", nil, Closure{Resource: chen}, ""},
		{"somebody else", nil, Closure{Resource: weiss}, "09:00-12:00@1 13:00-17:00@1"},
		{"elsewhere", nil, Closure{Resource: chen, Location: harbor, DayFrom: 14 * 60}, "09:00-12:00@1 13:00-17:00@1"},
		{"everybody", nil, Closure{DayFrom: 10 * 60, DayUntil: 16 * 60}, "09:00-10:00@1 16:00-17:00@1"},
		{"everybody, all day", nil, Closure{}, ""},
		{"everybody elsewhere", nil, Closure{Location: harbor}, "09:00-12:00@1 13:00-17:00@1"},
		{"a place", nil, Closure{Location: mainStreet, DayFrom: 10 * 60}, "09:00-10:00@1"},
		{
			"of other hours",
			[]DateOverride{{Resource: chen, Location: mainStreet, Day: day, Opens: 7 * 60, Closes: 20 * 60}},
			Closure{Resource: chen, DayFrom: 8 * 60, DayUntil: 19 * 60},
			"07:00-08:00@1 19:00-20:00@1",
		},
		{
			"everybody, and who is on duty",
			[]DateOverride{{Resource: chen, Location: mainStreet, Day: day, Opens: 7 * 60, Closes: 20 * 60}},
			Closure{DayFrom: 8 * 60, DayUntil: 19 * 60},
			"07:00-08:00@1 19:00-20:00@1",
		},
		{
			"all day, and who is on duty",
			[]DateOverride{{Resource: chen, Location: mainStreet, Day: day, Opens: 7 * 60, Closes: 20 * 60}},
			Closure{},
			"",
		},
		{
			"of a short day of the clinic",
			[]DateOverride{{Day: day, Opens: 10 * 60, Closes: 16 * 60}},
			Closure{DayFrom: 15 * 60},
			"10:00-12:00@1 13:00-15:00@1",
		},
		{
			"of a short day elsewhere",
			[]DateOverride{{Location: harbor, Day: day, Opens: 10 * 60, Closes: 16 * 60}},
			Closure{DayFrom: 15 * 60},
			"09:00-12:00@1 13:00-15:00@1",
		},
		{
			"all that a short day has",
			[]DateOverride{{Day: day, Opens: 10 * 60, Closes: 16 * 60}},
			Closure{Location: mainStreet, DayFrom: 9 * 60, DayUntil: 17 * 60},
			"",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.closure.From, tt.closure.Until = day, day
			days := mustClose(t, testSchedule(t, tt.overrides...), tt.closure)
			after := testSchedule(t, Overlay(tt.overrides, days)...)
			if got := openings(t, after, chen, tuesday); got != tt.want {
				t.Errorf("open %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClosingADeviceThatIsAlwaysThere(t *testing.T) {
	day := mustDate(t, tuesday)
	can := func(s *Schedule, start string) bool {
		_, err := s.Assign(slotAt(t, treatment, chen, mainStreet, tuesday+" "+start, 60), patientAna, nil)
		return err == nil
	}
	s := testSchedule(t)
	closed := mustClose(t, s, Closure{Resource: laser, From: day, Until: day, DayFrom: 14 * 60, DayUntil: 16 * 60})
	after := testSchedule(t, Overlay(nil, closed)...)
	got := []bool{can(s, "14:00"), can(after, "13:00"), can(after, "13:30"), can(after, "14:00"), can(after, "15:30"), can(after, "16:00")}
	if diff := cmp.Diff([]bool{true, true, false, false, false, true}, got); diff != "" {
		t.Errorf("usable before at 14:00, then at 13:00, 13:30, 14:00, 15:30, 16:00 (-want +got):\n%s", diff)
	}
	all := testSchedule(t, Overlay(nil, mustClose(t, s, Closure{Resource: laser, From: day, Until: day}))...)
	if can(all, "13:00") || can(all, "16:00") {
		t.Error("a closed device is usable")
	}
}

func TestClosingsThatMakeNoSense(t *testing.T) {
	day := mustDate(t, tuesday)
	for name, tt := range map[string]struct {
		closure Closure
		code    string
	}{
		"no days":            {Closure{Resource: chen}, CodeInvalid},
		"ends before":        {Closure{From: day, Until: day.AddDays(-1)}, CodeInvalid},
		"three years":        {Closure{From: day, Until: day.AddDays(3 * 365)}, CodeInvalid},
		"hours end before":   {Closure{From: day, Until: day, DayFrom: 600, DayUntil: 540}, CodeInvalid},
		"nowhere":            {Closure{From: day, Until: day, Location: testID(99)}, CodeNotFound},
		"nobody":             {Closure{From: day, Until: day, Resource: testID(99)}, CodeNotFound},
		"the longest":        {Closure{From: day, Until: day.AddDays(MaxClosureDays - 1)}, ""},
		"up to midnight":     {Closure{From: day, Until: day, DayFrom: 1439}, ""},
		"one day too much":   {Closure{From: day, Until: day.AddDays(MaxClosureDays)}, CodeInvalid},
		"beyond the day":     {Closure{From: day, Until: day, DayFrom: 600, DayUntil: 1441}, CodeInvalid},
		"hours of no length": {Closure{From: day, Until: day, DayFrom: 600, DayUntil: 600}, CodeInvalid},
	} {
		if _, err := testSchedule(t).Close(tt.closure); CodeOf(err) != tt.code || tt.code == "" && err != nil {
			t.Errorf("%s: %v, want code %q", name, err, tt.code)
		}
	}
}

// closingDays have a change of the clock, or are a week beside one.
var closingDays = map[string][]string{
	"America/New_York":    {"2026-03-08", "2026-11-01", "2026-06-01"},
	"America/Santiago":    {"2026-09-06", "2026-04-04", "2026-04-05"},
	"Europe/Berlin":       {"2026-03-29", "2026-10-25"},
	"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"},
	"Asia/Kathmandu":      {"2026-05-01"},
	"Africa/Casablanca":   {"2026-02-15", "2026-03-22"},
}

// closingCase is a random clinic of two places and two people, with a closure.
type closingCase struct {
	directory *Directory
	weekly    []WeeklyHours
	overrides []DateOverride
	closure   Closure
}

func drawClosing(t *rapid.T) closingCase {
	name := rapid.SampledFrom([]string{"America/New_York", "America/Santiago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"}).Draw(t, "zone")
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	middle, err := localtime.ParseDate(rapid.SampledFrom(closingDays[name]).Draw(t, "day"))
	if err != nil {
		t.Fatal(err)
	}
	places, people := []uuid.UUID{testID(1), testID(2)}, []uuid.UUID{testID(3), testID(4)}
	c := closingCase{directory: &Directory{
		Clinic:        Clinic{Zone: zone},
		Locations:     []Location{{ID: places[0], Zone: zone}, {ID: places[1], Zone: zone}},
		Practitioners: []Practitioner{{ID: people[0]}, {ID: people[1]}},
	}}
	who, where := rapid.SampledFrom(people), rapid.SampledFrom(places)
	anybody, anywhere := rapid.SampledFrom(append(people, uuid.Nil)), rapid.SampledFrom(append(places, uuid.Nil))
	for range rapid.IntRange(1, 12).Draw(t, "stretches") {
		opens, closes := drawHours(t)
		c.weekly = append(c.weekly, WeeklyHours{
			Resource: who.Draw(t, "who"), Location: where.Draw(t, "where"),
			Weekday: middle.AddDays(rapid.IntRange(-1, 1).Draw(t, "weekday")).Weekday(), Opens: opens, Closes: closes,
		})
	}
	for range rapid.IntRange(0, 4).Draw(t, "overrides") {
		o := DateOverride{Resource: anybody.Draw(t, "whose"), Location: anywhere.Draw(t, "where"), Day: middle.AddDays(rapid.IntRange(-1, 1).Draw(t, "on"))}
		if o.Closed = rapid.Bool().Draw(t, "closed"); !o.Closed {
			o.Opens, o.Closes = drawHours(t)
		}
		c.overrides = append(c.overrides, o)
	}
	c.closure = Closure{Resource: anybody.Draw(t, "closes"), Location: anywhere.Draw(t, "closed at"), From: middle.AddDays(-rapid.IntRange(0, 1).Draw(t, "from"))}
	c.closure.Until = c.closure.From.AddDays(rapid.IntRange(0, 2).Draw(t, "days"))
	if rapid.IntRange(0, 3).Draw(t, "hours") > 0 {
		c.closure.DayFrom, c.closure.DayUntil = drawHours(t)
	}
	return c
}

// drawHours likes the hours in which clocks change.
func drawHours(t *rapid.T) (opens, closes localtime.Clock) {
	opens = localtime.Clock(rapid.OneOf(rapid.Map(rapid.IntRange(0, 12), quarters), rapid.IntRange(0, 1438)).Draw(t, "opens"))
	closes = min(localtime.EndOfDay, opens+localtime.Clock(rapid.OneOf(rapid.Map(rapid.IntRange(1, 16), quarters), rapid.IntRange(1, 1440)).Draw(t, "length")))
	return opens, closes
}

// quarters of an hour in minutes.
func quarters(n int) int { return n * 15 }

// minutesOpen are the minutes, as Unix time, in which somebody is at a place.
func minutesOpen(s *Schedule, who, where uuid.UUID, first, last localtime.Date) map[int64]bool {
	open := map[int64]bool{}
	for _, o := range s.Openings(who, first, last) {
		for at := o.Start; o.Location == where && at.Before(o.End); at = at.Add(time.Minute) {
			open[at.Unix()] = true
		}
	}
	return open
}

// twice reports whether the clock shows a minute twice, or the one after it.
func twice(at time.Time) bool {
	for _, t := range []time.Time{at, at.Add(time.Minute)} {
		day, clock := localtime.DateOf(t, t.Location()), localtime.ClockOf(t, t.Location())
		if !localtime.Open(day, clock, t.Location()).Equal(localtime.Close(day, clock, t.Location())) {
			return true
		}
	}
	return false
}

// TestClosingTakesExactlyWhatIsClosed looks at every minute of people's hours before and after.
func TestClosingTakesExactlyWhatIsClosed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawClosing(t)
		before, err := NewSchedule(c.directory, c.weekly, c.overrides)
		if err != nil {
			t.Fatal(err)
		}
		days, err := before.Close(c.closure)
		if err != nil {
			t.Fatal(err)
		}
		after, err := NewSchedule(c.directory, c.weekly, Overlay(c.overrides, days))
		if err != nil {
			t.Fatalf("what a closure wrote is refused: %v", err)
		}
		first, last := c.closure.From.AddDays(-2), c.closure.Until.AddDays(2)
		for _, p := range c.directory.Practitioners {
			for _, l := range c.directory.Locations {
				was, is := minutesOpen(before, p.ID, l.ID, first, last), minutesOpen(after, p.ID, l.ID, first, last)
				concerned := (c.closure.Resource == uuid.Nil || c.closure.Resource == p.ID) && c.closure.at(l.ID)
				checkMinutes(t, c.closure, l.Zone, concerned, was, is)
			}
		}
	})
}

func checkMinutes(t *rapid.T, c Closure, zone *time.Location, concerned bool, was, is map[int64]bool) {
	for minute := range is {
		at := time.Unix(minute, 0).In(zone)
		if !was[minute] && !twice(at) {
			t.Fatalf("%v is open, and was not before", at)
		}
		if concerned && c.covers(at, zone) {
			t.Fatalf("%v is open, and is closed", at)
		}
	}
	for minute := range was {
		at := time.Unix(minute, 0).In(zone)
		if !is[minute] && (!concerned || !c.covers(at, zone)) && !twice(at) {
			t.Fatalf("%v is gone, and was not to be closed", at)
		}
	}
}

func (c Closure) covers(at time.Time, zone *time.Location) bool {
	start, end, ok := c.On(localtime.DateOf(at, zone), zone)
	return ok && !at.Before(start) && at.Before(end)
}
