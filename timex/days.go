package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// day reads a day, or a stretch of days that has a name or is counted from one.
func (p *parser) day(i int) (meaning, int) {
	if m, next := p.counted(i); next > i {
		return m, next
	}
	return p.namedDay(i)
}

// namedDay reads a day, or a stretch of days that has a name.
func (p *parser) namedDay(i int) (meaning, int) {
	for _, rule := range [...]rule{
		(*parser).relativeDay, (*parser).nthWeekday, (*parser).numericDate, (*parser).monthAndDay, (*parser).dayAndMonth,
		(*parser).dayOfThisMonth, (*parser).weekdayList, (*parser).calendarUnit, (*parser).namedMonth,
	} {
		if m, next := rule(p, i); next > i {
			return m, next
		}
	}
	return meaning{}, i
}

// relativeDay is "tomorrow", "tonight".
func (p *parser) relativeDay(i int) (meaning, int) {
	switch {
	case p.is(i, classDay):
		m := oneDay(p.today.AddDays(p.word(i).value))
		m.past = p.word(i).value < 0
		return m, i + 1
	case p.is(i, classTonight):
		m := oneDay(p.today)
		m.part = Window{p.context.part(Evening).From, localtime.EndOfDay}
		return m, i + 1
	case p.is(i, classPartToday):
		m := oneDay(p.today)
		m.part = p.window(p.word(i).name)
		return m, i + 1
	}
	return meaning{}, i
}

// weekdayList is "Tuesday", "next Tuesday or Thursday", "Tuesdays and weekends", "weekdays".
func (p *parser) weekdayList(i int) (meaning, int) {
	begin := p.skip(i, classThe, classEvery)
	every := begin > i && p.is(begin-1, classEvery)
	which := p.word(begin)
	if p.is(begin, classNext, classThis, classLast, classComing) {
		begin++
	}
	if p.is(begin, classComing) && which.class == classThis {
		which = p.word(begin)
		begin++
	}
	named, plural, next := p.weekdayNames(begin)
	switch {
	case next == begin:
		return meaning{}, i
	case plural || every:
		return meaning{weekdays: named, grain: GrainDay}, next
	}
	if p.is(next, classComing, classLast) { // "el martes que viene"
		return p.whichWeekdays(named, p.word(next).class), next + 1
	}
	if p.is(next, classAfterNext) {
		m, other := p.inDays(named, p.today.AddDays(8)), p.inWeek(named, 2)
		if m.first != other.first {
			m.other = &other
		}
		return m, next + 1
	}
	return p.whichWeekdays(named, which.class), next
}

// weekdayNames reads weekdays with "or", "and", commas or slashes between them.
func (p *parser) weekdayNames(i int) (named weekdays, plural bool, next int) {
	next = i
	for {
		begin := next
		if next > i {
			begin = p.separator(next)
		}
		if p.is(next, classAnd) && p.is(i-1, classBetween) {
			return named, plural, next
		}
		set, many, ok := p.weekdayName(begin)
		if !ok || begin == next && next > i {
			return named, plural, next
		}
		named, plural, next = named|set, plural || many, begin+1
		if p.isMark(next, '.') && p.token(next-1).digits() <= 4 && p.is(p.separator(next+1), classWeekday) {
			next++ // "Tue. or Wed."
		}
	}
}

// separator passes over what stands between alternatives.
func (p *parser) separator(i int) int {
	if p.isMark(i, ',') || p.isMark(i, '/') || p.isMark(i, '&') {
		i++
	}
	return p.skip(i, classOr, classAnd, classOn, classThe, classNext, classThis)
}

func (p *parser) weekdayName(i int) (set weekdays, plural, ok bool) {
	w := p.word(i)
	switch w.class {
	case classWeekday, classWeekdays:
		if w.name == "sat" && p.is(i-1, classPerson) || w.name == "sun" && p.is(i-1, classThe) {
			return 0, false, false
		}
		return set.with(time.Weekday(w.value)), w.class == classWeekdays, true
	case classWorkdays:
		return 0b0111110, true, true
	case classWeekend:
		return 0b1000001, true, w.value == 1 // "weekends"
	default:
	}
	return 0, false, false
}

// whichWeekdays are the named days of the week that a word before them means.
func (p *parser) whichWeekdays(named weekdays, which class) meaning {
	switch which {
	case classNext:
		return p.inWeek(named, 1)
	case classLast:
		m := p.inDays(named, p.today.AddDays(-7))
		m.past = true
		return m
	case classComing:
		return p.inDays(named, p.today.AddDays(1))
	default:
	}
	m := p.inDays(named, p.today)
	m.bare = true
	return m
}

// inWeek is the named days of the n-th week after this one.
func (p *parser) inWeek(named weekdays, n int) meaning { return p.inDays(named, p.week(n)) }

// inDays is the named days of the seven from first on.
func (p *parser) inDays(named weekdays, first localtime.Date) meaning {
	m, _ := within(stretchOfDays(first, first.AddDays(6), GrainDay), named)
	return m
}

// nthWeekday is "the first Monday of next month", "the last Friday in March".
func (p *parser) nthWeekday(i int) (meaning, int) {
	begin := p.skip(i, classThe)
	nth, next := p.ordinal(begin)
	if p.is(begin, classLast) {
		nth, next = -1, begin+1
	}
	set, plural, ok := p.weekdayName(next)
	if next == begin || !ok || plural {
		return meaning{}, i
	}
	m, end := p.monthName(p.skip(next+1, classOf, classIn, classThe))
	if end == p.skip(next+1, classOf, classIn, classThe) || m.grain != GrainMonth {
		return meaning{}, i
	}
	d := coming(m.first, set.list()[0]).AddDays(7 * (nth - 1))
	if nth < 0 {
		d = coming(m.last.AddDays(-6), set.list()[0])
	}
	if d.After(m.last) {
		return meaning{}, i
	}
	return oneDay(d), end
}

