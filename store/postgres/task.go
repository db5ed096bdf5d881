package postgres

import (
	"bytes"
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
	taskLength   = 8000      // bytes of details; what comes after stands in the conversation
	closuresDays = 30        // looked at for days on which nobody is there
)

// OpenTask makes a task once per key and returns when the patient can expect an answer: after one hour in which the clinic
// is staffed, in the clinic's zone. The same key again gets the same answer, and so does the same kind in a conversation
// while a task of it is open: its details are added to that.
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
		return d.addToTask(ctx, q, clinicID, t)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("writing task: %w", err)
	}
	return t.Expected, audit.add(ctx, auditEntry{
		actor: clinic.Actor{Kind: "system", Conversation: t.Conversation}, action: "task.open", kind: "task", subject: id,
		detail: map[string]any{"kind": t.Kind, "conversation": t.Conversation, "patient": t.Patient},
	})
}

// addToTask adds what is new to the task that is there already, and returns what its patient was told.
func (d *DB) addToTask(ctx context.Context, q *db.Queries, clinicID uuid.UUID, t clinic.Task) (expected time.Time, err error) {
	task, err := q.StandingTask(ctx, db.StandingTaskParams{
		ClinicID: clinicID, Key: t.Key, ConversationID: null(t.Conversation), Kind: t.Kind,
	})
	if err != nil {
		return expected, fmt.Errorf("reading task: %w", err)
	}
	if task.ExpectedAt != nil {
		expected = *task.ExpectedAt
	}
	if task.Same {
		return expected, nil
	}
	details, err := d.open(clinicID, columnTask, task.ID, task.Details)
	if err != nil {
		return expected, fmt.Errorf("opening task's details: %w", err)
	}
	if bytes.Contains(details, []byte(t.Details)) || len(details)+len(t.Details) > taskLength {
		return expected, nil
	}
	details = append(append(details, "\n\n"...), t.Details...)
	if err := q.ReplaceTaskDetails(ctx, d.seal(clinicID, columnTask, task.ID, details), clinicID, task.ID); err != nil {
		return expected, fmt.Errorf("adding to task: %w", err)
	}
	return expected, nil
}

// optional turns the zero value into none, which is how the database has it.
func optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
