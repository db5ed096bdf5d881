package guided

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// talk is one turn: what came in, what is known, and the answer as it is made.
type talk struct {
	desk    *tools.Desk
	turn    agent.Turn
	caller  tools.Caller
	out     agent.Stream
	clinic  *clinic.Directory
	wording *prompts.Guided
	words   *prompts.Wording
	vocab   *vocabulary
	state   state

	vocabularies func(language string, d *clinic.Directory) *vocabulary

	body      chat.Body // the message that is being made
	parts     []string  // its paragraphs
	menu      []choice  // its options' meanings
	bodies    []chat.Body
	relatives map[uuid.UUID][]clinic.Dependant // of who they are whom a patient may book for, as far as it was read

	language string // that the conversation has from now on; "" keeps it
	unlocked bool
	before   *tools.Proposal      // what waited for a yes when an offer came
	closed   *clinic.DateOverride // what the clinic is closed for on the day that was asked for
	others   bool                 // other times than those that were seen are wanted
	fault    error                // of the wording; reported at the end
}

func (e *Engine) open(ctx context.Context, turn agent.Turn, out agent.Stream) (*talk, error) {
	if len(turn.New) == 0 {
		return nil, errors.New("answering a turn: it has no new message")
	}
	t := &talk{desk: e.desk, turn: turn, out: out, wording: e.wording, vocabularies: e.vocabulary}
	t.caller = tools.CallerOf(turn, turn.New[len(turn.New)-1])
	directory, err := e.desk.Directory(ctx, t.caller)
	if err != nil {
		return nil, fmt.Errorf("answering a turn: %w", err)
	}
	t.clinic = directory
	t.words = e.wording.In(turn.Conversation.Language)
	t.vocab = e.vocabulary(t.words.Language(), directory)
	if t.state, err = readState(turn.State); err != nil {
		return nil, fmt.Errorf("answering a turn: %w", err)
	}
	t.takeUpOffer()
	t.greet()
	return t, nil
}

// greet says who is answering, where nothing has been said yet.
func (t *talk) greet() {
	if t.turn.Greeted() {
		return
	}
	t.say("greeting", prompts.Values{PrivacyURL: t.clinic.Clinic.Settings.PrivacyURL, SMS: t.caller.Channel == chat.SMS})
}

// input is what is answered at once: something chosen, a filled form, or what was written in one go.
type input struct {
	seq    int64
	text   string
	chosen *chat.Option
	filled *chat.Filled
}

// inputs are the patient's unanswered messages. Texts that follow each other are one, except when something waits for
// confirmation: then each is taken for itself, so that a turn that runs again with one more message decides the same.
func (t *talk) inputs() []input {
	var all []input
	for _, m := range t.turn.New {
		if m.Role != chat.RolePatient {
			continue
		}
		in := input{seq: m.Seq, text: m.Body.Text, chosen: m.Body.Chosen, filled: m.Body.Filled}
		if n := len(all); n > 0 && in.isText() && all[n-1].isText() && t.state.Pending == nil {
			all[n-1].text += "\n" + in.text
			all[n-1].seq = in.seq
			continue
		}
		all = append(all, in)
	}
	return all
}

func (in input) isText() bool { return in.chosen == nil && in.filled == nil }

func (t *talk) take(ctx context.Context, in input) error {
	switch {
	case in.chosen != nil:
		t.state.Misses = 0
		return t.choose(ctx, *in.chosen)
	case in.filled != nil:
		t.state.Misses = 0
		return t.fill(ctx, *in.filled)
	default:
		return t.hear(ctx, in.text)
	}
}

// say adds a paragraph. The clinic's name and phone are filled in.
func (t *talk) say(name string, v prompts.Values) {
	v.Clinic = t.clinic.Clinic.Name
	v.Phone = t.vocab.phone
	text, err := t.words.Say(name, v)
	if err != nil {
		t.fault = errors.Join(t.fault, err)
		return
	}
	t.parts = append(t.parts, text)
}

// text is a short wording: a label, a part of a sentence.
func (t *talk) text(name string, v prompts.Values) string {
	v.Clinic = t.clinic.Clinic.Name
	text, err := t.words.Say(name, v)
	t.fault = errors.Join(t.fault, err)
	return text
}

// meanwhile shows the first words of the answer while the rest is looked up.
func (t *talk) meanwhile(name string) {
	if len(t.parts) == 0 && len(t.bodies) == 0 {
		t.out.Delta(t.text(name, prompts.Values{}) + " ")
	}
}

// offer adds options.
func (t *talk) offer(choices ...choice) {
	for _, c := range choices {
		if len(t.menu) == maxMenu {
			return
		}
		option, err := c.Action.option(c.Label)
		if err != nil {
			t.fault = errors.Join(t.fault, err)
			return
		}
		if c.Action.Slot != nil {
			option.Slot = t.slotCard(*c.Action.Slot)
		}
		t.body.Options = append(t.body.Options, option)
		t.menu = append(t.menu, c)
	}
}

// plain is an option whose label is named after what it does.
func (t *talk) plain(v verb) choice {
	return choice{Label: t.text("option-"+string(v), prompts.Values{}), Action: action{Do: v}}
}

// ask adds a form.
func (t *talk) ask(v verb, fields []chat.Field) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making a form's id: %w", err)
	}
	ref, err := action{Do: v}.option("")
	if err != nil {
		return err
	}
	t.body.Form = &chat.Form{ID: id.String(), Fields: fields, Ref: ref.Ref}
	return nil
}

// closeBody ends the message that is being made.
func (t *talk) closeBody() {
	if len(t.parts) == 0 && len(t.body.Options) == 0 && t.body.Form == nil {
		return
	}
	t.body.Text = strings.Join(t.parts, "\n\n")
	if n := len(t.bodies); n > 0 { // what was asked before is not asked any more
		t.bodies[n-1].Options, t.bodies[n-1].Form = nil, nil
	}
	t.bodies = append(t.bodies, t.body)
	if len(t.menu) > 0 || t.body.Form != nil {
		t.state.Menu = t.menu
	}
	t.body, t.parts, t.menu = chat.Body{}, nil, nil
}

func (t *talk) reply() (agent.Reply, error) {
	if t.fault != nil {
		return agent.Reply{}, fmt.Errorf("wording an answer: %w", t.fault)
	}
	if len(t.bodies) == 0 {
		return agent.Reply{}, errors.New("answering a turn: nothing was said")
	}
	data, err := t.state.encode()
	if err != nil {
		return agent.Reply{}, err
	}
	return agent.Reply{Messages: t.bodies, State: data, Language: t.language, Unlocked: t.unlocked}, nil
}
