package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// oldest is the greatest age, in years, that a date of birth is taken to mean.
const oldest = 130

// ParseBirthDate reads the one date of birth that a text holds: "4/23/1985", "23 April 1985", "my birthday is 1985-04-23".
//
// The order of day and month is the context's where both orders are dates. Two digits of a year mean the latest such year
// that is not in the future. It is not ok when there is no date, more than one, one without a year, or one that nobody
// alive was born on.
func ParseBirthDate(text string, c Context) (d localtime.Date, ok bool) {
	p := newParser(text, c.withDefaults())
	for i := 0; i < len(p.tokens); {
		found, next := p.birthDate(i)
		if next == i {
			i++
			continue
		}
		if ok {
			return localtime.Date{}, false
		}
		d, ok = found, true
		i = next
	}
	return d, ok && !d.After(p.today) && d.After(p.today.AddDays(-oldest*366))
}

// birthDate reads a date with a year that begins at token i.
func (p *parser) birthDate(i int) (localtime.Date, int) {
	for _, read := range [...]func(*parser, int) (localtime.Date, int){
		(*parser).birthInFigures, (*parser).birthInOneNumber, (*parser).birthMonthFirst, (*parser).birthDayFirst,
	} {
		if d, next := read(p, i); next > i {
			return d, next
		}
	}
	return localtime.Date{}, i
}

// birthInFigures is "4/23/1985", "4-23-85", "23.4.1985", "4 23 1985".
func (p *parser) birthInFigures(i int) (localtime.Date, int) {
	if !p.isNumber(i, 4) || p.continuesNumber(i) {
		return localtime.Date{}, i
	}
	second := p.afterMark(i + 1)
	third := p.afterMark(second + 1)
	if !p.isNumber(second, 2) || !p.isNumber(third, 4) || p.goesOn(third+1) {
		return localtime.Date{}, i
	}
	a, b, c := p.token(i), p.token(second), p.token(third)
	if a.digits() == 4 {
		return valid(a.value, b.value, c.value, i, third+1)
	}
	year, ok := p.birthYear(c)
	if a.digits() > 2 || !ok {
		return localtime.Date{}, i
	}
	m, d := p.monthFirst(a.value, b.value)
	if p.isMark(i+1, '.') && a.value <= 31 && b.value <= 12 {
		m, d = b.value, a.value
	}
	return p.pastOne(year, m, d, c.digits(), i, third+1)
}

// afterMark passes over what stands between the numbers of a date.
func (p *parser) afterMark(i int) int {
	if p.isMark(i, '/') || p.isMark(i, '-') || p.isMark(i, '.') {
		return i + 1
	}
	return i
}

// birthInOneNumber is eight digits that can be read in one way only: 19850423, 04231985.
func (p *parser) birthInOneNumber(i int) (localtime.Date, int) {
	t := p.token(i)
	if t.kind != kindNumber || t.digits() != 8 || p.continuesNumber(i) || p.goesOn(i+1) {
		return localtime.Date{}, i
	}
	v := t.value
	var read []localtime.Date
	for _, try := range [...][3]int{{v / 10000, v / 100 % 100, v % 100}, {v % 10000, v / 1000000, v / 10000 % 100}, {v % 10000, v / 10000 % 100, v / 1000000}} {
		d, ok := validDate(try[0], try[1], try[2])
		if ok && d.Year > p.today.Year-oldest && d.Year <= p.today.Year && (len(read) == 0 || read[0] != d) {
			read = append(read, d)
		}
	}
	if len(read) != 1 {
		return localtime.Date{}, i
	}
	return read[0], i + 1
}

// birthMonthFirst is "April 23rd, 1985".
func (p *parser) birthMonthFirst(i int) (localtime.Date, int) {
	if !p.is(i, classMonth) {
		return localtime.Date{}, i
	}
	begin := i + 1
	if p.isMark(begin, '.') {
		begin++
	}
	begin = p.skip(begin, classThe)
	day, next := p.dayNumber(begin)
	if next == begin {
		return localtime.Date{}, i
	}
	return p.birthWithYear(p.word(i).value, day, i, next)
}

// birthDayFirst is "the 23rd of April 1985".
func (p *parser) birthDayFirst(i int) (localtime.Date, int) {
	begin := p.skip(i, classThe)
	day, next := p.dayNumber(begin)
	name := p.skip(next, classOf)
	if next == begin || p.continuesNumber(begin) || !p.is(name, classMonth) {
		return localtime.Date{}, i
	}
	return p.birthWithYear(p.word(name).value, day, i, name+1)
}

func (p *parser) birthWithYear(m, day, i, next int) (localtime.Date, int) {
	if p.isMark(next, ',') || p.isMark(next, '.') {
		next++
	}
	next = p.skip(next, classOf, classIn)
	if p.isMark(next, '\'') || p.isMark(next, '’') {
		next++
	}
	year, ok := p.birthYear(p.token(next))
	if !ok || p.goesOn(next+1) {
		return localtime.Date{}, i
	}
	return p.pastOne(year, m, day, p.token(next).digits(), i, next+1)
}

// birthYear reads four digits, or two as a year of this century.
func (p *parser) birthYear(t token) (year int, ok bool) {
	switch {
	case t.kind != kindNumber:
		return 0, false
	case t.digits() == 4:
		return t.value, true
	case t.digits() == 2:
		return p.today.Year/100*100 + t.value, true
	}
	return 0, false
}

// pastOne is the date, or the one a century before when the year had two digits and would be in the future.
func (p *parser) pastOne(year, m, day, digits, i, next int) (localtime.Date, int) {
	d := localtime.Date{Year: year, Month: time.Month(m), Day: day}
	if digits == 2 && d.After(p.today) {
		year -= 100
	}
	return valid(year, m, day, i, next)
}

// valid is the date and next, or i when there is no such day.
func valid(year, m, day, i, next int) (localtime.Date, int) {
	d, ok := validDate(year, m, day)
	if !ok {
		return localtime.Date{}, i
	}
	return d, next
}
