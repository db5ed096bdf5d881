package guided

import (
	"context"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// handOff asks a person to take over and says by when they will. What was begun stays as it is.
func (t *talk) handOff(ctx context.Context) error {
	expected, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.CallBack, Details: t.text("staff-handoff", prompts.Values{})})
	if err != nil {
		return err
	}
	v := prompts.Values{}
	if !expected.IsZero() {
		v.When = t.at(expected, uuid.Nil)
	}
	if t.caller.Verified() {
		t.say("handed-known", v)
		return nil
	}
	t.state.CallBack = true
	t.say("handed", v)
	return nil
}

// heardNumber takes the phone number of somebody who wants to be called.
func (t *talk) heardNumber(ctx context.Context, r reading) (bool, error) {
	if !t.state.CallBack || !r.phone {
		return false, nil
	}
	expected, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.CallBack, Details: t.text("staff-number", prompts.Values{})})
	if err != nil {
		return true, err
	}
	t.state.CallBack = false
	v := prompts.Values{}
	if !expected.IsZero() {
		v.When = t.at(expected, uuid.Nil)
	}
	t.say("number-noted", v)
	if t.state.Job != jobNone {
		return true, t.again(ctx)
	}
	return true, nil
}

// emergency answers at once with the clinic's own text, and alerts people, whatever else is going on.
func (t *talk) emergency(ctx context.Context) error {
	text := emergencyText(t.clinic.Clinic, t.words)
	t.out.Delta(text)
	_, err := t.desk.HandOff(ctx, t.caller, tools.HandOffIn{Kind: tools.Alert, Details: t.text("staff-emergency", prompts.Values{})})
	if err != nil {
		return err
	}
	t.parts = append(t.parts, text)
	t.say("emergency-alerted", prompts.Values{})
	return nil
}

// emergencyText is the clinic's own, or the usual one where it has none.
func emergencyText(c clinic.Clinic, w *prompts.Wording) string {
	if c.Settings.EmergencyText != "" {
		return c.Settings.EmergencyText
	}
	text, _ := w.Say("emergency", prompts.Values{Clinic: c.Name}) // a template that is embedded and was checked at the start
	return text
}
