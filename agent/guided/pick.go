package guided

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/tools"
)

// heardPick takes a choice among what was offered, made in words: a number, "the second", "the 2:30 one", "Tuesday",
// "the one with Dr. Weiss", "any of them"; and asks for others than those.
func (t *talk) heardPick(ctx context.Context, r reading) (bool, error) {
	if a, ok := t.picked(r); ok {
		return true, t.act(ctx, a)
	}
	if t.state.Step != stepSlot {
		return false, nil
	}
	return t.heardOthers(ctx, r)
}

// picked is what was chosen, if anything was.
func (t *talk) picked(r reading) (action, bool) {
	if i := t.pickedNumber(r); i >= 0 && t.state.Menu[i].Action.Do != doConfirm {
		return t.state.Menu[i].Action, true
	}
	if i := slices.IndexFunc(t.state.Menu, func(c choice) bool { return r.is(c.Label) }); i >= 0 {
		return t.state.Menu[i].Action, true
	}
	if t.state.Step == stepWhich || t.state.Step == stepRow {
		return t.pickedOrdinal(r, slices.DeleteFunc(slices.Clone(t.state.Menu), func(c choice) bool { return c.Action.Do == doOthers }))
	}
	if len(t.state.Slots) == 0 || r.sureOfSomethingElse() || t.state.Job != jobBook && t.state.Job != jobMove {
		return action{}, false
	}
	if i := t.pickedSlot(r); i >= 0 {
		return t.slotChoice(t.state.Slots[i], t.state.Appointment).Action, true
	}
	return action{}, false
}

// sureOfSomethingElse reports whether what is wanted is not a choice at all.
func (r *reading) sureOfSomethingElse() bool {
	return r.sure && r.want != wantBook || r.care.weight > weightWord || r.nobody || len(r.without) > 0
}

// pickedNumber is the option that a bare number names. By text the options are numbered; on the web "2" after
// "2:00 PM" means the time.
func (t *talk) pickedNumber(r reading) int {
	if r.number == 0 {
		return -1
	}
	if t.caller.Channel != chat.SMS {
		var atHour []int
		for i, c := range t.state.Menu {
			if s := c.Action.Slot; s != nil && (t.local(s.Start, s.Location).Hour()+11)%12+1 == r.number {
				atHour = append(atHour, i)
			}
		}
		if len(atHour) == 1 {
			return atHour[0]
		}
	}
	if r.number <= len(t.state.Menu) {
		return r.number - 1
	}
	return -1
}

func (t *talk) pickedOrdinal(r reading, menu []choice) (action, bool) {
	if i := place(r.ordinal, len(menu)); i >= 0 {
		return menu[i].Action, true
	}
	return action{}, false
}

// place is where the n-th of count things stands (-1 is the last); -1 when there is no such.
func place(n, count int) int {
	switch {
	case n == -1 && count > 0:
		return count - 1
	case n >= 1 && n <= count:
		return n - 1
	default:
		return -1
	}
}

// pickedSlot is which of the slots that were offered is meant, negative when none is, or several are.
func (t *talk) pickedSlot(r reading) int {
	slots := t.state.Slots
	asking := t.state.Step == stepSlot
	switch {
	case asking && r.onlySoonest() && len(r.u.tokens) <= 5 && !r.isQuestion():
		return 0
	case len(r.who) > 0 || r.hasTime() && r.ordinal == 0:
		return t.onlyFit(r)
	case r.no || r.isQuestion() && !r.u.polite:
		return -1
	case r.ordinal != 0 && (asking || r.has(signCorrect) || len(r.u.tokens) <= 6):
		return place(r.ordinal, len(slots))
	case !asking:
		return -1
	case r.has(signLatest):
		return len(slots) - 1
	case r.u.signs.hasAny(setOf(signAny, signEarliest)) && !r.u.signs.hasAny(setOf(signOthers, signEarlier)), r.has(signEarlier) && r.u.choosing():
		return 0
	case len(slots) == 1 && (r.yes || r.has(signThatOne)):
		return 0
	default:
		return -1
	}
}

// choosing reports whether there are words of choosing: "the Tuesday one", "I'll take Thursday".
func (u *utterance) choosing() bool {
	return u.signs.hasAny(setOf(signPick, signThatOne)) || slices.ContainsFunc(u.tokens, func(t token) bool { return t.text == "one" })
}

