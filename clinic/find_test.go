package clinic

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

// record is a schedule with what is taken, searched as a store does it; it counts the searches.
type record struct {
	schedule *Schedule
	busy     []Busy
	now      time.Time
	searches int
}

func (r *record) search(_ context.Context, q Query) ([]Slot, error) {
	r.searches++
	search, err := r.schedule.NewSearch(q, r.now)
	if err != nil {
		return nil, err
	}
	slots, _ := searchAll(search, r.busy)
	return slots, nil
}

// fatal is a test of whatever kind.
type fatal interface {
	Helper()
	Fatal(args ...any)
}

func (r *record) finder(t fatal) *Finder {
	t.Helper()
	f, err := NewFinder(FinderConfig{Directory: r.schedule.Directory(), Search: r.search, Now: r.now})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// testRecord is at Tuesday, December 1, 2026, 8:00 in New York, as in the tests of the rules.
func testRecord(tb testing.TB, busy ...Busy) *record {
	tb.Helper()
	return &record{schedule: testSchedule(tb), busy: busy, now: instant(tb, rulesNow)}
}

func day(n int) localtime.Date { return localtime.Date{Year: 2026, Month: time.December, Day: n} }

// allDay is somebody taken from one day to before another.
func allDay(tb testing.TB, who uuid.UUID, from, until string) Busy {
	tb.Helper()
	return busyAt(tb, who, 0, "2026-12-"+from+" 00:00", "2026-12-"+until+" 00:00")
}

func startsOf(tb testing.TB, r *record, slots []Slot) []string {
	tb.Helper()
	var out []string
	for _, s := range slots {
		p, _ := r.schedule.Practitioner(s.Practitioner)
		out = append(out, s.Start.Format("Mon 2 15:04 ")+p.FamilyName)
	}
	return out
}

func TestFinderNeedsItsParts(t *testing.T) {
	r := testRecord(t)
	for name, c := range map[string]FinderConfig{
		"directory": {Search: r.search, Now: r.now},
		"search":    {Directory: r.schedule.Directory(), Now: r.now},
		"now":       {Directory: r.schedule.Directory(), Search: r.search},
	} {
		if _, err := NewFinder(c); err == nil {
			t.Errorf("made without %s", name)
		}
	}
}

func TestFind(t *testing.T) {
	both := []Busy{allDay(t, chen, "03", "04"), allDay(t, weiss, "03", "04")}
	for _, tt := range []struct {
		name string
		wish Wish
		busy []Busy
		fit  Fit
		want []string
	}{
		{
			"any time: the earliest, another part of the day, another day",
			Wish{Service: checkup},
			nil, FitAsked,
			[]string{"Tue 1 10:00 Chen", "Tue 1 13:00 Chen", "Wed 2 13:00 Chen"},
		},
		{
			"the first ones, practitioners in turn",
			Wish{Service: checkup, Order: OrderEarliest},
			nil, FitAsked,
			[]string{"Tue 1 10:00 Chen", "Tue 1 10:30 Weiss", "Tue 1 11:00 Chen"},
		},
		{
			"with the usual practitioner where they are free",
			Wish{Service: checkup, Order: OrderEarliest, Usual: weiss},
			[]Busy{busyAt(t, weiss, 0, "2026-12-01 10:20", "2026-12-01 10:50")},
			FitAsked,
			[]string{"Tue 1 10:00 Chen", "Tue 1 10:30 Chen", "Tue 1 11:00 Weiss"},
		},
		{
			"some of what was seen left out",
			Wish{Service: checkup, Order: OrderEarliest, Seen: []time.Time{instant(t, "2026-12-01 10:00")}, Limit: 1},
			nil, FitAsked,
			[]string{"Tue 1 10:30 Chen"},
		},
		{
			"at one place",
			Wish{Service: checkup, Order: OrderEarliest, Location: harbor, Limit: 1},
			nil, FitAsked,
			[]string{"Sat 5 09:00 Chen"},
		},
		{
			"at lunch: both sides of it",
			Wish{Service: checkup, From: day(2), Until: day(2), Exact: true, At: 12*60 + 15},
			nil, FitTime,
			[]string{"Wed 2 11:00 Chen", "Wed 2 11:30 Weiss", "Wed 2 13:00 Chen"},
		},
		{
			"a day when all are taken: the days before and after",
			Wish{Service: checkup, From: day(3), Until: day(3)},
			both, FitDay,
			[]string{"Wed 2 16:30 Weiss", "Fri 4 09:00 Chen", "Fri 4 13:00 Chen"},
		},
		{
			"at the same time of the other days",
			Wish{Service: checkup, From: day(3), Until: day(3), Exact: true, At: 14 * 60},
			both, FitDay,
			[]string{"Wed 2 14:00 Chen", "Fri 4 14:00 Chen", "Mon 7 14:00 Weiss"},
		},
		{
			"the same time a few days before, rather than another one the day before",
			Wish{Service: checkup, From: day(10), Until: day(10), Exact: true, At: 14 * 60, Practitioners: []uuid.UUID{chen}},
			[]Busy{allDay(t, chen, "10", "11"), busyAt(t, chen, 0, "2026-12-08 13:30", "2026-12-08 15:00"), busyAt(t, chen, 0, "2026-12-09 13:30", "2026-12-09 15:00")},
			FitDay,
			[]string{"Mon 7 14:00 Chen", "Fri 11 14:00 Chen", "Mon 14 14:00 Chen"},
		},
		{
			"the same practitioner before others",
			Wish{Service: checkup, From: day(3), Until: day(3), Practitioners: []uuid.UUID{chen}},
			[]Busy{allDay(t, chen, "03", "04")},
			FitDay,
			[]string{"Wed 2 16:30 Chen", "Fri 4 09:00 Chen", "Fri 4 13:00 Chen"},
		},
		{
			"somebody else where they never are",
			Wish{Service: checkup, From: day(3), Until: day(3), Practitioners: []uuid.UUID{chen}},
			[]Busy{allDay(t, chen, "01", "31"), busyAt(t, chen, 0, "2026-12-31 00:00", "2027-03-01 00:00")},
			FitPractitioner,
			[]string{"Thu 3 09:00 Weiss", "Thu 3 13:00 Weiss", "Thu 3 16:30 Weiss"},
		},
		{
			"nothing at all",
			Wish{Service: checkup},
			[]Busy{busyAt(t, chen, 0, "2026-12-01 00:00", "2027-03-01 00:00"), busyAt(t, weiss, 0, "2026-12-01 00:00", "2027-03-01 00:00")},
			FitNone, nil,
		},
		{
			"beyond the window: the latest",
			Wish{Service: checkup, From: localtime.Date{Year: 2027, Month: 6, Day: 1}},
			nil, FitTooFar,
			[]string{"Fri 29 09:00 Chen", "Fri 29 13:00 Chen", "Fri 29 16:30 Weiss"},
		},
		{
			"over: the next",
			Wish{Service: checkup, From: day(1).AddDays(-3), Until: day(1).AddDays(-3), Limit: 1},
			nil, FitPast,
			[]string{"Tue 1 10:00 Chen"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testRecord(t, tt.busy...)
			found, err := r.finder(t).Find(t.Context(), tt.wish)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, startsOf(t, r, found.Slots)); diff != "" {
				t.Errorf("slots (-want +got):\n%s", diff)
			}
			if found.Fit != tt.fit {
				t.Errorf("fit %q, want %q", found.Fit, tt.fit)
			}
		})
	}
}

