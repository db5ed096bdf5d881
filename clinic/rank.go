package clinic

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// What a slot costs, in minutes: a slot that is so much nearer to the time of the day that was asked for is as good.
// The cheapest is the best. Each part grows with what it measures and with nothing else, so of two slots that differ in
// one respect the closer one is never worse.
const (
	costOffMinute  = 1   // a minute off the part of the day that was asked for
	costOffDay     = 240 // a day off the days that were asked for: rather four hours earlier or later on the same day
	costWaitDay    = 10  // a day later, among those that were asked for
	costUnfamiliar = 90  // somebody else than the patient's usual practitioner
	costWaste      = 1   // a minute of the practitioner's time that nobody can book any more
)

// aim is what slots are measured against.
type aim struct {
	period           // weekdays aside: they are kept or not
	usual  uuid.UUID // zero: nobody
}

// facets are the respects in which slots differ from an aim.
type facets struct {
	offMinutes int  // of the part of the day
	offDays    int  // before the first or after the last
	waitDays   int  // after the first, up to the last
	unfamiliar bool // somebody else than usual
	waste      int  // minutes
}

func (f facets) cost() int {
	cost := costOffMinute*f.offMinutes + costOffDay*f.offDays + costWaitDay*f.waitDays + costWaste*f.waste
	if f.unfamiliar {
		cost += costUnfamiliar
	}
	return cost
}

// facets measures a slot, but for what it wastes. Days are counted from today where no first one was asked for.
func (f *Finder) facets(s Slot, a aim) facets {
	day, clock := f.day(s), f.clock(s)
	first := a.from
	if first.IsZero() {
		first = localtime.DateOf(f.now, f.zone(s.Location))
	}
	m := facets{
		offMinutes: int(max(a.opens-clock, clock-(a.closes-1), 0)),
		unfamiliar: a.usual != uuid.Nil && s.Practitioner != a.usual,
	}
	switch {
	case day.Before(first):
		m.offDays = day.DaysUntil(first)
	case !a.until.IsZero() && day.After(a.until):
		m.offDays = a.until.DaysUntil(day)
		m.waitDays = first.DaysUntil(a.until)
	default:
		m.waitDays = first.DaysUntil(day)
	}
	return m
}

// best are the slots that are as wished, best first, one for each start. To know what a slot would waste, all of the days
// is read, not only their wanted part.
func (s *finding) best(ctx context.Context) ([]Slot, error) {
	all, _, err := s.readAll(ctx, s.asked.wholeDays(), s.wish.Practitioners, min(rankedFactor*s.count, mostSearched))
	if err != nil {
		return nil, err
	}
	ranked := s.ranked(all, aim{s.asked, s.wish.Usual}, newWaste(all, s.service))
	return firstOfEach(slices.DeleteFunc(ranked, func(slot Slot) bool {
		clock := s.clock(slot)
		return clock < s.asked.opens || clock >= s.asked.closes || s.seen(slot)
	})), nil
}

// firstOfEach keeps the first slot of each start.
func firstOfEach(slots []Slot) []Slot {
	starts := map[int64]bool{}
	return slices.DeleteFunc(slots, func(s Slot) bool {
		start := s.Start.Unix()
		again := starts[start]
		starts[start] = true
		return again
	})
}

// ranked orders slots by what they cost; where that is the same, the earlier comes first, then the directory's order decides.
func (f *Finder) ranked(slots []Slot, a aim, w waste) []Slot {
	type priced struct {
		Slot
		cost, order int
	}
	order := make(map[uuid.UUID]int, len(f.directory.Practitioners))
	for i, p := range f.directory.Practitioners {
		order[p.ID] = i
	}
	all := make([]priced, len(slots))
	for i, s := range slots {
		m := f.facets(s, a)
		m.waste = w.of(s)
		all[i] = priced{s, m.cost(), order[s.Practitioner]}
	}
	slices.SortFunc(all, func(a, b priced) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), a.Start.Compare(b.Start), cmp.Compare(a.order, b.order), bytes.Compare(a.Location[:], b.Location[:]))
	})
	out := make([]Slot, len(all))
	for i, p := range all {
		out[i] = p.Slot
	}
	return out
}

// waste knows what booking a slot leaves over that is too short for another visit of the kind. It needs to know nothing of
// what is booked: free starts of one practitioner that follow each other on the grid are one free stretch, and where they
// end, another visit or the end of the opening is.
type waste struct {
	runs  map[place][]run
	pitch int64 // seconds from the start of a visit to that of the next one
}

type place struct{ practitioner, location uuid.UUID }

// run is a free stretch, by its first and last start in Unix seconds.
type run struct{ first, last int64 }

func newWaste(slots []Slot, service Service) waste {
	grid := max(seconds(service.Grid), 60)
	pitch := seconds(service.BufferBefore + service.Duration + service.BufferAfter)
	w := waste{map[place][]run{}, (pitch + grid - 1) / grid * grid}
	slots = slices.Clone(slots)
	slices.SortFunc(slots, byStart)
	for _, s := range slots {
		at := place{s.Practitioner, s.Location}
		runs, start := w.runs[at], s.Start.Unix()
		if n := len(runs); n > 0 && start-runs[n-1].last <= grid {
			runs[n-1].last = start
			continue
		}
		w.runs[at] = append(runs, run{start, start})
	}
	return w
}

// of is how many minutes before and after a slot are lost when it is booked.
func (w waste) of(s Slot) int {
	start := s.Start.Unix()
	for _, r := range w.runs[place{s.Practitioner, s.Location}] {
		if r.first <= start && start <= r.last {
			lost := (start-r.first)%w.pitch + (r.last-start)%w.pitch
			return int(time.Duration(lost) * time.Second / time.Minute)
		}
	}
	return 0
}
