package guided

import (
	"context"
	"slices"

	"github.com/google/uuid"

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
		v, err := t.appointmentValues(ctx, a)
		if err != nil {
			return err
		}
		t.say("moving", v)
	}
	t.state.Leaving = a.Slot.Start
	t.moveWith(a)
	return t.find(ctx, t.service(a.Slot.Service))
}

// moveWith sees to it that the appointment stays with its practitioner, unless another one was named who offers such visits.
func (t *talk) moveWith(a clinic.Appointment) {
	w := &t.state.Wish
	for _, id := range w.Practitioners {
		if p := t.practitioner(id); !slices.Contains(p.Services, a.Slot.Service) {
			t.say("offers-not", prompts.Values{Practitioner: p.DisplayName(), Service: t.service(a.Slot.Service).DisplayName()})
		}
	}
	w.Practitioners = slices.DeleteFunc(w.Practitioners, func(id uuid.UUID) bool {
		return !slices.Contains(t.practitioner(id).Services, a.Slot.Service)
	})
	if len(w.Practitioners) == 0 && len(w.Without) == 0 {
		w.Practitioners = []uuid.UUID{a.Slot.Practitioner}
	}
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
		return t.tooLate(err)
	case clinic.CodeNotFound, clinic.CodeWrongState:
		t.say("changed-meanwhile", prompts.Values{})
		t.state.begin(jobMine)
		return t.advance(ctx)
	default:
		return err
	}
}