func TestFindBySpecialtyAndLanguage(t *testing.T) {
	d := testDirectory(t)
	d.Services[0].Specialty, d.Services[0].Default = "dermatology", true
	d.Services[1].Specialty = "dermatology"
	slices.Reverse(d.Services[:2]) // the default one need not come first
	d.Practitioners[0].Languages, d.Practitioners[1].Languages = []string{"en"}, []string{"en", "de"}
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow)}
	found, err := r.finder(t).Find(t.Context(), Wish{Specialty: "dermatology", Language: "de", Order: OrderEarliest, Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Tue 1 10:00 Weiss", "Tue 1 10:30 Weiss"}, startsOf(t, r, found.Slots)); diff != "" {
		t.Error(diff)
	}
	for name, w := range map[string]Wish{
		"no service": {}, "an unknown one": {Service: testID(999)}, "one that is retired": {Service: oldService}, "no such specialty": {Specialty: "dentistry"},
	} {
		if _, err := r.finder(t).Find(t.Context(), w); CodeOf(err) != CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindSaysWhatTheSearchSays(t *testing.T) {
	r := testRecord(t)
	broken := errors.New("the record is away")
	f, err := NewFinder(FinderConfig{
		Directory: r.schedule.Directory(), Now: r.now,
		Search: func(context.Context, Query) ([]Slot, error) { return nil, broken },
	})
	if err != nil {
		t.Fatal(err)
	}
	slot := slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30)
	for name, ask := range map[string]func() error{
		"find": func() error { _, err := f.Find(t.Context(), Wish{Service: checkup}); return err },
		"past": func() error {
			_, err := f.Find(t.Context(), Wish{Service: checkup, Until: day(1).AddDays(-1)})
			return err
		},
		"far": func() error {
			_, err := f.Find(t.Context(), Wish{Service: checkup, From: day(1).AddDays(900)})
			return err
		},
		"best": func() error { _, err := f.Find(t.Context(), Wish{Service: checkup, Order: OrderBest}); return err },
		"near": func() error { _, err := f.Near(t.Context(), slot, Wish{}); return err },
		"rows": func() error { _, err := f.Rows(t.Context(), []RowVisit{{Service: checkup}}, Wish{}); return err },
	} {
		if err := ask(); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDaysBeforeTakeFewSearches: a fortnight of which only the first day has anything left is no fortnight of searches.
func TestDaysBeforeTakeFewSearches(t *testing.T) {
	free := busyAt(t, weiss, 0, "2026-12-08 10:00", "2027-03-01 00:00") // Weiss can be had on the 7th and 8th at most
	for _, tt := range []struct {
		name string
		busy []Busy
		most int
		want string
	}{
		{"the day before has some", []Busy{allDay(t, chen, "18", "19"), allDay(t, weiss, "18", "19")}, 3, "Thu 17 16:30 Weiss"},
		{"none for ten days", []Busy{busyAt(t, chen, 0, "2026-12-01 00:00", "2027-03-01 00:00"), free}, 6, "Tue 8 09:00 Weiss"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testRecord(t, tt.busy...)
			found, err := r.finder(t).Find(t.Context(), Wish{Service: checkup, From: day(18), Until: day(18)})
			if err != nil {
				t.Fatal(err)
			}
			if got := startsOf(t, r, found.Slots); found.Fit != FitDay || len(got) == 0 || got[0] != tt.want {
				t.Errorf("found %v, %s", got, found.Fit)
			}
			if r.searches > tt.most {
				t.Errorf("%d searches, want at most %d", r.searches, tt.most)
			}
		})
	}
}

// TestTheLastDayIsFoundAmongMany: where a window has more slots than are looked at, its end is searched all the same.
func TestTheLastDayIsFoundAmongMany(t *testing.T) {
	d := testDirectory(t)
	d.Services[0].Grid, d.Services[0].Duration, d.Services[0].BufferAfter = 5*time.Minute, 5*time.Minute, 0
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow), busy: []Busy{
		allDay(t, chen, "11", "19"), allDay(t, weiss, "11", "19"),
	}}
	found, err := r.finder(t).Find(t.Context(), Wish{Service: checkup, From: day(18), Until: day(18)})
	if err != nil {
		t.Fatal(err)
	}
	if got := found.Slots[0].Start.Format("Mon 2"); got != "Thu 10" || found.Fit != FitDay {
		t.Errorf("the nearest before is on %s (%s)", got, found.Fit)
	}
}

