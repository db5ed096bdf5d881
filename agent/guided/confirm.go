package guided

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// showProposal says what would change and asks for a yes or a no.
func (t *talk) showProposal(ctx context.Context, p tools.Proposal, first bool) error {
	v, err := t.proposalValues(ctx, p)
	if err != nil {
		return err
	}
	t.state.Step, t.state.Pending = stepConfirm, &p
	t.say("propose-"+string(p.Kind), v)
	label := t.text("confirm-"+string(p.Kind), prompts.Values{})
	option, err := p.Option(label, first)
	if err != nil {
		return err
	}
	t.body.Options = append(t.body.Options, option)
	t.menu = append(t.menu, choice{Label: label, Action: action{Do: doConfirm}})
	t.offer(choice{Label: t.text("decline-"+string(p.Kind), prompts.Values{}), Action: action{Do: doDecline, Proposal: p.ID, Offer: p.Offer}})
	return nil
}

// proposalValues are what the wording may say of a proposal.
func (t *talk) proposalValues(ctx context.Context, p tools.Proposal) (prompts.Values, error) {
	v := t.slotValues(p.Slot)
	if p.Kind == tools.ProposeCancel {
		v = t.slotValues(p.Was)
	} else if !p.Was.Start.IsZero() {
		v.Was = t.at(p.Was.Start, p.Was.Location)
	}
	if p.Kind == tools.ProposeAll {
		lines, err := t.groupLines(ctx, p.Visits)
		return prompts.Values{Lines: lines}, err
	}
	if !p.Expires.IsZero() {
		v.Until = t.at(p.Expires, p.Slot.Location)
	}
	name, err := t.nameOf(ctx, p.Patient)
	if err != nil {
		return v, err
	}
	v.For = name
	if p.Kind == tools.ProposeBook && name == "" {
		name, err = t.desk.PatientName(ctx, t.caller)
	}
	v.Patient = name
	return v, err
}

// heardVerdict takes a yes or a no to what is proposed. Values that differ from it are a correction, whatever else was said.
func (t *talk) heardVerdict(ctx context.Context, r reading) (bool, error) {
	if t.state.Step != stepConfirm || t.state.Pending == nil {
		return false, nil
	}
	p := *t.state.Pending
	if !t.shown(p) {
		return t.heardTooEarly(ctx, r, p)
	}
	differs := t.differs(r, p)
	switch {
	case t.before != nil && (r.yes || r.number == 1), r.yes && !t.asking(p):
		t.say("clear-answer", prompts.Values{})
		return true, t.showProposal(ctx, p, false)
	case r.number == 1 && t.caller.Channel == chat.SMS:
		return true, t.confirmPending(ctx)
	case r.number == 2 && t.caller.Channel == chat.SMS, r.has(signKeep):
		return true, t.decline(ctx, p.ID)
	case r.has(signAboutIt) && r.isQuestion() && len(r.topics) == 0:
		return true, t.showProposal(ctx, p, false)
	case !differs && t.unreserved(r, p) && (r.yes && t.clear(r, p) || insists(r, p)):
		return true, t.confirmPending(ctx)
	case r.has(signNo) && (r.yes || r.has(signYes)):
		t.say("clear-answer", prompts.Values{})
		return true, t.showProposal(ctx, p, false)
	case r.no && !differs && !r.values() && r.ordinal == 0:
		return true, t.decline(ctx, p.ID)
	case r.want == wantCancel && p.Kind == tools.ProposeCancel, r.yes && !differs && r.want != wantHuman && len(r.topics) == 0:
		t.say("clear-answer", prompts.Values{})
		return true, t.showProposal(ctx, p, false)
	default:
		return false, nil
	}
}

// shown reports whether the proposal stood in front of the patient when they wrote: in a message before theirs.
func (t *talk) shown(p tools.Proposal) bool { return t.shownAt(p) < t.caller.Seq }

// asking reports whether the last that was said asks for a yes to the proposal. An "OK" to anything else ("take your time")
// is none to that.
func (t *talk) asking(p tools.Proposal) bool {
	var options []chat.Option
	if n := len(t.bodies); n > 0 {
		options = t.bodies[n-1].Options
	} else {
		for _, m := range slices.Backward(t.turn.History) {
			if m.Role == chat.RoleAgent {
				options = m.Body.Options
				break
			}
		}
	}
	return slices.ContainsFunc(options, func(o chat.Option) bool {
		shown, err := tools.ParseProposal(o)
		return err == nil && shown.ID == p.ID
	})
}

// shownAt is the seq of the message that showed the proposal first; of one that is being made, the largest there is.
func (t *talk) shownAt(p tools.Proposal) int64 {
	for _, m := range t.turn.History {
		for _, option := range m.Body.Options {
			if shown, err := tools.ParseProposal(option); err == nil && shown.ID == p.ID {
				return m.Seq
			}
		}
	}
	return math.MaxInt64
}

