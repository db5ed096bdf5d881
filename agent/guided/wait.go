package guided

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// waitFor are the fits of an offer beside which it is offered to wait for something better.
var waitFor = map[tools.Fit]bool{tools.FitTime: true, tools.FitDay: true, tools.FitPractitioner: true, tools.FitNone: true}

// offerWait offers to wait for a time that fits the wish, where none is free.
func (t *talk) offerWait(fit tools.Fit) {
	if !waitFor[fit] || t.state.Job != jobBook && t.state.Job != jobMove {
		return
	}
	w := t.state.Wish
	c := t.plain(doWait)
	c.Action.Wish = &w
	if t.state.Job == jobMove {
		c.Action.Appointment = t.state.Appointment
	}
	t.offer(c)
}

// leaving are words of somebody who does not want to wait any more.
var leaving = regexp.MustCompile(`\b(?:off|leave|remove|quit|anymore|longer|salir|dejar|quit\w*|saca\w*|borr\w*|baja|ya no)\b`)

// asking are words of somebody who asks whether, or for what, they wait.
var asking = regexp.MustCompile(`\b(?:am i|do i|my place|estoy en|mi lugar)\b`)

// heardWaiting takes a wish to be told when something becomes free, or not to wait any more.
func (t *talk) heardWaiting(ctx context.Context, r reading) (bool, error) {
	switch {
	case !r.has(signWaitlist):
		return false, nil
	case r.wants(signCancel), r.u.signs.has(signNegation), leaving.MatchString(r.u.core()):
		return true, t.start(ctx, jobUnwait)
	case asking.MatchString(r.u.core()):
		return true, t.start(ctx, jobWaits)
	}
	a := action{Do: doWait}
	if t.state.Job == jobBook || t.state.Job == jobMove {
		w := t.state.Wish
		a.Wish = &w
	}
	if t.state.Job == jobMove {
		a.Appointment = t.state.Appointment
		if r.sooner() && !r.hasTime() { // than it is, and not at the time to which it would have been moved
			a.Wish.Whens = nil
		}
	}
	if err := t.beginWait(ctx, a); err != nil {
		return true, err
	}
	if n := len(t.state.Done); n > 0 && a.Wish == nil && !r.values() && r.sooner() {
		t.state.Appointment = t.state.Done[n-1].Appointment
	}
	t.state.Earlier = t.state.Earlier || a.Wish == nil && r.sooner()
	t.wishFrom(r)
	return true, t.advance(ctx)
}

// sooner reports whether an earlier time was spoken of.
func (r *reading) sooner() bool { return r.u.signs.hasAny(setOf(signEarlier, signEarliest)) }

// startWait starts to wait for what a button names.
func (t *talk) startWait(ctx context.Context, a action) error {
	if err := t.beginWait(ctx, a); err != nil {
		return err
	}
	return t.advance(ctx)
}

func (t *talk) beginWait(ctx context.Context, a action) error {
	if err := t.letGo(ctx); err != nil {
		return err
	}
	earlier := t.state.Job == jobWait && t.state.Earlier
	t.state.begin(jobWait)
	if a.Wish != nil {
		t.state.Wish = *a.Wish
	}
	t.state.Appointment = a.Appointment
	t.state.Earlier = earlier || a.Appointment != uuid.Nil
	return nil
}

// advanceWait puts somebody on the waitlist once it is known what they wait for, and proven who they are.
func (t *talk) advanceWait(ctx context.Context) error {
	if t.state.Earlier {
		return t.waitEarlier(ctx)
	}
	service, ok := t.wanted()
	if !ok {
		return t.askCare()
	}
	if asked, err := t.askWhom(ctx); asked || err != nil {
		return err
	}
	if !t.identified() {
		return t.askDetails()
	}
	v := prompts.Values{Service: service.DisplayName()}
	return t.join(ctx, tools.WaitIn{
		Patient: t.patient(), Service: service.ID, Practitioners: t.seekers(service), Whens: t.state.Wish.Whens,
	}, v)
}

