package clinic

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// nearDays are how many days before and after are searched for alternatives.
const nearDays = 14

// backDays are the windows in which the days before are searched, each behind the one before. They grow, because a search
// starts with the earliest: mostly something is free the day before, and it takes one query to see that.
var backDays = []int{1, 3, nearDays - 4}

// Where alternatives to a slot that was taken are looked for: at nearly the same time with anybody, then with the same
// practitioner on the days around, then on more days.
const (
	nearHours    = 2    // before and after
	aroundDays   = 3    // before and after
	nearSearched = 2000 // slots that are looked at, at least: all of one practitioner's in four weeks
)

// otherDays finds the last slots before and the first ones after the days that were wanted, at the same time of the day if
// possible.
func (s *finding) otherDays(ctx context.Context) ([]Slot, error) {
	first := s.asked.from
	if first.Before(s.today) { // a zero one too
		first = s.today
	}
	last := s.asked.until
	if last.Before(first) {
		last = first
	}
	before, err := s.before(ctx, first)
	if err != nil {
		return nil, err
	}
	after, err := s.after(ctx, last.AddDays(1))
	if err != nil {
		return nil, err
	}
	return joined(before, after, s.limit), nil
}

// joined takes at most n slots of both sides: a third of them from before, if there are as many after.
func joined(before, after []Slot, n int) []Slot {
	fromBefore := min(len(before), max(n/3, n-len(after), 1))
	if n == 1 && len(after) > 0 {
		fromBefore = 0
	}
	before = before[len(before)-fromBefore:]
	return append(slices.Clone(before), after[:min(len(after), n-fromBefore)]...)
}

// before returns a choice of the slots on the nearest day before day that has any: one at the time of the day that was
// wanted, within the days that are searched, else one with any.
func (s *finding) before(ctx context.Context, day localtime.Date) ([]Slot, error) {
	slots, err := s.lastBefore(ctx, s.asked, day)
	if err == nil && len(slots) == 0 && !s.asked.anyTime() {
		slots, err = s.lastBefore(ctx, s.asked.wholeDays(), day)
	}
	if err != nil {
		return nil, err
	}
	return s.choose(slots, s.limit), nil
}

// lastBefore returns the slots of the last day before day that has any.
func (s *finding) lastBefore(ctx context.Context, p period, day localtime.Date) ([]Slot, error) {
	until := day.AddDays(-1)
	for _, days := range backDays {
		if until.Before(s.today) {
			break
		}
		from := until.AddDays(1 - days)
		if from.Before(s.today) {
			from = s.today
		}
		slots, err := s.lastDayOf(ctx, p.on(from, until))
		if err != nil || len(slots) > 0 {
			return slots, err
		}
		until = from.AddDays(-1)
	}
	return nil, nil
}

// lastDayOf returns the slots of the last day of a period that has any. Where there are more of them than are looked at,
// the later half is searched first: the earliest ones are not wanted here.
func (s *finding) lastDayOf(ctx context.Context, p period) ([]Slot, error) {
	slots, full, err := s.read(ctx, p, s.wish.Practitioners)
	if err != nil {
		return nil, err
	}
	days := p.from.DaysUntil(p.until)
	if !full || days == 0 {
		if len(slots) == 0 {
			return nil, nil
		}
		byDay := s.byDay(slots)
		return byDay[len(byDay)-1], nil
	}
	middle := p.from.AddDays(days / 2)
	slots, err = s.lastDayOf(ctx, p.on(middle.AddDays(1), p.until))
	if err != nil || len(slots) > 0 {
		return slots, err
	}
	return s.lastDayOf(ctx, p.on(p.from, middle))
}

// after returns a choice of the slots on the nearest days from day on.
func (s *finding) after(ctx context.Context, day localtime.Date) ([]Slot, error) {
	for _, until := range []localtime.Date{day.AddDays(nearDays), {}} {
		for _, p := range s.sameTimeFirst() {
			slots, _, err := s.read(ctx, p.on(day, until), s.wish.Practitioners)
			if err != nil || len(slots) > 0 {
				return s.choose(slots, s.limit), err
			}
		}
	}
	return nil, nil
}

