package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// maxWaits is for how many times somebody can wait at once.
const maxWaits = 5

// JoinWaitlist puts a patient on the waitlist; who may book for them may do it, unless the service is
// confidential: they could not be told of a time. The same request under its key is answered as
// it was, and who waits for the very same already keeps their place. The refusals are those of [clinic.Schedule.CheckWish];
// [clinic.CodeNotFound] and [clinic.CodeWrongState] of an appointment to give up that is not theirs, not of that service, or
// not to come; [clinic.CodeRateLimited] of somebody who waits for five times already.
func (d *DB) JoinWaitlist(ctx context.Context, clinicID uuid.UUID, r clinic.JoinRequest) (clinic.WaitlistEntry, error) {
	if r.Key == "" {
		return clinic.WaitlistEntry{}, clinic.Refuse(clinic.CodeInvalid, "A change needs a key, so that it is made once.")
	}
	if err := d.mayKnow(ctx, clinicID, r.Actor, r.Patient, r.Service); err != nil {
		return clinic.WaitlistEntry{}, err
	}
	schedule, err := d.schedule(ctx, clinicID)
	if err != nil {
		return clinic.WaitlistEntry{}, err
	}
	if err := schedule.CheckWish(r.Service, r.Wish, d.now()); err != nil {
		return clinic.WaitlistEntry{}, err
	}
	r.Wish = r.Wish.Normal()
	const attempts = 3 // a connection that is lost in the middle of a commit leaves it open whether they are on the list
	for attempt := 1; ; attempt++ {
		entry, err := d.join(ctx, clinicID, schedule.Schedule, r)
		if err == nil || attempt == attempts || ctx.Err() != nil || !connectionLost(err) {
			return entry, err
		}
	}
}

func (d *DB) join(ctx context.Context, clinicID uuid.UUID, s *clinic.Schedule, r clinic.JoinRequest) (clinic.WaitlistEntry, error) {
	var entry clinic.WaitlistEntry
	c := claim{key: r.Key, hash: hashOf([]any{"join", r.Patient, r.Service, r.Wish, r.Instead})}
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		claimed, err := q.ClaimKey(ctx, db.ClaimKeyParams{ClinicID: clinicID, Key: c.key, RequestHash: c.hash, At: d.now()})
		if err != nil {
			return fmt.Errorf("claiming key: %w", err)
		}
		if claimed == 0 {
			entry, err = joinedBefore(ctx, q, clinicID, c)
			return err
		}
		if entry, err = d.enter(ctx, q, clinicID, s, r, audit); err != nil {
			return err
		}
		answer, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("encoding answer: %w", err)
		}
		return q.StoreAnswer(ctx, answer, clinicID, c.key)
	})
	if err != nil {
		return clinic.WaitlistEntry{}, fmt.Errorf("joining waitlist: %w", err)
	}
	return entry, nil
}

// joinedBefore is what was answered to the same request under this key.
func joinedBefore(ctx context.Context, q *db.Queries, clinicID uuid.UUID, c claim) (clinic.WaitlistEntry, error) {
	var entry clinic.WaitlistEntry
	row, err := q.StoredAnswer(ctx, clinicID, c.key)
	if err != nil {
		return entry, fmt.Errorf("reading stored answer: %w", err)
	}
	if string(row.RequestHash) != string(c.hash) {
		return entry, clinic.Refuse(clinic.CodeKeyReused, "This was asked for before, and differently.")
	}
	if err := json.Unmarshal(row.Response, &entry); err != nil {
		return entry, fmt.Errorf("decoding stored answer: %w", err)
	}
	return entry, nil
}

// enter writes an entry, unless there is the same one. The patient is locked, so that entries of one are made one by one.
func (d *DB) enter(
	ctx context.Context, q *db.Queries, clinicID uuid.UUID, s *clinic.Schedule, r clinic.JoinRequest, audit *auditTrail,
) (clinic.WaitlistEntry, error) {
	var none clinic.WaitlistEntry
	locked, err := q.LockResources(ctx, clinicID, []uuid.UUID{r.Patient})
	if err != nil {
		return none, fmt.Errorf("locking patient: %w", err)
	}
	if len(locked) != 1 || locked[0].Kind != "patient" {
		return none, clinic.Refuse(clinic.CodeNotFound, "There is no such patient here.")
	}
	if err := d.checkInstead(ctx, q, clinicID, r); err != nil {
		return none, err
	}
	if err := d.checkForPatient(ctx, q, clinicID, s, r); err != nil {
		return none, err
	}
	entries, err := waitlistOf(ctx, q, clinicID, r.Patient)
	if err != nil {
		return none, err
	}
	wish, err := json.Marshal(r.Wish)
	if err != nil {
		return none, fmt.Errorf("encoding wish: %w", err)
	}
	for _, e := range entries {
		same, err := json.Marshal(e.Wish)
		if err != nil {
			return none, fmt.Errorf("encoding wish: %w", err)
		}
		if e.Service == r.Service && e.Instead == r.Instead && string(same) == string(wish) {
			return e, nil
		}
	}
	if len(entries) >= maxWaits {
		return none, clinic.Refuse(clinic.CodeRateLimited, fmt.Sprintf("You are waiting for %d times already. Please leave one of these lists first.", maxWaits))
	}
	return d.insertEntry(ctx, q, clinicID, r, wish, audit)
}

