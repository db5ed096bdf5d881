package guided

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// advanceBooking does the next step of a booking.
func (t *talk) advanceBooking(ctx context.Context) error {
	service, ok := t.wanted()
	switch {
	case !ok:
		return t.askCare()
	case t.state.Hold == nil:
		return t.find(ctx, service)
	case !t.identified():
		return t.askDetails()
	default:
		return t.proposeBooking(ctx)
	}
}

// rethink takes what was said into the wish; a slot that was held for the former wish is let go, and the search starts anew.
func (t *talk) rethink(ctx context.Context, r reading) error {
	if err := t.letGo(ctx); err != nil {
		return err
	}
	if t.state.Job == jobMove && t.state.Step == stepWhich {
		t.readTarget(r)
		return t.advance(ctx)
	}
	t.state.Seen, t.state.Slots, t.state.Pending = nil, nil, nil
	w := &t.state.Wish
	t.wishCare(r)
	switch {
	case len(r.who) > 0:
		w.Practitioners, w.Unclear = r.who, r.namesakes
	case len(r.without) > 0 || r.has(signAnyone):
		w.Practitioners, w.Unclear = nil, false
	case r.topicIs(signLanguages):
		w.Practitioners, w.Unclear = t.speaking(r), false
	}
	w.Without = r.without
	w.Whens = mergeWhens(w.Whens, r)
	if r.whom != forUnsaid {
		w.Whom = r.whom
	}
	if r.nobody && len(r.who) == 0 {
		t.say("no-such-person", prompts.Values{})
		if r.care == (care{}) && w.Specialty == "" && w.Service == uuid.Nil {
			return t.askWho()
		}
	}
	return t.advance(ctx)
}

// wishCare takes what was said to be needed into the wish. What a child's doctor was only a guess for does not change
// what was named before.
func (t *talk) wishCare(r reading) {
	w := &t.state.Wish
	named := w.Specialty != "" || w.Service != uuid.Nil || len(w.Practitioners) > 0
	switch {
	case r.care.elsewhere && !named && len(r.who) == 0:
		t.say("no-such-care", prompts.Values{List: t.words.List(t.specialtyNames())})
	case r.care.elsewhere, r.care == (care{}):
	case r.care.weight == weightHint && (named || len(r.who) > 0):
	default:
		w.Specialty, w.Service = r.care.specialty, r.care.service
		if len(r.who) == 0 && !t.allProvide(w.Practitioners, r.care) {
			w.Practitioners = nil
		}
	}
}

