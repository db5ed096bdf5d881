package tools

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// WaitIn says for which times somebody wants to wait.
type WaitIn struct {
	Patient       uuid.UUID // the caller, or somebody they may book for
	Service       uuid.UUID
	Practitioners []uuid.UUID // any of these; empty: everybody who provides the service
	Whens         []When      // alternatives; none: any time
	Instead       uuid.UUID   // an appointment of the patient's that an earlier time takes the place of; zero: none
}

// Wait puts somebody on the waitlist, once for each message that asks for it. [clinic.CodeNotAllowed] for whoever has not
// proven who they are, or may not act for the patient.
func (d *Desk) Wait(ctx context.Context, caller Caller, in WaitIn) (clinic.WaitlistEntry, error) {
	if err := d.mayActFor(ctx, caller, in.Patient); err != nil {
		return clinic.WaitlistEntry{}, err
	}
	entry, err := d.config.Waitlist.JoinWaitlist(ctx, caller.Clinic, clinic.JoinRequest{
		Key: caller.key("wait"), Patient: in.Patient, Service: in.Service, Wish: in.wish(), Instead: in.Instead, Actor: caller.actor(),
	})
	if err != nil {
		return clinic.WaitlistEntry{}, fmt.Errorf("joining the waitlist: %w", err)
	}
	return entry, nil
}

// Waiting lists what the caller, and those they may book for, wait for.
func (d *Desk) Waiting(ctx context.Context, caller Caller) ([]clinic.WaitlistEntry, error) {
	dependants, err := d.Dependants(ctx, caller)
	if err != nil {
		return nil, err
	}
	patients := []uuid.UUID{caller.Patient}
	for _, one := range dependants {
		patients = append(patients, one.ID)
	}
	var entries []clinic.WaitlistEntry
	for _, patient := range patients {
		theirs, err := d.config.Waitlist.Waitlist(ctx, caller.Clinic, patient, caller.actor())
		if err != nil {
			return nil, fmt.Errorf("reading the waitlist: %w", err)
		}
		entries = append(entries, theirs...)
	}
	return entries, nil
}

// StopWaiting takes an entry of the caller's, or of somebody they may book for, off the waitlist.
func (d *Desk) StopWaiting(ctx context.Context, caller Caller, entry uuid.UUID) error {
	if err := caller.mustBeVerified(); err != nil {
		return err
	}
	if err := d.config.Waitlist.LeaveWaitlist(ctx, caller.Clinic, entry, caller.actor()); err != nil {
		return fmt.Errorf("leaving the waitlist: %w", err)
	}
	return nil
}

// ProposeOffer is a waitlist's offer as something to confirm. Nothing is changed.
func (d *Desk) ProposeOffer(ctx context.Context, clinicID uuid.UUID, o clinic.WaitlistOffer) (Proposal, error) {
	p := Proposal{
		Kind: ProposeAccept, Patient: o.Entry.Patient, Slot: o.Hold.Slot, Hold: o.Hold.Token, Expires: o.Hold.Expires,
		Appointment: o.Entry.Instead, Offer: o.ID,
	}
	if o.Entry.Instead == uuid.Nil {
		return propose(p)
	}
	list, err := d.config.Bookings.Upcoming(ctx, clinicID, o.Entry.Patient, clinic.Actor{Kind: clinic.ActorSystem})
	if err != nil {
		return Proposal{}, fmt.Errorf("reading the appointment that an offer takes the place of: %w", err)
	}
	if i := slices.IndexFunc(list, func(a clinic.Appointment) bool { return a.ID == o.Entry.Instead }); i >= 0 {
		p.Was = list[i].Slot
	}
	return propose(p)
}

// DeclineOffer lets a time go that is kept for somebody on the waitlist; the next who waits is offered it.
func (d *Desk) DeclineOffer(ctx context.Context, caller Caller, offer uuid.UUID) error {
	if err := caller.mustBeVerified(); err != nil {
		return err
	}
	err := d.config.Offers.DeclineOffer(ctx, caller.Clinic, clinic.OfferAnswer{
		Key: fmt.Sprintf("%s/decline/%s", caller.Conversation, offer), Offer: offer, Actor: caller.actor(),
	})
	if err != nil {
		return fmt.Errorf("declining an offer: %w", err)
	}
	return nil
}

// wish is what is waited for, in one stretch: where alternatives were named, whatever lies between them fits as well.
func (in WaitIn) wish() clinic.WaitlistWish {
	wish := clinic.WaitlistWish{Practitioners: in.Practitioners}
	for i, w := range in.Whens {
		if w.Exact {
			w.Opens, w.Closes = w.At, w.At+1
		}
		if i == 0 {
			wish.From, wish.Until, wish.DayFrom, wish.DayUntil, wish.Weekdays = w.From, w.Until, w.Opens, w.Closes, w.Weekdays
		} else {
			widen(&wish, w)
		}
	}
	return wish
}

// widen makes a wish hold w too. What either leaves open stays open.
func widen(wish *clinic.WaitlistWish, w When) {
	wish.From, wish.Until = earliestDay(wish.From, w.From), latestDay(wish.Until, w.Until)
	wish.DayFrom = min(wish.DayFrom, w.Opens)
	if wish.DayUntil != 0 {
		wish.DayUntil = max(wish.DayUntil, w.Closes)
	}
	if w.Closes == 0 {
		wish.DayUntil = 0
	}
	wish.Weekdays = append(slices.Clip(wish.Weekdays), w.Weekdays...)
	if len(w.Weekdays) == 0 || len(wish.Weekdays) == len(w.Weekdays) {
		wish.Weekdays = nil
	}
}

// earliestDay is the earlier of two first days, of which the zero one is no bound.
func earliestDay(a, b localtime.Date) localtime.Date {
	if a.IsZero() || b.IsZero() {
		return localtime.Date{}
	}
	if b.Before(a) {
		return b
	}
	return a
}

// latestDay is the later of two last days, of which the zero one is no bound.
func latestDay(a, b localtime.Date) localtime.Date {
	if a.IsZero() || b.IsZero() {
		return localtime.Date{}
	}
	if b.After(a) {
		return b
	}
	return a
}
