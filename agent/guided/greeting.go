package guided

import (
	"context"
	"fmt"
	"slices"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// Greeting is the first message to somebody at a browser: that this is an automated assistant, what becomes of what they
// write, and that nobody watches for emergencies. Its options have new ids each time.
func (e *Engine) Greeting(c clinic.Clinic, language string) (chat.Body, error) {
	return e.opening("greeting", c, language)
}

// Return is what somebody is told who comes back to a browser that was left alone: why nothing of the conversation is
// there, and how to get it back.
func (e *Engine) Return(c clinic.Clinic, language string) (chat.Body, error) {
	return e.opening("return", c, language)
}

// opening says something with the ways to begin below it.
func (e *Engine) opening(name string, c clinic.Clinic, language string) (chat.Body, error) {
	w := e.wording.In(language)
	text, err := w.Say(name, prompts.Values{Clinic: c.Name, PrivacyURL: c.Settings.PrivacyURL})
	if err != nil {
		return chat.Body{}, fmt.Errorf("greeting: %w", err)
	}
	body := chat.Body{Text: text}
	for _, v := range []verb{doBook, doMine, doQuestion, doHuman} {
		label, err := w.Say("option-"+string(v), prompts.Values{})
		if err != nil {
			return chat.Body{}, fmt.Errorf("greeting: %w", err)
		}
		option, err := action{Do: v}.option(label)
		if err != nil {
			return chat.Body{}, fmt.Errorf("greeting: %w", err)
		}
		body.Options = append(body.Options, option)
	}
	return body, nil
}

// Apology is what is said when a turn could not be answered: that it is our fault, that a person takes over and by when,
// and where to call. It asks for that person, and says less where even that fails. An emergency gets its text all the same.
func (e *Engine) Apology(ctx context.Context, turn agent.Turn) chat.Body {
	caller := tools.CallerOf(turn, turn.New[len(turn.New)-1])
	w := e.wording.In(caller.Language)
	var v prompts.Values
	var first string
	if d, err := e.desk.Directory(ctx, caller); err == nil {
		if slices.ContainsFunc(turn.New, func(m chat.Message) bool { return agent.Emergency(m.Body.Text) }) {
			first = emergencyText(d.Clinic, w) + "\n\n"
		}
		v.Phone = shownPhone(d.Clinic)
		details, _ := w.Say("staff-apology", v) // a template that is embedded and was checked at the start
		if expected, err := e.desk.HandOff(ctx, caller, tools.HandOffIn{Kind: tools.CallBack, Details: details}); err == nil && !expected.IsZero() {
			v.When = w.At(expected.In(d.Clinic.Zone))
		}
	}
	text, _ := w.Say("apology", v)
	return chat.Body{Text: first + text}
}

// Languages are those that the engine can greet and answer in.
func (e *Engine) Languages() []string { return e.wording.Languages() }
