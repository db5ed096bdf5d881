package tools

import (
	"context"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Movable returns one of the caller's appointments if they may still move it: [clinic.CodeLateChange] when it is too
// late, [clinic.CodeNotFound] when it is not theirs or over.
func (d *Desk) Movable(ctx context.Context, caller Caller, appointment uuid.UUID) (clinic.Appointment, error) {
	return d.changeable(ctx, caller, appointment)
}

// ProposeReschedule proposes to move one of the caller's appointments to a slot that is held for them. Nothing is changed.
func (d *Desk) ProposeReschedule(ctx context.Context, caller Caller, appointment uuid.UUID, hold clinic.Hold) (Proposal, error) {
	a, err := d.changeable(ctx, caller, appointment)
	if err != nil {
		return Proposal{}, err
	}
	return propose(Proposal{
		Kind:        ProposeMove,
		Patient:     a.Patient,
		Slot:        hold.Slot,
		Hold:        hold.Token,
		Appointment: a.ID,
		Version:     a.Version,
		Was:         a.Slot,
	})
}
