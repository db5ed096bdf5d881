package guided

import (
	"slices"
	"strings"
	"time"

	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/timex"
	"github.com/agentcare/agentcare/tools"
)

// whensOf is what the time expressions of an utterance come to, when something is looked for: one stretch, or several
// where alternatives were given ("Wednesday at 10 or Thursday at 2") or an hour may be meant in two ways ("at 7").
func whensOf(expressions []timex.Expression) []tools.When {
	var all []tools.When
	for _, e := range expressions {
		switch {
		case !usable(e):
			continue
		case len(all) == 0:
			all = append(all, tools.When{})
		case e.Or:
			all = append(all, tools.When{})
		}
		last := len(all) - 1
		before := all[last]
		all[last] = narrowed(before, whenOne(e))
		if e.Other != nil {
			all = append(all, narrowed(before, whenOne(*e.Other)))
		}
	}
	return all
}

// whenOne is what one expression comes to.
func whenOne(e timex.Expression) tools.When {
	w := tools.When{From: e.First, Until: e.Last, Weekdays: e.Weekdays, Soonest: e.Soonest}
	if len(e.Excluded) > 0 {
		w.Weekdays = otherWeekdays(e.Excluded)
	}
	if e.Negated { // "not tomorrow": after it
		w.From, w.Until = e.Last.AddDays(1), localtime.Date{}
		return w
	}
	switch {
	case e.At:
		w.Exact, w.At = true, e.DayFrom
	case e.HasClock():
		w.Opens, w.Closes = e.DayFrom, e.DayUntil
	}
	return w
}

func otherWeekdays(excluded []time.Weekday) []time.Weekday {
	var others []time.Weekday
	for d := time.Sunday; d <= time.Saturday; d++ {
		if !slices.Contains(excluded, d) {
			others = append(others, d)
		}
	}
	return others
}

// narrowed is w with what next says in the place of what it said of the same: days, or time of day.
func narrowed(w, next tools.When) tools.When {
	if !next.AnyDay() {
		w.From, w.Until, w.Weekdays = next.From, next.Until, next.Weekdays
	}
	if !next.AnyTime() {
		w.Opens, w.Closes, w.Exact, w.At = next.Opens, next.Closes, next.Exact, next.At
	}
	w.Soonest = next.Soonest || w.Soonest && next.AnyDay() && next.AnyTime()
	return w
}

// mergeWhens takes what an utterance says about time into what was known: "Wednesday instead" keeps the afternoon,
// "any time" forgets it.
func mergeWhens(known []tools.When, r reading) []tools.When {
	base := firstOf(known)
	for _, e := range r.times {
		switch {
		case !e.Any:
		case strings.Contains(strings.ToLower(e.Text), "day"):
			base.From, base.Until, base.Weekdays = localtime.Date{}, localtime.Date{}, nil
		default:
			base.Opens, base.Closes, base.Exact, base.At = 0, 0, false, 0
		}
	}
	if r.onlySoonest() || r.has(signEarliest) && !r.hasTime() {
		return []tools.When{{Soonest: true, From: base.From, Until: base.Until, Weekdays: base.Weekdays}}
	}
	said := whensOf(r.times)
	if len(said) == 0 {
		return []tools.When{base}
	}
	for i := range said {
		said[i] = narrowed(base, said[i])
	}
	return said
}

// firstOf is the first of alternatives, any time when there is none.
func firstOf(whens []tools.When) tools.When {
	if len(whens) == 0 {
		return tools.When{}
	}
	return whens[0]
}

// withinAny reports whether a wall time is at one of the times that were said, or none was.
func withinAny(whens []tools.When, at time.Time) bool {
	return len(whens) == 0 || slices.ContainsFunc(whens, func(w tools.When) bool { return within(w, at) })
}

func within(w tools.When, at time.Time) bool {
	day, clock := localtime.DateOf(at, at.Location()), localtime.ClockOf(at, at.Location())
	switch {
	case !w.From.IsZero() && day.Before(w.From), !w.Until.IsZero() && day.After(w.Until):
		return false
	case len(w.Weekdays) > 0 && !slices.Contains(w.Weekdays, day.Weekday()):
		return false
	case w.Exact:
		return clock == w.At
	default:
		return clock >= w.Opens && (w.Closes == 0 || clock < w.Closes)
	}
}

// readTarget takes what was said of which appointment to change, and to when. In "move my Tuesday appointment to
// Thursday" the first is which, and what stands after "to" is when; a single time is which, if one's appointments have it.
func (t *talk) readTarget(r reading) {
	var which, to []timex.Expression
	for _, e := range r.times {
		switch {
		case !usable(e):
		case t.state.Job == jobMove && (leadsTo(r.u.original[:e.Start]) || len(to) > 0 && e.Or):
			to = append(to, e)
		default:
			which = append(which, e)
		}
	}
	if t.state.Job == jobMove && len(to) == 0 && len(which) > 1 {
		which, to = which[:1], which[1:]
	}
	if len(which) > 0 {
		t.state.Which = whensOf(positive(which))
	}
	if len(to) > 0 {
		t.state.Wish.Whens = whensOf(to)
	}
	if len(r.who) > 0 {
		t.state.With = r.who
	}
	t.state.Whose, t.state.Nth = r.names, r.ordinal
}

// positive takes "I can't make it tomorrow" as being about tomorrow.
func positive(expressions []timex.Expression) []timex.Expression {
	expressions = slices.Clone(expressions)
	for i := range expressions {
		expressions[i].Negated = false
	}
	return expressions
}

// leadsTo reports whether what stands before an expression says that it is the new time.
func leadsTo(before string) bool {
	words := wordsOf(before)
	return len(words) > 0 && slices.Contains([]string{"to", "till", "until", "into", "al", "para"}, words[len(words)-1])
}