// waitEarlier waits for a time that takes the place of an appointment: one before it, unless times were named.
func (t *talk) waitEarlier(ctx context.Context) error {
	if !t.caller.Verified() {
		return t.askDetails()
	}
	a, ok, err := t.target(ctx, "which-earlier")
	if err != nil || !ok {
		return err
	}
	w := t.state.Wish
	if len(w.Practitioners) == 0 {
		w.Practitioners = []uuid.UUID{a.Slot.Practitioner}
	}
	v := prompts.Values{Service: t.service(a.Slot.Service).DisplayName()}
	if when := firstOf(w.Whens); when.AnyDay() && when.AnyTime() {
		at := t.local(a.Slot.Start, a.Slot.Location)
		w.Whens = []tools.When{{Until: localtime.DateOf(at, at.Location())}}
		v.Was = t.at(a.Slot.Start, a.Slot.Location)
	}
	t.state.Wish.For = uuid.Nil
	if a.Patient != t.caller.Patient {
		t.state.Wish.For = a.Patient
	}
	return t.join(ctx, tools.WaitIn{
		Patient: a.Patient, Service: a.Slot.Service, Practitioners: w.Practitioners, Whens: w.Whens, Instead: a.ID,
	}, v)
}

// join puts somebody on the waitlist and says so.
func (t *talk) join(ctx context.Context, in tools.WaitIn, v prompts.Values) error {
	t.meanwhile("checking")
	entry, err := t.desk.Wait(ctx, t.caller, in)
	if err != nil {
		return t.notJoined(ctx, in, err)
	}
	if v.Was == "" {
		v.When = t.wishTimes(entry.Wish)
	}
	name, err := t.nameOf(ctx, in.Patient)
	if err != nil {
		return err
	}
	v.For = name
	if len(in.Practitioners) == 1 {
		v.Practitioner = t.practitioner(in.Practitioners[0]).DisplayName()
	}
	t.state.rest()
	t.say("waiting", v)
	return nil
}

// notJoined says why somebody cannot wait for something.
func (t *talk) notJoined(ctx context.Context, in tools.WaitIn, err error) error {
	switch code := clinic.CodeOf(err); {
	case code == clinic.CodeNotAllowed:
		return t.notLinked(ctx)
	case code == clinic.CodeNotForPatient && t.refused(err, in.Service):
		return t.otherService(in.Service)
	case code == "":
		return err
	}
	if code := clinic.CodeOf(err); code == clinic.CodeTooSoon || code == clinic.CodeTooFar {
		t.refused(err, in.Service)
	}
	t.state.rest()
	t.say("cannot-wait", prompts.Values{})
	t.offer(t.plain(doHuman), t.plain(doBook))
	return nil
}

// waitingLine says in a line what is waited for.
func (t *talk) waitingLine(ctx context.Context, e clinic.WaitlistEntry) (string, error) {
	name, err := t.nameOf(ctx, e.Patient)
	if err != nil {
		return "", err
	}
	v := prompts.Values{For: name, Service: t.service(e.Service).DisplayName(), Day: t.words.Day(t.local(e.Since, e.Wish.Location))}
	if len(e.Wish.Practitioners) == 1 {
		v.Practitioner = t.practitioner(e.Wish.Practitioners[0]).DisplayName()
	}
	if e.Instead == uuid.Nil {
		v.When = t.wishTimes(e.Wish)
		return t.text("waiting-line", v), nil
	}
	list, err := t.desk.MyAppointments(ctx, t.caller)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(list, func(a clinic.Appointment) bool { return a.ID == e.Instead }); i >= 0 {
		v.Was = t.at(list[i].Slot.Start, list[i].Slot.Location)
	}
	return t.text("waiting-line", v), nil
}

