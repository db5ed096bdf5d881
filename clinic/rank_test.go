package clinic

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

func TestBest(t *testing.T) {
	for _, tt := range []struct {
		name string
		wish Wish
		busy []Busy
		want []string
	}{
		{
			"what leaves no gap before what leaves one, sooner before later",
			Wish{Service: treatment, From: day(2), Until: day(2)},
			[]Busy{busyAt(t, chen, 0, "2026-12-02 09:00", "2026-12-02 10:30"), busyAt(t, chen, 0, "2026-12-02 13:00", "2026-12-02 17:00")},
			[]string{"Wed 2 10:30 Chen", "Wed 2 11:15 Chen", "Wed 2 10:45 Chen"},
		},
		{
			"the usual practitioner, rather than somebody else at the same time",
			Wish{Service: checkup, From: day(2), Until: day(2), Exact: true, At: 10 * 60, Usual: weiss},
			nil,
			[]string{"Wed 2 10:00 Weiss"},
		},
		{
			"a part of the day is kept to",
			Wish{Service: checkup, From: day(2), Until: day(2), DayFrom: 15 * 60, DayUntil: 16 * 60},
			nil,
			[]string{"Wed 2 15:00 Chen", "Wed 2 15:30 Chen"},
		},
		{
			"a gap that reaches out of the wanted part of the day is one",
			Wish{Service: treatment, From: day(2), Until: day(2), DayFrom: 10*60 + 45, DayUntil: 12 * 60, Limit: 1},
			[]Busy{busyAt(t, chen, 0, "2026-12-02 09:00", "2026-12-02 10:30")},
			[]string{"Wed 2 11:15 Chen"},
		},
		{
			"what was seen is left out, and leaves no gap by that",
			Wish{
				Service: treatment, From: day(2), Until: day(2), DayFrom: 9 * 60, DayUntil: 12 * 60, Limit: 2,
				Seen: []time.Time{instant(t, "2026-12-02 10:30")},
			},
			[]Busy{busyAt(t, chen, 0, "2026-12-02 09:00", "2026-12-02 10:30")},
			[]string{"Wed 2 11:15 Chen", "Wed 2 10:45 Chen"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testRecord(t, tt.busy...)
			tt.wish.Order = OrderBest
			found, err := r.finder(t).Find(t.Context(), tt.wish)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, startsOf(t, r, found.Slots)); diff != "" || found.Fit != FitAsked {
				t.Errorf("%s (-want +got):\n%s", found.Fit, diff)
			}
		})
	}
}

// TestWasteIsWhatNobodyCanBook holds waste against what it means: how many visits fit before and after, and what is left.
func TestWasteIsWhatNobodyCanBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		grid := rapid.SampledFrom([]int{5, 10, 15, 30}).Draw(t, "grid")
		length := grid * rapid.IntRange(1, 4).Draw(t, "length")
		free := rapid.IntRange(length/grid, 40).Draw(t, "free") * grid
		at := rapid.IntRange(0, (free-length)/grid).Draw(t, "at") * grid
		opens := time.Date(2026, time.December, 1, 14, 0, 0, 0, time.UTC)
		service := Service{ID: checkup, Duration: time.Duration(length) * time.Minute, Grid: time.Duration(grid) * time.Minute}
		var slots []Slot
		for m := 0; m+length <= free; m += grid {
			start := opens.Add(time.Duration(m) * time.Minute)
			slots = append(slots, Slot{checkup, chen, mainStreet, start, start.Add(service.Duration)})
		}
		most := func(minutes int) int { return minutes / length * length } // visits one after the other
		want := at - most(at) + (free - at - length) - most(free-at-length)
		if got := newWaste(slots, service).of(slots[at/grid]); got != want {
			t.Fatalf("a visit of %d at minute %d of %d wastes %d, want %d", length, at, free, got, want)
		}
	})
}

