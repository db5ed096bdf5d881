package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// stateBooked is the state of an allocation that an appointment takes; holds have 1, what is released 0.
const stateBooked = 2

// longestAllocation bounds how far back something can begin that is in the way. The table has a check that says the same.
const longestAllocation = 48 * time.Hour

// Search returns at most q.Limit free slots, earliest first; none is an empty list. The near days are read first, later ones
// only while there are not enough. What was free a moment ago is returned: holding or booking a slot finds out.
func (d *DB) Search(ctx context.Context, clinicID uuid.UUID, q clinic.Query) ([]clinic.Slot, error) {
	schedule, err := d.schedule(ctx, clinicID)
	if err != nil {
		return nil, err
	}
	now := d.now()
	search, err := schedule.NewSearch(q, now)
	if err != nil {
		return nil, err
	}
	slots := []clinic.Slot{}
	source, err := d.newCalendars(ctx, clinicID, search, q, now)
	if err != nil {
		return nil, err
	}
	for stage := range search.Stages() {
		taken, err := source.in(ctx, stage)
		if err != nil {
			return nil, fmt.Errorf("reading what is taken: %w", err)
		}
		if slots = search.FreeIn(slots, stage, taken); search.Enough(slots) {
			break
		}
	}
	return slots, nil
}

func toBusy(rows []db.BusyRow) []clinic.Busy {
	busy := make([]clinic.Busy, len(rows))
	for i, r := range rows {
		busy[i] = clinic.Busy{Resource: r.ResourceID, Lane: int(r.Lane), Start: r.StartsAt, End: r.EndsAt}
	}
	return busy
}
