package clinic

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// TestVerdictsAgainstEveryMinute holds what booking goes by against the oracle: it accepts what the oracle does, and
// refuses the rest with the same code.
func TestVerdictsAgainstEveryMinute(t *testing.T) {
	said := map[string]int{}
	checkWorlds(t, func(t *rapid.T) {
		w := drawWorld(t)
		s, err := NewSchedule(w.directory, w.weekly, w.overrides)
		if err != nil {
			t.Fatal(err)
		}
		by := rapid.SampledFrom([]Actor{asPatient, asPatient, asStaff}).Draw(t, "by")
		for range 50 {
			slot := w.drawSlot(t)
			want := w.verdict(slot, by, w.query.Patient, w.now)
			got := w.code(t, s, slot, by)
			if got != want {
				t.Fatalf("%s from %v to %v of %d at %d: code %q, want %q", by.Kind, slot.Start, slot.End, slot.Practitioner[15], slot.Location[15], got, want)
			}
			said[got]++
		}
	})
	for _, code := range []string{
		"", CodeNotFound, CodeRetired, CodeInvalid, CodeWrongLength, CodeTooSoon, CodeTooFar, CodeOutsideHours, CodeOffGrid, CodePatientBusy, CodeSlotTaken,
	} {
		if said[code] == 0 {
			t.Errorf("no drawn slot was a %q: the test shows nothing of it (%v)", code, said)
		}
	}
}

// code is what booking the slot is answered with.
func (w world) code(t *rapid.T, s *Schedule, slot Slot, by Actor) string {
	if err := s.CheckSlot(slot, by, w.now); err != nil {
		return CodeOf(err)
	}
	takes, err := s.Assign(slot, w.query.Patient, w.busy)
	if err == nil {
		w.checkTakes(t, s, slot, takes)
	}
	w.checkSqueezed(t, s, slot, err)
	return CodeOf(err)
}

// checkTakes holds what a slot takes against what is taken, as the database's constraint does, and against what it needs.
func (w world) checkTakes(t *rapid.T, s *Schedule, slot Slot, takes []Busy) {
	service := w.directory.Services[0]
	rows := map[uuid.UUID]int{}
	for i, b := range takes {
		if !w.isFree(b.Resource, b.Lane, b.Start, b.End) {
			t.Fatalf("%v takes what is taken: %v", slot.Start, b)
		}
		for _, other := range takes[:i] {
			if other.Resource == b.Resource && other.Lane == b.Lane {
				t.Fatalf("%v takes %v twice", slot.Start, b)
			}
		}
		rows[b.Resource]++
	}
	want := w.lanes(slot.Practitioner)
	if service.Group || takes[0].Lane == overbookedLane {
		want = 1
	}
	if rows[slot.Practitioner] != want {
		t.Fatalf("%v takes %d of the practitioner's lanes, want %d", slot.Start, rows[slot.Practitioner], want)
	}
	rooms := len(takes) - want
	if w.query.Patient != uuid.Nil {
		rooms -= rows[w.query.Patient]
	}
	if rooms != len(service.Needs) {
		t.Fatalf("%v takes %d rooms for %d needs", slot.Start, rooms, len(service.Needs))
	}
	if candidates := s.Candidates(slot, w.query.Patient); len(rows) > len(candidates) {
		t.Fatalf("%v takes more than its candidates %v", slot.Start, candidates)
	}
}

// checkSqueezed holds what staff squeeze in against what is free: whatever is free is taken just so, and lane -1 helps
// against all but the patient's other appointment, rooms that are not there, and somebody on that lane already.
func (w world) checkSqueezed(t *rapid.T, s *Schedule, slot Slot, free error) {
	takes, err := s.AssignOverbooked(slot, w.query.Patient, w.busy)
	if err == nil {
		w.checkTakes(t, s, slot, takes)
	}
	switch {
	case free == nil:
		for _, b := range takes {
			if b.Lane == overbookedLane {
				t.Fatalf("%v is free and is squeezed in: %v", slot.Start, takes)
			}
		}
		if err != nil {
			t.Fatalf("%v is free and cannot be squeezed in: %v", slot.Start, err)
		}
	case CodeOf(free) == CodePatientBusy || CodeOf(err) == CodePatientBusy:
		if CodeOf(free) != CodeOf(err) {
			t.Fatalf("%v: %v, and squeezed in %v", slot.Start, free, err)
		}
	case (err == nil) != w.canSqueeze(slot):
		t.Fatalf("%v squeezed in: %v", slot.Start, err)
	}
}

// canSqueeze looks at what is free and at lane -1.
func (w world) canSqueeze(slot Slot) bool {
	service := w.directory.Services[0]
	from, until := slot.Start.Add(-service.BufferBefore), slot.End.Add(service.BufferAfter)
	alone := w.oracle
	alone.directory = &Directory{Locations: w.directory.Locations, Practitioners: w.directory.Practitioners}
	without := service
	without.Needs = nil
	if alone.inTheWay(slot, without, uuid.Nil) != "" && !w.isFree(slot.Practitioner, overbookedLane, from, until) {
		return false
	}
	var choices [][]room
	for _, need := range service.Needs {
		rooms := w.freeRooms(need, slot, from, until)
		for _, r := range w.directory.Resources {
			here := !r.Retired && (r.Location == uuid.Nil || r.Location == slot.Location)
			if here && slices.Contains(need.Resources, r.ID) && w.isFree(r.ID, overbookedLane, from, until) {
				rooms = append(rooms, room{r.ID, overbookedLane})
			}
		}
		choices = append(choices, rooms)
	}
	return differentRooms(choices, nil)
}
