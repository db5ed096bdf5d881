package timex

import (
	"math/bits"
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// meaning is what a term, or several of them together, says about time.
type meaning struct {
	// Days.
	first, last localtime.Date // last zero: open-ended
	weekdays    weekdays       // only these
	excluded    weekdays       // not these
	every       bool           // a part of day in the plural: a weekday beside it is every such day
	bare        bool           // a weekday without a week: it may be a week later, and refines other days
	dayOnly     bool           // a day of the month without a month
	grain       Grain

	// Time of day.
	from, until wall
	hasFrom     bool
	hasUntil    bool
	at          bool // from is the time
	about       bool
	part        Window // a part of day that was named; zero: none

	soonest, any, past, negated bool
	other                       *meaning // second reading
}

func (m meaning) hasDay() bool { return !m.first.IsZero() || m.weekdays != 0 }

func (m meaning) hasClock() bool { return m.hasFrom || m.hasUntil || m.hasPart() }

func (m meaning) hasPart() bool { return m.part != Window{} }

func (m meaning) onlyPart() bool { return m.hasPart() && !m.hasFrom && !m.hasUntil }

// named is the weekdays that were named, the only one of a single day among them.
func (m meaning) named() weekdays {
	if m.weekdays == 0 && m.singleDay() {
		return m.weekdays.with(m.first.Weekday())
	}
	return m.weekdays
}

func (m meaning) singleDay() bool { return !m.first.IsZero() && m.first == m.last }

// wall is a time of day as it was said.
type wall struct {
	clock  localtime.Clock
	twelve bool // without am or pm: it may be twelve hours later
}

// weekdays is a set of days of the week, one bit each.
type weekdays uint8

func (w weekdays) with(d time.Weekday) weekdays { return w | 1<<d }

func (w weekdays) has(d time.Weekday) bool { return w>>d&1 == 1 }

func (w weekdays) list() []time.Weekday {
	if w == 0 {
		return nil
	}
	days := make([]time.Weekday, 0, bits.OnesCount8(uint8(w)))
	for d := time.Sunday; d <= time.Saturday; d++ {
		if w.has(d) {
			days = append(days, d)
		}
	}
	return days
}

// join is what two terms say together, unless one contradicts the other.
func (p *parser) join(a, b meaning) (meaning, bool) {
	if a.past != b.past && (a.hasDay() && b.hasDay()) {
		return meaning{}, false
	}
	days, ok := p.joinDays(a, b)
	if !ok {
		return meaning{}, false
	}
	if days.bare && (a.every || b.every) { // "Friday mornings"
		days = meaning{weekdays: days.named(), grain: GrainDay}
	}
	joined, ok := joinClocks(days, a, b)
	joined.soonest, joined.any = a.soonest || b.soonest, a.any || b.any
	joined.past = a.past || b.past
	return joined, ok
}

// joinDays joins what is said about days, and leaves the rest empty.
func (p *parser) joinDays(a, b meaning) (meaning, bool) {
	switch {
	case !b.hasDay():
		return a.onlyDays(), true
	case !a.hasDay():
		return b.onlyDays(), true
	case a.first == b.first && a.last == b.last && a.weekdays == b.weekdays:
		return a.onlyDays(), true
	case a.bare && !b.bare:
		return p.refine(b.onlyDays(), a)
	case b.bare && !a.bare:
		return p.refine(a.onlyDays(), b)
	case a.first.IsZero() && b.weekdays == 0: // "Tuesdays", "in December"
		b = b.onlyDays()
		b.weekdays = a.weekdays
		return b, true
	case b.first.IsZero() && a.weekdays == 0:
		a = a.onlyDays()
		a.weekdays = b.weekdays
		return a, true
	}
	return meaning{}, false
}

func (m meaning) onlyDays() meaning {
	return meaning{first: m.first, last: m.last, weekdays: m.weekdays, bare: m.bare, dayOnly: m.dayOnly, grain: m.grain, other: m.other}
}

// refine puts weekdays into days that were said: "next week" and "Tuesday", "the 14th" and "Tuesday".
func (p *parser) refine(days, weekday meaning) (meaning, bool) {
	named := weekday.named()
	switch {
	case days.first.IsZero() || days.weekdays != 0:
		return meaning{}, false
	case days.dayOnly:
		return p.dayOfMonthOn(days, named)
	case days.singleDay() && named.has(days.first.Weekday()):
		return days, true
	case days.singleDay():
		other := weekday.onlyDays()
		days.other = &other
		return days, true
	}
	return within(days, named)
}

// dayOfMonthOn is the next month's day of that number that falls on a weekday, within a year.
func (p *parser) dayOfMonthOn(days meaning, named weekdays) (meaning, bool) {
	for n := range 12 {
		d, ok := p.dayOfMonth(days.first.Day, n)
		if ok && named.has(d.Weekday()) {
			return oneDay(d), true
		}
	}
	return meaning{}, false
}

// within keeps the named weekdays of a stretch of days.
func within(days meaning, named weekdays) (meaning, bool) {
	if days.last.IsZero() {
		days.weekdays = named
		return days, true
	}
	var first, last localtime.Date
	for d := days.first; !d.After(days.last) && days.first.DaysUntil(d) < 7; d = d.AddDays(1) {
		if !named.has(d.Weekday()) {
			continue
		}
		if first.IsZero() {
			first = d
		}
		last = d
	}
	if first.IsZero() {
		return meaning{}, false
	}
	if days.first.DaysUntil(days.last) >= 7 { // "Tuesdays" of a month
		days.weekdays = named
		return days, true
	}
	days.first, days.last, days.grain = first, last, GrainDay
	if first != last {
		days.weekdays = named
	}
	return days, true
}

// joinClocks adds what a and b say about the time of day to m.
func joinClocks(m, a, b meaning) (meaning, bool) {
	switch {
	case !b.hasClock():
		return m.withClock(a), true
	case !a.hasClock():
		return m.withClock(b), true
	case a.onlyPart() && b.onlyPart():
		a.part = Window{max(a.part.From, b.part.From), min(a.part.Until, b.part.Until)}
		return m.withClock(a), a.part.From < a.part.Until
	case a.hasPart() && b.at && !a.hasFrom:
		b.part = a.part
		return m.withClock(b), true
	case b.hasPart() && a.at && !b.hasFrom:
		a.part = b.part
		return m.withClock(a), true
	case a.hasFrom && b.hasUntil && !a.at && !a.hasUntil && !b.hasFrom:
		a.until, a.hasUntil = b.until, true
		return m.withClock(a), true
	case a.hasUntil && b.hasFrom && !b.at && !a.hasFrom && !b.hasUntil:
		b.until, b.hasUntil = a.until, true
		return m.withClock(b), true
	case a.onlyPart() && !b.hasPart():
		b.part = a.part
		return m.withClock(b), true
	case b.onlyPart() && !a.hasPart():
		a.part = b.part
		return m.withClock(a), true
	}
	return m, false
}

func (m meaning) withClock(c meaning) meaning {
	m.from, m.until, m.hasFrom, m.hasUntil = c.from, c.until, c.hasFrom, c.hasUntil
	m.at, m.about, m.part = c.at, c.about, c.part
	return m
}

// oneDay is a single day.
func oneDay(d localtime.Date) meaning { return stretchOfDays(d, d, GrainDay) }

// stretchOfDays is the days from first to last.
func stretchOfDays(first, last localtime.Date, g Grain) meaning {
	return meaning{first: first, last: last, grain: g}
}
