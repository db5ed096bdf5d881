package guided

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// choose answers a button.
func (t *talk) choose(ctx context.Context, option chat.Option) error {
	if option.Kind == chat.OptionConfirm {
		return t.confirm(ctx, option)
	}
	a, err := readAction(option.Ref)
	if err != nil {
		return err
	}
	return t.act(ctx, a)
}

// act does what an option means, whether it was chosen by its button or in words.
func (t *talk) act(ctx context.Context, a action) error {
	switch a.Do {
	case doSlot:
		return t.takeOffered(ctx, a)
	case doOthers:
		return t.otherTimes(ctx)
	case doCare:
		return t.wishFor(ctx, care{specialty: a.Specialty, service: a.Service})
	case doWho:
		t.state.Wish.Practitioners = []uuid.UUID{a.Practitioner}
		return t.advance(ctx)
	case doAnyone:
		t.state.Wish.Practitioners = nil
		return t.advance(ctx)
	case doBook:
		return t.start(ctx, jobBook)
	case doMine:
		return t.start(ctx, jobMine)
	case doMove, doCancel:
		return t.change(ctx, a)
	case doQuestion:
		t.say("ask-question", prompts.Values{})
		return nil
	case doHuman:
		return t.handOff(ctx)
	case doResend:
		return t.anotherCode(ctx)
	case doDetails:
		return t.askDetails()
	case doOver:
		return t.over(ctx)
	case doWait:
		return t.startWait(ctx, a)
	case doUnwait:
		return t.stopWaiting(ctx, a.Entry)
	case doFor, doElse, doGuardian:
		return t.chooseWhom(ctx, a)
	case doGroup, doRow, doSingle:
		return t.chooseGroup(ctx, a)
	case doConfirm:
		return t.confirmPending(ctx)
	case doDecline:
		if a.Offer != uuid.Nil {
			return t.declineOffer(ctx, a)
		}
		return t.decline(ctx, a.Proposal)
	default:
		return fmt.Errorf("answering a choice: unknown action %q", a.Do)
	}
}

// fill answers a form.
func (t *talk) fill(ctx context.Context, filled chat.Filled) error {
	a, err := readAction(filled.Ref)
	if err != nil {
		return err
	}
	if a.Do == doCode {
		return t.checkCode(ctx, filled.Values[chat.FieldCodeName])
	}
	return t.sendDetails(ctx, filled.Values)
}

// hear answers what was written.
func (t *talk) hear(ctx context.Context, text string) error {
	if agent.Emergency(text) {
		return t.emergency(ctx)
	}
	r := t.vocab.understand(text, t.caller.Now)
	if !r.u.signs.hasAny(setOf(signSpanish, signEnglish)) && t.follow(text) {
		r = t.vocab.understand(text, t.caller.Now)
	}
	if err := t.spotDay(ctx, &r); err != nil {
		return err
	}
	if err := t.spotFamily(ctx, &r); err != nil {
		return err
	}
	misses := t.state.Misses
	t.state.Misses = 0
	for _, answer := range []func(context.Context, reading) (bool, error){
		t.heardCode,
		t.heardNumber,
		t.heardVerdict,
		t.heardDetails,
		t.heardWaiting,
		t.heardGeneral,
		t.heardWhom,
		t.heardGroup,
		t.heardPick,
		t.heardQuestion,
		t.heardWish,
		t.heardTalk,
	} {
		if done, err := answer(ctx, r); done || err != nil {
			return err
		}
	}
	return t.notUnderstood(ctx, misses+1)
}

// heardGeneral answers what means the same at every step: giving up, a person, another language.
func (t *talk) heardGeneral(ctx context.Context, r reading) (bool, error) {
	switch {
	case r.has(signSpanish) && t.words.Language() != "es":
		return true, t.speak(ctx, "es")
	case r.has(signEnglish) && t.words.Language() != "en":
		return true, t.speak(ctx, "en")
	case r.want == wantHuman:
		return true, t.handOff(ctx)
	case t.givesUp(r), t.state.Step == stepWhich && r.no && r.want == wantNothing && !r.values() && r.ordinal == 0:
		return true, t.over(ctx)
	default:
		return false, nil
	}
}