// TestOtherDaysAreOfferedWhereOneHasManyTimes, and so is the latest time that can be booked, years ahead.
func TestOtherDaysAreOfferedWhereOneHasManyTimes(t *testing.T) {
	d := testDirectory(t)
	d.Services[0].Grid, d.Services[0].Duration, d.Services[0].BufferAfter = time.Minute, 2*time.Minute, 0
	d.Services[0].Window = 2 * maxAhead
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow)}
	found, err := r.finder(t).Find(t.Context(), Wish{Service: checkup})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Tue 1 10:00 Chen", "Tue 1 10:49 Weiss", "Wed 2 09:00 Chen"}
	if diff := cmp.Diff(want, startsOf(t, r, found.Slots)); diff != "" {
		t.Error(diff)
	}
	far, err := r.finder(t).Find(t.Context(), Wish{Service: checkup, From: day(1).AddDays(7 * 365)})
	if err != nil {
		t.Fatal(err)
	}
	if latest := r.now.Add(maxAhead); far.Fit != FitTooFar || len(far.Slots) == 0 || far.Slots[0].Start.Before(latest.AddDate(0, 0, -7)) {
		t.Errorf("%s: %v", far.Fit, far.Slots)
	}
}

// TestDaysAreThoseOfThePlace: a place in another zone begins and ends its days at other instants.
func TestDaysAreThoseOfThePlace(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	d := testDirectory(t)
	d.Locations[1].Zone = auckland
	var weekly []WeeklyHours
	for weekday := range time.Saturday + 1 {
		weekly = append(weekly, WeeklyHours{Resource: chen, Location: harbor, Weekday: weekday, Opens: 8 * 60, Closes: 10 * 60})
	}
	s, err := NewSchedule(d, weekly, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow)}
	found, err := r.finder(t).Find(t.Context(), Wish{Service: checkup, From: day(4), Until: day(4), Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Fri 4 08:00 Chen", "Fri 4 08:30 Chen", "Fri 4 09:00 Chen", "Fri 4 09:30 Chen"}
	if diff := cmp.Diff(want, startsOf(t, r, found.Slots)); diff != "" || found.Fit != FitAsked {
		t.Errorf("%s: %s", found.Fit, diff)
	}
}

// drawFree makes slots in order, as a search returns them: several practitioners, several days, on a grid.
func drawFree(t *rapid.T) []Slot {
	seen := map[Slot]bool{}
	var slots []Slot
	for range rapid.IntRange(0, 60).Draw(t, "slots") {
		start := time.Date(2026, time.December, 1, 13, 0, 0, 0, time.UTC).
			Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "day")) * 24 * time.Hour).
			Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "half hour")) * 30 * time.Minute)
		who := rapid.SampledFrom([]uuid.UUID{chen, weiss}).Draw(t, "who")
		s := Slot{checkup, who, mainStreet, start, start.Add(30 * time.Minute)}
		if !seen[s] {
			slots = append(slots, s)
		}
		seen[s] = true
	}
	slices.SortStableFunc(slots, byStart)
	return slots
}

