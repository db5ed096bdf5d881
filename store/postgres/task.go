package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

const (
	columnTask   = "task.details"
	taskWork     = time.Hour // of staffed time until a patient hears from somebody
	closuresDays = 30        // looked at for days on which nobody is there
)

// OpenTask makes a task once per key and returns when the patient can expect an answer: after one hour in which the clinic
// is staffed, in the clinic's zone. The same key again gets the same answer, and so does the same kind in a conversation
// while a task of it is open.
func (d *DB) OpenTask(ctx context.Context, clinicID uuid.UUID, t clinic.Task) (time.Time, error) {
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) (err error) {
		if t.Expected.IsZero() {
			if t.Expected, err = d.expectAnswer(ctx, q, clinicID); err != nil {
				return err
			}
		}
		t.Expected, err = d.addTask(ctx, q, audit, clinicID, t)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("opening task: %w", err)
	}
	return t.Expected, nil
}

// expectAnswer is when somebody will have had the time to answer.
func (d *DB) expectAnswer(ctx context.Context, q *db.Queries, clinicID uuid.UUID) (time.Time, error) {
	of, err := readClinic(ctx, q, clinicID)
	if err != nil {
		return time.Time{}, err
	}
	today := localtime.DateOf(d.now(), of.Zone)
	rows, err := q.ClosedDays(ctx, clinicID, fromDate(today), fromDate(today.AddDays(closuresDays)))
	if err != nil {
		return time.Time{}, fmt.Errorf("reading closed days: %w", err)
	}
	closed := make([]localtime.Date, len(rows))
	for i, day := range rows {
		closed[i] = toDate(&day)
	}
	return of.StaffedTimeAfter(d.now(), taskWork, closed)
}

// addTask writes a task with its audit row, unless it is there already, and returns what its patient was told.
func (d *DB) addTask(ctx context.Context, q *db.Queries, audit *auditTrail, clinicID uuid.UUID, t clinic.Task) (time.Time, error) {
	id := uuid.Must(uuid.NewV7())
	_, err := q.OpenTask(ctx, db.OpenTaskParams{
		ClinicID: clinicID, ID: id, Kind: t.Kind, ConversationID: null(t.Conversation), PatientID: null(t.Patient),
		Details: d.seal(clinicID, columnTask, id, []byte(t.Details)), ExpectedAt: optional(t.Expected), Key: optional(t.Key), CreatedAt: d.now(),
	})
	if noRows(err) {
		return d.expectedBefore(ctx, q, clinicID, t)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("writing task: %w", err)
	}
	return t.Expected, audit.add(ctx, auditEntry{
		actor: clinic.Actor{Kind: "system", Conversation: t.Conversation}, action: "task.open", kind: "task", subject: id,
		detail: map[string]any{"kind": t.Kind, "conversation": t.Conversation, "patient": t.Patient},
	})
}

func (d *DB) expectedBefore(ctx context.Context, q *db.Queries, clinicID uuid.UUID, t clinic.Task) (time.Time, error) {
	expected, err := q.TaskExpected(ctx, db.TaskExpectedParams{
		ClinicID: clinicID, Key: t.Key, ConversationID: null(t.Conversation), Kind: t.Kind,
	})
	if err != nil || expected == nil {
		return time.Time{}, err
	}
	return *expected, nil
}

// optional turns the zero value into none, which is how the database has it.
func optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
