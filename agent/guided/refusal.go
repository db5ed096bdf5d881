package guided

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
)

// refusals are what is said when the clinic's rules do not let somebody have the time that they chose. The rules' own
// sentence is English, and made for any program; this is in the conversation's language. Codes that are not here are
// answered where they come up, or are faults.
var refusals = map[string]string{
	clinic.CodeSlotTaken:     "taken",
	clinic.CodeNotYourHold:   "not-kept",
	clinic.CodePatientBusy:   "busy",
	clinic.CodeNotOffered:    "not-offered",
	clinic.CodeRetired:       "retired",
	clinic.CodeOutsideHours:  "outside-hours",
	clinic.CodeOffGrid:       "off-grid",
	clinic.CodeWrongLength:   "wrong-length",
	clinic.CodeTooSoon:       "too-soon",
	clinic.CodeTooFar:        "beyond-window",
	clinic.CodeNotForPatient: "not-for-patient",
	clinic.CodeInvalid:       "not-possible",
	clinic.CodeNotFound:      "not-possible",
	clinic.CodeWrongState:    "not-possible",
}

// refused says what a refusal by the clinic's rules means for somebody who wants a service; false for other errors.
func (t *talk) refused(err error, service uuid.UUID) bool {
	refusal, ok := errors.AsType[*clinic.Error](err)
	if !ok || refusals[refusal.Code] == "" {
		return false
	}
	s := t.service(service)
	t.say(refusals[refusal.Code], prompts.Values{
		Practitioner: refusal.Who, Service: s.DisplayName(), Span: t.span(refusal.Span), New: s.For == clinic.ForNew,
	})
	return true
}

// insteadOf goes on after a refusal: with another kind of visit or another practitioner where the one that was wanted cannot
// be had at all, else with other times.
func (t *talk) insteadOf(ctx context.Context, slot clinic.Slot, err error) error {
	w := &t.state.Wish
	switch clinic.CodeOf(err) {
	case clinic.CodeNotForPatient:
		return t.otherService(slot.Service)
	case clinic.CodeNotOffered, clinic.CodeRetired:
		if slot.Practitioner == uuid.Nil {
			return t.otherService(slot.Service)
		}
		w.Practitioners = slices.DeleteFunc(slices.Clone(w.Practitioners), func(id uuid.UUID) bool { return id == slot.Practitioner })
	}
	t.state.Seen = []time.Time{slot.Start}
	return t.advance(ctx)
}

// otherService asks for another kind of visit than one that cannot be booked; where there is none, a person helps.
func (t *talk) otherService(barred uuid.UUID) error {
	w := &t.state.Wish
	w.Barred = append(w.Barred, barred)
	w.Service, w.Specialty = uuid.Nil, t.service(barred).Specialty
	if len(t.possible()) == 0 {
		t.offer(t.plain(doHuman), t.plain(doOver))
		return nil
	}
	t.state.Step = stepCare
	t.serviceMenu()
	t.offer(t.plain(doHuman))
	return nil
}

// span is a length of time in words, "" for none.
func (t *talk) span(d time.Duration) string {
	const day = 24 * time.Hour
	name, unit := "span-minutes", time.Minute
	switch {
	case d <= 0:
		return ""
	case d%day == 0:
		name, unit = "span-days", day
	case d%time.Hour == 0:
		name, unit = "span-hours", time.Hour
	}
	return t.text(name, prompts.Values{Count: int(d / unit)})
}