// drawnFinder searches slots that were drawn, as far as the query's range and part of the day go.
func drawnFinder(t *rapid.T, d *Directory, slots []Slot) *Finder {
	f, err := NewFinder(FinderConfig{
		Directory: d, Now: time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC),
		Search: func(_ context.Context, q Query) ([]Slot, error) {
			var fitting []Slot
			for _, s := range slots {
				clock := localtime.ClockOf(s.Start, d.Clinic.Zone)
				inRange := !s.Start.Before(q.From) && (q.Until.IsZero() || s.Start.Before(q.Until))
				if inRange && q.DayFrom <= clock && clock < q.DayUntil && (len(q.Practitioners) == 0 || slices.Contains(q.Practitioners, s.Practitioner)) {
					fitting = append(fitting, s)
				}
			}
			return fitting, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestOffersAreSensible: never more than asked for, each one of those that are free, no start twice, and but for the best
// first in order with the earliest among them.
func TestOffersAreSensible(t *testing.T) {
	d := testDirectory(t)
	rapid.Check(t, func(t *rapid.T) {
		slots := drawFree(t)
		w := Wish{
			Service: checkup,
			Order:   rapid.SampledFrom([]Order{OrderSpread, OrderEarliest, OrderBest}).Draw(t, "order"),
			Limit:   rapid.IntRange(1, 6).Draw(t, "limit"),
		}
		found, err := drawnFinder(t, d, slots).Find(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(w.Limit, countStarts(slots)); len(found.Slots) != want || countStarts(found.Slots) != want {
			t.Fatalf("%d chosen with %d starts, want %d", len(found.Slots), countStarts(found.Slots), want)
		}
		for _, s := range found.Slots {
			if !slices.Contains(slots, s) {
				t.Fatal("a slot that is not free was chosen")
			}
		}
		if w.Order == OrderBest || len(slots) == 0 {
			return
		}
		if !slices.IsSortedFunc(found.Slots, byStart) || !found.Slots[0].Start.Equal(slots[0].Start) {
			t.Fatal("out of order, or the earliest was left out")
		}
	})
}

// TestNearestTimesAreOnBothSides: where there is something before and after, both are offered.
func TestNearestTimesAreOnBothSides(t *testing.T) {
	d := testDirectory(t)
	rapid.Check(t, func(t *rapid.T) {
		at := localtime.Clock(rapid.IntRange(8*60, 18*60).Draw(t, "at"))
		clock := func(s Slot) localtime.Clock { return localtime.ClockOf(s.Start, d.Clinic.Zone) }
		slots := slices.DeleteFunc(drawFree(t), func(s Slot) bool { return clock(s) == at })
		w := Wish{Service: checkup, From: day(1), Until: day(9), Exact: true, At: at}
		found, err := drawnFinder(t, d, slots).Find(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Slots) != min(DefaultOffer, countStarts(slots)) || len(slots) > 0 && found.Fit != FitTime {
			t.Fatalf("%d nearest of %d starts, %s", len(found.Slots), countStarts(slots), found.Fit)
		}
		for _, side := range []func(Slot) bool{
			func(s Slot) bool { return clock(s) < at },
			func(s Slot) bool { return clock(s) > at },
		} {
			if slices.ContainsFunc(slots, side) && !slices.ContainsFunc(found.Slots, side) {
				t.Fatal("a side was left out")
			}
		}
	})
}

func TestSpread(t *testing.T) {
	f := &finding{Finder: testRecord(t).finder(t)}
	quarters := func(d, from, until int) []Slot {
		var slots []Slot
		for quarter := from * 4; quarter < until*4; quarter++ {
			slots = append(slots, Slot{Start: time.Date(2026, time.December, d, 0, quarter*15, 0, 0, newYork(t))})
		}
		return slots
	}
	for name, tc := range map[string]struct {
		slots []Slot
		n     int
		want  []string
	}{
		"one day":           {quarters(1, 9, 17), 3, []string{"1 09:00", "1 12:45", "1 16:45"}},
		"two days":          {append(quarters(1, 9, 17), quarters(2, 9, 17)...), 3, []string{"1 09:00", "1 12:00", "2 12:00"}},
		"an hour and a day": {append(quarters(1, 16, 17), quarters(2, 9, 17)...), 3, []string{"1 16:00", "1 16:15", "2 09:00"}},
		"hardly any":        {quarters(1, 9, 10)[:2], 3, []string{"1 09:00", "1 09:15"}},
		"more":              {append(quarters(1, 9, 12), quarters(2, 9, 12)...), 6, []string{"1 09:00", "1 09:30", "1 10:00", "2 09:00", "2 09:30", "2 10:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range f.choose(tc.slots, tc.n) {
				got = append(got, s.Start.Format("2 15:04"))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
