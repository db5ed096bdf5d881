package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// numericDate is "2026-12-03", "12/3", "12/3/26", "3.12.2026".
func (p *parser) numericDate(i int) (meaning, int) {
	if !p.isNumber(i, 4) || p.continuesNumber(i) {
		return meaning{}, i
	}
	for _, rule := range [...]rule{(*parser).yearMonthDay, (*parser).dayAfterMonthNumber} {
		if m, next := rule(p, i); next > i {
			return m, next
		}
	}
	mark := p.token(i + 1).mark
	if p.token(i+1).kind != kindMark || mark != '/' && mark != '-' && mark != '.' || !p.isNumber(i+2, 2) {
		return meaning{}, i
	}
	if p.isMark(i+3, mark) && p.isNumber(i+4, 4) && !p.token(i+4).apart {
		d, ok := p.fullDate(i)
		if !ok || p.goesOn(i+5) {
			return meaning{}, i
		}
		return oneDay(d), p.afterISO(i + 5)
	}
	if mark != '/' || p.goesOn(i+3) || p.is(i+3, classUnit, classHour) {
		return meaning{}, i
	}
	m, d := p.monthFirst(p.token(i).value, p.token(i+2).value)
	return p.upcoming(time.Month(m), d, i, i+3)
}

// yearMonthDay is "2026-Dec-03".
func (p *parser) yearMonthDay(i int) (meaning, int) {
	if p.token(i).digits() != 4 || !p.is(i+2, classMonth) || !p.isNumber(i+4, 2) || p.goesOn(i+5) {
		return meaning{}, i
	}
	if mark := p.token(i + 1).mark; mark != '-' && mark != '/' && mark != '.' || !p.isMark(i+3, mark) {
		return meaning{}, i
	}
	d, ok := validDate(p.token(i).value, p.word(i+2).value, p.token(i+4).value)
	if !ok {
		return meaning{}, i
	}
	return oneDay(d), i + 5
}

// dayAfterMonthNumber is "2-15": a second number that is no hour must be a day.
func (p *parser) dayAfterMonthNumber(i int) (meaning, int) {
	a, b := p.token(i), p.token(i+2)
	if !p.isMark(i+1, '-') || !p.isNumber(i+2, 2) || a.value < 1 || a.value > 12 || b.value < 25 && (b.value < 13 || p.context.DayFirst) ||
		p.goesOn(i+3) || p.timeFollows(i+3) || p.is(p.skip(i+3, classOf), classMonth) || p.is(i+3, classNth) {
		return meaning{}, i
	}
	return p.upcoming(time.Month(a.value), b.value, i, i+3)
}

// continuesNumber reports whether token i is glued to a number before it, as in a phone number, or is an amount of money.
func (p *parser) continuesNumber(i int) bool {
	before := p.token(i - 1)
	if before.mark == '$' || before.mark == '€' || before.mark == '£' || before.mark == '#' {
		return true
	}
	return i > 0 && !p.token(i).apart && before.kind == kindMark &&
		(before.mark == '/' || before.mark == '-' || before.mark == '.' || before.mark == ':') && p.token(i-2).kind == kindNumber
}

// goesOn reports whether more of a number is glued to what ends before token i.
func (p *parser) goesOn(i int) bool {
	t := p.token(i)
	if t.kind == kindEnd || t.apart {
		return false
	}
	glued := t.kind == kindMark && (t.mark == '/' || t.mark == '-' || t.mark == '.')
	return t.kind == kindNumber || glued && p.token(i+1).kind == kindNumber && !p.token(i+1).apart
}

// fullDate reads three numbers with marks between them.
func (p *parser) fullDate(i int) (localtime.Date, bool) {
	a, b, c := p.token(i), p.token(i+2), p.token(i+4)
	if a.digits() == 4 {
		return validDate(a.value, b.value, c.value)
	}
	if c.digits() != 4 && c.digits() != 2 || a.digits() > 2 {
		return localtime.Date{}, false
	}
	year := c.value
	if c.digits() == 2 {
		year += 2000
	}
	m, d := p.monthFirst(a.value, b.value)
	if p.token(i+1).mark == '.' && a.value <= 31 && b.value <= 12 { // with dots the day comes first everywhere
		m, d = b.value, a.value
	}
	return validDate(year, m, d)
}

