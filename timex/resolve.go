package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// Resolve is the first time that a text speaks of, as one stretch of instants: until is zero for a point in time.
// A time of day without a day is the next one. It is not ok when the text holds none, or none that is sure.
func Resolve(text string, c Context) (from, until time.Time, grain Grain, ok bool) {
	c = c.withDefaults()
	for _, e := range Find(text, c) {
		if e.Negated || e.Ambiguous || !e.HasDay() && !e.HasClock() {
			continue
		}
		e = e.next(c)
		if e.At {
			return e.From, time.Time{}, e.Grain, true
		}
		return e.From, e.Until, e.Grain, true
	}
	return time.Time{}, time.Time{}, "", false
}

// next is the expression on the first day that it can mean.
func (e Expression) next(c Context) Expression {
	p := &parser{context: c, today: localtime.DateOf(c.Now, c.Zone), now: localtime.ClockOf(c.Now, c.Zone)}
	if e.First.IsZero() {
		e.First = p.today
		if e.HasClock() && p.isOver(e) {
			e.First = p.today.AddDays(1)
		}
		e.Last = e.First
	}
	if len(e.Weekdays) > 0 {
		e.First = e.firstWeekday()
		e.Last = e.First
	}
	p.setInstants(&e)
	return e
}

// firstWeekday is the first day from First on that is one of Weekdays.
func (e Expression) firstWeekday() localtime.Date {
	first := coming(e.First, e.Weekdays[0])
	for _, w := range e.Weekdays[1:] {
		if d := coming(e.First, w); d.Before(first) {
			first = d
		}
	}
	return first
}
