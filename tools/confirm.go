package tools

import (
	"context"
	"fmt"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// Change is what a confirmation changed, with the appointment's row as it is now.
type Change struct {
	Proposal    Proposal
	Appointment clinic.Appointment   // the first one, where there are several
	All         []clinic.Appointment // of a proposal for several visits, in its order
}

// Confirm carries out what the patient has confirmed: it is the only way to change an appointment from a conversation.
// The option is the confirm option that they chose, by its button or in words that leave no doubt. The change is keyed
// by the conversation and the proposal, so that confirming twice, or answering the same turn twice, changes once and
// returns the same row.
func (d *Desk) Confirm(ctx context.Context, caller Caller, option chat.Option) (Change, error) {
	p, err := ParseProposal(option)
	if err != nil {
		return Change{}, err
	}
	if err := d.mayActFor(ctx, caller, p.Patient); err != nil {
		return Change{}, err
	}
	if p.Kind == ProposeAll {
		return d.bookAll(ctx, caller, p)
	}
	appointment, err := d.carryOut(ctx, caller, p)
	if err != nil {
		return Change{}, fmt.Errorf("carrying out a confirmed change: %w", err)
	}
	return Change{Proposal: p, Appointment: appointment}, nil
}

// bookAll books several visits, all of them or none. The record checks that the caller may act for each patient.
func (d *Desk) bookAll(ctx context.Context, caller Caller, p Proposal) (Change, error) {
	all, err := d.config.Groups.BookAll(ctx, caller.Clinic, clinic.BookAllRequest{
		Key: confirmKey(caller, p), Visits: p.Visits, Hold: p.Hold, Actor: caller.actor(),
	})
	if err != nil {
		return Change{}, fmt.Errorf("booking several visits: %w", err)
	}
	return Change{Proposal: p, Appointment: all[0], All: all}, nil
}

func (d *Desk) carryOut(ctx context.Context, caller Caller, p Proposal) (clinic.Appointment, error) {
	key, actor := confirmKey(caller, p), caller.actor()
	switch p.Kind {
	case ProposeBook:
		return d.config.Bookings.Book(ctx, caller.Clinic, clinic.BookRequest{
			Key: key, Slot: p.Slot, Hold: p.Hold, Patient: p.Patient, Actor: actor,
		})
	case ProposeMove:
		return d.config.Bookings.Move(ctx, caller.Clinic, clinic.MoveRequest{
			Key: key, Appointment: p.Appointment, Version: p.Version, Slot: p.Slot, Hold: p.Hold, Actor: actor,
		})
	case ProposeCancel:
		return d.config.Bookings.Cancel(ctx, caller.Clinic, clinic.CancelRequest{
			Key: key, Appointment: p.Appointment, Version: p.Version, Actor: actor,
		})
	case ProposeAccept:
		return d.config.Offers.AcceptOffer(ctx, caller.Clinic, clinic.OfferAnswer{Key: key, Offer: p.Offer, Actor: actor})
	default:
		return clinic.Appointment{}, clinic.Refuse(clinic.CodeInvalid, "That can't be confirmed here.")
	}
}

// confirmKey is the idempotency key of a change.
func confirmKey(caller Caller, p Proposal) string {
	return fmt.Sprintf("%s/confirm/%s", caller.Conversation, p.ID)
}
