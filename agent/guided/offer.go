package guided

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// Offer tells somebody who waits that a time has become free and is kept for them, with a button to take it and one to let
// it go. Times are the place's own, with those of their zone where that is known (not nil) and another.
func (e *Engine) Offer(ctx context.Context, clinicID uuid.UUID, o clinic.WaitlistOffer, language string, zone *time.Location) (chat.Body, error) {
	proposal, err := e.desk.ProposeOffer(ctx, clinicID, o)
	if err != nil {
		return chat.Body{}, fmt.Errorf("wording an offer: %w", err)
	}
	caller := tools.Caller{Clinic: clinicID, Patient: proposal.Patient}
	directory, err := e.desk.Directory(ctx, caller)
	if err != nil {
		return chat.Body{}, fmt.Errorf("wording an offer: %w", err)
	}
	t := &talk{desk: e.desk, caller: caller, clinic: directory, words: e.wording.In(language), wording: e.wording}
	t.vocab = e.vocabulary(t.words.Language(), directory)
	t.turn.Endpoint.Zone = zone
	if err := t.showProposal(ctx, proposal, true); err != nil {
		return chat.Body{}, fmt.Errorf("wording an offer: %w", err)
	}
	t.closeBody()
	reply, err := t.reply()
	if err != nil {
		return chat.Body{}, err
	}
	return reply.Messages[0], nil
}

// takeUpOffer makes an offer of the waitlist what waits for a yes, when it was the last that was said: whoever answers now
// answers it. It was written by nobody who knows this conversation's state. Where something else waited for a yes already, a
// bare yes may have crossed the offer on its way, and is asked for again.
func (t *talk) takeUpOffer() {
	p, ok := t.lastOffer()
	if !ok {
		return
	}
	if _, answered := t.state.doneBefore(p.ID); answered {
		return
	}
	if before := t.state.Pending; before != nil && before.ID != p.ID {
		t.before = before
	}
	t.state.Pending, t.state.Step = &p, stepConfirm
	t.state.Menu = []choice{
		{Label: t.text("confirm-accept", prompts.Values{}), Action: action{Do: doConfirm}},
		{Label: t.text("decline-accept", prompts.Values{}), Action: action{Do: doDecline, Proposal: p.ID, Offer: p.Offer}},
	}
}

// meansBefore goes back to what waited for a yes before an offer came, when its own button was chosen.
func (t *talk) meansBefore(proposal uuid.UUID) {
	if t.before != nil && t.before.ID == proposal {
		t.state.Pending = t.before
	}
}

// lastOffer is the offer that was made in the last message of ours, if it was one.
func (t *talk) lastOffer() (tools.Proposal, bool) {
	for _, m := range slices.Backward(t.turn.History) {
		if m.Role != chat.RoleAgent {
			continue
		}
		for _, option := range m.Body.Options {
			p, err := tools.ParseProposal(option)
			if err == nil && p.Kind == tools.ProposeAccept {
				return p, true
			}
		}
		break
	}
	return tools.Proposal{}, false
}

// advanceAccept asks again for a yes to an offer, once it is proven who answers.
func (t *talk) advanceAccept(ctx context.Context) error {
	switch {
	case t.state.Offer == nil:
		t.state.rest()
		return t.advance(ctx)
	case !t.caller.Verified():
		return t.askDetails()
	default:
		return t.showProposal(ctx, *t.state.Offer, true)
	}
}

// declineOffer lets the time go that was offered, and goes on with what was being done.
func (t *talk) declineOffer(ctx context.Context, a action) error {
	if p := t.state.Pending; p != nil && p.Offer == a.Offer {
		t.state.Pending = nil
	}
	switch err := t.desk.DeclineOffer(ctx, t.caller, a.Offer); clinic.CodeOf(err) {
	case clinic.CodeNotAllowed:
		t.say("as-you-like", prompts.Values{}) // nothing is taken, and the time goes to the next by itself
	case clinic.CodeNotFound, clinic.CodeWrongState:
		t.say("offer-over", prompts.Values{})
	case "":
		if err != nil {
			return err
		}
		t.say("declined-accept", prompts.Values{})
	default:
		return err
	}
	switch {
	case t.state.Job == jobAccept:
		t.state.rest()
	case len(t.state.Slots) > 0 && t.state.Hold == nil:
		t.state.Step = stepSlot // as it was before the offer
	}
	return t.resume(ctx)
}

// lostOffer says that a time that was offered cannot be had any more, and looks for others like it.
func (t *talk) lostOffer(ctx context.Context, p tools.Proposal, refusal error) error {
	switch clinic.CodeOf(refusal) {
	case "":
		return refusal
	case clinic.CodeNotFound, clinic.CodeWrongState:
		t.say("offer-over", prompts.Values{})
	default:
		if !t.refused(refusal, p.Slot.Service) {
			return refusal
		}
	}
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.begin(jobBook)
	if p.Appointment != uuid.Nil {
		t.state.begin(jobMove)
		t.state.Appointment = p.Appointment
	}
	t.state.Wish.Service, t.state.Wish.Practitioners = p.Slot.Service, []uuid.UUID{p.Slot.Practitioner}
	if name, err := t.nameOf(ctx, p.Patient); err != nil {
		return err
	} else if name != "" {
		t.state.Wish.For, t.state.Wish.Whom = p.Patient, forOther
	}
	return t.advance(ctx)
}
