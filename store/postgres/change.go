package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// change is a change of an appointment that is made once per key.
type change struct {
	key     string
	request []any // what is asked for: the same key with another request is refused
	actor   clinic.Actor
	action  string // for the audit: "appointment.book"
	kind    string // of the event: "booked", "moved", "cancelled"
	want    want
	// decide makes the appointment as it shall be, or refuses. It may be called again, and changes nothing.
	decide func(s *clinic.Schedule, f *facts) (clinic.Appointment, error)
}

// change makes a change and returns the appointment as it is then; under a key that was used before, as it was answered then.
// A connection that is lost in the middle of a commit leaves it open whether the change stands: asking again under the
// same key finds out.
func (d *DB) change(ctx context.Context, clinicID uuid.UUID, c change) (clinic.Appointment, error) {
	if c.key == "" {
		return clinic.Appointment{}, clinic.Refuse(clinic.CodeInvalid, "A change needs a key, so that it is made once.")
	}
	c.want.key = &claim{key: c.key, hash: hashOf(c.request)}
	const attempts = 3
	for attempt := 1; ; attempt++ {
		a, err := d.changeOnce(ctx, clinicID, c)
		if attempt == attempts || ctx.Err() != nil || !connectionLost(err) {
			return a, err
		}
	}
}

func (d *DB) changeOnce(ctx context.Context, clinicID uuid.UUID, c change) (clinic.Appointment, error) {
	var answer clinic.Appointment
	var trail *auditTrail
	err := d.taking(ctx, clinicID, c.want, func(tx pgx.Tx, q *db.Queries, s *clinic.Schedule, f *facts) error {
		var err error
		if f.repeated {
			if answer, err = storedAnswer(ctx, q, clinicID, *c.want.key); err != nil {
				return err
			}
			return errRepeated // rolls back what the first round trip has done
		}
		trail = &auditTrail{d: d, clinic: clinicID}
		answer, err = c.carryOut(ctx, tx, clinicID, s, f, trail)
		return err
	})
	switch {
	case errors.Is(err, errRepeated):
		return answer, nil
	case err != nil:
		return clinic.Appointment{}, fmt.Errorf("changing appointment: %w", asRefusal(err))
	}
	trail.log(ctx)
	return answer, nil
}

// carryOut decides and writes, in one round trip.
func (c *change) carryOut(ctx context.Context, tx pgx.Tx, clinicID uuid.UUID, s *clinic.Schedule, f *facts, trail *auditTrail) (clinic.Appointment, error) {
	a, err := c.decide(s, f)
	if err != nil {
		return a, err
	}
	var takes []clinic.Busy
	if c.want.slot != nil {
		if !a.Slot.Start.After(f.now) {
			return a, clinic.Refuse(clinic.CodeTooSoon, "That time has already passed.")
		}
		if takes, err = s.Assign(a.Slot, a.Patient, f.busy); err != nil {
			return a, err
		}
	}
	if a, err = inItsZone(a); err != nil {
		return a, err
	}
	w := &writing{p: newPipeline(), clinic: clinicID, change: c, now: f.now, was: f.appointment, is: a}
	if err := w.all(ctx, takes, trail); err != nil {
		return a, err
	}
	return a, w.p.send(ctx, tx)
}

// writing is the second round trip of a change: all its rows.
type writing struct {
	p      *pipeline
	clinic uuid.UUID
	change *change
	now    time.Time
	was    *clinic.Appointment // nil: there was none
	is     clinic.Appointment
}

func (w *writing) all(ctx context.Context, takes []clinic.Busy, trail *auditTrail) error {
	if w.was == nil {
		w.insert(ctx)
	} else {
		w.update(ctx)
		_ = w.p.q.ReleaseAllocations(ctx, w.clinic, w.is.ID)
	}
	if len(takes) > 0 {
		rows := columnsOf(takes)
		_ = w.p.q.BookAllocations(ctx, db.BookAllocationsParams{
			ClinicID: w.clinic, AppointmentID: null(w.is.ID),
			Ids: rows.ids, Resources: rows.resources, Lanes: rows.lanes, Starts: rows.starts, Ends: rows.ends,
		})
	}
	if err := w.history(ctx, trail); err != nil {
		return err
	}
	response, err := json.Marshal(w.is)
	if err != nil {
		return fmt.Errorf("encoding answer: %w", err)
	}
	_ = w.p.q.StoreAnswer(ctx, response, w.clinic, w.change.key)
	return nil
}