// heardTooEarly takes what was written before the proposal could be read: a yes was meant for something else.
// What is proposed in this same answer stands in it already.
func (t *talk) heardTooEarly(ctx context.Context, r reading, p tools.Proposal) (bool, error) {
	switch {
	case !r.yes && r.number != 1:
		return false, nil
	case t.shownAt(p) == math.MaxInt64:
		return true, nil
	default:
		return true, t.showProposal(ctx, p, false)
	}
}

// clear reports whether a yes leaves no doubt that it is one to this proposal.
func (t *talk) clear(r reading, p tools.Proposal) bool {
	if r.u.signs.hasAny(setOf(signUnsure, signOver, signOthers, signEarlier, signLater, signAdvice)) {
		return false
	}
	if r.isQuestion() && len(r.topics) == 0 {
		return false
	}
	switch r.want {
	case wantNothing, wantBook:
		return p.Kind != tools.ProposeCancel || r.want == wantNothing
	case wantCancel:
		return p.Kind == tools.ProposeCancel
	case wantMove:
		return p.Kind == tools.ProposeMove
	case wantMine, wantHuman:
	}
	return false
}

// assenting are the signs of agreement, and of words that do not lessen it.
const assenting = signs(1<<signYes | 1<<signGood | 1<<signThanks | 1<<signCourtesy | 1<<signThatOne | 1<<signBye | 1<<signAppointment | 1<<signAssent)

// unreserved reports whether there is nothing in what was said but agreement, courtesy, and what the proposal says itself.
// Any other word ("if", "but", "wait", "my husband first", a second wish) makes a yes one that has to be asked for again:
// a needless question costs a moment, a change that nobody wanted costs trust.
func (t *talk) unreserved(r reading, p tools.Proposal) bool {
	agreed := assenting
	switch p.Kind {
	case tools.ProposeCancel:
		agreed |= setOf(signCancel)
	case tools.ProposeMove:
		agreed |= setOf(signMove)
	case tools.ProposeBook, tools.ProposeAll:
		agreed |= setOf(signBook)
	case tools.ProposeAccept:
		agreed |= setOf(signBook, signPick)
	}
	if r.has(signNo) || r.has(signNegation) {
		return false
	}
	names := t.practitioner(p.Slot.Practitioner).DisplayName() + " " + t.service(p.Slot.Service).DisplayName()
	if p.Kind == tools.ProposeCancel {
		names = t.practitioner(p.Was.Practitioner).DisplayName() + " " + t.service(p.Was.Service).DisplayName()
	}
	said := wordsOf(names)
	for i, token := range r.u.tokens {
		number := strings.ContainsAny(token.text, "0123456789") // differs has compared the times
		if !number && !r.u.at[i].hasAny(agreed) && !slices.Contains(said, token.text) {
			return false
		}
	}
	return true
}

// insists reports whether somebody repeats in so many words what is proposed: "cancel it", "please book the appointment".
func insists(r reading, p tools.Proposal) bool {
	if r.no || r.isQuestion() || len(r.u.tokens) < 2 || len(r.u.tokens) > 8 || r.u.signs.hasAny(setOf(signUnsure, signNegation, signOver)) {
		return false
	}
	return p.Kind == tools.ProposeCancel && r.want == wantCancel || p.Kind == tools.ProposeMove && r.want == wantMove
}

// differs reports whether something was said that does not agree with the proposal.
func (t *talk) differs(r reading, p tools.Proposal) bool {
	slot := p.Slot
	if p.Kind == tools.ProposeCancel {
		slot = p.Was
	}
	if len(r.who) > 0 && !slices.Contains(r.who, slot.Practitioner) || slices.Contains(r.without, slot.Practitioner) || r.nobody {
		return true
	}
	if whens := whensOf(r.times); r.hasTime() && !t.fits(whens, slot) && !t.fitsThere(whens, slot) {
		return true
	}
	service := t.service(slot.Service)
	return r.care.elsewhere ||
		r.care.service != uuid.Nil && r.care.service != service.ID ||
		r.care.weight >= weightName && r.care.specialty != service.Specialty
}

// confirmPending carries out what waits for a yes.
func (t *talk) confirmPending(ctx context.Context) error {
	if t.state.Pending == nil {
		return t.nothingPending(ctx)
	}
	option, err := t.state.Pending.Option("", true)
	if err != nil {
		return err
	}
	return t.confirm(ctx, option)
}

// nothingPending answers a yes that nothing waits for.
func (t *talk) nothingPending(ctx context.Context) error {
	if t.state.Job != jobNone {
		return t.again(ctx)
	}
	t.say("nothing-pending", prompts.Values{})
	t.mainMenu()
	return nil
}

