package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// DeclineOffer turns an offer down: its time goes to the next in line, and who was offered it waits on for another one.
// One that has lapsed or was declined already is no error; [clinic.CodeWrongState] says that it was accepted.
func (d *DB) DeclineOffer(ctx context.Context, clinicID uuid.UUID, r clinic.OfferAnswer) error {
	o, err := d.offerFor(ctx, clinicID, r)
	if err != nil {
		return err
	}
	err = d.auditedTx(ctx, clinicID, func(tx pgx.Tx, q *db.Queries, audit *auditTrail) error {
		ended, err := d.endOffer(ctx, tx, q, clinicID, r.Offer, clinic.OfferDeclined)
		if err != nil {
			return err
		}
		if ended {
			return audit.add(ctx, waitAudit(r.Actor, "waitlist.decline", o.Entry))
		}
		row, err := q.WaitlistOffer(ctx, clinicID, r.Offer)
		if err != nil {
			return fmt.Errorf("reading offer: %w", err)
		}
		if clinic.OfferState(row.State) == clinic.OfferAccepted {
			return clinic.Refuse(clinic.CodeWrongState, "You have taken that time already. It is an appointment now, which you can cancel.")
		}
		return errOver
	})
	if err != nil && !errors.Is(err, errOver) {
		return fmt.Errorf("declining offer: %w", err)
	}
	return nil
}

// LapseOffers ends the offers that nobody has answered in time, in every clinic: their time goes to the next in line. It
// returns how many.
func (d *DB) LapseOffers(ctx context.Context) (int64, error) {
	const most = 500 // the rest is for the next time
	due, err := d.anyClinic().OffersDue(ctx, d.now(), most)
	if err != nil {
		return 0, fmt.Errorf("looking for offers that have lapsed: %w", err)
	}
	var lapsed int64
	var failures []error
	for _, o := range due {
		err := d.tx(ctx, o.ClinicID, func(tx pgx.Tx, q *db.Queries) error {
			ended, err := d.endOffer(ctx, tx, q, o.ClinicID, o.ID, clinic.OfferLapsed)
			if err == nil && !ended {
				return errOver
			}
			return err
		})
		switch {
		case err == nil:
			lapsed++
		case !errors.Is(err, errOver):
			failures = append(failures, fmt.Errorf("ending an offer that has lapsed: %w", err))
		}
	}
	return lapsed, errors.Join(failures...)
}

// endOffer ends an open offer that is not accepted: what it keeps is free, whoever it was made to waits on, and the next in
// line gets it. Ended is false when it was not open any more.
func (d *DB) endOffer(ctx context.Context, tx pgx.Tx, q *db.Queries, clinicID, id uuid.UUID, to clinic.OfferState) (ended bool, err error) {
	row, err := q.WaitlistOffer(ctx, clinicID, id)
	if err != nil {
		return false, fmt.Errorf("reading offer: %w", err)
	}
	o, err := toOffer(row)
	if err != nil {
		return false, err
	}
	if _, err := q.LockResources(ctx, clinicID, []uuid.UUID{o.Hold.Slot.Practitioner}); err != nil {
		return false, fmt.Errorf("locking practitioner: %w", err)
	}
	if _, err := q.LockWaitlistEntry(ctx, clinicID, o.Entry.ID); err != nil {
		return false, fmt.Errorf("locking entry: %w", err)
	}
	now := d.now()
	answered, err := q.AnswerOffer(ctx, db.AnswerOfferParams{
		ClinicID: clinicID, ID: id, State: string(to), At: &now, Was: []string{string(clinic.OfferOpen)},
	})
	if err != nil || answered == 0 {
		return false, err
	}
	if err := q.SuppressOfferText(ctx, clinicID, id); err != nil {
		return false, fmt.Errorf("suppressing the text about an offer: %w", err)
	}
	if err := q.ReleaseHolds(ctx, clinicID, []uuid.UUID{o.Hold.Token}); err != nil {
		return false, fmt.Errorf("giving up what was kept: %w", err)
	}
	if err := q.WaitAgain(ctx, clinicID, o.Entry.ID); err != nil {
		return false, fmt.Errorf("going back to waiting: %w", err)
	}
	return true, d.passOn(ctx, tx, o.freed)
}

// passOn queues what offers time to the next in line, once the transaction is committed.
func (d *DB) passOn(ctx context.Context, tx pgx.Tx, freed chat.FreedArgs) error {
	if _, err := d.jobs.InsertTx(ctx, tx, freed, freedJob); err != nil {
		return fmt.Errorf("queueing offer of freed time: %w", err)
	}
	return nil
}

// storedOffer is an offer with the freed time that it was made for.
type storedOffer struct {
	clinic.WaitlistOffer
	freed chat.FreedArgs
}

// offerFor reads an offer, and refuses actors whose it is not in the same words as if it did not exist.
func (d *DB) offerFor(ctx context.Context, clinicID uuid.UUID, r clinic.OfferAnswer) (storedOffer, error) {
	row, err := d.queries(clinicID).WaitlistOffer(ctx, clinicID, r.Offer)
	if err != nil && !noRows(err) {
		return storedOffer{}, fmt.Errorf("reading offer: %w", err)
	}
	if err == nil {
		err = d.mayKnow(ctx, clinicID, r.Actor, row.PatientID, row.ServiceID)
	}
	if noRows(err) || clinic.CodeOf(err) == clinic.CodeNotAllowed {
		return storedOffer{}, clinic.Refuse(clinic.CodeNotFound, "There is no such offer.")
	}
	if err != nil {
		return storedOffer{}, err
	}
	return toOffer(row)
}

func toOffer(r db.WaitlistOfferRow) (storedOffer, error) {
	entry, err := toEntry(db.WaitlistEntryRow{
		ID: r.EntryID, PatientID: r.PatientID, ServiceID: r.ServiceID, Constraints: r.Constraints, InsteadID: r.InsteadID,
		ConversationID: r.ConversationID, State: r.EntryState, CreatedAt: r.CreatedAt,
	})
	if err != nil {
		return storedOffer{}, err
	}
	o := storedOffer{WaitlistOffer: clinic.WaitlistOffer{
		ID: r.ID, Entry: entry, State: clinic.OfferState(r.State), Hold: clinic.Hold{Token: r.HoldToken, Expires: r.ExpiresAt},
	}}
	if err := json.Unmarshal(r.Slot, &o.Hold.Slot); err != nil {
		return o, fmt.Errorf("decoding slot of offer %s: %w", r.ID, err)
	}
	slot := o.Hold.Slot
	o.freed = chat.FreedArgs{Clinic: r.ClinicID, Practitioner: slot.Practitioner, From: slot.Start, Until: slot.End}
	if r.FreedFrom != nil && r.FreedUntil != nil {
		o.freed.From, o.freed.Until = *r.FreedFrom, *r.FreedUntil
	}
	return o, nil
}
