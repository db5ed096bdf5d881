package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// AcceptOffer takes the time that is offered: it becomes an appointment, or takes the place of the one that would be given up
// for it, and the wait is over, all at once. Whoever may book for the patient may take it, wherever they were told. An offer
// that has lapsed can still be taken while nobody else has the time and nothing else is offered; [clinic.CodeSlotTaken] and
// [clinic.CodeWrongState] when it is too late.
func (d *DB) AcceptOffer(ctx context.Context, clinicID uuid.UUID, r clinic.OfferAnswer) (clinic.Appointment, error) {
	o, err := d.offerFor(ctx, clinicID, r)
	if err != nil {
		return clinic.Appointment{}, err
	}
	c, err := d.accepting(ctx, clinicID, r, o)
	if err != nil {
		return clinic.Appointment{}, err
	}
	var trail *auditTrail
	c.then = func(_ pgx.Tx, q *db.Queries, _ []clinic.Appointment) error {
		trail = &auditTrail{d: d, q: q, clinic: clinicID}
		if err := d.accepted(ctx, q, clinicID, o); err != nil {
			return err
		}
		return trail.add(ctx, waitAudit(r.Actor, "waitlist.accept", o.Entry))
	}
	a, err := d.changeOne(ctx, clinicID, c)
	if err == nil && trail != nil {
		trail.log(ctx)
	}
	return a, err
}

// accepting is the change of the calendar that an offer was made for.
func (d *DB) accepting(ctx context.Context, clinicID uuid.UUID, r clinic.OfferAnswer, o storedOffer) (change, error) {
	var c change
	if o.Entry.Instead == uuid.Nil {
		c = booking(clinic.BookRequest{Key: r.Key, Slot: o.Hold.Slot, Hold: o.Hold.Token, Patient: o.Entry.Patient, Actor: r.Actor})
	} else {
		was, resources, err := d.beforeChange(ctx, clinicID, o.Entry.Instead, r.Actor)
		if err != nil {
			return c, err
		}
		c = moving(clinic.MoveRequest{
			Key: r.Key, Appointment: was.ID, Version: was.Version, Slot: o.Hold.Slot, Hold: o.Hold.Token, Actor: r.Actor,
		}, was.Patient, resources)
	}
	decide := c.decide
	c.decide = func(s *clinic.Schedule, f *facts) ([]step, error) {
		if o.State == clinic.OfferAccepted || o.State == clinic.OfferDeclined {
			return nil, refuseAnswered()
		}
		return decide(s, f)
	}
	c.request = []any{"accept", r.Offer}
	c.want.by = clinic.Actor{Kind: clinic.ActorSystem} // the hold is the offer's: whoever may take it may be in another conversation
	return c, nil
}

// accepted writes down that an offer was taken, or refuses what does not stand any more.
func (d *DB) accepted(ctx context.Context, q *db.Queries, clinicID uuid.UUID, o storedOffer) error {
	entry, err := q.LockWaitlistEntry(ctx, clinicID, o.Entry.ID)
	if err != nil {
		return fmt.Errorf("locking entry: %w", err)
	}
	was := map[clinic.WaitlistState]clinic.OfferState{
		clinic.WaitlistOffered: clinic.OfferOpen,
		clinic.WaitlistWaiting: clinic.OfferLapsed, // nothing else is offered
	}[clinic.WaitlistState(entry)]
	now := d.now()
	answered, err := q.AnswerOffer(ctx, db.AnswerOfferParams{
		ClinicID: clinicID, ID: o.ID, State: string(clinic.OfferAccepted), At: &now, Was: []string{string(was)},
	})
	if err != nil {
		return fmt.Errorf("accepting offer: %w", err)
	}
	if answered == 0 {
		return refuseAnswered()
	}
	if err := q.SuppressOfferText(ctx, clinicID, o.ID); err != nil {
		return fmt.Errorf("suppressing the text about an offer: %w", err)
	}
	if _, err := q.EndWait(ctx, db.EndWaitParams{ClinicID: clinicID, ID: o.Entry.ID, State: string(clinic.WaitlistBooked), At: &now}); err != nil {
		return fmt.Errorf("ending entry: %w", err)
	}
	return nil
}

func refuseAnswered() error {
	return clinic.Refuse(clinic.CodeWrongState, "That offer does not stand any more: it was answered, or came to nothing.")
}
