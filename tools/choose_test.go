package tools

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

var newYork = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// drawSlots makes slots in order, as a search returns them: several practitioners, several days, on a grid.
func drawSlots(t *rapid.T) []clinic.Slot {
	who := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	var slots []clinic.Slot
	for range rapid.IntRange(0, 60).Draw(t, "slots") {
		start := time.Date(2026, time.November, 30, 13, 0, 0, 0, time.UTC).
			Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "day")) * 24 * time.Hour).
			Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "quarter")) * 15 * time.Minute)
		slots = append(slots, clinic.Slot{Practitioner: rapid.SampledFrom(who).Draw(t, "who"), Start: start, End: start.Add(time.Hour)})
	}
	slices.SortStableFunc(slots, func(a, b clinic.Slot) int { return a.Start.Compare(b.Start) })
	return slots
}

// TestChosenSlotsAreSensible: never more than asked for, each one of those that are free, in order, no start twice, and the
// earliest among them.
func TestChosenSlotsAreSensible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := finder{zone: newYork, in: FindSlotsIn{When: When{Soonest: rapid.Bool().Draw(t, "soonest")}}}
		slots := drawSlots(t)
		n := rapid.SampledFrom([]int{firstOffer, moreOffer}).Draw(t, "n")
		chosen := f.choose(slots, n)
		if want := min(n, starts(slots)); len(chosen) != want {
			t.Fatalf("%d chosen of %d starts, want %d", len(chosen), starts(slots), want)
		}
		for i, s := range chosen {
			if !slices.Contains(slots, s) {
				t.Fatal("a slot that is not free was chosen")
			}
			if i > 0 && !chosen[i-1].Start.Before(s.Start) {
				t.Fatal("out of order, or twice")
			}
		}
		if len(slots) > 0 && !chosen[0].Start.Equal(slots[0].Start) {
			t.Fatal("the earliest was left out")
		}
	})
}

// TestNearestTimesAreOnBothSides: where there is something before and after, both are offered, and nothing nearer is left out
// on the nearer side.
func TestNearestTimesAreOnBothSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := localtime.Clock(rapid.IntRange(8*60, 18*60).Draw(t, "at"))
		f := finder{zone: newYork, in: FindSlotsIn{When: When{Exact: true, At: at}}}
		slots := slices.DeleteFunc(drawSlots(t), func(s clinic.Slot) bool { return f.clock(s) == at })
		nearest := f.nearestTimes(slots)
		before := func(s clinic.Slot) bool { return f.clock(s) < at }
		after := func(s clinic.Slot) bool { return f.clock(s) > at }
		if len(nearest) != min(firstOffer, starts(slots)) {
			t.Fatalf("%d nearest of %d starts", len(nearest), starts(slots))
		}
		for _, side := range []func(clinic.Slot) bool{before, after} {
			if slices.ContainsFunc(slots, side) && !slices.ContainsFunc(nearest, side) {
				t.Fatal("a side was left out")
			}
		}
	})
}

func TestSpread(t *testing.T) {
	t.Parallel()
	f := finder{zone: newYork}
	day := func(d, from, until int) []clinic.Slot {
		var slots []clinic.Slot
		for quarter := from * 4; quarter < until*4; quarter++ {
			slots = append(slots, clinic.Slot{Start: time.Date(2026, time.December, d, 0, quarter*15, 0, 0, newYork)})
		}
		return slots
	}
	for name, tc := range map[string]struct {
		slots []clinic.Slot
		n     int
		want  []string
	}{
		"one day":           {day(1, 9, 17), 3, []string{"1 09:00", "1 12:45", "1 16:45"}},
		"two days":          {append(day(1, 9, 17), day(2, 9, 17)...), 3, []string{"1 09:00", "1 12:00", "2 12:00"}},
		"an hour and a day": {append(day(1, 16, 17), day(2, 9, 17)...), 3, []string{"1 16:00", "1 16:15", "2 09:00"}},
		"hardly any":        {day(1, 9, 10)[:2], 3, []string{"1 09:00", "1 09:15"}},
		"more":              {append(day(1, 9, 12), day(2, 9, 12)...), 6, []string{"1 09:00", "1 09:30", "1 10:00", "2 09:00", "2 09:30", "2 10:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