func TestFacets(t *testing.T) {
	f := testRecord(t).finder(t)
	range3 := period{from: day(7), until: day(9), opens: 10 * 60, closes: 12 * 60}
	for _, tt := range []struct {
		start string
		aim   aim
		want  facets
	}{
		{"2026-12-07 10:00", aim{range3, uuid.Nil}, facets{}},
		{"2026-12-07 11:59", aim{range3, chen}, facets{}},
		{"2026-12-08 09:30", aim{range3, weiss}, facets{offMinutes: 30, waitDays: 1, unfamiliar: true}},
		{"2026-12-09 12:00", aim{range3, uuid.Nil}, facets{offMinutes: 1, waitDays: 2}},
		{"2026-12-04 11:00", aim{range3, uuid.Nil}, facets{offDays: 3}},
		{"2026-12-11 11:00", aim{range3, uuid.Nil}, facets{offDays: 2, waitDays: 2}},
		{"2026-12-04 11:00", aim{period{closes: localtime.EndOfDay}, uuid.Nil}, facets{waitDays: 3}},
	} {
		if got := f.facets(slotAt(t, checkup, chen, mainStreet, tt.start, 30), tt.aim); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.start, got, tt.want)
		}
	}
}

func drawFacets(t *rapid.T) facets {
	few := func(label string) int { return rapid.IntRange(0, 500).Draw(t, label) }
	return facets{few("minutes"), few("days"), few("wait"), rapid.Bool().Draw(t, "unfamiliar"), few("waste")}
}

// TestCloserIsNeverWorse: where all else is equal, less of anything that counts against a slot costs less.
func TestCloserIsNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		worse := drawFacets(t)
		worse.unfamiliar = true
		for name, closer := range map[string]func(*facets){
			"minutes":  func(f *facets) { f.offMinutes-- },
			"days":     func(f *facets) { f.offDays-- },
			"wait":     func(f *facets) { f.waitDays-- },
			"waste":    func(f *facets) { f.waste-- },
			"familiar": func(f *facets) { f.unfamiliar = false },
		} {
			better := worse
			if closer(&better); better.cost() >= worse.cost() {
				t.Fatalf("less %s costs %d, more costs %d", name, better.cost(), worse.cost())
			}
		}
	})
}

// TestCloserSlotsRankHigher is the same on the wall: of two slots of one practitioner on one side of what was asked, the
// nearer one comes first.
func TestCloserSlotsRankHigher(t *testing.T) {
	f := testRecord(t).finder(t)
	rapid.Check(t, func(t *rapid.T) {
		noon := time.Date(2026, time.December, 10, 17, 0, 0, 0, time.UTC)
		a := aim{period{from: day(10), until: day(10), opens: 12 * 60, closes: 12*60 + 1}, uuid.Nil}
		side := rapid.SampledFrom([]int{-1, 1}).Draw(t, "side")
		byDays := rapid.Bool().Draw(t, "days")
		at := func(label string, least int) (Slot, int) {
			n := rapid.IntRange(least, least+4).Draw(t, label)
			start := noon.Add(time.Duration(side*n) * time.Hour)
			if byDays {
				start = noon.AddDate(0, 0, side*n)
			}
			return Slot{checkup, chen, mainStreet, start, start.Add(30 * time.Minute)}, n
		}
		near, n := at("near", 0)
		far, _ := at("far", n+1)
		if ranked := f.ranked([]Slot{far, near}, a, waste{}); ranked[0] != near {
			t.Fatalf("%v comes before %v", ranked[0].Start, ranked[1].Start)
		}
	})
}