// onlySoonest reports whether the only time that was said is "the earliest".
func (r *reading) onlySoonest() bool {
	w := firstOf(whensOf(r.times))
	return r.hasTime() && w.Soonest && w.AnyDay() && w.AnyTime()
}

// onlyFit is the only slot with the practitioner and at the time that were said. A question ("anything on Tuesday?")
// chooses only a time that it names exactly.
func (t *talk) onlyFit(r reading) int {
	whens := whensOf(r.times)
	w := firstOf(whens)
	if !w.Exact && !r.yes && !r.u.choosing() { // "tomorrow" asks what there is then
		return -1
	}
	if r.isQuestion() && !r.u.polite && !w.Exact || r.onlySoonest() || r.has(signOthers) || r.u.signs.hasAny(setOf(signEarlier, signLater)) && !w.Exact {
		return -1
	}
	if i := t.only(r.who, func(s clinic.Slot) bool { return t.fits(whens, s) }); i != noneFits {
		return i
	}
	return t.only(r.who, func(s clinic.Slot) bool { return t.fitsThere(whens, s) })
}

// Where no slot was meant: none fits, or several do.
const (
	noneFits    = -1
	severalFits = -2
)

// only is where the only offered slot stands that fits, with one of these practitioners if any are named.
func (t *talk) only(who []uuid.UUID, fits func(clinic.Slot) bool) int {
	found := noneFits
	for i, s := range t.state.Slots {
		if len(who) > 0 && !slices.Contains(who, s.Practitioner) || !fits(s) {
			continue
		}
		if found >= 0 {
			return severalFits
		}
		found = i
	}
	return found
}

// heardOthers takes a wish for other times than those that were offered.
func (t *talk) heardOthers(ctx context.Context, r reading) (bool, error) {
	switch {
	case r.values() || len(r.topics) > 0 || r.sure && r.want != wantBook:
		return false, nil
	case r.has(signAnyone) && len(t.state.Wish.Practitioners) > 0:
		return true, t.rethink(ctx, r)
	case r.has(signLater):
		return true, t.shift(ctx, true)
	case r.has(signEarlier):
		return true, t.shift(ctx, false)
	case r.has(signOthers), r.no:
		return true, t.otherTimes(ctx)
	case r.yes && len(t.state.Slots) > 1:
		return true, t.again(ctx)
	default:
		return false, nil
	}
}

// shift looks for times after or before all that were offered: within their day first, if they are on one, then on
// other days. The wish follows what was found.
func (t *talk) shift(ctx context.Context, after bool) error {
	if len(t.state.Slots) == 0 {
		return t.otherTimes(ctx)
	}
	t.meanwhile("looking")
	t.others = true
	found := tools.SlotsFound{}
	for _, when := range t.beyond(after) {
		var err error
		if found, err = t.slots(ctx, when); err != nil {
			return err
		}
		if found.Fit == tools.FitAsked {
			t.state.Wish.Whens = []tools.When{when}
			break
		}
	}
	t.showSlots(found)
	return nil
}

// beyond are the times after, or before, the slots that were offered: the rest of their day, and the days beyond it.
func (t *talk) beyond(after bool) []tools.When {
	w := firstOf(t.state.Wish.Whens)
	slots := t.state.Slots
	first, last := t.dayOf(slots[0]), t.dayOf(slots[len(slots)-1])
	var clocks []localtime.Clock
	for _, s := range slots {
		at := t.local(s.Start, s.Location)
		clocks = append(clocks, localtime.ClockOf(at, at.Location()))
	}
	var whens []tools.When
	if first == last && after {
		whens = append(whens, tools.When{From: first, Until: last, Opens: slices.Max(clocks) + 1})
	} else if first == last {
		whens = append(whens, tools.When{From: first, Until: last, Closes: slices.Min(clocks)})
	}
	if after {
		return append(whens, tools.When{From: last.AddDays(1), Weekdays: w.Weekdays, Opens: w.Opens, Closes: w.Closes})
	}
	return append(whens, tools.When{Until: first.AddDays(-1), Weekdays: w.Weekdays, Opens: w.Opens, Closes: w.Closes})
}

func (t *talk) dayOf(s clinic.Slot) localtime.Date {
	at := t.local(s.Start, s.Location)
	return localtime.DateOf(at, at.Location())
}
