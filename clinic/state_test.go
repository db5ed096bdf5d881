package clinic

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var allStates = []AppointmentState{StateBooked, StateConfirmed, StateArrived, StateCompleted, StateCancelled, StateNoShow}

func TestCanBecome(t *testing.T) {
	for _, tt := range []struct {
		from, to AppointmentState
		want     bool
	}{
		{StateBooked, StateConfirmed, true},
		{StateConfirmed, StateBooked, true}, // moved
		{StateBooked, StateCompleted, true},
		{StateConfirmed, StateCancelled, true},
		{StateArrived, StateCancelled, true},
		{StateArrived, StateBooked, false},
		{StateNoShow, StateArrived, true},
		{StateNoShow, StateCancelled, false},
		{StateCancelled, StateBooked, false},
		{StateCompleted, StateNoShow, false},
		{"", StateBooked, false},
		{StateBooked, "lost", false},
	} {
		if got := tt.from.CanBecome(tt.to); got != tt.want {
			t.Errorf("%s can become %s: %v", tt.from, tt.to, got)
		}
	}
}

// TestTransitionsEnd walks at random: no state becomes itself, and every walk can end in a final state.
func TestTransitionsEnd(t *testing.T) {
	final := func(s AppointmentState) bool {
		return !slices.ContainsFunc(allStates, s.CanBecome)
	}
	rapid.Check(t, func(t *rapid.T) {
		state := StateBooked
		for range rapid.IntRange(0, 10).Draw(t, "steps") {
			next := rapid.SampledFrom(allStates).Draw(t, "next")
			if state == next && state.CanBecome(next) {
				t.Fatalf("%s becomes itself", state)
			}
			if state.CanBecome(next) {
				state = next
			}
		}
		if final(state) != (state == StateCancelled || state == StateCompleted) {
			t.Fatalf("%s is final: %v", state, final(state))
		}
	})
}
