package tools

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// apart is how far apart two offered times of one day should be.
const apart = 3 * time.Hour

// choose picks at most n slots that differ usefully: not three quarters of the same hour, but other parts of the day
// and other days. The earliest is always among them. Slots are given and returned earliest first, one for each start.
func (f *finder) choose(slots []clinic.Slot, n int) []clinic.Slot {
	slots = distinct(slots)
	if len(slots) <= n {
		return slots
	}
	if f.in.When.Soonest {
		return slots[:n]
	}
	days := f.byDay(slots)
	if len(days) == 1 {
		return evenly(slots, n)
	}
	chosen := []clinic.Slot{slots[0]}
	for _, pick := range []func(clinic.Slot) bool{
		func(s clinic.Slot) bool { return f.day(s) == f.day(slots[0]) && s.Start.Sub(slots[0].Start) >= apart },
		func(s clinic.Slot) bool {
			return f.day(s) != f.day(slots[0]) && f.afternoon(s) != f.afternoon(slots[0])
		},
	} {
		if i := slices.IndexFunc(slots, pick); i >= 0 && len(chosen) < n {
			chosen = append(chosen, slots[i])
		}
	}
	return fill(chosen, days, n)
}

// fill adds slots of one day after the other, spread over each day, until there are n, and sorts them.
func fill(chosen []clinic.Slot, days [][]clinic.Slot, n int) []clinic.Slot {
	for round := range n {
		for _, day := range days {
			spread := evenly(day, n)
			if round >= len(spread) || len(chosen) == n {
				continue
			}
			if !slices.ContainsFunc(chosen, func(c clinic.Slot) bool { return c.Start.Equal(spread[round].Start) }) {
				chosen = append(chosen, spread[round])
			}
		}
	}
	slices.SortFunc(chosen, func(a, b clinic.Slot) int { return a.Start.Compare(b.Start) })
	return chosen
}

// distinct keeps one slot for each start, and lets the practitioners take turns where several are free.
func distinct(slots []clinic.Slot) []clinic.Slot {
	var out []clinic.Slot
	shown := map[uuid.UUID]int{}
	for i := 0; i < len(slots); {
		best, j := i, i
		for ; j < len(slots) && slots[j].Start.Equal(slots[i].Start); j++ {
			if shown[slots[j].Practitioner] < shown[slots[best].Practitioner] {
				best = j
			}
		}
		shown[slots[best].Practitioner]++
		out = append(out, slots[best])
		i = j
	}
	return out
}

// evenly takes n of slots from the first to the last, or all where there are no more than that.
func evenly(slots []clinic.Slot, n int) []clinic.Slot {
	if len(slots) <= n {
		return slots
	}
	out := make([]clinic.Slot, n)
	for i := range out {
		out[i] = slots[i*(len(slots)-1)/max(1, n-1)]
	}
	return out
}

// nearestTimes takes the last ones before and the first ones after the time of the day that was wanted.
func (f *finder) nearestTimes(slots []clinic.Slot) []clinic.Slot {
	slots = distinct(slots)
	w := f.in.When
	at := w.Opens
	if w.Exact {
		at = w.At
	}
	distance := func(s clinic.Slot) localtime.Clock {
		c := f.clock(s)
		return max(at-c, c-at)
	}
	slices.SortStableFunc(slots, func(a, b clinic.Slot) int { return int(distance(a) - distance(b)) })
	nearest := bothSides(slots, func(s clinic.Slot) bool { return f.clock(s) < at })
	slices.SortFunc(nearest, func(a, b clinic.Slot) int { return a.Start.Compare(b.Start) })
	return nearest
}

// bothSides takes the first three of slots, and makes sure that one from either side is among them if there is one.
func bothSides(slots []clinic.Slot, before func(clinic.Slot) bool) []clinic.Slot {
	nearest := slices.Clone(slots[:min(len(slots), firstOffer)])
	if len(slots) <= firstOffer {
		return nearest
	}
	side := before(nearest[0])
	if slices.ContainsFunc(nearest, func(s clinic.Slot) bool { return before(s) != side }) {
		return nearest
	}
	if i := slices.IndexFunc(slots, func(s clinic.Slot) bool { return before(s) != side }); i >= 0 {
		nearest[len(nearest)-1] = slots[i]
	}
	return nearest
}

func (f *finder) byDay(slots []clinic.Slot) [][]clinic.Slot {
	var days [][]clinic.Slot
	for i, s := range slots {
		if i == 0 || f.day(s) != f.day(slots[i-1]) {
			days = append(days, nil)
		}
		days[len(days)-1] = append(days[len(days)-1], s)
	}
	return days
}

func (f *finder) afternoon(s clinic.Slot) bool { return f.clock(s) >= localtime.Noon }

// starts counts the different starts of slots, which are in order.
func starts(slots []clinic.Slot) int {
	n := 0
	for i, s := range slots {
		if i == 0 || !s.Start.Equal(slots[i-1].Start) {
			n++
		}
	}
	return n
}