// confirm carries out what a confirm option means, if it is what is proposed now.
func (t *talk) confirm(ctx context.Context, option chat.Option) error {
	p, err := tools.ParseProposal(option)
	if err != nil {
		return err
	}
	if before, ok := t.state.doneBefore(p.ID); ok {
		return t.already(ctx, before)
	}
	t.meansBefore(p.ID)
	if p.Kind != tools.ProposeAccept && (t.state.Pending == nil || t.state.Pending.ID != p.ID) {
		t.say("replaced", prompts.Values{})
		return t.again(ctx)
	}
	t.meanwhile("checking")
	change, err := t.desk.Confirm(ctx, t.caller, option)
	if err != nil {
		return t.notConfirmed(ctx, p, err)
	}
	return t.report(ctx, change)
}

// report says what was changed, from the appointment's row.
func (t *talk) report(ctx context.Context, change tools.Change) error {
	if change.Proposal.Kind == tools.ProposeAll {
		return t.reportAll(ctx, change)
	}
	a, p := change.Appointment, change.Proposal
	v, err := t.appointmentValues(ctx, a)
	if err != nil {
		return err
	}
	t.body.Appointment = t.card(a)
	switch {
	case a.State == clinic.StateCancelled:
		t.say("cancelled", v)
	case !p.Was.Start.IsZero():
		v.Was = t.at(p.Was.Start, p.Was.Location)
		t.say("moved", v)
	default:
		v.Address = t.location(a.Slot.Location).Address
		if name, err := t.desk.PatientName(ctx, t.caller); err == nil && !t.forOther() && v.For == "" {
			v.Patient = name
		}
		t.say("booked", v)
		if err := t.askLink(ctx); err != nil {
			return err
		}
	}
	t.state.Done = append(t.state.Done, done{Proposal: p.ID, Appointment: a.ID})
	if p.Kind == tools.ProposeAccept && t.state.Job == jobBook && t.state.Hold != nil {
		t.state.Pending, t.state.Step = nil, stepNone
		return t.resume(ctx)
	}
	t.state.rest()
	return nil
}

// notConfirmed says why nothing was changed, and what can be done instead.
func (t *talk) notConfirmed(ctx context.Context, p tools.Proposal, err error) error {
	t.state.Pending = nil
	code := clinic.CodeOf(err)
	switch {
	case code == clinic.CodeBusy: // nothing was decided: the same yes may do in a minute
		t.state.Pending = &p
		t.say("in-use", prompts.Values{})
		return t.showProposal(ctx, p, false)
	case code == clinic.CodeNotAllowed && t.caller.Verified():
		return t.notLinked(ctx)
	case code == clinic.CodeNotAllowed:
		if p.Kind == tools.ProposeAccept {
			t.state.begin(jobAccept)
			t.state.Offer = &p
		}
		t.say("ask-details-expired", prompts.Values{})
		return t.askDetails()
	case code == clinic.CodeLateChange:
		return t.tooLate(err)
	case p.Kind == tools.ProposeAccept:
		return t.lostOffer(ctx, p, err)
	case p.Kind != tools.ProposeBook && p.Kind != tools.ProposeAll && (code == clinic.CodeWrongState || code == clinic.CodeNotFound):
		t.say("changed-meanwhile", prompts.Values{})
		t.state.begin(jobMine)
		return t.advance(ctx)
	default:
		return t.lostSlot(ctx, p.Slot, err)
	}
}

// already answers a confirmation of what was done before.
func (t *talk) already(ctx context.Context, d done) error {
	list, err := t.desk.MyAppointments(ctx, t.caller)
	if err != nil && clinic.CodeOf(err) != clinic.CodeNotAllowed {
		return err
	}
	i := slices.IndexFunc(list, func(a clinic.Appointment) bool { return a.ID == d.Appointment })
	if i < 0 {
		t.say("already-over", prompts.Values{})
	} else {
		t.say("already", t.slotValues(list[i].Slot))
		t.body.Appointment = t.card(list[i])
	}
	if t.state.Job != jobNone {
		return t.again(ctx)
	}
	return nil
}

// decline leaves things as they are. What was held is let go.
func (t *talk) decline(ctx context.Context, proposal uuid.UUID) error {
	t.meansBefore(proposal)
	p := t.state.Pending
	if p == nil || p.ID != proposal {
		t.say("replaced", prompts.Values{})
		return t.again(ctx)
	}
	if p.Kind == tools.ProposeAccept {
		return t.declineOffer(ctx, action{Offer: p.Offer})
	}
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.Pending = nil
	t.say("declined-"+string(p.Kind), prompts.Values{})
	if p.Kind == tools.ProposeCancel {
		t.state.rest()
		return nil
	}
	t.state.Step = stepSlot
	t.offer(t.plain(doOthers), t.plain(doOver))
	return nil
}
