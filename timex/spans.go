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
	case classOf: // "del lunes al miércoles"
		bound = classNone
	default:
		return p.daysTo(i)
	}
	begin := p.skip(i+1, classOn, classThe, classAt)
	m, next := p.day(begin)
	if bound == classBetween || bound == classFrom || bound == classNone {
		if to, end := p.daysTo(begin); end > next || p.hasRange(begin, next) {
			return to, end
		}
	}
	if next == begin || m.first.IsZero() {
		return meaning{}, i
	}
	if m.past && bound == classFrom {
		bound = classSince
	} else if m.past && bound != classSince {
		return meaning{}, i
	}
	bounded, ok := p.bounded(m, bound)
	if !ok {
		return meaning{}, i
	}
	return bounded, next
}

// hasRange reports whether the tokens from begin to end have two ends of a range in them: "13 to 15 July".
func (p *parser) hasRange(begin, end int) bool {
	for i := begin + 1; i < min(end, begin+8); i++ {
		if p.joinsRange(i, false) && (p.token(i-1).kind == kindNumber || p.is(i-1, classNth, classOrdinal)) {
			return true
		}
	}
	return false
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
	if next == i || !first.singleDay() && first.grain != GrainMonth || p.moves {
		return first, next
	}
	if !p.joinsRange(next, p.is(i-1, classBetween)) {
		return first, next
	}
	begin := p.skip(next+1, classOn, classThe)
	last, end := p.day(begin)
	if end == begin || last.grain != first.grain || last.first.IsZero() || last.last.IsZero() || last.weekdays != 0 {
		return first, next
	}
	if last.first.Before(first.first) && last.bare {
		last.last = coming(first.first, last.first.Weekday())
	}
	if last.last.Before(first.first) {
		return first, next
	}
	return stretchOfDays(first.first, last.last, first.grain), end
}

// amount is so many units of time.
type amount struct {
	n, unit int
	few     bool // only about so many
}

// amount reads "two weeks", "half an hour", "2h".
func (p *parser) amount(i int) (amount, int) {
	if p.is(i, classSpan) {
		return amount{n: p.word(i).value, unit: unitMinute}, i + 1
	}
	n, next := p.count(i)
	switch {
	case next == i:
		return amount{}, i
	case p.is(next, classHour) && !p.token(next).apart:
		return amount{n: n, unit: unitHour}, next + 1
	case !p.is(next, classUnit):
		return amount{}, i
	}
	a := amount{n, p.word(next).value, p.word(i).name == "few"}
	if a.unit == unitFortnight {
		a.n, a.unit = 2*n, unitWeek
	}
	return a, next + 1
}

// counted is "in two weeks", "3 days from now", "a week on Tuesday", "the next few days", "two days ago".
// "For two weeks" is how long, and not when.
func (p *parser) counted(i int) (meaning, int) {
	if p.is(i, classAgo) { // "hace dos días"
		if a, next := p.amount(i + 1); next > i+1 {
			return p.ago(a), next
		}
	}
	begin := p.skip(i, classIn, classThe, classAbout, classNext)
	a, next := p.amount(begin)
	if next == begin {
		return p.besideDay(i)
	}
	ahead := p.is(begin-1, classNext) || p.is(i, classIn) && p.word(i).name == "within"
	switch {
	case p.is(next, classAgo):
		return p.ago(a), next + 1
	case ahead && begin > i:
		return p.nextUnits(a), next
	case begin > i && p.is(i, classIn):
		return p.away(a), next
	case p.is(begin-1, classFor):
		return meaning{}, i
	case p.is(next, classHence, classLate):
		return p.away(a), next + 1
	case p.is(next, classOn, classAfter) || p.is(next, classFrom) && p.word(next).name != "start":
		return p.awayFrom(a, i, next+1)
	}
	return meaning{}, i
}

func (p *parser) ago(a amount) meaning {
	a.n = -a.n
	m := p.away(a)
	m.past = true
	return m
}

// awayFrom is so many units after a day that is named.
func (p *parser) awayFrom(a amount, i, next int) (meaning, int) {
	base, end := p.namedDay(next)
	if end == next || !base.singleDay() || a.unit < unitDay {
		return meaning{}, i
	}
	return oneDay(addUnits(base.first, a.n, a.unit)), end
}

// besideDay is "the day before the 14th".
func (p *parser) besideDay(i int) (meaning, int) {
	begin := p.skip(i, classThe)
	if !p.is(begin, classUnit) || p.word(begin).value != unitDay || !p.is(begin+1, classAfter, classBefore) {
		return meaning{}, i
	}
	n := 1
	if p.is(begin+1, classBefore) {
		n = -1
	}
	return p.awayFrom(amount{n: n, unit: unitDay}, i, begin+2)
}

// nextUnits is the days from today to so many units later.
func (p *parser) nextUnits(a amount) meaning {
	if a.unit < unitDay {
		m := p.away(a)
		m.until, m.hasUntil = m.from, true
		m.from, m.at = wall{clock: p.now}, false
		return m
	}
	return stretchOfDays(p.today, addUnits(p.today, a.n, a.unit), GrainDay)
}

// away is so many units from now. Weeks and months are no exact days: whoever says them means the days about then.
func (p *parser) away(a amount) meaning {
	if a.unit < unitDay {
		return p.instantAway(time.Duration(a.n) * [...]time.Duration{time.Minute, time.Hour}[a.unit])
	}
	first := addUnits(p.today, a.n, a.unit)
	switch {
	case a.few:
		return stretchOfDays(addUnits(p.today, a.n-1, a.unit), addUnits(p.today, a.n+1, a.unit), GrainDay)
	case a.unit == unitDay:
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