// speaking are the practitioners of what is wanted who speak the language that was named.
func (t *talk) speaking(r reading) []uuid.UUID {
	code := t.languageNamed(r)
	var ids []uuid.UUID
	for _, p := range t.clinic.Practitioners {
		right := t.state.Wish.Specialty == "" || slices.Contains(p.Specialties, t.state.Wish.Specialty)
		if code != "" && right && !p.Retired && slices.Contains(p.Languages, code) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// allProvide reports whether the practitioners who were named are right for what is needed.
func (t *talk) allProvide(practitioners []uuid.UUID, c care) bool {
	return !slices.ContainsFunc(practitioners, func(id uuid.UUID) bool {
		p := t.practitioner(id)
		return c.service != uuid.Nil && !slices.Contains(p.Services, c.service) ||
			c.specialty != "" && !slices.Contains(p.Specialties, c.specialty)
	})
}

// wishFor starts to look for what a button named.
func (t *talk) wishFor(ctx context.Context, c care) error {
	if t.state.Job != jobBook {
		t.state.begin(jobBook)
	}
	t.state.Wish.Specialty, t.state.Wish.Service = c.specialty, c.service
	if !t.allProvide(t.state.Wish.Practitioners, c) {
		t.state.Wish.Practitioners = nil
	}
	return t.advance(ctx)
}

// wanted is the service that the wish comes to, if it is known well enough.
func (t *talk) wanted() (clinic.Service, bool) {
	options := t.possible()
	if len(options) == 1 {
		return options[0], true
	}
	if t.state.Wish.Specialty == "" && len(t.state.Wish.Practitioners) == 0 {
		return clinic.Service{}, false
	}
	i := slices.IndexFunc(options, func(s clinic.Service) bool { return s.Default })
	if i < 0 {
		return clinic.Service{}, false
	}
	return options[i], true
}

// possible lists the services that fit the wish. Where a practitioner does not offer what was asked for, it is what
// they do offer.
func (t *talk) possible() []clinic.Service {
	w := t.state.Wish
	fitting := func(ignoreCare bool) []clinic.Service {
		var out []clinic.Service
		for _, s := range t.clinic.Services {
			care := ignoreCare || w.Service == s.ID || w.Service == uuid.Nil && (w.Specialty == "" || w.Specialty == s.Specialty)
			if !s.Retired && care && t.provided(s) {
				out = append(out, s)
			}
		}
		return out
	}
	if out := fitting(false); len(out) > 0 || len(w.Practitioners) == 0 {
		return out
	}
	return fitting(true)
}

// provided reports whether any of the practitioners whom the wish names, or anybody if it names none, offers a service.
func (t *talk) provided(s clinic.Service) bool {
	return slices.ContainsFunc(t.clinic.Practitioners, func(p clinic.Practitioner) bool {
		named := len(t.state.Wish.Practitioners) == 0 || slices.Contains(t.state.Wish.Practitioners, p.ID)
		return named && !p.Retired && slices.Contains(p.Services, s.ID)
	})
}

// askCare asks what for; or, when that is known but not which kind of visit, for that.
func (t *talk) askCare() error {
	t.state.Step = stepCare
	options := t.possible()
	if narrowed := t.state.Wish.Specialty != "" || len(t.state.Wish.Practitioners) > 0; narrowed && len(options) > 1 {
		v := prompts.Values{}
		if len(t.state.Wish.Practitioners) == 1 {
			v.Practitioner = t.practitioner(t.state.Wish.Practitioners[0]).DisplayName()
		}
		t.say("ask-service", v)
		for _, s := range options {
			t.offer(choice{Label: s.DisplayName(), Action: action{Do: doCare, Specialty: s.Specialty, Service: s.ID}})
		}
		return nil
	}
	if len(t.parts) == 0 {
		t.say("ask-care", prompts.Values{})
	}
	t.careMenu()
	return nil
}

// careMenu offers the clinic's specialties.
func (t *talk) careMenu() {
	for _, s := range t.clinic.Specialties {
		t.offer(choice{Label: s.Name, Action: action{Do: doCare, Specialty: s.Code}})
	}
	t.offer(t.plain(doHuman))
}

// askWho offers the clinic's practitioners, or those who were meant.
func (t *talk) askWho() error {
	t.state.Step = stepCare
	for _, p := range t.clinic.Practitioners {
		named := len(t.state.Wish.Practitioners) == 0 || slices.Contains(t.state.Wish.Practitioners, p.ID)
		if named && !p.Retired {
			t.offer(choice{Label: p.DisplayName(), Action: action{Do: doWho, Practitioner: p.ID}})
		}
	}
	return nil
}

// find looks for slots and offers them.
func (t *talk) find(ctx context.Context, service clinic.Service) error {
	if t.state.Wish.Unclear {
		t.state.Wish.Unclear = false
		t.say("ask-who", prompts.Values{})
		if err := t.askWho(); err != nil {
			return err
		}
		t.offer(t.plain(doAnyone))
		return nil
	}
	t.sayNotTheirs(service)
	t.state.Wish.Service = service.ID
	t.meanwhile("looking")
	// What this conversation still holds must not be in its own way, even if the turn that held it was lost.
	if err := t.desk.Release(ctx, t.caller); err != nil {
		return err
	}
	found, err := t.search(ctx)
	if err != nil {
		return err
	}
	if w := firstOf(t.state.Wish.Whens); found.Fit == tools.FitAsked && len(found.Slots) == 1 && w.Exact && !w.AnyDay() {
		t.state.offered(found.Slots, false)
		return t.takeSlot(ctx, found.Slots[0])
	}
	t.showSlots(found)
	return nil
}

// sayNotTheirs says that what was asked for is not what the practitioner who was named does.
func (t *talk) sayNotTheirs(service clinic.Service) {
	w := t.state.Wish
	if len(w.Practitioners) == 1 && (w.Service != uuid.Nil && w.Service != service.ID || w.Specialty != "" && w.Specialty != service.Specialty) {
		t.say("not-theirs", prompts.Values{Practitioner: t.practitioner(w.Practitioners[0]).DisplayName()})
		t.state.Wish.Specialty = service.Specialty
	}
}

// search looks for slots at any of the times that are wanted. Where several have some, there are some of each.
func (t *talk) search(ctx context.Context) (tools.SlotsFound, error) {
	whens := t.state.Wish.Whens
	if len(whens) == 0 {
		whens = []tools.When{{}}
	}
	var first tools.SlotsFound
	var fitting []tools.SlotsFound
	for i, when := range whens {
		found, err := t.slots(ctx, when)
		if err != nil {
			return tools.SlotsFound{}, err
		}
		if i == 0 {
			first = found
		}
		if found.Fit == tools.FitAsked {
			fitting = append(fitting, found)
		}
	}
	switch len(fitting) {
	case 0:
		return first, nil
	case 1:
		return fitting[0], nil
	default:
		return mixed(fitting), nil
	}
}

// mixed takes slots of each in turn, as many as an offer has, and puts them in order.
func mixed(found []tools.SlotsFound) tools.SlotsFound {
	mix := tools.SlotsFound{Fit: tools.FitAsked, More: true}
	n := max(len(found[0].Slots), len(found))
	for i := range n {
		for _, f := range found {
			if i < len(f.Slots) && len(mix.Slots) < n {
				mix.Slots = append(mix.Slots, f.Slots[i])
			}
		}
	}
	slices.SortFunc(mix.Slots, func(a, b clinic.Slot) int { return a.Start.Compare(b.Start) })
	return mix
}

// slots looks for slots of what is wanted at other times than those that were seen.
func (t *talk) slots(ctx context.Context, when tools.When) (tools.SlotsFound, error) {
	return t.desk.FindSlots(ctx, t.caller, tools.FindSlotsIn{
		Service:       t.state.Wish.Service,
		Practitioners: t.seekers(t.service(t.state.Wish.Service)),
		When:          when,
		Exclude:       t.state.Appointment,
		Seen:          t.state.Seen,
		More:          t.others,
	})
}

// seekers are the practitioners to search: those who were named, or all but those who are not wanted.
func (t *talk) seekers(service clinic.Service) []uuid.UUID {
	if len(t.state.Wish.Without) == 0 {
		return t.state.Wish.Practitioners
	}
	var left []uuid.UUID
	for _, p := range t.clinic.Practitioners {
		if !p.Retired && slices.Contains(p.Services, service.ID) && !slices.Contains(t.state.Wish.Without, p.ID) {
			left = append(left, p.ID)
		}
	}
	return left
}

// fitWordings are what is said of slots by how well they fit.
var fitWordings = map[tools.Fit]string{
	tools.FitAsked:        "offer",
	tools.FitTime:         "offer-other-time",
	tools.FitDay:          "offer-other-day",
	tools.FitPractitioner: "offer-other-practitioner",
	tools.FitNone:         "offer-none",
	tools.FitTooFar:       "offer-too-far",
	tools.FitPast:         "offer-past",
}

// showSlots offers what was found, and says how it differs from what was asked for.
func (t *talk) showSlots(found tools.SlotsFound) {
	t.state.Step = stepSlot
	w := t.state.Wish
	v := prompts.Values{Service: t.service(w.Service).DisplayName(), Count: len(found.Slots), More: found.More}
	if len(w.Practitioners) == 1 {
		v.Practitioner = t.practitioner(w.Practitioners[0]).DisplayName()
	}
	if when := firstOf(w.Whens); !when.From.IsZero() && when.From == when.Until && len(w.Whens) == 1 {
		v.Day = t.words.DateDay(when.From)
	}
	name := fitWordings[found.Fit]
	switch {
	case t.others && found.Fit == tools.FitAsked:
		name = "offer-others"
	case t.others:
		name, found.Slots = "offer-no-more", nil
	}
	t.say(name, v)
	if len(found.Slots) == 0 {
		t.offer(t.plain(doHuman), t.plain(doOver))
		return
	}
	t.state.offered(found.Slots, found.More)
	t.slotMenu()
}

// slotMenu offers the slots that were found last.
func (t *talk) slotMenu() {
	for _, s := range t.state.Slots {
		t.offer(t.slotChoice(s, t.state.Appointment))
	}
	if t.state.More {
		t.offer(t.plain(doOthers))
	}
}

// otherTimes shows more times for the same wish.
func (t *talk) otherTimes(ctx context.Context) error {
	if t.state.Job != jobBook && t.state.Job != jobMove {
		return t.start(ctx, jobBook)
	}
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.Pending, t.others = nil, true
	for i := range t.state.Wish.Whens {
		t.state.Wish.Whens[i].Exact, t.state.Wish.Whens[i].At = false, 0
	}
	return t.advance(ctx)
}

// takeOffered takes a slot that an option offers, also one of an earlier message.
func (t *talk) takeOffered(ctx context.Context, a action) error {
	if a.Slot == nil {
		return t.notUnderstood(ctx, 1)
	}
	if a.Appointment != uuid.Nil && (t.state.Job != jobMove || t.state.Appointment != a.Appointment) {
		t.state.begin(jobMove)
		t.state.Appointment = a.Appointment
	}
	if a.Appointment == uuid.Nil && t.state.Job != jobBook {
		t.state.begin(jobBook)
	}
	return t.takeSlot(ctx, *a.Slot)
}

// takeSlot holds a slot and goes on; when it is gone, that is said and others are offered.
func (t *talk) takeSlot(ctx context.Context, slot clinic.Slot) error {
	t.meanwhile("checking")
	t.state.Pending = nil
	t.state.Wish.Service = slot.Service
	hold, err := t.desk.Hold(ctx, t.caller, tools.HoldIn{Slot: slot, Exclude: t.state.Appointment})
	if err != nil {
		return t.lostSlot(ctx, slot, err)
	}
	t.state.Hold = &hold
	if t.slotIndex(slot) < 0 {
		t.state.Slots = append(t.state.Slots, slot)
	}
	return t.advance(ctx)
}

// lostSlot says that a slot cannot be had and offers others in the same reply.
func (t *talk) lostSlot(ctx context.Context, slot clinic.Slot, err error) error {
	if !t.refused(err) {
		return err
	}
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.Slots, t.state.Pending = nil, nil
	t.state.Seen = []time.Time{slot.Start}
	return t.advance(ctx)
}

// proposeBooking sums up what would be booked and asks for a yes. The hold is renewed, because proving who one is takes time.
func (t *talk) proposeBooking(ctx context.Context) error {
	hold, err := t.desk.Hold(ctx, t.caller, tools.HoldIn{Slot: t.state.Hold.Slot})
	if err != nil {
		return t.lostSlot(ctx, t.state.Hold.Slot, err)
	}
	t.state.Hold = &hold
	proposal, err := t.desk.ProposeBooking(t.caller, hold)
	if err != nil {
		return err
	}
	return t.showProposal(ctx, proposal, true)
}

func (t *talk) specialtyNames() []string {
	var names []string
	for _, s := range t.clinic.Specialties {
		names = append(names, s.Name)
	}
	return names
}
