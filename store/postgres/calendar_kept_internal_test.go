package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// Somebody reads a calendar; before it is kept, somebody else learns that it has changed. What was read may be from before.
func TestWhatWasReadBeforeAChangeIsNotKept(t *testing.T) {
	clinicID, chen := uuid.New(), uuid.New()
	kept := keptCalendars{byClinic: map[uuid.UUID]*keptClinic{}}
	kept.since(clinicID, time.Unix(0, 0))
	read := map[uuid.UUID]*keptTrack{chen: {starts: []int64{1}, ends: []int64{2}, lanes: []int16{0}}}

	_, since := kept.advance(clinicID, noneKept, 10, nil, nil)
	kept.advance(clinicID, 10, 20, []uuid.UUID{chen}, nil)
	kept.store(clinicID, since, read)
	if tracks, _ := kept.advance(clinicID, 20, 20, nil, []uuid.UUID{chen}); len(tracks) != 0 {
		t.Error("what was read before the change is kept")
	}

	_, since = kept.advance(clinicID, 20, 20, nil, nil)
	kept.store(clinicID, since, read)
	if tracks, _ := kept.advance(clinicID, 10, 15, nil, []uuid.UUID{chen}); len(tracks) != 1 {
		t.Error("what was read after it is not kept")
	}
	if kept.of(clinicID).since != 20 {
		t.Errorf("since went back to %d", kept.of(clinicID).since)
	}
}

// Two begin to keep calendars at once. One of them has not asked what changed, for nothing was kept, and must not vouch for
// what the other has read meanwhile.
func TestWhoHasNotAskedVouchesForNothing(t *testing.T) {
	clinicID, chen := uuid.New(), uuid.New()
	kept := keptCalendars{byClinic: map[uuid.UUID]*keptClinic{}}
	now := time.Unix(0, 0)
	first, second := kept.since(clinicID, now), kept.since(clinicID, now)

	_, since := kept.advance(clinicID, first, 10, nil, nil)
	kept.store(clinicID, since, map[uuid.UUID]*keptTrack{chen: {starts: []int64{1}, ends: []int64{2}, lanes: []int16{0}}})
	kept.advance(clinicID, second, 20, nil, nil) // after transaction 15, which has written Chen's calendar
	if asked := kept.since(clinicID, now); asked > 10 {
		t.Errorf("what changed is asked from %d on: what 15 has written is never learned of", asked)
	}
	kept.advance(clinicID, kept.since(clinicID, now), 30, []uuid.UUID{chen}, nil)
	if asked := kept.since(clinicID, now); asked != 30 {
		t.Errorf("who has asked brings it to %d, want 30", asked)
	}
}
