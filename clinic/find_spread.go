package clinic

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// apart is how far apart two offered times of one day should be.
const apart = 3 * time.Hour

// choose picks at most n slots that differ usefully: not three quarters of the same hour, but other parts of the day
// and other days. The earliest is always among them. Slots are given and returned earliest first, one for each start.
func (s *finding) choose(slots []Slot, n int) []Slot {
	slots = s.distinct(slots)
	if len(slots) <= n {
		return slots
	}
	if s.wish.Order == OrderEarliest {
		return slots[:n]
	}
	return s.spread(slots, n)
}

// spread is choose for slots with different starts, of which there are more than n.
func (f *Finder) spread(slots []Slot, n int) []Slot {
	days := f.byDay(slots)
	if len(days) == 1 {
		return takeEvenly(slots, n)
	}
	first := slots[0]
	chosen := []Slot{first}
	for _, pick := range []func(Slot) bool{
		func(s Slot) bool { return f.day(s) == f.day(first) && s.Start.Sub(first.Start) >= apart },
		func(s Slot) bool { return f.day(s) != f.day(first) && f.afternoon(s) != f.afternoon(first) },
	} {
		if i := slices.IndexFunc(slots, pick); i >= 0 && len(chosen) < n {
			chosen = append(chosen, slots[i])
		}
	}
	return fill(chosen, days, n)
}

// fill adds slots of one day after the other, spread over each day, until there are n, and sorts them.
func fill(chosen []Slot, days [][]Slot, n int) []Slot {
	for round := range n {
		for _, day := range days {
			spread := takeEvenly(day, n)
			if round >= len(spread) || len(chosen) == n {
				continue
			}
			if !slices.ContainsFunc(chosen, func(c Slot) bool { return c.Start.Equal(spread[round].Start) }) {
				chosen = append(chosen, spread[round])
			}
		}
	}
	slices.SortFunc(chosen, byStart)
	return chosen
}

// distinct keeps one slot for each start: the usual practitioner's if there is one, else the practitioners take turns
// where several are free.
func (s *finding) distinct(slots []Slot) []Slot {
	var out []Slot
	shown := map[uuid.UUID]int{}
	better := func(a, b Slot) bool {
		if usual := a.Practitioner == s.wish.Usual; usual != (b.Practitioner == s.wish.Usual) {
			return usual
		}
		return shown[a.Practitioner] < shown[b.Practitioner]
	}
	for i := 0; i < len(slots); {
		best, j := i, i
		for ; j < len(slots) && slots[j].Start.Equal(slots[i].Start); j++ {
			if better(slots[j], slots[best]) {
				best = j
			}
		}
		shown[slots[best].Practitioner]++
		out = append(out, slots[best])
		i = j
	}
	return out
}

// takeEvenly takes n of slots from the first to the last, or all where there are no more than that.
func takeEvenly(slots []Slot, n int) []Slot {
	if len(slots) <= n {
		return slots
	}
	out := make([]Slot, n)
	for i := range out {
		out[i] = slots[i*(len(slots)-1)/max(1, n-1)]
	}
	return out
}

func (f *Finder) byDay(slots []Slot) [][]Slot {
	var days [][]Slot
	for i, s := range slots {
		if i == 0 || f.day(s) != f.day(slots[i-1]) {
			days = append(days, nil)
		}
		days[len(days)-1] = append(days[len(days)-1], s)
	}
	return days
}

func (f *Finder) afternoon(s Slot) bool { return f.clock(s) >= localtime.Noon }

// countStarts is how many different starts slots have.
func countStarts(slots []Slot) int {
	seen := map[int64]bool{}
	for _, s := range slots {
		seen[s.Start.UnixNano()] = true
	}
	return len(seen)
}

func byStart(a, b Slot) int { return a.Start.Compare(b.Start) }