// givesUp reports whether somebody wants to leave what is being done, and nothing else.
func (t *talk) givesUp(r reading) bool {
	if r.has(signOver) && !r.values() && (r.want == wantNothing || t.state.Job != jobNone) {
		return true
	}
	busy := t.state.Job == jobBook || t.state.Job == jobGroup || t.state.Job == jobMove
	return busy && r.want == wantCancel && !r.values() && !r.u.signs.hasAny(setOf(signAppointment, signMine))
}

// speak goes on in another language.
func (t *talk) speak(ctx context.Context, language string) error {
	t.words, t.language = t.wording.In(language), language
	return t.again(ctx)
}

// heardWish answers what somebody wants, and the values that they give for it.
func (t *talk) heardWish(ctx context.Context, r reading) (bool, error) {
	switch r.want {
	case wantMine:
		if t.state.Job == jobBook && t.identified() {
			return true, t.mineInBetween(ctx)
		}
		return true, t.start(ctx, jobMine)
	case wantMove:
		if t.state.Job == jobBook && (r.values() || !r.u.signs.hasAny(setOf(signAppointment, signMine))) {
			return true, t.rethink(ctx, r)
		}
		return true, t.startChange(ctx, jobMove, r)
	case wantCancel:
		return true, t.startChange(ctx, jobCancel, r)
	case wantBook:
		return t.heardBooking(ctx, r)
	default:
		if t.state.Job.enrols() && r.whom != forUnsaid && (!r.values() || r.care.weight == weightHint) {
			return true, t.forWhom(ctx, r)
		}
		if r.values() && t.state.Job != jobNone {
			return t.heardBooking(ctx, r)
		}
		return false, nil
	}
}

// heardBooking takes values for what is being looked for, or starts to look.
func (t *talk) heardBooking(ctx context.Context, r reading) (bool, error) {
	switch {
	case r.number != 0 && t.state.Step != stepSlot: // a number that nothing was asked about is no time
		return false, nil
	case t.state.Job == jobGroup && r.whom != forUnsaid: // one of them, after all
		if err := t.letGo(ctx); err != nil {
			return true, err
		}
		w := t.state.Wish
		t.state.begin(jobBook)
		t.state.Wish = w
		return true, t.rethink(ctx, r)
	case t.state.Job == jobMove || t.state.Job == jobGroup || t.state.Job.enrols():
		return true, t.rethink(ctx, r)
	case t.state.Job == jobCancel && t.state.Step == stepWhich:
		t.readTarget(r)
		return true, t.advance(ctx)
	default:
		if err := t.letGo(ctx); err != nil {
			return true, err
		}
		t.state.begin(jobBook)
		return true, t.rethink(ctx, r)
	}
}

// start begins a job and does the first step of it.
func (t *talk) start(ctx context.Context, j job) error {
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.begin(j)
	return t.advance(ctx)
}

// startChange starts to move or to cancel the appointment that was spoken of.
func (t *talk) startChange(ctx context.Context, j job, r reading) error {
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.begin(j)
	t.readTarget(r)
	if n := len(t.state.Done); n > 0 && r.pointsBack() && len(t.state.Which) == 0 && len(t.state.With) == 0 && t.state.Nth == 0 {
		t.state.Appointment = t.state.Done[n-1].Appointment
	}
	return t.advance(ctx)
}

// advance does the next step of the job: what is not known yet is asked, one thing at a time.
func (t *talk) advance(ctx context.Context) error {
	switch t.state.Job {
	case jobBook:
		return t.advanceBooking(ctx)
	case jobMove:
		return t.advanceMove(ctx)
	case jobCancel:
		return t.advanceCancel(ctx)
	case jobMine:
		return t.advanceMine(ctx)
	case jobWait:
		return t.advanceWait(ctx)
	case jobGroup:
		return t.advanceGroup(ctx)
	case jobWaits:
		return t.advanceWaits(ctx)
	case jobUnwait:
		return t.advanceUnwait(ctx)
	case jobAccept:
		return t.advanceAccept(ctx)
	default:
		t.say("what-else", prompts.Values{})
		t.mainMenu()
		return nil
	}
}