// checkInstead refuses an appointment to give up that is not the patient's own, of the same service and still to come.
func (d *DB) checkInstead(ctx context.Context, q *db.Queries, clinicID uuid.UUID, r clinic.JoinRequest) error {
	if r.Instead == uuid.Nil {
		return nil
	}
	row, err := q.Appointment(ctx, clinicID, r.Instead)
	if err != nil && !noRows(err) {
		return fmt.Errorf("reading appointment: %w", err)
	}
	if err != nil || row.PatientID != r.Patient || row.ServiceID != r.Service {
		return refuseNoAppointment()
	}
	state := clinic.AppointmentState(row.State)
	if state != clinic.StateBooked && state != clinic.StateConfirmed || !row.StartsAt.After(d.now()) {
		return clinic.Refuse(clinic.CodeWrongState, "That appointment can no longer be changed: it was cancelled, or its time has come or gone.")
	}
	return nil
}

// checkForPatient refuses a service that is not for the patient: for new patients only, or for known ones only.
func (d *DB) checkForPatient(ctx context.Context, q *db.Queries, clinicID uuid.UUID, s *clinic.Schedule, r clinic.JoinRequest) error {
	if !asksCharts(r.Actor) {
		return nil
	}
	charts, err := q.Charts(ctx, d.now(), []uuid.UUID{r.Patient}, clinicID)
	if err != nil {
		return fmt.Errorf("reading chart: %w", err)
	}
	return s.CheckPatient(r.Service, len(charts) == 1 && charts[0].Seen)
}

func (d *DB) insertEntry(ctx context.Context, q *db.Queries, clinicID uuid.UUID, r clinic.JoinRequest, wish []byte, audit *auditTrail) (clinic.WaitlistEntry, error) {
	entry := clinic.WaitlistEntry{
		ID: newID(), Patient: r.Patient, Service: r.Service, Wish: r.Wish, Instead: r.Instead,
		State: clinic.WaitlistWaiting, Since: d.now(),
	}
	conversation, err := q.InsertWaitlistEntry(ctx, db.InsertWaitlistEntryParams{
		ClinicID: clinicID, ID: entry.ID, PatientID: entry.Patient, ServiceID: entry.Service, Constraints: wish,
		InsteadID: null(entry.Instead), ConversationID: null(r.Actor.Conversation), At: entry.Since,
	})
	if err != nil {
		return entry, fmt.Errorf("writing entry: %w", err)
	}
	entry.Conversation = conversation.UUID
	return entry, audit.add(ctx, waitAudit(r.Actor, "waitlist.join", entry))
}

// waitAudit is what the audit says of an entry.
func waitAudit(actor clinic.Actor, action string, e clinic.WaitlistEntry) auditEntry {
	return auditEntry{
		actor: actor, action: action, kind: "waitlist_entry", subject: e.ID,
		detail: map[string]any{"patient": e.Patient, "service": e.Service},
	}
}

