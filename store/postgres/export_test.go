package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Pool is for tests that look at connections.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Queries is for tests of single statements.
func (d *DB) Queries(clinicID uuid.UUID) *db.Queries { return d.queries(clinicID) }

// Scope is for tests that send SQL of their own as the application does.
func (d *DB) Scope(clinicID uuid.UUID) db.DBTX { return scope{d: d, clinic: clinicID.String()} }

// Tx is for tests of transactions.
func (d *DB) Tx(ctx context.Context, clinicID uuid.UUID, fn func(tx pgx.Tx, q *db.Queries) error) error {
	return d.tx(ctx, clinicID, fn)
}

// Audited writes one audit row in a transaction that ends with err.
func (d *DB) Audited(ctx context.Context, clinicID uuid.UUID, actor clinic.Actor, action string, subject uuid.UUID, err error) error {
	return d.auditedTx(ctx, clinicID, func(_ pgx.Tx, _ *db.Queries, audit *auditTrail) error {
		return errors.Join(audit.add(ctx, auditEntry{actor: actor, action: action, kind: "patient", subject: subject}), err)
	})
}

// Unscoped is for tests of what can be seen without a clinic.
func (d *DB) Unscoped() db.DBTX { return scope{d: d} }

// BusyStatement is the search's only read of what is taken.
func BusyStatement(ctx context.Context, arg db.BusyParams) (sql string, args []any) {
	p := newPipeline()
	_, _ = p.q.Busy(ctx, arg)
	return p.batch.QueuedQueries[0].SQL, p.batch.QueuedQueries[0].Arguments
}

// KeptCalendars is how many calendars of a clinic are kept.
func (d *DB) KeptCalendars(clinicID uuid.UUID) int {
	d.kept.mu.Lock()
	defer d.kept.mu.Unlock()
	return len(d.kept.of(clinicID).tracks)
}
