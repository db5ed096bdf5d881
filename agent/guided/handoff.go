package guided

import (
	"context"

	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// handOff asks a person to take over and says by when they will. What was begun stays as it is.
func (t *talk) handOff(ctx context.Context, details string) error {
	expected, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.CallBack, Details: t.text(details, prompts.Values{})})
	if err != nil {
		return err
	}
	v := prompts.Values{}
	if !expected.IsZero() {
		v.When = t.words.At(expected.In(t.clinic.Clinic.Zone))
	}
	if t.caller.Verified() {
		t.say("handed-known", v)
		return nil
	}
	if t.state.Job == jobNone {
		t.state.Step = stepNumber
	}
	t.say("handed", v)
	return nil
}

// heardNumber takes the phone number of somebody who wants to be called.
func (t *talk) heardNumber(ctx context.Context, r reading) (bool, error) {
	if t.state.Step != stepNumber || !r.phone {
		return false, nil
	}
	expected, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.CallBack, Details: t.text("staff-number", prompts.Values{})})
	if err != nil {
		return true, err
	}
	t.state.Step = stepNone
	v := prompts.Values{}
	if !expected.IsZero() {
		v.When = t.words.At(expected.In(t.clinic.Clinic.Zone))
	}
	t.say("number-noted", v)
	return true, nil
}

// emergency answers with the clinic's own text, and alerts people, whatever else is going on.
func (t *talk) emergency(ctx context.Context) error {
	if own := t.clinic.Clinic.Settings.EmergencyText; own != "" {
		t.parts = append(t.parts, own)
	} else {
		t.say("emergency", prompts.Values{})
	}
	_, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.Alert, Details: t.text("staff-emergency", prompts.Values{})})
	return err
}