func (w *writing) insert(ctx context.Context) {
	_ = w.p.q.InsertAppointment(ctx, db.InsertAppointmentParams{
		ClinicID:       w.clinic,
		ID:             w.is.ID,
		ServiceID:      w.is.Slot.Service,
		PractitionerID: w.is.Slot.Practitioner,
		LocationID:     w.is.Slot.Location,
		PatientID:      w.is.Patient,
		State:          string(w.is.State),
		Version:        int32(w.is.Version), //nolint:gosec // it rises by one
		StartsAt:       w.is.Slot.Start,
		EndsAt:         w.is.Slot.End,
		LocalStart:     wall(w.is.Slot.Start),
		Zone:           w.is.Zone,
		ConversationID: null(w.change.actor.Conversation),
		At:             w.now,
	})
}

// update relies on the locks: nobody else can have changed the version that was read under them.
func (w *writing) update(ctx context.Context) {
	_, _ = w.p.q.UpdateAppointment(ctx, db.UpdateAppointmentParams{
		ClinicID:       w.clinic,
		ID:             w.is.ID,
		ServiceID:      w.is.Slot.Service,
		PractitionerID: w.is.Slot.Practitioner,
		LocationID:     w.is.Slot.Location,
		State:          string(w.is.State),
		WasVersion:     int32(w.was.Version), //nolint:gosec // it rises by one
		NewVersion:     int32(w.is.Version),  //nolint:gosec // it rises by one
		StartsAt:       w.is.Slot.Start,
		EndsAt:         w.is.Slot.End,
		LocalStart:     wall(w.is.Slot.Start),
		Zone:           w.is.Zone,
		At:             w.now,
	})
}

// history writes down the event and the audit row.
func (w *writing) history(ctx context.Context, trail *auditTrail) error {
	was, is, err := w.beforeAndAfter()
	if err != nil {
		return err
	}
	actor := w.change.actor
	_ = w.p.q.InsertAppointmentEvent(ctx, db.InsertAppointmentEventParams{
		ClinicID: w.clinic, ID: newID(), AppointmentID: w.is.ID, Version: int32(w.is.Version), //nolint:gosec // it rises by one
		At: w.now, Kind: w.change.kind, ActorKind: actor.Kind, ActorID: null(actor.ID), Channel: actor.Channel,
		ConversationID: null(actor.Conversation), Was: was, Now: is,
	})
	row, err := trail.row(auditEntry{
		actor: actor, action: w.change.action, kind: "appointment", subject: w.is.ID,
		detail: map[string]any{"patient": w.is.Patient, "version": w.is.Version},
	})
	if err != nil {
		return err
	}
	_ = w.p.q.InsertAudit(ctx, row)
	trail.written = append(trail.written, row)
	return nil
}

func (w *writing) beforeAndAfter() (was, is []byte, err error) {
	if w.was != nil {
		if was, err = json.Marshal(w.was); err != nil {
			return nil, nil, fmt.Errorf("encoding event: %w", err)
		}
	}
	if is, err = json.Marshal(w.is); err != nil {
		return nil, nil, fmt.Errorf("encoding event: %w", err)
	}
	return was, is, nil
}

// storedAnswer is what was answered to the same request under this key.
func storedAnswer(ctx context.Context, q *db.Queries, clinicID uuid.UUID, c claim) (clinic.Appointment, error) {
	row, err := q.StoredAnswer(ctx, clinicID, c.key)
	if err != nil {
		return clinic.Appointment{}, fmt.Errorf("reading stored answer: %w", err)
	}
	if string(row.RequestHash) != string(c.hash) {
		return clinic.Appointment{}, clinic.Refuse(clinic.CodeKeyReused, "This was asked for before, and differently.")
	}
	var a clinic.Appointment
	if err := json.Unmarshal(row.Response, &a); err != nil {
		return clinic.Appointment{}, fmt.Errorf("decoding stored answer: %w", err)
	}
	return inItsZone(a)
}

// hashOf is the same for the same request.
func hashOf(request []any) []byte {
	sum := sha256.Sum256(fmt.Appendln(nil, request...))
	return sum[:]
}
