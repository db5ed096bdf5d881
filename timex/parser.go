package timex

import (
	"slices"
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// parser reads the tokens of one text. What its methods are asked about token i holds for i outside the text, too.
type parser struct {
	context  Context
	language *language
	text     string
	tokens   []token
	today    localtime.Date
	now      localtime.Clock
	moves    bool // the text is about moving something from one time to another

	alternativeHour int // the token at which a bare number is an hour, because of "at 10 or" before it; -1: none
}

func newParser(text string, c Context) *parser {
	l := languageOf(c.Language)
	p := &parser{
		context: c, language: l, text: text, tokens: tokenize(text, l),
		today: localtime.DateOf(c.Now, c.Zone), now: localtime.ClockOf(c.Now, c.Zone),
		alternativeHour: -1,
	}
	for _, t := range p.tokens {
		p.moves = p.moves || t.word.class == classMove
	}
	return p
}

// token is the i-th token, an end beyond the text.
func (p *parser) token(i int) token {
	if i < 0 || i >= len(p.tokens) {
		return token{}
	}
	return p.tokens[i]
}

// word is what the language knows of the i-th token.
func (p *parser) word(i int) word { return p.token(i).word }

// is reports whether the i-th token has one of the classes.
func (p *parser) is(i int, classes ...class) bool {
	return slices.Contains(classes, p.word(i).class)
}

// isMark reports whether the i-th token is this character.
func (p *parser) isMark(i int, mark rune) bool {
	t := p.token(i)
	return t.kind == kindMark && t.mark == mark
}

// isNumber reports whether the i-th token is digits, so many at most, without a letter or a number's mark before it.
func (p *parser) isNumber(i, digits int) bool {
	t := p.token(i)
	return t.kind == kindNumber && t.digits() <= digits
}

// skip is the first token from i on that has none of the classes; at most three are passed over.
func (p *parser) skip(i int, classes ...class) int {
	for n := 0; n < 3 && p.is(i, classes...); n++ {
		i++
	}
	return i
}

// count reads how many: digits, or a number word.
func (p *parser) count(i int) (n, next int) {
	switch {
	case p.isNumber(i, 3):
		return p.token(i).value, i + 1
	case p.is(i, classNumber):
		return p.word(i).value, i + 1
	}
	return 0, i
}

// expression reads the terms from i on that belong together. It returns i when there is none.
func (p *parser) expression(i int) (meaning, int) {
	if next := p.negation(i); next > i {
		m, end := p.positive(next)
		if end == next {
			return meaning{}, i
		}
		m.negated = true
		return m, end
	}
	m, next := p.positive(i)
	if next > i && p.refused(next) {
		m.negated = true
		next++
	}
	return m, next
}

// refused reports whether token i says that the time before it does not suit: "doesn't work", "no puedo".
func (p *parser) refused(i int) bool {
	if !p.is(i, classCannot) {
		return p.is(i, classUnsuitable)
	}
	begin := p.negation(i)
	_, next := p.term(p.skip(begin, classThe))
	return p.language.bareDays && next == p.skip(begin, classThe)
}

// negation reads what says that the time after it does not suit: "not", "can't make it on".
func (p *parser) negation(i int) int {
	switch {
	case p.is(i, classNot):
		return p.skip(i+1, classOn)
	case p.is(i, classCannot):
		return p.skip(p.skip(i+1, classDo), classOn)
	}
	return i
}

func (p *parser) positive(i int) (meaning, int) {
	m, next := p.term(i)
	if next == i {
		return meaning{}, i
	}
	for {
		begin := p.comma(next)
		more, end := p.term(begin)
		if end == begin {
			begin = p.connectors(next)
			more, end = p.term(begin)
		}
		if end == begin {
			break
		}
		joined, ok := p.join(m, more)
		if !ok {
			break
		}
		m, next = joined, end
	}
	m, next = p.suffix(m, next)
	if m.at && p.is(next, classOr) {
		p.alternativeHour = next + 1
	}
	return p.except(m, next)
}

// except reads weekdays that are taken out of what was said: "next week, but not on Wednesday".
func (p *parser) except(m meaning, i int) (meaning, int) {
	begin := p.connectors(i)
	not := p.negation(begin)
	if not == begin {
		return m, i
	}
	without, next := p.weekdayList(not)
	if next == not || !without.bare && without.weekdays == 0 || p.at(next) {
		return m, i
	}
	m.excluded = without.named()
	return m, next
}

// at reports whether a time of day begins at token i.
func (p *parser) at(i int) bool {
	begin := p.connectors(i)
	for _, rule := range [...]rule{clockTerm, partOfDay} {
		if _, next := rule(p, begin); next > begin {
			return true
		}
	}
	return false
}

// connectors are passed over between terms that belong together.
func (p *parser) connectors(i int) int {
	return p.skip(p.comma(i), classOn, classIn, classOf, classThe, classFor)
}

// comma passes over a comma or a dash.
func (p *parser) comma(i int) int {
	if p.isMark(i, ',') || p.isMark(i, '-') && p.token(i).apart {
		return i + 1
	}
	return i
}

// term reads one term by the first rule that knows it.
func (p *parser) term(i int) (meaning, int) {
	if t := p.token(i); t.kind != kindNumber && t.word.class == classNone {
		return meaning{}, i
	}
	for _, rule := range p.language.rules {
		if m, next := rule(p, i); next > i {
			return m, next
		}
	}
	return meaning{}, i
}

// suffix reads what bounds the time before it: "or later", "at the latest".
func (p *parser) suffix(m meaning, i int) (meaning, int) {
	switch {
	case p.is(i, classOrLater, classEarliest) && m.at:
		m.at = false
	case p.is(i, classOrLater, classEarliest) && m.singleDay() && !m.hasClock():
		m.last = localtime.Date{}
	case p.is(i, classOrEarlier, classLatest) && m.at:
		m.at, m.hasFrom, m.hasUntil, m.until = false, false, true, m.from
	case p.is(i, classOrEarlier, classLatest) && m.singleDay() && !m.hasClock() && !m.first.Before(p.today):
		m.first = p.today
	default:
		return m, i
	}
	return m, i + 1
}

// alternative reports whether "or" stands before token i.
func (p *parser) alternative(i int) bool {
	for p.is(i-1, classOn, classAt, classIn, classThe) {
		i--
	}
	return p.is(i-1, classOr)
}

// week is the first day of the week that is n weeks after this one.
func (p *parser) week(n int) localtime.Date {
	start := time.Monday
	if p.context.SundayFirst {
		start = time.Sunday
	}
	back := (int(p.today.Weekday()) - int(start) + 7) % 7
	return p.today.AddDays(7*n - back)
}

// coming is the next day from d on, d included, that is this weekday.
func coming(d localtime.Date, weekday time.Weekday) localtime.Date {
	return d.AddDays((int(weekday) - int(d.Weekday()) + 7) % 7)
}

// month is the first day of the month that is n months after d's.
func month(d localtime.Date, n int) localtime.Date {
	t := time.Date(d.Year, d.Month+time.Month(n), 1, 12, 0, 0, 0, time.UTC)
	return localtime.DateOf(t, time.UTC)
}

// addMonths is the same day n months after d, or the last of a month that is too short.
func addMonths(d localtime.Date, n int) localtime.Date {
	to := month(d, n)
	to.Day = min(d.Day, daysIn(to))
	return to
}

// daysIn is how many days d's month has.
func daysIn(d localtime.Date) int { return month(d, 1).AddDays(-1).Day }

// dayOfMonth is the n-th day of that number from today on, months without it left out of the count only at the first.
func (p *parser) dayOfMonth(day, n int) (localtime.Date, bool) {
	if day < p.today.Day {
		n++
	}
	d := month(p.today, n)
	if day < 1 || day > daysIn(d) {
		return localtime.Date{}, false
	}
	d.Day = day
	return d, true
}
