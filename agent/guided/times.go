package guided

import (
	"slices"
	"strings"
	"time"

	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/timex"
	"github.com/agentcare/agentcare/tools"
)

// whenOf is what the time expressions of an utterance come to, when something is looked for.
func whenOf(expressions []timex.Expression) tools.When {
	var w tools.When
	for _, e := range expressions {
		if !usable(e) {
			continue
		}
		one := whenOne(e)
		if e.Or && !w.AnyDay() {
			w = either(w, one)
			continue
		}
		w = narrowed(w, one)
	}
	return w
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

// either is the days of both, at the time of the later one, or else of the first.
func either(a, b tools.When) tools.When {
	w := narrowed(a, b)
	days := append(daysOf(a), daysOf(b)...)
	if len(days) == 0 || len(daysOf(a)) == 0 || len(daysOf(b)) == 0 {
		return w
	}
	w.From, w.Until, w.Weekdays = days[0], days[0], nil
	for _, d := range days {
		if d.Before(w.From) {
			w.From = d
		}
		if d.After(w.Until) {
			w.Until = d
		}
		if !slices.Contains(w.Weekdays, d.Weekday()) {
			w.Weekdays = append(w.Weekdays, d.Weekday())
		}
	}
	return w
}

// daysOf lists the days of a short stretch.
func daysOf(w tools.When) []localtime.Date {
	var days []localtime.Date
	if w.From.IsZero() || w.Until.IsZero() || w.From.DaysUntil(w.Until) > 7 {
		return nil
	}
	for d := w.From; !d.After(w.Until); d = d.AddDays(1) {
		if len(w.Weekdays) == 0 || slices.Contains(w.Weekdays, d.Weekday()) {
			days = append(days, d)
		}
	}
	return days
}

// mergeWhen takes what an utterance says about time into what was known: "Wednesday instead" keeps the afternoon,
// "any time" forgets it.
func mergeWhen(known tools.When, r reading) tools.When {
	for _, e := range r.times {
		switch {
		case !e.Any:
		case strings.Contains(strings.ToLower(e.Text), "day"):
			known.From, known.Until, known.Weekdays = localtime.Date{}, localtime.Date{}, nil
		default:
			known.Opens, known.Closes, known.Exact, known.At = 0, 0, false, 0
		}
	}
	said := whenOf(r.times)
	if said.Soonest && said.AnyDay() && said.AnyTime() || r.has(signEarliest) && !r.hasTime() {
		return tools.When{Soonest: true, From: known.From, Until: known.Until, Weekdays: known.Weekdays}
	}
	if !r.hasTime() {
		return known
	}
	return narrowed(known, said)
}

// within reports whether a wall time is at a time that was said.
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
// Thursday" the first is which, and what stands after "to" is when.
func (t *talk) readTarget(r reading) {
	var which, to []timex.Expression
	for i, e := range r.times {
		switch {
		case !usable(e):
		case t.state.Job == jobMove && (leadsTo(r.u.original[:e.Start]) || i > 0 && len(which) > 0 && !e.Or):
			to = append(to, e)
		default:
			which = append(which, e)
		}
	}
	if len(which) > 0 {
		t.state.Which = whenOf(which)
	}
	if len(to) > 0 {
		t.state.Wish.When = whenOf(to)
	}
	if len(r.who) > 0 {
		t.state.With = r.who
	}
}

// leadsTo reports whether what stands before an expression says that it is the new time.
func leadsTo(before string) bool {
	words := wordsOf(before)
	return len(words) > 0 && slices.Contains([]string{"to", "til", "until", "for", "on", "instead", "a", "al", "para"}, words[len(words)-1])
}
