package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Dependants are those for whom a patient may book, by given name; none is an empty list. The read is audited.
// [clinic.CodeNotAllowed] when it is not the patient who asks, nor staff.
func (d *DB) Dependants(ctx context.Context, clinicID, guardian uuid.UUID, actor clinic.Actor) ([]clinic.Dependant, error) {
	if actor.Kind == clinic.ActorPatient && (actor.ID != guardian || guardian == uuid.Nil) {
		return nil, refuseNotYours()
	}
	var dependants []clinic.Dependant
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		rows, err := q.Dependants(ctx, clinicID, guardian)
		if err != nil {
			return fmt.Errorf("reading links: %w", err)
		}
		dependants = make([]clinic.Dependant, len(rows))
		for i, r := range rows {
			dependants[i] = clinic.Dependant(r)
		}
		return audit.add(ctx, auditEntry{
			actor: actor, action: "patient.dependants", kind: "patient", subject: guardian,
			detail: map[string]any{"dependants": len(rows)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing dependants: %w", err)
	}
	return dependants, nil
}