// ordinal reads "3rd" or "third".
func (p *parser) ordinal(i int) (n, next int) {
	switch {
	case p.isNumber(i, 2) && p.is(i+1, classNth) && !p.token(i+1).apart:
		return p.token(i).value, i + 2
	case p.is(i, classOrdinal):
		return p.word(i).value, i + 1
	}
	return 0, i
}

// calendarUnit is "next week", "the end of this month", "the weekend".
func (p *parser) calendarUnit(i int) (meaning, int) {
	begin := p.skip(i, classThe)
	share, begin := p.share(begin)
	m, next := p.namedUnit(begin, share != classNone || p.is(begin, classWeekend) && p.is(begin-1, classThe))
	if next == begin {
		return meaning{}, i
	}
	m = m.share(share)
	if m.first.Before(p.today) && !m.past {
		m.first = p.today
	}
	return m, next
}

// share reads which part is meant of what follows: "early", "the end of".
func (p *parser) share(i int) (class, int) {
	if !p.is(i, classEarly, classMiddle, classLate, classRest) {
		return classNone, i
	}
	begin := i + 1
	if p.isMark(begin, '-') {
		begin++
	}
	return p.word(i).class, p.skip(begin, classOf, classIn, classThe)
}

// namedUnit is a week, a weekend or a month, counted from now; without a word that says which, only where alone is right.
func (p *parser) namedUnit(i int, alone bool) (meaning, int) {
	which, n := p.word(i).class, 0
	begin := i
	switch which {
	case classNext:
		n, begin = 1, i+1
	case classLast:
		n, begin = -1, i+1
	case classThis, classComing:
		begin = i + 1
	default:
	}
	unit := p.word(begin)
	after := p.is(begin+1, classAfterNext, classComing, classLast)
	if unit.class != classUnit && unit.class != classWeekend || begin == i && !alone && !after {
		return meaning{}, i
	}
	if after {
		begin++
		n = map[class]int{classAfterNext: 2, classComing: 1, classLast: -1}[p.word(begin).class]
	} else if which == classComing && unit.class == classUnit {
		n = 1
	}
	m, ok := p.unitFromNow(unit, n)
	if !ok {
		return meaning{}, i
	}
	m.past = n < 0
	return m, begin + 1
}

func (p *parser) unitFromNow(unit word, n int) (meaning, bool) {
	switch {
	case unit.class == classWeekend:
		saturday := coming(p.week(n), time.Saturday)
		if p.context.SundayFirst && p.today.Weekday() == time.Sunday {
			saturday = saturday.AddDays(-7)
		}
		return stretchOfDays(saturday, saturday.AddDays(1), GrainDay), true
	case unit.value == unitDay && n == 0:
		return oneDay(p.today), true
	case unit.value == unitWeek:
		return stretchOfDays(p.week(n), p.week(n+1).AddDays(-1), GrainWeek), true
	case unit.value == unitMonth:
		return stretchOfDays(month(p.today, n), month(p.today, n+1).AddDays(-1), GrainMonth), true
	}
	return meaning{}, false
}

// share is the first, middle or last part of a stretch of days.
func (m meaning) share(which class) meaning {
	if which == classNone {
		return m
	}
	days := m.first.DaysUntil(m.last) + 1
	part := (days + 2) / 3
	switch which {
	case classRest:
		return m
	case classEarly:
		m.last = m.first.AddDays(part - 1)
	case classMiddle:
		m.first, m.last = m.first.AddDays(part-1), m.last.AddDays(1-part)
	case classLate:
		m.first = m.last.AddDays(1 - part)
	default:
	}
	m.grain = GrainWeek
	return m
}

// namedMonth is "in December", "next March".
func (p *parser) namedMonth(i int) (meaning, int) {
	begin := p.skip(i, classThe)
	share, begin := p.share(begin)
	sure := share != classNone || p.is(begin-1, classIn, classUntil, classBefore, classAfter, classFrom, classTo, classBetween) ||
		p.is(begin-1, classAnd) && p.is(begin-2, classMonth)
	if !sure && p.is(begin, classMonth) && p.word(begin).name != "clear" {
		return meaning{}, i
	}
	m, next := p.monthName(begin)
	if next == begin || !p.is(next-1, classMonth) && !p.isNumber(next-1, 4) {
		return meaning{}, i
	}
	return m.share(share), next
}

// monthName is a month by name, with or without a year, or counted from now.
func (p *parser) monthName(i int) (meaning, int) {
	begin := i
	if p.is(i, classNext, classThis, classLast, classComing) {
		begin++
	}
	if !p.is(begin, classMonth) {
		return p.namedUnit(i, p.is(i-1, classThe))
	}
	d := localtime.Date{Year: p.today.Year, Month: time.Month(p.word(begin).value), Day: 1}
	next := begin + 1
	if year, end := p.year(next); end > next {
		d.Year, next = year, end
	} else if d.Month < p.today.Month {
		d.Year++
	}
	m := stretchOfDays(d, month(d, 1).AddDays(-1), GrainMonth)
	if p.is(i, classLast) {
		m.first, m.last = addMonths(m.first, -12), month(addMonths(m.first, -12), 1).AddDays(-1)
		m.past = true
	}
	return m, next
}