// wishTimes says which times somebody waits for, "" for any: "Wed, Dec 9, 8:00 AM to 12:00 PM".
func (t *talk) wishTimes(w clinic.WaitlistWish) string {
	var parts []string
	switch from, until := t.words.DateDay(w.From), t.words.DateDay(w.Until); {
	case w.From.IsZero() && w.Until.IsZero():
	case w.From == w.Until:
		parts = append(parts, from)
	case w.Until.IsZero():
		parts = append(parts, t.text("times-from", prompts.Values{When: from}))
	case w.From.IsZero():
		parts = append(parts, t.text("times-until", prompts.Values{When: until}))
	default:
		parts = append(parts, from+" – "+until)
	}
	var weekdays []string
	for _, d := range w.Weekdays {
		weekdays = append(weekdays, t.words.Weekday(d))
	}
	if len(weekdays) > 0 && (w.From.IsZero() || w.From != w.Until) {
		parts = append(parts, t.words.List(weekdays))
	}
	switch opens, closes := t.words.Clock(w.DayFrom), t.words.Clock(w.DayUntil); {
	case w.DayUntil == w.DayFrom+1: // at this time and no other
		parts = append(parts, opens)
	case w.DayUntil != 0:
		parts = append(parts, t.text("hours-from-to", prompts.Values{When: opens, Was: closes}))
	case w.DayFrom != 0:
		parts = append(parts, t.text("times-from", prompts.Values{When: opens}))
	}
	return strings.Join(parts, ", ")
}

// advanceWaits says what somebody waits for.
func (t *talk) advanceWaits(ctx context.Context) error {
	if !t.caller.Verified() {
		return t.askDetails()
	}
	t.state.rest()
	said := len(t.parts)
	if err := t.tellWaiting(ctx); err != nil || len(t.parts) > said {
		return err
	}
	t.say("not-waiting", prompts.Values{})
	t.mainMenu()
	return nil
}

// tellWaiting lists what is waited for, if anything is.
func (t *talk) tellWaiting(ctx context.Context) error {
	entries, err := t.desk.Waiting(ctx, t.caller)
	if err != nil || len(entries) == 0 {
		return err
	}
	var v prompts.Values
	for _, e := range entries {
		line, err := t.waitingLine(ctx, e)
		if err != nil {
			return err
		}
		v.Lines = append(v.Lines, line)
	}
	t.say("waiting-for", v)
	t.offerUnwait(entries)
	return nil
}

func (t *talk) offerUnwait(entries []clinic.WaitlistEntry) {
	for _, e := range entries {
		t.offer(choice{
			Label:  t.text("option-unwait", prompts.Values{Service: t.service(e.Service).DisplayName()}),
			Action: action{Do: doUnwait, Entry: e.ID},
		})
	}
}

// advanceUnwait takes somebody off the waitlist: at once where they wait for one thing, else for the one that they choose.
func (t *talk) advanceUnwait(ctx context.Context) error {
	if !t.caller.Verified() {
		return t.askDetails()
	}
	entries, err := t.desk.Waiting(ctx, t.caller)
	if err != nil {
		return err
	}
	switch len(entries) {
	case 0:
		t.state.rest()
		t.say("not-waiting", prompts.Values{})
		t.mainMenu()
		return nil
	case 1:
		return t.stopWaiting(ctx, entries[0].ID)
	}
	t.state.Step = stepWhich
	t.say("which-unwait", prompts.Values{})
	t.offerUnwait(entries)
	return nil
}

// stopWaiting takes an entry off the waitlist.
func (t *talk) stopWaiting(ctx context.Context, entry uuid.UUID) error {
	if !t.caller.Verified() {
		return t.start(ctx, jobUnwait)
	}
	entries, err := t.desk.Waiting(ctx, t.caller)
	if err != nil {
		return err
	}
	t.state.rest()
	for _, e := range entries {
		if e.ID != entry {
			continue
		}
		if err := t.desk.StopWaiting(ctx, t.caller, entry); err != nil {
			return err
		}
		t.say("unwaited", prompts.Values{Service: t.service(e.Service).DisplayName()})
		return nil
	}
	t.say("not-waiting", prompts.Values{})
	t.mainMenu()
	return nil
}