// sameTimeFirst is the part of the day that was wanted, and then all of it.
func (s *finding) sameTimeFirst() []period {
	if s.asked.anyTime() {
		return []period{s.asked}
	}
	return []period{s.asked, s.asked.wholeDays()}
}

// nearestTimes takes the nearest to the part of the day that was wanted, and at least one from before and after it if there
// are some. They are returned earliest first.
func (s *finding) nearestTimes(slots []Slot) []Slot {
	slots = s.distinct(slots)
	off := func(slot Slot) localtime.Clock {
		clock := s.clock(slot)
		return max(s.asked.opens-clock, clock-(s.asked.closes-1))
	}
	slices.SortStableFunc(slots, func(a, b Slot) int { return int(off(a) - off(b)) })
	nearest := bothSides(slots, s.limit, func(slot Slot) bool { return s.clock(slot) < s.asked.opens })
	slices.SortFunc(nearest, byStart)
	return nearest
}

// bothSides takes the first n of slots, and makes sure that one from either side is among them if there is one.
func bothSides(slots []Slot, n int, before func(Slot) bool) []Slot {
	nearest := slices.Clone(slots[:min(len(slots), n)])
	if len(slots) <= n || n < 2 {
		return nearest
	}
	side := before(nearest[0])
	if slices.ContainsFunc(nearest, func(s Slot) bool { return before(s) != side }) {
		return nearest
	}
	if i := slices.IndexFunc(slots, func(s Slot) bool { return before(s) != side }); i >= 0 {
		nearest[len(nearest)-1] = slots[i]
	}
	return nearest
}

// Near returns the nearest free alternatives to a slot that cannot be had (somebody was faster, its practitioner is away),
// earliest first, from before and after it if there are some. The slot itself is left out; the same time with another
// practitioner is not. Of the wish count Practitioners, Language, Location, Patient, Exclude, Hold, Seen and Limit.
//
// What is nearest goes by the weights of this package, as if the slot's practitioner were the usual one. Fit says how the
// nearest one differs: [FitTime] is the same practitioner on the same day, [FitDay] another day, [FitPractitioner] somebody
// else on the same day, [FitNone] that there is none within two weeks.
func (f *Finder) Near(ctx context.Context, slot Slot, w Wish) (Found, error) {
	clock := f.clock(slot)
	w.Service, w.Specialty, w.Usual = slot.Service, "", slot.Practitioner
	w.From, w.Until, w.Weekdays, w.DayFrom, w.DayUntil, w.Exact, w.At = localtime.Date{}, localtime.Date{}, nil, 0, 0, true, clock
	s, err := f.finding(w)
	if err != nil {
		return Found{}, err
	}
	n := near{finding: s, slot: slot, day: f.day(slot)}
	for _, look := range []func(context.Context) ([]Slot, error){n.sameTime, n.sameWeek, n.sameFortnight, n.anybody} {
		slots, err := look(ctx)
		if err != nil {
			return Found{}, err
		}
		n.add(slots)
		if n.enough() {
			break
		}
	}
	return n.result(), nil
}

// near is one search for alternatives to a slot.
type near struct {
	*finding
	slot  Slot
	day   localtime.Date
	looks int
	slots []Slot
}

// sameTime is with anybody, within two hours.
func (n *near) sameTime(ctx context.Context) ([]Slot, error) {
	p := n.asked.on(n.day, n.day)
	p.opens, p.closes = max(n.asked.opens-nearHours*60, localtime.Midnight), min(n.asked.opens+nearHours*60+1, localtime.EndOfDay)
	return n.readPossible(ctx, p, n.wish.Practitioners)
}

// sameWeek is with the same practitioner, on a few days around.
func (n *near) sameWeek(ctx context.Context) ([]Slot, error) { return n.own(ctx, aroundDays) }

