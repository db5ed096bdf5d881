package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// dayRange is days with a bound: "after Tuesday", "from Monday to Wednesday", "before the 14th", "since Monday".
func dayRange(p *parser, i int) (meaning, int) {
	bound := p.word(i).class
	switch bound {
	case classBetween, classFrom, classAfter, classBefore, classUntil, classSince:
	default:
		return p.daysTo(i)
	}
	begin := p.skip(i+1, classOn, classThe, classAt)
	if bound == classBetween || bound == classFrom && !p.moves {
		if m, next := p.daysTo(begin); next > begin && !m.singleDay() {
			return m, next
		}
	}
	m, next := p.day(begin)
	if next == begin || m.first.IsZero() || m.past && bound != classSince {
		return meaning{}, i
	}
	bounded, ok := p.bounded(m, bound)
	if !ok {
		return meaning{}, i
	}
	return bounded, next
}

// bounded is the days that a bound leaves.
func (p *parser) bounded(m meaning, bound class) (meaning, bool) {
	m.bare, m.dayOnly = false, false
	switch bound {
	case classAfter:
		m.first, m.last = m.last.AddDays(1), localtime.Date{}
	case classFrom:
		if !p.moves {
			m.last = localtime.Date{}
		}
	case classBefore:
		m.first, m.last = p.today, m.first.AddDays(-1)
	case classUntil:
		m.first = p.today
	case classSince:
		m.past = true
		if !m.first.Before(p.today) && m.grain == GrainDay {
			m.first = m.first.AddDays(-7)
		}
		m.last = p.today
	default:
		return meaning{}, false
	}
	return m, m.last.IsZero() || !m.last.Before(m.first)
}

// daysTo is a day, or the days from one to another: "Monday to Wednesday", "Monday - Wednesday".
func (p *parser) daysTo(i int) (meaning, int) {
	first, next := p.day(i)
	if next == i || !first.singleDay() || p.moves {
		return first, next
	}
	if !p.is(next, classTo, classUntil) && !p.isMark(next, '-') && !(p.is(next, classAnd) && p.is(i-1, classBetween)) {
		return first, next
	}
	begin := p.skip(next+1, classOn, classThe)
	last, end := p.day(begin)
	if end == begin || !last.singleDay() {
		return first, next
	}
	if last.first.Before(first.first) && last.bare {
		last.last = coming(first.first, last.first.Weekday())
	}
	if last.last.Before(first.first) {
		return first, next
	}
	return stretchOfDays(first.first, last.last, GrainDay), end
}

// counted is "in two weeks", "3 days from now", "a week on Tuesday", "the next few days", "two days ago".
func (p *parser) counted(i int) (meaning, int) {
	begin := p.skip(i, classIn, classThe, classAbout, classNext)
	within := p.is(begin-1, classNext) || p.is(i, classIn) && p.word(i).name == "within"
	n, next := p.count(begin)
	unit := p.word(next)
	if next == begin || unit.class != classUnit {
		return meaning{}, i
	}
	few := p.word(begin).name == "few"
	next++
	switch {
	case p.is(next, classAgo):
		m := p.unitsAway(-n, unit.value, false)
		m.past = true
		return m, next + 1
	case within && begin > i:
		return p.nextUnits(n, unit.value), next
	case begin > i && p.is(i, classIn):
		return p.unitsAway(n, unit.value, few), next
	case p.is(next, classFrom, classOn):
		return p.unitsFrom(n, unit.value, few, i, next+1)
	}
	return meaning{}, i
}

// unitsFrom is so many units from now, or from a day that is named.
func (p *parser) unitsFrom(n, unit int, few bool, i, next int) (meaning, int) {
	if p.is(next, classNow) {
		return p.unitsAway(n, unit, few), next + 1
	}
	base, end := p.day(next)
	if end == next || !base.singleDay() || unit < unitDay {
		return meaning{}, i
	}
	return oneDay(addUnits(base.first, n, unit)), end
}

// nextUnits is the days from today to so many units later.
func (p *parser) nextUnits(n, unit int) meaning {
	if unit < unitDay {
		m := p.unitsAway(n, unit, false)
		m.until, m.hasUntil = m.from, true
		m.from, m.at = wall{clock: p.now}, false
		return m
	}
	return stretchOfDays(p.today, addUnits(p.today, n, unit), GrainDay)
}

// unitsAway is so many units from now. Weeks and months are no exact days: whoever says them means the days about then.
func (p *parser) unitsAway(n, unit int, few bool) meaning {
	if unit < unitDay {
		return p.instantAway(time.Duration(n) * [...]time.Duration{time.Minute, time.Hour}[unit])
	}
	first := addUnits(p.today, n, unit)
	switch {
	case few:
		return stretchOfDays(addUnits(p.today, n-1, unit), addUnits(p.today, n+1, unit), GrainDay)
	case unit == unitDay:
		return oneDay(first)
	}
	return stretchOfDays(first, first.AddDays(6), GrainWeek)
}

func (p *parser) instantAway(d time.Duration) meaning {
	at := p.context.Now.Add(d)
	m := oneDay(localtime.DateOf(at, p.context.Zone))
	m.from, m.hasFrom, m.at = wall{clock: localtime.ClockOf(at, p.context.Zone)}, true, true
	m.grain = GrainMinute
	return m
}

func addUnits(d localtime.Date, n, unit int) localtime.Date {
	switch unit {
	case unitWeek:
		return d.AddDays(7 * n)
	case unitMonth:
		return addMonths(d, n)
	case unitYear:
		return addMonths(d, 12*n)
	}
	return d.AddDays(n)
}

// flag is what says something about time without naming any: "as soon as possible", "any time".
func flag(p *parser, i int) (meaning, int) {
	switch {
	case p.is(i, classSoon):
		return meaning{soonest: true}, i + 1
	case p.is(i, classAny):
		return meaning{any: true}, i + 1
	}
	return meaning{}, i
}
