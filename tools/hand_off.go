package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/agentcare/agentcare/clinic"
)

// HandOffKind says how urgent it is that a person looks.
type HandOffKind string

// Kinds of handing over.
const (
	CallBack HandOffKind = "callback" // somebody gets back to the patient
	Alert    HandOffKind = "alert"    // somebody looks at once: an emergency was written about
)

// HandOffIn hands the conversation over to a person.
type HandOffIn struct {
	Kind    HandOffKind
	Details string // for staff, in the patient's words where they help; stored sealed
}

// HandOff asks a person of the clinic to take over, once for each message that wants it, and returns when the patient
// can expect an answer.
func (d *Desk) HandOff(ctx context.Context, caller Caller, in HandOffIn) (time.Time, error) {
	expected, err := d.config.Tasks.OpenTask(ctx, caller.Clinic, clinic.Task{
		Kind:         string(in.Kind),
		Conversation: caller.Conversation,
		Patient:      caller.Patient,
		Details:      in.Details,
		Key:          caller.key(string(in.Kind)),
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("opening a task: %w", err)
	}
	return expected, nil
}
