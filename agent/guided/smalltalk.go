package guided

import (
	"context"
	"slices"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/prompts"
)

// heardTalk answers what is neither a wish nor a question: thanks, a greeting, a yes or no that nothing waits for.
func (t *talk) heardTalk(ctx context.Context, r reading) (bool, error) {
	switch {
	case r.has(signKeep):
		t.say("as-you-like", prompts.Values{})
		return true, nil
	case r.has(signRepeat):
		return true, t.repeat(ctx)
	case r.has(signHelp):
		t.say("help", prompts.Values{})
		return true, t.menuOrResume(ctx)
	case r.has(signBye) && !r.yes:
		t.say("bye", prompts.Values{})
		return true, nil
	case r.has(signThanks):
		if t.state.Job == jobNone {
			t.say("welcome-more", prompts.Values{})
			t.state.Menu = nil
			return true, nil
		}
		t.say("welcome", prompts.Values{})
		return true, t.again(ctx)
	case r.has(signUnsure):
		t.say("take-your-time", prompts.Values{})
		return true, nil
	case r.yes || r.no:
		return true, t.idleAnswer(ctx, r)
	case r.has(signGreet):
		t.say("hello", prompts.Values{})
		return true, t.menuOrResume(ctx)
	default:
		return false, nil
	}
}

// menuOrResume goes on with what is being done, or offers what can be done.
func (t *talk) menuOrResume(ctx context.Context) error {
	if t.state.Job != jobNone {
		return t.again(ctx)
	}
	t.mainMenu()
	return nil
}

// repeat says again what was said last.
func (t *talk) repeat(ctx context.Context) error {
	if t.state.Job != jobNone {
		return t.again(ctx)
	}
	for _, m := range slices.Backward(t.turn.History) {
		if m.Role != chat.RoleAgent || m.Body.Text == "" {
			continue
		}
		if m.Body.Appointment != nil && t.caller.Verified() { // it may have changed since
			return t.start(ctx, jobMine)
		}
		if m.Body.Appointment == nil {
			t.parts = append(t.parts, m.Body.Text)
			t.mainMenu()
			return nil
		}
	}
	t.say("help", prompts.Values{})
	t.mainMenu()
	return nil
}

// idleAnswer takes a yes or a no where nothing waits for confirmation.
func (t *talk) idleAnswer(ctx context.Context, r reading) error {
	switch {
	case t.state.Job != jobNone:
		return t.again(ctx)
	case r.no:
		t.say("as-you-like", prompts.Values{})
		return nil
	case !r.u.all(assenting):
		t.say("as-you-like", prompts.Values{}) // "sure, I'll think about it" wants nothing yet
		return nil
	case t.offeredPerson():
		return t.handOff(ctx)
	case len(t.state.Menu) > 0 && slices.Contains([]verb{doBook, doCare}, t.state.Menu[0].Action.Do):
		return t.act(ctx, t.state.Menu[0].Action)
	default:
		return t.nothingPending(ctx)
	}
}

// offeredPerson reports whether a person was the first thing that was offered last.
func (t *talk) offeredPerson() bool {
	return len(t.state.Menu) > 0 && t.state.Menu[0].Action.Do == doHuman
}
