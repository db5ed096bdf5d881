package guided

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// family are those whom the caller may book for, read once a turn; nobody for whoever has not proven who they are.
func (t *talk) family(ctx context.Context) ([]clinic.Dependant, error) {
	if !t.caller.Verified() {
		return nil, nil
	}
	if known, ok := t.relatives[t.caller.Patient]; ok {
		return known, nil
	}
	family, err := t.desk.Dependants(ctx, t.caller)
	if err != nil {
		return nil, err
	}
	if t.relatives == nil {
		t.relatives = map[uuid.UUID][]clinic.Dependant{}
	}
	t.relatives[t.caller.Patient] = family
	return family, nil
}

// patient is whom the visit is for: somebody whom the caller may book for, else the caller.
func (t *talk) patient() uuid.UUID {
	if t.state.Wish.For != uuid.Nil {
		return t.state.Wish.For
	}
	return t.caller.Patient
}

// nameOf is the given name of somebody whom the caller looks after, "" for the caller.
func (t *talk) nameOf(ctx context.Context, patient uuid.UUID) (string, error) {
	if patient == t.caller.Patient {
		return "", nil
	}
	family, err := t.family(ctx)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(family, func(d clinic.Dependant) bool { return d.ID == patient }); i >= 0 {
		return family[i].GivenName, nil
	}
	return "", nil
}

// appointmentValues are what the wording may say of an appointment.
func (t *talk) appointmentValues(ctx context.Context, a clinic.Appointment) (prompts.Values, error) {
	name, err := t.nameOf(ctx, a.Patient)
	v := t.slotValues(a.Slot)
	v.For = name
	return v, err
}

// namedIn are those of a family whose given name is among some words.
func namedIn(family []clinic.Dependant, words []string) []clinic.Dependant {
	var named []clinic.Dependant
	for _, d := range family {
		given := wordsOf(d.GivenName)
		if len(given) > 0 && (slices.Contains(words, given[0]) || slices.Contains(words, given[0]+"s")) { // "Nora's"
			named = append(named, d)
		}
	}
	return named
}

// meantFor takes what was said of whom a visit is for into a wish.
func (w *wish) meantFor(r reading) {
	if r.whom == forUnsaid {
		return
	}
	w.Whom, w.Named = r.whom, r.names
	w.For, w.Else = uuid.Nil, false
}

// spotFamily finds whom a visit is for where only the name was said: "Leo needs his shots".
func (t *talk) spotFamily(ctx context.Context, r *reading) error {
	if r.whom != forUnsaid || len(r.names) == 0 || t.state.Step == stepConfirm {
		return nil
	}
	family, err := t.family(ctx)
	if err != nil {
		return err
	}
	if named := namedIn(family, r.names); len(named) == 1 {
		r.whom = relationOf(named[0])
	}
	return nil
}

// relationOf is what somebody is to the caller, as far as it matters here.
func relationOf(d clinic.Dependant) whom {
	if d.Relation == "parent" {
		return forChild
	}
	return forOther
}

// askWhom finds out for whom a visit is that is for somebody else, where the caller may book for others: whom they named,
// or whom they choose. It reports whether it had to ask.
func (t *talk) askWhom(ctx context.Context) (bool, error) {
	w := &t.state.Wish
	if !t.forOther() || w.For != uuid.Nil || w.Else || t.state.About == forChild || t.state.About == forOther {
		return false, nil
	}
	family, err := t.family(ctx)
	if err != nil {
		return false, err
	}
	if named := namedIn(family, w.Named); len(named) == 1 {
		w.For = named[0].ID
		return false, nil
	}
	if len(family) == 0 {
		return false, nil
	}
	t.state.Step = stepWhom
	t.say("ask-whom", prompts.Values{})
	t.offer(choice{Label: t.text("option-self", prompts.Values{}), Action: action{Do: doFor, Patient: t.caller.Patient}})
	for _, d := range family {
		t.offer(choice{Label: d.GivenName, Action: action{Do: doFor, Patient: d.ID}})
	}
	t.offer(t.plain(doElse))
	return true, nil
}

// heardWhom takes the answer to whom it is for in words: a name, "me", "somebody else".
func (t *talk) heardWhom(ctx context.Context, r reading) (bool, error) {
	if t.state.Step != stepWhom {
		return false, nil
	}
	family, err := t.family(ctx)
	if err != nil {
		return true, err
	}
	named := namedIn(family, wordsOf(r.u.original))
	switch {
	case len(named) == 1:
		return true, t.chooseWhom(ctx, action{Do: doFor, Patient: named[0].ID})
	case r.whom == forSelf, slices.Contains([]string{"me", "myself", "yo", "mi"}, r.u.core()):
		return true, t.chooseWhom(ctx, action{Do: doFor, Patient: t.caller.Patient})
	case r.whom == forOther:
		return true, t.chooseWhom(ctx, action{Do: doElse})
	default:
		return false, nil
	}
}

// chooseWhom goes on with whom the visit is for, or with how that is to be found out.
func (t *talk) chooseWhom(ctx context.Context, a action) error {
	w := &t.state.Wish
	switch {
	case !t.state.Job.enrols():
		t.say("replaced", prompts.Values{})
		return t.again(ctx)
	case a.Do == doGuardian:
		w.Guardian = true
		return t.askDetails()
	case a.Do == doElse:
		w.For, w.Else = uuid.Nil, true
	case a.Patient == t.caller.Patient:
		w.For, w.Whom, w.Else = uuid.Nil, forSelf, false
	default:
		w.For, w.Else = a.Patient, false
	}
	t.state.Step = stepNone
	return t.advance(ctx)
}

// notLinked says that the caller may not book for whom they want to; a person can change that.
func (t *talk) notLinked(ctx context.Context) error {
	t.state.Wish.For, t.state.Pending = uuid.Nil, nil
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.say("not-linked", prompts.Values{})
	t.offer(t.plain(doHuman), t.plain(doOver))
	return nil
}

// verifiedFor takes whom the proof of identity is about: whom the visit is for, unless it is somebody who looks after others
// and entered details of their own.
func (t *talk) verifiedFor(ctx context.Context) error {
	w := &t.state.Wish
	t.state.About = forSelf
	if !t.state.Job.enrols() || !t.forOther() {
		return nil
	}
	family, err := t.family(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(family, func(d clinic.Dependant) bool { return d.ID == w.For }) {
		w.For = uuid.Nil
	}
	if len(family) == 0 && !w.Guardian {
		t.state.About = w.Whom
	}
	if len(family) == 0 && w.Guardian {
		w.Guardian = false
		t.say("nobody-linked", prompts.Values{})
	}
	return nil
}

// askLink asks people to note who looks after a new patient, where it was proven who that is before the patient's details
// were asked for.
func (t *talk) askLink(ctx context.Context) error {
	if t.state.Guardian == uuid.Nil || t.state.Guardian == t.caller.Patient || t.state.About != forChild && t.state.About != forOther {
		return nil
	}
	name, err := t.desk.PatientName(ctx, t.caller)
	if err != nil {
		return err
	}
	if _, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.CallBack, Details: t.text("staff-link", prompts.Values{})}); err != nil {
		return err
	}
	t.say("link-asked", prompts.Values{For: name})
	return nil
}
