package clinic

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestSearchAgainstEveryMinute holds the search against the oracle, near clock changes in zones that are hard.
func TestSearchAgainstEveryMinute(t *testing.T) {
	offered := 0
	checkWorlds(t, func(t *rapid.T) {
		w := drawWorld(t)
		s, err := NewSchedule(w.directory, w.weekly, w.overrides)
		if err != nil {
			t.Fatal(err)
		}
		want := w.free(w.query, w.now)
		query := w.query
		query.Limit = 10_000
		search, err := s.NewSearch(query, w.now)
		if err != nil {
			if len(want) > 0 {
				t.Fatalf("refused (%v), and yet there is %v", err, want[0])
			}
			return
		}
		got, _ := searchAll(search, w.busy)
		if !slices.IsSortedFunc(got, func(a, b Slot) int { return a.Start.Compare(b.Start) }) {
			t.Fatal("not in order")
		}
		w.checkOffers(t, s, got)
		offered += len(got)
		limited := search.Free(nil, stageOver(search), w.busy)[:min(3, len(got))]
		if diff := cmp.Diff(got[:len(limited)], limited); diff != "" {
			t.Fatalf("in one stage: %s", diff)
		}
		if diff := cmp.Diff(got, w.freeIn(search)); diff != "" {
			t.Fatalf("with a calendar: %s", diff)
		}
		sortSlots(got)
		sortSlots(want)
		if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
			t.Fatal(diff)
		}
	})
	if offered == 0 {
		t.Error("no drawn clinic had anything free: the test shows nothing")
	}
}

// freeIn is all that is free in what is busy as a calendar, without the lanes that do not matter.
func (w world) freeIn(search *Search) []Slot {
	var calendar Calendar
	for _, id := range search.Resources() {
		var starts, ends []int64
		var lanes []int16
		for _, b := range w.busy {
			if b.Resource == id && (b.Lane == 0 || !search.OneLane()) {
				starts, ends, lanes = append(starts, b.Start.Unix()), append(ends, ceilUnix(b.End)), append(lanes, int16(b.Lane))
			}
		}
		if search.OneLane() {
			lanes = nil
		}
		calendar.Add(id, starts, ends, lanes)
	}
	return search.FreeIn(nil, stageOver(search), &calendar)
}

// stageOver is all of a search as one stage.
func stageOver(search *Search) Stage {
	var all Stage
	for stage := range search.Stages() {
		if all.From.IsZero() {
			all = stage
		}
		all.Until, all.BusyUntil = stage.Until, stage.BusyUntil
	}
	return all
}

func lines(slots []Slot) []string {
	var out []string
	for _, s := range slots {
		out = append(out, fmt.Sprintf("%s practitioner %d at %d", s.Start.UTC().Format(time.RFC3339), s.Practitioner[15], s.Location[15]))
	}
	return out
}

// checkOffers holds what is offered against the rules that booking goes by.
func (w world) checkOffers(t *rapid.T, s *Schedule, slots []Slot) {
	for _, slot := range slots {
		if err := s.CheckSlot(slot, asPatient, w.now); err != nil {
			t.Fatalf("%v is offered and refused: %v", slot.Start, err)
		}
		takes, err := s.Assign(slot, w.query.Patient, w.busy)
		if err != nil {
			t.Fatalf("%v is offered and taken: %v", slot.Start, err)
		}
		w.checkTakes(t, s, slot, takes)
	}
}
