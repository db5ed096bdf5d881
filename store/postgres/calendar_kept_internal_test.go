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

	_, since := kept.advance(clinicID, 10, nil, nil)
	kept.advance(clinicID, 20, []uuid.UUID{chen}, nil)
	kept.store(clinicID, since, read)
	if tracks, _ := kept.advance(clinicID, 20, nil, []uuid.UUID{chen}); len(tracks) != 0 {
		t.Error("what was read before the change is kept")
	}

	_, since = kept.advance(clinicID, 20, nil, nil)
	kept.store(clinicID, since, read)
	if tracks, _ := kept.advance(clinicID, 15, nil, []uuid.UUID{chen}); len(tracks) != 1 {
		t.Error("what was read after it is not kept")
	}
	if kept.of(clinicID).since != 20 {
		t.Errorf("since went back to %d", kept.of(clinicID).since)
	}
}
