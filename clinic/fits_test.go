package clinic

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

func TestFits(t *testing.T) {
	zone := newYork(t)
	day, clock := func(s string) localtime.Date { return mustDate(t, s) }, func(s string) localtime.Clock { return mustClock(t, s) }
	tuesday := slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30)
	for _, tt := range []struct {
		name string
		wish WaitlistWish
		slot Slot
		want bool
	}{
		{"any time", WaitlistWish{}, tuesday, true},
		{"another service", WaitlistWish{}, slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45), false},
		{"one of these practitioners", WaitlistWish{Practitioners: []uuid.UUID{weiss, chen}}, tuesday, true},
		{"none of these practitioners", WaitlistWish{Practitioners: []uuid.UUID{weiss}}, tuesday, false},
		{"this place", WaitlistWish{Location: mainStreet}, tuesday, true},
		{"another place", WaitlistWish{Location: harbor}, tuesday, false},
		{"on the first day", WaitlistWish{From: day("2026-12-01")}, tuesday, true},
		{"before the first day", WaitlistWish{From: day("2026-12-02")}, tuesday, false},
		{"on the last day", WaitlistWish{Until: day("2026-12-01")}, tuesday, true},
		{"after the last day", WaitlistWish{Until: day("2026-11-30")}, tuesday, false},
		{"late on the last day, next day in UTC", WaitlistWish{Until: day("2026-12-01")}, slotAt(t, checkup, chen, mainStreet, "2026-12-01 23:30", 30), true},
		{"just after midnight of the day after", WaitlistWish{Until: day("2026-12-01")}, slotAt(t, checkup, chen, mainStreet, "2026-12-02 00:00", 30), false},
		{"at the beginning of the part of the day", WaitlistWish{DayFrom: clock("10:00")}, tuesday, true},
		{"before the part of the day", WaitlistWish{DayFrom: clock("10:01")}, tuesday, false},
		{"at the end of the part of the day", WaitlistWish{DayUntil: clock("10:00")}, tuesday, false},
		{"just before the end of the part of the day", WaitlistWish{DayUntil: clock("10:01")}, tuesday, true},
		{"until the end of the day", WaitlistWish{DayUntil: localtime.EndOfDay}, tuesday, true},
		{"one of these weekdays", WaitlistWish{Weekdays: []time.Weekday{time.Friday, time.Tuesday}}, tuesday, true},
		{"none of these weekdays", WaitlistWish{Weekdays: []time.Weekday{time.Wednesday}}, tuesday, false},
		{"Tuesday evening here, Wednesday in UTC", WaitlistWish{Weekdays: []time.Weekday{time.Tuesday}}, slotAt(t, checkup, chen, mainStreet, "2026-12-01 20:00", 30), true},
		{"9 o'clock after the clocks went back", WaitlistWish{DayFrom: clock("09:00"), DayUntil: clock("09:30")}, slotAt(t, checkup, chen, mainStreet, "2026-11-02 09:00", 30), true},
		{"9 o'clock before they did", WaitlistWish{DayFrom: clock("09:00"), DayUntil: clock("09:30")}, slotAt(t, checkup, chen, mainStreet, "2026-10-30 09:00", 30), true},
		{"the first 1:30 of the night", WaitlistWish{DayFrom: clock("01:00"), DayUntil: clock("02:00")}, at(tuesday, "2026-11-01T05:30:00Z"), true},
		{"the second 1:30 of the night", WaitlistWish{DayFrom: clock("01:00"), DayUntil: clock("02:00")}, at(tuesday, "2026-11-01T06:30:00Z"), true},
		{"3 o'clock where 2 o'clock is left out", WaitlistWish{DayFrom: clock("02:00"), DayUntil: clock("03:00")}, at(tuesday, "2026-03-08T07:00:00Z"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (WaitlistEntry{Service: checkup, Wish: tt.wish}).Fits(tt.slot, zone); got != tt.want {
				t.Errorf("fits: %v", got)
			}
		})
	}
}

// at is a slot at another instant.
func at(s Slot, start string) Slot {
	from, err := time.Parse(time.RFC3339, start)
	if err != nil {
		panic(err)
	}
	s.Start, s.End = from, from.Add(s.End.Sub(s.Start))
	return s
}

