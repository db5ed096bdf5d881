package guided

import (
	"context"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
)

// advanceMove does the next step of moving an appointment.
func (t *talk) advanceMove(ctx context.Context) error {
	if !t.identified() {
		return t.askDetails()
	}
	a, ok, err := t.target(ctx, "which-move")
	if err != nil || !ok {
		return err
	}
	if t.state.Hold != nil {
		return t.proposeMove(ctx, a)
	}
	if _, err := t.desk.Movable(ctx, t.caller, a.ID); err != nil {
		return t.notChangeable(ctx, err)
	}
	if t.state.Wish.Service != a.Slot.Service {
		t.state.Wish.Service, t.state.Wish.Specialty = a.Slot.Service, ""
		t.say("moving", t.slotValues(a.Slot))
	}
	if len(t.state.Wish.Practitioners) == 0 {
		t.state.Wish.Practitioners = append(t.state.Wish.Practitioners, a.Slot.Practitioner)
	}
	return t.find(ctx, t.service(a.Slot.Service))
}

// proposeMove sums up the move and asks for a yes.
func (t *talk) proposeMove(ctx context.Context, a clinic.Appointment) error {
	proposal, err := t.desk.ProposeReschedule(ctx, t.caller, a.ID, *t.state.Hold)
	if err != nil {
		return t.notChangeable(ctx, err)
	}
	return t.showProposal(ctx, proposal, true)
}

// notChangeable says why an appointment cannot be moved or cancelled here.
func (t *talk) notChangeable(ctx context.Context, err error) error {
	if letGo := t.letGo(ctx); letGo != nil {
		return letGo
	}
	switch clinic.CodeOf(err) {
	case clinic.CodeLateChange:
		return t.tooLate()
	case clinic.CodeNotFound, clinic.CodeWrongState:
		t.say("changed-meanwhile", prompts.Values{})
		t.state.begin(jobMine)
		return t.advance(ctx)
	default:
		return err
	}
}