// TestOrderOfWhatIsFreeDoesNotMatter: the same slots in another order are ranked the same.
func TestOrderOfWhatIsFreeDoesNotMatter(t *testing.T) {
	d := testDirectory(t)
	rapid.Check(t, func(t *rapid.T) {
		slots := drawFree(t)
		w := Wish{
			Service: checkup, Order: OrderBest, Limit: 6, Usual: rapid.SampledFrom([]uuid.UUID{uuid.Nil, weiss}).Draw(t, "usual"),
			DayFrom: localtime.Clock(rapid.IntRange(0, 12*60).Draw(t, "from")), DayUntil: localtime.Clock(rapid.IntRange(13*60, 24*60).Draw(t, "until")),
		}
		shuffled := rapid.Permutation(slots).Draw(t, "order")
		find := func(slots []Slot) []Slot {
			f := drawnFinder(t, d, slots)
			s, err := f.finding(w)
			if err != nil {
				t.Fatal(err)
			}
			ranked, err := s.best(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return ranked
		}
		if diff := cmp.Diff(find(slots), find(shuffled)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestNear(t *testing.T) {
	week := func(who uuid.UUID) Busy { return busyAt(t, who, 0, "2026-12-01 00:00", "2027-03-01 00:00") }
	for _, tt := range []struct {
		name string
		slot Slot
		wish Wish
		busy []Busy
		fit  Fit
		want []string
	}{
		{
			"before and after with the same practitioner, rather than at once with another",
			slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30),
			Wish{},
			[]Busy{busyAt(t, chen, 0, "2026-12-02 10:00", "2026-12-02 10:40")},
			FitTime,
			[]string{"Wed 2 09:00 Chen", "Wed 2 10:00 Weiss", "Wed 2 11:00 Chen"},
		},
		{
			"the slot itself is left out, though a search still shows it",
			slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30),
			Wish{Limit: 1},
			nil, FitTime,
			[]string{"Wed 2 09:30 Chen"},
		},
		{
			"another day with the same practitioner",
			slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30),
			Wish{Practitioners: []uuid.UUID{chen}},
			[]Busy{allDay(t, chen, "03", "04")},
			FitDay,
			[]string{"Wed 2 09:30 Chen", "Wed 2 10:00 Chen", "Fri 4 10:00 Chen"},
		},
		{
			"somebody else where the practitioner is away",
			slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30),
			Wish{},
			[]Busy{week(chen)},
			FitPractitioner,
			[]string{"Thu 3 09:30 Weiss", "Thu 3 10:00 Weiss", "Thu 3 10:30 Weiss"},
		},
		{
			"somebody else on the days around",
			slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30),
			Wish{},
			[]Busy{week(chen), allDay(t, weiss, "03", "04")},
			FitDay,
			[]string{"Wed 2 09:30 Weiss", "Wed 2 10:00 Weiss", "Fri 4 10:00 Weiss"},
		},
		{
			"of somebody who sees nobody any more",
			slotAt(t, checkup, retired, mainStreet, "2026-12-03 10:00", 30),
			Wish{Limit: 2},
			nil, FitPractitioner,
			[]string{"Thu 3 09:30 Chen", "Thu 3 10:00 Chen"},
		},
		{
			"without what was seen",
			slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30),
			Wish{Limit: 1, Seen: []time.Time{instant(t, "2026-12-02 09:30"), instant(t, "2026-12-02 10:30")}},
			nil, FitTime,
			[]string{"Wed 2 09:00 Chen"},
		},
		{
			"the same practitioner later, rather than somebody else hardly sooner",
			slotAt(t, checkup, chen, mainStreet, "2026-12-02 11:30", 30),
			Wish{Limit: 1},
			[]Busy{busyAt(t, chen, 0, "2026-12-02 08:00", "2026-12-02 14:00"), busyAt(t, weiss, 0, "2026-12-02 10:10", "2026-12-02 13:30")},
			FitTime,
			[]string{"Wed 2 14:00 Chen"},
		},
		{
			"with nobody but who is wanted",
			slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30),
			Wish{Practitioners: []uuid.UUID{weiss}},
			[]Busy{busyAt(t, weiss, 0, "2026-12-02 08:00", "2026-12-02 11:00")},
			FitPractitioner,
			[]string{"Tue 1 10:00 Weiss", "Wed 2 11:00 Weiss", "Wed 2 11:30 Weiss"},
		},
		{
			"on the last day that can be booked",
			slotAt(t, checkup, chen, harbor, "2027-01-30 07:30", 30),
			Wish{},
			[]Busy{busyAt(t, chen, 0, "2026-12-01 00:00", "2027-01-29 16:00"), week(weiss)},
			FitDay,
			[]string{"Fri 29 16:00 Chen", "Fri 29 16:30 Chen"},
		},
		{
			"of a day long ago",
			slotAt(t, checkup, chen, mainStreet, "2026-11-02 10:00", 30),
			Wish{},
			nil,
			FitNone, nil,
		},
		{
			"nothing",
			slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30),
			Wish{},
			[]Busy{week(chen), week(weiss)},
			FitNone, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testRecord(t, tt.busy...)
			found, err := r.finder(t).Near(t.Context(), tt.slot, tt.wish)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, startsOf(t, r, found.Slots)); diff != "" || found.Fit != tt.fit {
				t.Errorf("fit %q, want %q; slots (-want +got):\n%s", found.Fit, tt.fit, diff)
			}
			if r.searches > 12 {
				t.Errorf("%d searches", r.searches)
			}
		})
	}
}

