package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// callerMaxHolds is how many slots the conversations of one address may hold at once without anybody having proven who they
// are. Else one program that opens conversations could keep the whole calendar from patients.
const callerMaxHolds = 10

// unproven is where a conversation is held from in which nobody has proven who they are; the zero value is one in which
// somebody has, or of which the address is not known.
type unproven db.UnprovenCallerRow

func (d *DB) unprovenCaller(ctx context.Context, clinicID, conversation uuid.UUID) (unproven, error) {
	if conversation == uuid.Nil {
		return unproven{}, nil
	}
	row, err := d.queries(clinicID).UnprovenCaller(ctx, clinicID, conversation)
	if err != nil && !noRows(err) {
		return unproven{}, fmt.Errorf("reading who holds: %w", err)
	}
	return unproven(row), nil
}

// mayHold refuses more slots than an address may have. They are counted one at a time; those under the token itself are
// renewed, or were given up for these.
func (u unproven) mayHold(ctx context.Context, q *db.Queries, clinicID, token uuid.UUID, slots int, now time.Time) error {
	if u.CallerIndex == nil {
		return nil
	}
	if err := q.LockCounted(ctx, u.CallerIndex); err != nil {
		return fmt.Errorf("waiting to count holds: %w", err)
	}
	held, err := q.CountHeld(ctx, db.CountHeldParams{ClinicID: clinicID, CallerIndex: u.CallerIndex, Now: now, Token: token})
	if err != nil {
		return fmt.Errorf("counting holds: %w", err)
	}
	if int(held)+slots > callerMaxHolds {
		return clinic.Refuse(clinic.CodeRateLimited, phrase(u.Language, phraseManyHolds))
	}
	return nil
}