// Waitlist lists what a patient waits for or is offered, longest first. A guardian does not see what is confidential.
// The read is audited; [clinic.CodeNotAllowed] when the actor may not see it at all.
func (d *DB) Waitlist(ctx context.Context, clinicID, patient uuid.UUID, actor clinic.Actor) ([]clinic.WaitlistEntry, error) {
	if err := d.mayActFor(ctx, clinicID, actor, patient); err != nil {
		return nil, err
	}
	hidden, err := d.hiddenFrom(ctx, clinicID, actor, patient)
	if err != nil {
		return nil, err
	}
	var entries []clinic.WaitlistEntry
	err = d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) (err error) {
		if entries, err = waitlistOf(ctx, q, clinicID, patient); err != nil {
			return err
		}
		entries = slices.DeleteFunc(entries, func(e clinic.WaitlistEntry) bool { return hidden(e.Service) })
		return audit.add(ctx, auditEntry{
			actor: actor, action: "waitlist.list", kind: "patient", subject: patient, detail: map[string]any{"entries": len(entries)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing waitlist: %w", err)
	}
	return entries, nil
}

func waitlistOf(ctx context.Context, q *db.Queries, clinicID, patient uuid.UUID) ([]clinic.WaitlistEntry, error) {
	rows, err := q.WaitlistOfPatient(ctx, clinicID, patient)
	if err != nil {
		return nil, fmt.Errorf("reading waitlist: %w", err)
	}
	entries := make([]clinic.WaitlistEntry, len(rows))
	for i, r := range rows {
		if entries[i], err = toEntry(db.WaitlistEntryRow(r)); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// errOver ends a transaction that has nothing to change.
var errOver = errors.New("nothing to change")

// LeaveWaitlist ends an entry; a time that is offered to it goes to the next in line. Leaving twice is no error, and
// [clinic.CodeWrongState] says that the time was booked already.
func (d *DB) LeaveWaitlist(ctx context.Context, clinicID, entry uuid.UUID, actor clinic.Actor) error {
	e, err := d.entryFor(ctx, clinicID, entry, actor)
	if err != nil {
		return err
	}
	err = d.auditedTx(ctx, clinicID, func(tx pgx.Tx, q *db.Queries, audit *auditTrail) error {
		open, err := q.OpenOfferOf(ctx, clinicID, e.ID)
		if err != nil && !noRows(err) {
			return fmt.Errorf("reading offer: %w", err)
		}
		if err == nil {
			if _, err := d.endOffer(ctx, tx, q, clinicID, open, clinic.OfferDeclined); err != nil {
				return err
			}
		}
		now := d.now()
		ended, err := q.EndWait(ctx, db.EndWaitParams{ClinicID: clinicID, ID: e.ID, State: string(clinic.WaitlistLeft), At: &now})
		if err != nil {
			return fmt.Errorf("ending entry: %w", err)
		}
		if ended == 0 {
			return whyEnded(ctx, q, clinicID, e.ID)
		}
		return audit.add(ctx, waitAudit(actor, "waitlist.leave", e))
	})
	if err != nil && !errors.Is(err, errOver) {
		return fmt.Errorf("leaving waitlist: %w", err)
	}
	return nil
}

// entryFor reads an entry, and refuses actors whose it is not in the same words as if it did not exist.
func (d *DB) entryFor(ctx context.Context, clinicID, id uuid.UUID, actor clinic.Actor) (clinic.WaitlistEntry, error) {
	row, err := d.queries(clinicID).WaitlistEntry(ctx, clinicID, id)
	if err != nil && !noRows(err) {
		return clinic.WaitlistEntry{}, fmt.Errorf("reading entry: %w", err)
	}
	if err == nil {
		err = d.mayKnow(ctx, clinicID, actor, row.PatientID, row.ServiceID)
	}
	if noRows(err) || clinic.CodeOf(err) == clinic.CodeNotAllowed {
		return clinic.WaitlistEntry{}, clinic.Refuse(clinic.CodeNotFound, "You are not on that waitlist.")
	}
	if err != nil {
		return clinic.WaitlistEntry{}, err
	}
	return toEntry(row)
}

// whyEnded is why an entry could not be ended: somebody did before.
func whyEnded(ctx context.Context, q *db.Queries, clinicID, entry uuid.UUID) error {
	state, err := q.LockWaitlistEntry(ctx, clinicID, entry)
	if err != nil {
		return fmt.Errorf("reading entry: %w", err)
	}
	if clinic.WaitlistState(state) == clinic.WaitlistBooked {
		return clinic.Refuse(clinic.CodeWrongState, "That time has been booked already.")
	}
	return errOver
}

// toEntry turns a row into an entry.
func toEntry(r db.WaitlistEntryRow) (clinic.WaitlistEntry, error) {
	e := clinic.WaitlistEntry{
		ID: r.ID, Patient: r.PatientID, Service: r.ServiceID, Instead: r.InsteadID.UUID, Conversation: r.ConversationID.UUID,
		State: clinic.WaitlistState(r.State), Since: r.CreatedAt,
	}
	if err := json.Unmarshal(r.Constraints, &e.Wish); err != nil {
		return e, fmt.Errorf("decoding wish of entry %s: %w", r.ID, err)
	}
	return e, nil
}
