package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// conclude makes an expression of what was read from token i to token next; ok is false when it says nothing.
func (p *parser) conclude(m meaning, i, next int) (e Expression, ok bool) {
	e = Expression{Start: p.tokens[i].start, End: p.tokens[next-1].end}
	e.Text = p.text[e.Start:e.End]
	e.Soonest, e.Any, e.Past = m.soonest, m.any, m.past
	ambiguous, ok := p.setClock(&e, m)
	if !ok {
		return Expression{}, false
	}
	if m.negated {
		p.negate(&e, m)
	} else {
		p.setDays(&e, m)
	}
	p.setInstants(&e)
	if ambiguous && e.At && e.Other == nil {
		p.setOtherClock(&e)
	}
	return e, e.HasDay() || e.HasClock() || e.Soonest || e.Any || len(e.Excluded) > 0
}

func (p *parser) setDays(e *Expression, m meaning) {
	e.First, e.Last, e.Weekdays, e.Excluded = m.first, m.last, m.weekdays.list(), m.excluded.list()
	if m.bare && m.first == p.today && p.isOver(*e) {
		p.postpone(e, m)
	}
	e.Grain = m.grain
	switch {
	case e.At:
		e.Grain = GrainMinute
	case e.HasClock():
		e.Grain = GrainPart
	}
	if m.other != nil {
		other := *e
		other.First, other.Last, other.Weekdays = m.other.first, m.other.last, m.other.weekdays.list()
		p.setInstants(&other)
		e.Ambiguous, e.Other = true, &other
	}
}

// isOver reports whether nothing is left today of what an expression says about the time of day.
func (p *parser) isOver(e Expression) bool {
	switch {
	case e.At:
		return e.DayFrom <= p.now
	case e.HasClock():
		return e.DayUntil <= p.now
	}
	return p.context.Closes <= p.now
}

// postpone leaves today out of weekdays that were named without a week: "Tuesday at 9", said on a Tuesday at 10.
func (p *parser) postpone(e *Expression, m meaning) {
	later := p.inDays(m.named(), p.today.AddDays(1))
	e.First, e.Last, e.Weekdays = later.first, later.last, later.weekdays.list()
}

// negate says when not. Weekdays are excluded; a time of day on every day is turned round where one side of it is left.
func (p *parser) negate(e *Expression, m meaning) {
	if m.bare || m.weekdays != 0 {
		if !e.HasClock() {
			e.Excluded = m.named().list()
			return
		}
	}
	if !m.hasDay() && p.turnRound(e) {
		return
	}
	p.setDays(e, m)
	e.Negated = true
}

// turnRound makes "not before 10" from 10 on and "not in the morning" after it.
func (p *parser) turnRound(e *Expression) bool {
	switch {
	case e.At:
		return false
	case e.DayFrom <= p.context.Opens:
		e.DayFrom, e.DayUntil = e.DayUntil, localtime.EndOfDay
	case e.DayUntil >= p.context.Closes:
		e.DayFrom, e.DayUntil = localtime.Midnight, e.DayFrom
	default:
		return false
	}
	e.Grain = GrainPart
	return e.DayFrom < e.DayUntil
}

// setClock resolves the time of day. It is not ok when the times contradict each other.
func (p *parser) setClock(e *Expression, m meaning) (ambiguous, ok bool) {
	if !m.hasClock() {
		return false, true
	}
	e.At, e.About = m.at, m.about
	from, until := m.part.From, m.part.Until
	if until == 0 {
		until = localtime.EndOfDay
	}
	switch {
	case m.hasFrom && m.hasUntil:
		from, until = p.resolveRange(m)
	case m.hasFrom:
		from, ambiguous = p.resolve(m.from, m.part, p.context.Opens, p.context.Closes-1)
	case m.hasUntil:
		until, ambiguous = p.resolve(m.until, m.part, p.context.Opens+1, p.context.Closes)
	}
	if m.at {
		until = from + 1
	}
	if until <= from || until > localtime.EndOfDay {
		return false, false
	}
	e.DayFrom, e.DayUntil = from, until
	return ambiguous, true
}

// setOtherClock adds the reading twelve hours later or earlier.
func (p *parser) setOtherClock(e *Expression) {
	shift := localtime.Noon
	if e.DayFrom >= localtime.Noon {
		shift = -localtime.Noon
	}
	other := *e
	other.DayFrom, other.DayUntil = e.DayFrom+shift, e.DayUntil+shift
	p.setInstants(&other)
	e.Ambiguous, e.Other = true, &other
}

// resolve decides between morning and afternoon: by the part of day that was named, else by opening hours, else by what
// is usual by day. It is ambiguous when both lie in opening hours; then the first is taken.
func (p *parser) resolve(w wall, part Window, least, most localtime.Clock) (c localtime.Clock, ambiguous bool) {
	if !w.twelve {
		return w.clock, false
	}
	late := w.clock + localtime.Noon
	if part != (Window{}) {
		early := part.From <= w.clock && w.clock < part.Until
		if !early && (part.From <= late && late < part.Until || part.From >= localtime.Noon) {
			return late, false
		}
		return w.clock, false
	}
	inEarly, inLate := least <= w.clock && w.clock <= most, least <= late && late <= most
	switch {
	case inEarly && !inLate:
		return w.clock, false
	case inLate && !inEarly:
		return late, false
	case w.clock < 7*60:
		return late, inEarly
	}
	return w.clock, true
}

// resolveRange decides for both ends of a range, so that it is short and does not end before it starts.
func (p *parser) resolveRange(m meaning) (from, until localtime.Clock) {
	if !m.until.twelve && m.from.twelve {
		from = m.from.clock
		if late := from + localtime.Noon; late < m.until.clock {
			from = late
		}
		return from, m.until.clock
	}
	from, _ = p.resolve(m.from, m.part, p.context.Opens, p.context.Closes-1)
	until = m.until.clock
	if m.until.twelve && until <= from {
		until += localtime.Noon
	}
	return from, until
}

// setInstants works out the stretch of instants, where there are days.
func (p *parser) setInstants(e *Expression) {
	e.From, e.Until = time.Time{}, time.Time{}
	if e.First.IsZero() {
		return
	}
	zone := p.context.Zone
	e.From = localtime.Open(e.First, e.DayFrom, zone)
	if e.Last.IsZero() {
		return
	}
	until := e.DayUntil
	if until == 0 {
		until = localtime.EndOfDay
	}
	e.Until = localtime.Close(e.Last, until, zone)
	if e.At && e.First == e.Last {
		e.Until = e.From.Add(time.Minute)
	}
}