// monthFirst orders two numbers as month and day: by the context, unless only the other order is a date.
func (p *parser) monthFirst(a, b int) (month, day int) {
	if p.context.DayFirst && b <= 12 || a > 12 {
		return b, a
	}
	return a, b
}

// afterISO passes over the T between date and time.
func (p *parser) afterISO(i int) int {
	t := p.token(i)
	if t.kind == kindWord && t.digits() == 1 && !t.apart && p.token(i+1).kind == kindNumber {
		return i + 1
	}
	return i
}

// monthAndDay is "December 3rd", "Dec. 3, 2026", "Dec 3 to 5".
func (p *parser) monthAndDay(i int) (meaning, int) {
	if !p.is(i, classMonth) || p.continuesNumber(i) {
		return meaning{}, i
	}
	begin := i + 1
	if p.isMark(begin, '.') || p.isMark(begin, '/') || p.isMark(begin, '-') && !p.token(begin).apart {
		begin++
	}
	day, next := p.dayNumber(p.skip(begin, classThe))
	if next == p.skip(begin, classThe) {
		return meaning{}, i
	}
	m := time.Month(p.word(i).value)
	if last, end := p.toDayNumber(next); end > next {
		if year, after := p.year(end); after > end {
			return p.daysOfMonth(year, m, day, last, i, after)
		}
		return p.daysOfMonth(0, m, day, last, i, end)
	}
	return p.withYear(m, day, i, next)
}

// dayAndMonth is "3 December", "the third of December 2026", "3rd to 5th of December".
func (p *parser) dayAndMonth(i int) (meaning, int) {
	begin := p.skip(i, classThe)
	day, next := p.dayNumber(begin)
	if next == begin || p.continuesNumber(begin) {
		return meaning{}, i
	}
	last, end := p.toDayNumber(next)
	name := p.skip(p.monthMark(end), classOf)
	if !p.is(name, classMonth) || p.is(name+1, classNth) {
		return meaning{}, i
	}
	m := time.Month(p.word(name).value)
	if end > next {
		year, after := p.year(name + 1)
		return p.daysOfMonth(year, m, day, last, i, after)
	}
	after := name + 1
	if p.isMark(after, '.') && p.token(name).digits() <= 4 {
		after++
	}
	return p.withYear(m, day, i, after)
}

// monthMark passes over what can stand between a day and its month: "10. August", "10-August", "the 3rd day of August".
func (p *parser) monthMark(i int) int {
	t := p.token(i)
	switch {
	case t.kind == kindMark && !t.apart && (t.mark == '.' || t.mark == '/' || t.mark == '-'):
		return i + 1
	case p.is(i, classUnit) && p.word(i).value == unitDay && p.is(i+1, classOf):
		return i + 1
	}
	return i
}

// dayNumber reads a day of a month, in digits or words.
func (p *parser) dayNumber(i int) (day, next int) {
	if day, next = p.ordinal(i); next > i {
		return day, next
	}
	if p.isNumber(i, 2) && !p.timeFollows(i+1) && p.token(i).value >= 1 && p.token(i).value <= 31 {
		return p.token(i).value, i + 1
	}
	return 0, i
}

// timeFollows reports whether token i makes the number before it a time of day.
func (p *parser) timeFollows(i int) bool {
	return p.is(i, classAM, classPM, classOClock) || p.isMark(i, ':') && p.isNumber(i+1, 2) && !p.token(i+1).apart
}

// toDayNumber reads the rest of "3 to 5" or "3-5".
func (p *parser) toDayNumber(i int) (day, next int) {
	if !p.is(i, classTo, classUntil) && !p.isMark(i, '-') {
		return 0, i
	}
	day, next = p.dayNumber(p.skip(i+1, classThe))
	if next == p.skip(i+1, classThe) {
		return 0, i
	}
	return day, next
}