// sameFortnight is with the same practitioner, on more days around.
func (n *near) sameFortnight(ctx context.Context) ([]Slot, error) { return n.own(ctx, nearDays) }

// anybody is with anybody, on the same day and the nearest ones before and after that have any.
func (n *near) anybody(ctx context.Context) ([]Slot, error) {
	same, err := n.readPossible(ctx, n.asked.wholeDays().on(n.day, n.day), n.wish.Practitioners)
	if err != nil {
		return nil, err
	}
	before, err := n.lastBefore(ctx, n.asked.wholeDays(), n.day)
	if err != nil {
		return nil, err
	}
	after, err := n.readPossible(ctx, n.asked.wholeDays().on(n.day.AddDays(1), n.day.AddDays(nearDays)), n.wish.Practitioners)
	return slices.Concat(same, before, after), err
}

// own are the slots of the same practitioner, unless that is nobody who can be booked or was asked for.
func (n *near) own(ctx context.Context, days int) ([]Slot, error) {
	who := n.slot.Practitioner
	i := slices.IndexFunc(n.directory.Practitioners, func(p Practitioner) bool { return p.ID == who })
	wanted := len(n.wish.Practitioners) == 0 || slices.Contains(n.wish.Practitioners, who)
	if !wanted || i < 0 || provides(&n.directory.Practitioners[i], &n.service) != nil || !n.speaks(n.directory.Practitioners[i]) {
		return nil, nil
	}
	return n.readPossible(ctx, n.asked.wholeDays().on(n.day.AddDays(-days), n.day.AddDays(days)), []uuid.UUID{who})
}

func (n *near) speaks(p Practitioner) bool {
	return n.wish.Language == "" || slices.Contains(p.Languages, n.wish.Language)
}

// readPossible is read for days of which some may have passed, or not be bookable yet.
func (n *near) readPossible(ctx context.Context, p period, practitioners []uuid.UUID) ([]Slot, error) {
	if last := n.lastDay(); p.until.After(last) {
		p.until = last
	}
	if p.until.Before(n.today) || p.until.Before(p.from) {
		return nil, nil
	}
	slots, _, err := n.readAll(ctx, p, practitioners, max(n.count, nearSearched))
	return slices.DeleteFunc(slots, n.seen), err
}

func (n *near) add(slots []Slot) {
	n.looks++
	for _, s := range slots {
		same := func(other Slot) bool {
			return other.Start.Equal(s.Start) && other.Practitioner == s.Practitioner && other.Location == s.Location
		}
		if !same(n.slot) && !slices.ContainsFunc(n.slots, same) {
			n.slots = append(n.slots, s)
		}
	}
}

// enough reports whether nothing nearer is left to be found: the same practitioner's days around were looked at, and there
// are as many as wanted, on both sides if anything before it can be booked at all.
func (n *near) enough() bool {
	before := slices.ContainsFunc(n.slots, n.isBefore) || !n.slot.Start.After(n.now.Add(n.service.Notice))
	after := slices.ContainsFunc(n.slots, func(s Slot) bool { return !n.isBefore(s) })
	return n.looks >= 2 && before && after && countStarts(n.slots) >= n.limit
}

func (n *near) isBefore(s Slot) bool { return s.Start.Before(n.slot.Start) }

func (n *near) result() Found {
	if len(n.slots) == 0 {
		return Found{Fit: FitNone}
	}
	a := aim{n.asked.on(n.day, n.day), n.slot.Practitioner}
	ranked := firstOfEach(n.ranked(n.slots, a, waste{})) // parts of days do not tell what is wasted
	found := Found{Fit: n.fitOf(ranked[0]), More: len(ranked) > n.limit}
	found.Slots = bothSides(ranked, n.limit, n.isBefore)
	slices.SortFunc(found.Slots, byStart)
	return found
}

func (n *near) fitOf(s Slot) Fit {
	switch {
	case n.finding.day(s) != n.day:
		return FitDay
	case s.Practitioner != n.slot.Practitioner:
		return FitPractitioner
	default:
		return FitTime
	}
}
