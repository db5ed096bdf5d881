package tools

import (
	"context"

	"github.com/google/uuid"
)

// ProposeCancel proposes to cancel one of the caller's appointments. Nothing is changed.
// [clinic.CodeLateChange] when it is too late, [clinic.CodeNotFound] when it is not theirs or over.
func (d *Desk) ProposeCancel(ctx context.Context, caller Caller, appointment uuid.UUID) (Proposal, error) {
	a, err := d.changeable(ctx, caller, appointment)
	if err != nil {
		return Proposal{}, err
	}
	return propose(Proposal{
		Kind:        ProposeCancel,
		Patient:     a.Patient,
		Appointment: a.ID,
		Version:     a.Version,
		Was:         a.Slot,
	})
}