// year reads a year after a date.
func (p *parser) year(i int) (year, next int) {
	begin := i
	if p.isMark(i, ',') {
		begin++
	}
	begin = p.skip(begin, classOf, classIn)
	if t := p.token(begin); t.kind == kindNumber && t.digits() == 4 && t.value >= 1900 && t.value < 2200 && !p.timeFollows(begin+1) {
		return t.value, begin + 1
	}
	return 0, i
}

func (p *parser) withYear(m time.Month, day, i, next int) (meaning, int) {
	year, end := p.year(next)
	if end == next {
		return p.upcoming(m, day, i, next)
	}
	d, ok := validDate(year, int(m), day)
	if !ok {
		return meaning{}, i
	}
	return oneDay(d), end
}

// upcoming is the next such day from today on.
func (p *parser) upcoming(m time.Month, day, i, next int) (meaning, int) {
	for year := p.today.Year; year <= p.today.Year+4; year++ {
		if d, ok := validDate(year, int(m), day); ok && !d.Before(p.today) {
			return oneDay(d), next
		}
	}
	return meaning{}, i
}

// daysOfMonth is a stretch of days in a month; year 0 means the next such month.
func (p *parser) daysOfMonth(year int, m time.Month, first, last, i, next int) (meaning, int) {
	if year == 0 {
		end, found := p.upcoming(m, last, i, next)
		if found == i {
			return meaning{}, i
		}
		year = end.last.Year
	}
	from, ok := validDate(year, int(m), first)
	to, fits := validDate(year, int(m), last)
	if !ok || !fits || to.Before(from) {
		return meaning{}, i
	}
	return stretchOfDays(from, to, GrainDay), next
}

// dayOfThisMonth is "the 14th", of this month or the next one, "the 14th of next month".
func (p *parser) dayOfThisMonth(i int) (meaning, int) {
	begin := p.skip(i, classThe)
	day, next := p.dayNumber(begin)
	if next == begin || p.continuesNumber(begin) {
		return meaning{}, i
	}
	if m, end := p.dayOf(day, next); end > next {
		return m, end
	}
	if p.isNumber(next-1, 2) && !p.bareDay(i, begin) || p.is(next, classItem, classUnit, classWeekday, classStreet, classMonth, classNumber) {
		return meaning{}, i
	}
	if p.is(begin, classOrdinal) && day < 11 { // "the third" can be an option
		return meaning{}, i
	}
	for n := range 3 {
		if d, ok := p.dayOfMonth(day, n); ok {
			m := oneDay(d)
			m.dayOnly = true
			return m, next
		}
	}
	return meaning{}, i
}

// dayOf is the day of a month that is counted from now: "the 14th" and then "of next month".
func (p *parser) dayOf(day, i int) (meaning, int) {
	begin := p.skip(p.monthMark(i), classOf, classThe)
	of, end := p.namedUnit(begin, false)
	if begin == i || end == begin || of.grain != GrainMonth || day > daysIn(of.first) {
		return meaning{}, i
	}
	d := of.first
	d.Day = day
	return oneDay(d), end
}

// bareDay reports whether a number without "th" can be nothing but a day of the month: "on the 17", "Monday 21".
func (p *parser) bareDay(i, begin int) bool {
	next := p.token(begin + 1)
	switch {
	case next.kind == kindWord && next.word.class == classNone, p.goesOn(begin + 1), p.isMark(begin+1, ':'),
		p.isMark(begin+1, '-'), p.is(begin+1, classTo) && p.word(begin+1).name != "day", p.timeFollows(begin + 1):
		return false
	case p.is(i-1, classOn) && (begin > i || p.token(begin).value > 12), p.language.bareDays && p.word(begin-1).name == "day":
		return true
	}
	return p.is(i-1, classWeekday) && (p.token(begin).value > 12 || p.language.bareDays)
}

// validDate refuses days that do not exist.
func validDate(year, m, day int) (localtime.Date, bool) {
	d := localtime.Date{Year: year, Month: time.Month(m), Day: day}
	if m < 1 || m > 12 || day < 1 || year < 1 || year > 9999 || day > daysIn(d) {
		return localtime.Date{}, false
	}
	return d, true
}
