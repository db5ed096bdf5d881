package guided

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

// advanceBooking does the next step of a booking.
func (t *talk) advanceBooking(ctx context.Context) error {
	service, ok := t.wanted()
	if !ok {
		return t.askCare()
	}
	if t.state.Wish.Whom == forUnsaid && service.Specialty == t.vocab.children && t.vocab.children != "" {
		t.state.Wish.Whom = forChild // nobody goes to the children's doctor for themselves
	}
	if asked, err := t.askWhom(ctx); asked || err != nil {
		return err
	}
	switch {
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
	t.wishFrom(r)
	if w := t.state.Wish; r.nobody && len(r.who) == 0 {
		t.say("no-such-person", prompts.Values{})
		if r.care == (care{}) && w.Specialty == "" && w.Service == uuid.Nil {
			return t.askWho()
		}
	}
	return t.advance(ctx)
}

// wishFrom takes what was said of what, with whom, when and for whom into the wish.
func (t *talk) wishFrom(r reading) {
	w := &t.state.Wish
	t.wishCare(r)
	switch {
	case len(r.who) > 0:
		w.Practitioners, w.Unclear, w.Without = r.who, r.namesakes, nil
	case len(r.without) > 0:
		w.Practitioners, w.Unclear, w.Without = nil, false, append(w.Without, r.without...)
	case r.has(signAnyone):
		w.Practitioners, w.Unclear, w.Without = nil, false, nil
	case r.topicIs(signLanguages):
		w.Practitioners, w.Unclear = t.speaking(r), false
	}
	w.Whens = mergeWhens(w.Whens, r)
	w.meantFor(r)
}

// forWhom takes for whom the visit is. A children's doctor is not for oneself.
func (t *talk) forWhom(ctx context.Context, r reading) error {
	t.state.Wish.meantFor(r)
	w := t.state.Wish.Whom
	if service, ok := t.wanted(); w == forSelf && ok && service.Specialty == t.vocab.children {
		if err := t.letGo(ctx); err != nil {
			return err
		}
		t.state.Wish = wish{Whom: w, Whens: t.state.Wish.Whens}
		t.state.Seen, t.state.Slots = nil, nil
		return t.advance(ctx)
	}
	return t.again(ctx)
}

// wishCare takes what was said to be needed into the wish. What a child's doctor was only a guess for does not change
// what was named before.
func (t *talk) wishCare(r reading) {
	w := &t.state.Wish
	named := w.Specialty != "" || w.Service != uuid.Nil || len(w.Practitioners) > 0
	switch {
	case r.care.elsewhere && len(r.who) == 0:
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
	if !t.state.Job.enrols() {
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
			if !s.Retired && care && t.provided(s) && !slices.Contains(w.Barred, s.ID) {
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
		t.serviceMenu()
		return nil
	}
	if len(t.parts) == 0 {
		t.say("ask-care", prompts.Values{})
	}
	t.careMenu()
	return nil
}

// serviceMenu offers the kinds of visits that fit the wish.
func (t *talk) serviceMenu() {
	for _, s := range t.possible() {
		t.offer(choice{Label: s.DisplayName(), Action: action{Do: doCare, Specialty: s.Specialty, Service: s.ID}})
	}
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

// proposeBooking sums up what would be booked and asks for a yes. The hold is renewed, because proving who one is takes time.
func (t *talk) proposeBooking(ctx context.Context) error {
	hold, err := t.desk.Hold(ctx, t.caller, tools.HoldIn{Slot: t.state.Hold.Slot})
	if err != nil {
		return t.lostSlot(ctx, t.state.Hold.Slot, err)
	}
	t.state.Hold = &hold
	proposal, err := t.desk.ProposeBooking(ctx, t.caller, hold, t.patient())
	if clinic.CodeOf(err) == clinic.CodeNotAllowed {
		return t.notLinked(ctx)
	}
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