// The same time is one day in Kathmandu and another in New York: the place's wall decides.
func TestFitsGoesByTheWallOfThePlace(t *testing.T) {
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	slot := slotAt(t, checkup, chen, mainStreet, "2026-12-01 20:00", 30) // Wednesday 6:45 in Kathmandu
	wish := WaitlistWish{Weekdays: []time.Weekday{time.Wednesday}, DayUntil: localtime.Noon}
	entry := WaitlistEntry{Service: checkup, Wish: wish}
	if entry.Fits(slot, newYork(t)) || !entry.Fits(slot, kathmandu) {
		t.Error("it does not go by the wall of the place")
	}
}

func TestOver(t *testing.T) {
	zone, wish := newYork(t), WaitlistWish{Until: mustDate(t, "2026-12-01")}
	for now, want := range map[string]bool{"2026-12-01 00:00": false, "2026-12-01 23:59": false, "2026-12-02 00:00": true} {
		if got := wish.Over(instant(t, now), zone); got != want {
			t.Errorf("at %s: over %v", now, got)
		}
	}
	if (WaitlistWish{}).Over(instant(t, rulesNow), zone) {
		t.Error("a wish without an end is over")
	}
}

// What a search finds in freed time is what fits of all that is free and takes some of it.
func TestFreedTimeIsSearchedForWhatFits(t *testing.T) {
	s, now, zone := testSchedule(t), instant(t, rulesNow), newYork(t)
	rapid.Check(t, func(t *rapid.T) {
		entry := WaitlistEntry{Service: rapid.SampledFrom([]uuid.UUID{checkup, treatment}).Draw(t, "service"), Wish: drawWish(t, zone, now)}
		from := localtime.Open(localtime.DateOf(now, zone).AddDays(rapid.IntRange(1, 20).Draw(t, "day")), localtime.Clock(rapid.IntRange(8*60, 17*60).Draw(t, "from")), zone)
		until := from.Add(time.Duration(rapid.IntRange(15, 90).Draw(t, "minutes")) * time.Minute)
		service, _ := s.Service(entry.Service)
		got := fitting(t, s, entry, entry.Query(chen, from, until, service), now, from, until)
		all := fitting(t, s, entry, Query{Service: entry.Service, Practitioners: []uuid.UUID{chen}}, now, from, until)
		if !slices.Equal(lines(got), lines(all)) {
			t.Errorf("found %q, fitting are %q", lines(got), lines(all))
		}
	})
}

// fitting are the free slots of a query that fit and take some of a stretch.
func fitting(t *rapid.T, s *Schedule, e WaitlistEntry, q Query, now, from, until time.Time) []Slot {
	q.Limit = 10_000
	search, err := s.NewSearch(q, now)
	if err != nil {
		t.Fatal(err)
	}
	slots, _ := searchAll(search, nil)
	return slices.DeleteFunc(slots, func(slot Slot) bool {
		return !e.Fits(slot, s.Zone(slot.Location)) || !slot.Start.Before(until) || !slot.End.After(from)
	})
}

func drawWish(t *rapid.T, zone *time.Location, now time.Time) WaitlistWish {
	today := localtime.DateOf(now, zone)
	w := WaitlistWish{
		Weekdays: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Weekday { return time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday")) }), 0, 4).Draw(t, "weekdays"),
		DayFrom:  localtime.Clock(rapid.IntRange(0, 15*60).Draw(t, "day from")),
		Location: rapid.SampledFrom([]uuid.UUID{uuid.Nil, mainStreet, harbor}).Draw(t, "location"),
	}
	if rapid.Bool().Draw(t, "day until") {
		w.DayUntil = w.DayFrom + localtime.Clock(rapid.IntRange(1, 5*60).Draw(t, "length"))
	}
	if rapid.Bool().Draw(t, "from") {
		w.From = today.AddDays(rapid.IntRange(0, 20).Draw(t, "first"))
	}
	if rapid.Bool().Draw(t, "until") {
		w.Until = today.AddDays(rapid.IntRange(0, 20).Draw(t, "last"))
	}
	return w
}
