package guided

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// shownAppointments is how many of one's appointments can be chosen from at once; each may be moved or cancelled.
const shownAppointments = maxMenu / 2

// advanceMine lists one's own appointments.
func (t *talk) advanceMine(ctx context.Context) error {
	if !t.identified() {
		return t.askDetails()
	}
	t.meanwhile("looking")
	list, err := t.desk.MyAppointments(ctx, t.caller)
	if err != nil {
		return err
	}
	t.state.rest()
	switch len(list) {
	case 0:
		t.say("mine-none", prompts.Values{})
		t.offer(t.plain(doBook))
	case 1:
		v, err := t.appointmentValues(ctx, list[0])
		if err != nil {
			return err
		}
		t.say("mine-one", v)
		t.body.Appointment = t.card(list[0])
		t.offerChange(doMove, list[0], prompts.Values{})
		t.offerChange(doCancel, list[0], prompts.Values{})
	default:
		if err := t.listMine(ctx, list); err != nil {
			return err
		}
	}
	return t.tellWaiting(ctx)
}

// mineInBetween tells somebody who is booking what they have already, and goes on.
func (t *talk) mineInBetween(ctx context.Context) error {
	list, err := t.desk.MyAppointments(ctx, t.caller)
	if err != nil {
		return err
	}
	switch len(list) {
	case 0:
		t.say("mine-nothing", prompts.Values{})
	case 1:
		v, err := t.appointmentValues(ctx, list[0])
		if err != nil {
			return err
		}
		t.say("mine-one", v)
	default:
		if err := t.listMine(ctx, list); err != nil {
			return err
		}
	}
	return t.resume(ctx)
}

func (t *talk) listMine(ctx context.Context, list []clinic.Appointment) error {
	v := prompts.Values{Count: len(list)}
	for _, a := range list {
		line, err := t.appointmentValues(ctx, a)
		if err != nil {
			return err
		}
		v.Lines = append(v.Lines, t.text("mine-line", line))
	}
	t.say("mine-many", v)
	for _, a := range list[:min(len(list), shownAppointments)] {
		t.offerChange(doMove, a, t.slotValues(a.Slot))
		t.offerChange(doCancel, a, t.slotValues(a.Slot))
	}
	return nil
}

// offerChange offers to move or to cancel one appointment.
func (t *talk) offerChange(v verb, a clinic.Appointment, values prompts.Values) {
	t.offer(choice{Label: t.text("option-"+string(v), values), Action: action{Do: v, Appointment: a.ID}})
}

// change starts to move or to cancel the appointment that a button names.
func (t *talk) change(ctx context.Context, a action) error {
	if err := t.letGo(ctx); err != nil {
		return err
	}
	wanted := jobCancel
	if a.Do == doMove {
		wanted = jobMove
	}
	var whens []tools.When
	if t.state.Job == wanted && t.state.Step == stepWhich {
		whens = t.state.Wish.Whens // when to move to was said before it was clear which
	}
	t.state.begin(wanted)
	t.state.Appointment, t.state.Wish.Whens = a.Appointment, whens
	return t.advance(ctx)
}

// target finds which of their appointments somebody wants to change; false when that had to be asked, or there is none.
func (t *talk) target(ctx context.Context, ask string) (clinic.Appointment, bool, error) {
	list, err := t.desk.MyAppointments(ctx, t.caller)
	if err != nil {
		return clinic.Appointment{}, false, err
	}
	if i := slices.IndexFunc(list, func(a clinic.Appointment) bool { return a.ID == t.state.Appointment }); i >= 0 {
		return list[i], true, nil
	}
	t.state.Appointment = uuid.Nil
	meant, err := t.meant(ctx, list)
	if err != nil {
		return clinic.Appointment{}, false, err
	}
	if len(meant) > 0 {
		list = meant
	} else if t.state.Job == jobMove && len(t.state.Wish.Whens) == 0 {
		t.state.Wish.Whens, t.state.Which = t.state.Which, nil // it is when to move to, not which to move
	}
	if i := place(t.state.Nth, len(list)); i >= 0 {
		list = list[i : i+1]
	}
	switch len(list) {
	case 0:
		t.state.rest()
		t.say("none-to-change", prompts.Values{})
		t.offer(t.plain(doBook), t.plain(doHuman))
		return clinic.Appointment{}, false, nil
	case 1:
		t.state.Appointment = list[0].ID
		return list[0], true, nil
	}
	return clinic.Appointment{}, false, t.askWhich(ctx, list, ask)
}

// meant are the appointments that fit what was said of which one it is.
func (t *talk) meant(ctx context.Context, list []clinic.Appointment) ([]clinic.Appointment, error) {
	family, err := t.family(ctx)
	if err != nil {
		return nil, err
	}
	whose := namedIn(family, t.state.Whose)
	var fitting []clinic.Appointment
	for _, a := range list {
		with := len(t.state.With) == 0 || slices.Contains(t.state.With, a.Slot.Practitioner)
		theirs := len(whose) == 0 || slices.ContainsFunc(whose, func(d clinic.Dependant) bool { return d.ID == a.Patient })
		if with && theirs && t.fits(t.state.Which, a.Slot) {
			fitting = append(fitting, a)
		}
	}
	return fitting, nil
}

// askWhich asks which appointment is meant.
func (t *talk) askWhich(ctx context.Context, list []clinic.Appointment, ask string) error {
	t.state.Step = stepWhich
	t.say(ask, prompts.Values{})
	do := map[job]verb{jobMove: doMove, jobCancel: doCancel, jobWait: doWait}[t.state.Job]
	for _, a := range list {
		v, err := t.appointmentValues(ctx, a)
		if err != nil {
			return err
		}
		t.offer(choice{Label: t.text("option-appointment", v), Action: action{Do: do, Appointment: a.ID}})
	}
	return nil
}

// tooLate says that a change inside the notice is for people to make.
func (t *talk) tooLate(refusal error) error {
	t.state.rest()
	v := prompts.Values{}
	if late, ok := errors.AsType[*clinic.Error](refusal); ok {
		v.Span = t.span(late.Span)
	}
	t.say("late", v)
	t.offer(t.plain(doHuman))
	return nil
}