// TestNearInALanguage: a practitioner who does not speak it is not asked for.
func TestNearInALanguage(t *testing.T) {
	d := testDirectory(t)
	d.Practitioners[1].Languages = []string{"de"}
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow)}
	lost := slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30)
	found, err := r.finder(t).Near(t.Context(), lost, Wish{Language: "de", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Wed 2 10:00 Weiss"}, startsOf(t, r, found.Slots)); diff != "" || found.Fit != FitPractitioner {
		t.Errorf("%s: %s", found.Fit, diff)
	}
}

func TestJoined(t *testing.T) {
	r := testRecord(t)
	at := func(days ...int) []Slot {
		var slots []Slot
		for _, d := range days {
			slots = append(slots, Slot{Practitioner: chen, Start: time.Date(2026, time.December, d, 9, 0, 0, 0, newYork(t))})
		}
		return slots
	}
	for name, tt := range map[string]struct {
		before, after []Slot
		n             int
		want          []Slot
	}{
		"a third from before":      {at(1, 2, 3), at(5, 6, 7), 3, at(3, 5, 6)},
		"more where after has few": {at(1, 2, 3), at(5), 3, at(2, 3, 5)},
		"nothing after":            {at(1, 2, 3), nil, 3, at(1, 2, 3)},
		"nothing before":           {nil, at(5, 6, 7), 2, at(5, 6)},
		"only one":                 {at(1, 2), at(5, 6), 1, at(5)},
		"six":                      {at(1, 2, 3), at(5, 6, 7, 8, 9), 6, at(2, 3, 5, 6, 7, 8)},
	} {
		if diff := cmp.Diff(startsOf(t, r, tt.want), startsOf(t, r, joined(tt.before, tt.after, tt.n))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestNearIsOnBothSidesAndNeverTheSlot over drawn days.
func TestNearIsOnBothSidesAndNeverTheSlot(t *testing.T) {
	d := testDirectory(t)
	rapid.Check(t, func(t *rapid.T) {
		slots := drawFree(t)
		if len(slots) == 0 {
			return
		}
		lost := rapid.SampledFrom(slots).Draw(t, "lost")
		found, err := drawnFinder(t, d, slots).Near(context.Background(), lost, Wish{})
		if err != nil {
			t.Fatal(err)
		}
		others := slices.DeleteFunc(slices.Clone(slots), func(s Slot) bool { return s == lost })
		if len(found.Slots) > DefaultOffer || len(found.Slots) == 0 && len(others) > 0 || slices.Contains(found.Slots, lost) {
			t.Fatalf("%d found near one of %d", len(found.Slots), len(slots))
		}
		before := func(s Slot) bool { return s.Start.Before(lost.Start) }
		notBefore := func(s Slot) bool { return !before(s) } // at the same time with somebody else is as good as after
		if slices.ContainsFunc(others, before) && !slices.ContainsFunc(found.Slots, before) ||
			slices.ContainsFunc(others, notBefore) && !slices.ContainsFunc(found.Slots, notBefore) {
			t.Fatal("a side was left out")
		}
	})
}
