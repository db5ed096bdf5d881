package tools

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// HoldIn asks to keep a slot.
type HoldIn struct {
	Slot    clinic.Slot   // one that was offered in this conversation
	Also    []clinic.Slot // offered together with it: kept as well, all of them or none
	Exclude uuid.UUID     // the appointment that is being moved; zero: none
}

// Hold keeps a slot for the caller while they decide: a conversation holds one slot at a time, or several that were
// offered together, and the next takes their place. [clinic.CodeSlotTaken] when somebody was faster.
func (d *Desk) Hold(ctx context.Context, caller Caller, in HoldIn) (clinic.Hold, error) {
	hold, err := d.config.Calendar.Hold(ctx, caller.Clinic, clinic.HoldRequest{
		Slot:    in.Slot,
		Also:    in.Also,
		Expires: caller.Now.Add(d.holdFor(caller.Channel)),
		Token:   caller.holdToken(),
		Exclude: in.Exclude,
		Actor:   caller.actor(),
	})
	if err != nil {
		return clinic.Hold{}, fmt.Errorf("holding a slot: %w", err)
	}
	return hold, nil
}

// Release gives up what the caller's conversation holds; holding nothing is no error.
func (d *Desk) Release(ctx context.Context, caller Caller) error {
	if err := d.config.Calendar.Release(ctx, caller.Clinic, caller.holdToken()); err != nil {
		return fmt.Errorf("releasing a hold: %w", err)
	}
	return nil
}