// again asks what was asked last once more, in other words only where something has changed.
func (t *talk) again(ctx context.Context) error {
	switch t.state.Step {
	case stepSlot:
		if len(t.state.Slots) > 0 {
			t.say("which-slot", prompts.Values{})
			t.slotMenu()
			return nil
		}
	case stepConfirm:
		if t.state.Pending != nil {
			return t.showProposal(ctx, *t.state.Pending, false)
		}
	case stepCode:
		t.say("code-enter", prompts.Values{})
		return t.codeForm()
	case stepDetails:
		return t.askDetails()
	case stepRow:
		if slices.ContainsFunc(t.state.Menu, func(c choice) bool { return c.Action.Do == doRow }) {
			t.say("which-slot", prompts.Values{})
			t.offer(t.state.Menu...)
			return nil
		}
	case stepNone, stepCare, stepWhich, stepWhom:
	}
	return t.advance(ctx)
}

// mainMenu offers what can be done here.
func (t *talk) mainMenu() {
	t.offer(t.plain(doBook), t.plain(doMine), t.plain(doHuman))
}

// over leaves everything that was begun.
func (t *talk) over(ctx context.Context) error {
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.rest()
	t.say("over", prompts.Values{})
	t.mainMenu()
	return nil
}

// letGo releases what is held.
func (t *talk) letGo(ctx context.Context) error {
	if t.state.Hold == nil {
		return nil
	}
	t.state.Hold, t.state.Pending = nil, nil
	return t.desk.Release(ctx, t.caller)
}

// identified reports whether it is proven who asks, and where a chart may have to be made also that it is about whom the
// visit is for.
func (t *talk) identified() bool {
	if !t.caller.Verified() || !t.state.Job.enrols() || t.state.Wish.For != uuid.Nil {
		return t.caller.Verified()
	}
	return cmp.Or(t.state.About, forSelf) == cmp.Or(t.state.Wish.Whom, forSelf)
}

// notUnderstood says so, asks again, and the second time offers a person.
func (t *talk) notUnderstood(ctx context.Context, misses int) error {
	t.state.Misses = misses
	if misses >= 2 {
		t.say("sorry-twice", prompts.Values{})
		t.offer(t.plain(doHuman), t.plain(doOver))
		return nil
	}
	switch t.state.Step {
	case stepCare:
		t.say("ask-care-again", prompts.Values{})
		t.careMenu()
		return nil
	case stepDetails:
		return t.useForm()
	case stepNone:
		t.say("sorry", prompts.Values{})
		t.say("help", prompts.Values{})
		t.mainMenu()
		return nil
	case stepSlot, stepCode, stepWhich, stepWhom, stepRow, stepConfirm:
	}
	t.say("sorry", prompts.Values{})
	return t.again(ctx)
}

// fits reports whether a slot is at a time that was said, on the clock of the place.
func (t *talk) fits(whens []tools.When, s clinic.Slot) bool {
	return withinAny(whens, t.local(s.Start, s.Location))
}

// fitsThere reports whether a slot is at a time that was said, on the patient's own clock, where that shows another time
// and both were shown.
func (t *talk) fitsThere(whens []tools.When, s clinic.Slot) bool {
	zone := t.turn.Endpoint.Zone
	return localtime.Differs(s.Start, t.local(s.Start, s.Location).Location(), zone) && withinAny(whens, s.Start.In(zone))
}

// slotIndex is where a slot stands among those that were offered, -1 when it was not.
func (t *talk) slotIndex(s clinic.Slot) int {
	return slices.IndexFunc(t.state.Slots, func(o clinic.Slot) bool {
		return o.Start.Equal(s.Start) && o.Practitioner == s.Practitioner
	})
}
