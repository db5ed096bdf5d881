package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// LevelAudit is the level of the log line that goes with every audit row: above all others, so that no setting hides it.
const LevelAudit = slog.Level(12)

// auditEntry is one thing that somebody did or read. It holds ids and codes, never what a patient wrote or is called.
type auditEntry struct {
	actor   clinic.Actor
	action  string // "appointment.book", "patient.read", ...
	kind    string // of the subject: "appointment", "patient", ...
	subject uuid.UUID
	detail  map[string]any // ids and codes alone
}

// auditTrail writes audit rows in the transaction of what they record, and their log lines once it is committed.
type auditTrail struct {
	d       *DB
	q       *db.Queries
	clinic  uuid.UUID
	written []db.InsertAuditParams
}

// auditedTx is [DB.tx] for changes that are audited.
func (d *DB) auditedTx(ctx context.Context, clinicID uuid.UUID, fn func(tx pgx.Tx, q *db.Queries, audit *auditTrail) error) error {
	var trail *auditTrail
	err := d.tx(ctx, clinicID, func(tx pgx.Tx, q *db.Queries) error {
		trail = &auditTrail{d: d, q: q, clinic: clinicID}
		return fn(tx, q, trail)
	})
	if err == nil {
		trail.log(ctx)
	}
	return err
}

// add writes one row.
func (t *auditTrail) add(ctx context.Context, e auditEntry) error {
	row, err := t.row(e)
	if err != nil {
		return err
	}
	if err := t.q.InsertAudit(ctx, row); err != nil {
		return fmt.Errorf("auditing %s: %w", e.action, err)
	}
	t.written = append(t.written, row)
	return nil
}

func (t *auditTrail) row(e auditEntry) (db.InsertAuditParams, error) {
	detail := []byte("{}")
	if len(e.detail) > 0 {
		var err error
		if detail, err = json.Marshal(e.detail); err != nil {
			return db.InsertAuditParams{}, fmt.Errorf("encoding audit detail of %s: %w", e.action, err)
		}
	}
	return db.InsertAuditParams{
		ClinicID: t.clinic, ID: uuid.Must(uuid.NewV7()), At: t.d.now(),
		ActorKind: e.actor.Kind, ActorID: null(e.actor.ID), Channel: e.actor.Channel,
		Action: e.action, SubjectKind: e.kind, SubjectID: null(e.subject), Detail: detail,
	}, nil
}

// log writes the lines of a committed transaction.
func (t *auditTrail) log(ctx context.Context) {
	for _, row := range t.written {
		t.d.log.LogAttrs(ctx, LevelAudit, "audit", slog.Group("auditEvent", //nolint:sloglint // the name that collectors of audit events look for
			slog.String("id", row.ID.String()),
			slog.String("at", row.At.UTC().Format(time.RFC3339Nano)),
			slog.String("clinic", row.ClinicID.String()),
			slog.String("actor_kind", row.ActorKind),
			slog.String("actor", idText(row.ActorID)),
			slog.String("channel", row.Channel),
			slog.String("action", row.Action),
			slog.String("subject_kind", row.SubjectKind),
			slog.String("subject", idText(row.SubjectID)),
			slog.String("detail", string(row.Detail)),
		))
	}
}

// idText is the id, or "" for none.
func idText(id uuid.NullUUID) string {
	if !id.Valid {
		return ""
	}
	return id.UUID.String()
}
