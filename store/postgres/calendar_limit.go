package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// callerMaxHolds is how many conversations of one address may hold a slot at once without anybody having proven who they
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

// mayHold refuses one hold more than an address may have. Its holds are counted one at a time; the one under the token
// itself is renewed, or was given up for this one.
func (u unproven) mayHold(ctx context.Context, q *db.Queries, clinicID, token uuid.UUID, now time.Time) error {
	if u.CallerIndex == nil {
		return nil
	}
	if err := q.LockCounted(ctx, u.CallerIndex); err != nil {
		return fmt.Errorf("waiting to count holds: %w", err)
	}
	holds, err := q.CountHolds(ctx, db.CountHoldsParams{ClinicID: clinicID, CallerIndex: u.CallerIndex, Now: now, Token: token})
	if err != nil {
		return fmt.Errorf("counting holds: %w", err)
	}
	if holds >= callerMaxHolds {
		return clinic.Refuse(clinic.CodeRateLimited, phrase(u.Language, phraseManyHolds))
	}
	return nil
}
