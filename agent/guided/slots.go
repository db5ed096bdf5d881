package guided

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/prompts"
	"github.com/agentcare/agentcare/tools"
)

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
		if t.refused(err, service.ID) {
			return t.otherService(service.ID)
		}
		return err
	}
	if w := firstOf(t.state.Wish.Whens); found.Fit == tools.FitAsked && len(found.Slots) == 1 && w.Exact && !w.AnyDay() {
		t.state.offered(found.Slots, false)
		return t.takeSlot(ctx, found.Slots[0])
	}
	if t.closed, err = t.closedFor(ctx, found.Fit); err != nil {
		return err
	}
	t.showSlots(found)
	return nil
}

// closedFor is what the clinic is closed for on the only day that was asked for, nil when it is open or something fits.
func (t *talk) closedFor(ctx context.Context, fit tools.Fit) (*clinic.DateOverride, error) {
	when := firstOf(t.state.Wish.Whens)
	if fit == tools.FitAsked || len(t.state.Wish.Whens) != 1 || when.From.IsZero() || when.From != when.Until {
		return nil, nil //nolint:nilnil // an open day is no error
	}
	closings, err := t.desk.Closings(ctx, t.caller)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(closings, func(o clinic.DateOverride) bool { return o.Closed && o.Day == when.From })
	if i < 0 {
		return nil, nil //nolint:nilnil // as above
	}
	return &closings[i], nil
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
	caller := t.caller
	caller.Patient = t.patient() // whose other appointments are in the way
	return t.desk.FindSlots(ctx, caller, tools.FindSlotsIn{
		Service:       t.state.Wish.Service,
		Practitioners: t.seekers(t.service(t.state.Wish.Service)),
		When:          when,
		Exclude:       t.state.Appointment,
		Seen:          append(slices.Clip(t.state.Seen), t.state.Leaving),
		More:          t.others,
	})
}

// seekers are the practitioners to search: those who were named, or all but those who are not wanted. Where that is nobody,
// it says so, and searches all after all.
func (t *talk) seekers(service clinic.Service) []uuid.UUID {
	if len(t.state.Wish.Without) == 0 {
		return t.state.Wish.Practitioners
	}
	var left []uuid.UUID
	var unwanted []string
	for _, p := range t.clinic.Practitioners {
		switch {
		case p.Retired || !slices.Contains(p.Services, service.ID):
		case slices.Contains(t.state.Wish.Without, p.ID):
			unwanted = append(unwanted, p.DisplayName())
		default:
			left = append(left, p.ID)
		}
	}
	if len(left) == 0 && len(unwanted) > 0 {
		t.state.Wish.Without = nil
		t.say("only-they", prompts.Values{List: t.words.List(unwanted), Count: len(unwanted)})
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
	v := prompts.Values{
		Service: t.service(w.Service).DisplayName(), Count: len(found.Slots), More: found.More,
		Among: len(w.Practitioners) > 1, Other: len(w.Without) > 0,
	}
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
	case t.closed != nil && len(found.Slots) > 0:
		name, v.List = "offer-closed", t.closed.Reason
	}
	t.say(name, v)
	if len(found.Slots) == 0 {
		t.offerWait(tools.FitNone)
		t.offer(t.plain(doHuman), t.plain(doOver))
		return
	}
	t.state.offered(found.Slots, found.More)
	t.slotMenu()
	if t.closed == nil {
		t.offerWait(found.Fit)
	}
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
	if t.state.Job != jobBook && t.state.Job != jobMove && t.state.Job != jobGroup {
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
	if clinic.CodeOf(err) == clinic.CodeRateLimited { // another time would be refused as well
		t.say("hold-limited", prompts.Values{})
		t.offer(t.plain(doHuman), t.plain(doOver))
		return nil
	}
	if clinic.CodeOf(err) == clinic.CodeBusy {
		t.say("in-use", prompts.Values{})
		return t.again(ctx)
	}
	if !t.refused(err, slot.Service) {
		return err
	}
	if err := t.letGo(ctx); err != nil {
		return err
	}
	t.state.Slots, t.state.Pending = nil, nil
	return t.insteadOf(ctx, slot, err)
}
