package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// ProposalKind is what a proposal would change.
type ProposalKind string

// Kinds of proposals.
const (
	ProposeBook   ProposalKind = "book"
	ProposeMove   ProposalKind = "move"
	ProposeCancel ProposalKind = "cancel"
	ProposeAll    ProposalKind = "all"    // to book several visits at once
	ProposeAccept ProposalKind = "accept" // a time that became free, for somebody on the waitlist
)

// A Proposal is a change that waits for the patient's own confirmation. It is what a confirm option means
// (its [chat.Option.Ref]), and is made from things that were really offered or that are really the patient's.
type Proposal struct {
	ID          uuid.UUID      `json:"id"` // of the option that showed it first: the change is keyed by it
	Kind        ProposalKind   `json:"kind"`
	Patient     uuid.UUID      `json:"patient"`              // whom it is for: the caller, or somebody they may book for
	Slot        clinic.Slot    `json:"slot,omitzero"`        // to book, or to move to
	Hold        uuid.UUID      `json:"hold,omitzero"`        // that keeps the slot meanwhile
	Appointment uuid.UUID      `json:"appointment,omitzero"` // to move or to cancel
	Version     int            `json:"version,omitempty"`    // of the appointment as the patient saw it
	Was         clinic.Slot    `json:"was,omitzero"`         // the appointment's slot as the patient saw it
	Visits      []clinic.Visit `json:"visits,omitempty"`     // to book all at once, Slot being the first one's
	Offer       uuid.UUID      `json:"offer,omitzero"`       // of a time that became free
	Expires     time.Time      `json:"expires,omitzero"`     // until when the slot is kept, where that was said
}

// Option is the proposal as something to confirm. The first option that shows it has the proposal's id,
// further ones have ids of their own and mean the same change.
func (p Proposal) Option(label string, first bool) (chat.Option, error) {
	id := p.ID
	if !first {
		var err error
		if id, err = uuid.NewV7(); err != nil {
			return chat.Option{}, fmt.Errorf("making an option's id: %w", err)
		}
	}
	ref, err := json.Marshal(p)
	if err != nil {
		return chat.Option{}, fmt.Errorf("encoding a proposal: %w", err)
	}
	return chat.Option{ID: id.String(), Label: label, Kind: chat.OptionConfirm, Ref: ref}, nil
}

// ParseProposal reads what a confirm option means.
func ParseProposal(option chat.Option) (Proposal, error) {
	if option.Kind != chat.OptionConfirm {
		return Proposal{}, errors.New("reading a proposal: the option confirms nothing")
	}
	var p Proposal
	if err := json.Unmarshal(option.Ref, &p); err != nil {
		return Proposal{}, fmt.Errorf("reading a proposal: %w", err)
	}
	if p.ID == uuid.Nil {
		return Proposal{}, errors.New("reading a proposal: it has no id")
	}
	return p, nil
}

// ProposeBooking proposes to book a slot that is held in the caller's conversation, for the caller or for somebody they
// may book for; [clinic.CodeNotAllowed] for anybody else. Nothing is changed.
func (d *Desk) ProposeBooking(ctx context.Context, caller Caller, hold clinic.Hold, patient uuid.UUID) (Proposal, error) {
	if err := d.mayActFor(ctx, caller, patient); err != nil {
		return Proposal{}, err
	}
	return propose(Proposal{Kind: ProposeBook, Patient: patient, Slot: hold.Slot, Hold: hold.Token})
}

// ProposeAll proposes to book several visits that are held in the caller's conversation, each for the caller or for
// somebody they may book for; [clinic.CodeNotAllowed] for anybody else. Nothing is changed.
func (d *Desk) ProposeAll(ctx context.Context, caller Caller, hold clinic.Hold, visits []clinic.Visit) (Proposal, error) {
	for _, v := range visits {
		if err := d.mayActFor(ctx, caller, v.Patient); err != nil {
			return Proposal{}, err
		}
	}
	return propose(Proposal{Kind: ProposeAll, Patient: caller.Patient, Slot: hold.Slot, Hold: hold.Token, Visits: visits})
}

// propose gives a proposal its id.
func propose(p Proposal) (Proposal, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Proposal{}, fmt.Errorf("making a proposal's id: %w", err)
	}
	p.ID = id
	return p, nil
}

// changeable finds one of the caller's appointments and refuses with [clinic.CodeLateChange] when it is too late to change it.
func (d *Desk) changeable(ctx context.Context, caller Caller, id uuid.UUID) (clinic.Appointment, error) {
	appointment, err := d.own(ctx, caller, id)
	if err != nil {
		return clinic.Appointment{}, err
	}
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return clinic.Appointment{}, err
	}
	i := slices.IndexFunc(directory.Services, func(s clinic.Service) bool { return s.ID == appointment.Slot.Service })
	if i < 0 {
		return appointment, nil
	}
	if err := directory.Services[i].CheckNotice(appointment.Slot.Start, caller.actor(), caller.Now); err != nil {
		return clinic.Appointment{}, fmt.Errorf("checking the notice for a change: %w", err)
	}
	return appointment, nil
}
