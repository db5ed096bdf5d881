package timex

import "github.com/agentcare/agentcare/localtime"

// point is a time of day as it was read.
type point struct {
	wall
	marked bool // it can be nothing else than a time of day: "3pm", "half past two"
	about  bool
}

// clockTerm is a time of day, or a stretch of it: "at 3", "after 4", "between 2 and 4", "9-11am".
func clockTerm(p *parser, i int) (meaning, int) {
	for _, rule := range [...]rule{(*parser).clockRange, (*parser).clockBound, (*parser).clockAt} {
		if m, next := rule(p, i); next > i {
			return m, next
		}
	}
	return meaning{}, i
}

// clockAt is a point in time. A bare number is one only after "at" or the like.
func (p *parser) clockAt(i int) (meaning, int) {
	begin := p.skip(i, classAt, classAbout, classThe)
	if begin == i+1 && p.is(i, classThe) && !p.language.bareDays { // "las 3 de la tarde", but not "the 3"
		begin = i
	}
	about := false
	for k := i; k < begin; k++ {
		about = about || p.is(k, classAbout)
	}
	t, next := p.point(begin)
	if next == begin || p.continuesNumber(begin) {
		return meaning{}, i
	}
	announced := begin > i && !p.maybeCount(begin, next) || p.is(next, classOrLater, classOrEarlier) || p.alternativeHour == i ||
		p.partEnds(i) || p.is(next, classDay, classTonight) && p.word(next).value >= 0
	if !t.marked && (!announced || p.notAnHour(next)) {
		return meaning{}, i
	}
	return meaning{from: t.wall, hasFrom: true, at: true, about: about || t.about, grain: GrainMinute}, next
}

// dayEnds reports whether a day's name ends before token i, as far as one can see from its last word.
func (p *parser) dayEnds(i int) bool {
	if p.isMark(i-1, ',') {
		i--
	}
	return p.is(i-1, classWeekday, classWeekdays, classDay, classPart)
}

// partEnds reports whether a bare number at token i can only be an hour, because of what stands before it: "tomorrow 3",
// "evening 7". After a weekday it can be a date.
func (p *parser) partEnds(i int) bool {
	if p.isMark(i-1, ',') {
		i--
	}
	return p.is(i-1, classPart, classDay, classTonight)
}

// dayBegins reports whether the name of a day begins at token i.
func (p *parser) dayBegins(i int) bool {
	begin := p.skip(i, classOn, classNext, classThis)
	return p.is(begin, classWeekday, classDay)
}

// half is the morning or the afternoon of "Tuesday AM".
func (p *parser) half(i int) Window {
	if p.is(i, classAM) {
		return p.context.part(Morning)
	}
	return p.context.part(Afternoon)
}

// maybeCount reports whether the number between begin and next may say how many: "about 3 children".
func (p *parser) maybeCount(begin, next int) bool {
	after := p.token(next)
	return p.word(begin-1).name == "about" && after.kind == kindWord && after.word.class == classNone
}

// clockBound is "after 4", "before half past ten", "by 5".
func (p *parser) clockBound(i int) (meaning, int) {
	bound := p.word(i).class
	switch bound {
	case classAfter, classFrom, classBefore, classUntil:
	default:
		return meaning{}, i
	}
	begin := p.skip(i+1, classAt, classAbout, classThe)
	t, next := p.point(begin)
	if next == begin || !t.marked && p.notAnHour(next) {
		return meaning{}, i
	}
	if bound == classFrom && p.moves {
		return meaning{from: t.wall, hasFrom: true, at: true, grain: GrainMinute}, next
	}
	if bound == classAfter || bound == classFrom {
		return meaning{from: t.wall, hasFrom: true}, next
	}
	return meaning{until: t.wall, hasUntil: true}, next
}

// clockRange is "between 2 and 4", "from 9 to 11", "9-11am".
func (p *parser) clockRange(i int) (meaning, int) {
	begin := p.skip(i, classBetween, classFrom, classAt, classAbout, classOf, classThe)
	first, next := p.point(begin)
	if next == begin || p.continuesNumber(begin) || p.moves && !p.is(i, classBetween) {
		return meaning{}, i
	}
	if !p.joinsRange(next, p.is(i, classBetween)) {
		return meaning{}, i
	}
	to := p.skip(next+1, classAt, classThe)
	last, end := p.point(to)
	sure := first.marked || last.marked || p.is(i, classBetween, classFrom, classOf) || p.word(next).name == "to" || p.dayEnds(i) || p.dayBegins(end)
	if end == to || !sure || !last.marked && p.notAnHour(end) || p.goesOn(end) {
		return meaning{}, i
	}
	return meaning{from: first.wall, until: last.wall, hasFrom: true, hasUntil: true}, end
}

// joinsRange reports whether token i stands between the two ends of a range: "to", a dash, and "and" after "between".
func (p *parser) joinsRange(i int, between bool) bool {
	return p.is(i, classTo, classUntil) || p.word(i).name == "to" || p.isMark(i, '-') || between && p.is(i, classAnd)
}

// notAnHour reports whether what follows at token i makes the bare number before it something else than an hour:
// "after 4 days", "at 12 Main Street", "before 10 December".
func (p *parser) notAnHour(i int) bool {
	t := p.token(i)
	if t.kind == kindMark && !t.apart && t.mark != ',' && t.mark != '.' && t.mark != '-' && t.mark != '?' && t.mark != '!' && t.mark != ')' {
		return true
	}
	return p.is(i, classUnit, classNth, classMonth, classStreet, classItem, classOf) || p.goesOn(i) ||
		t.kind == kindWord && !t.apart
}

// point reads a time of day.
func (p *parser) point(i int) (point, int) {
	switch {
	case p.is(i, classNoon):
		return p.ish(point{wall: wall{clock: localtime.Clock(p.word(i).value)}, marked: true, about: p.word(i).name == "ish"}, i+1)
	case p.is(i, classPastHour, classToHour) && p.word(i).value > 0:
		return p.besideHour(i, p.word(i), p.word(i).value, i+1)
	}
	if t, next := p.minutesBeside(i); next > i {
		return t, next
	}
	hour, minute, next := p.hourAndMinute(i)
	if next == i {
		return point{}, i
	}
	return p.halfOfDay(i, hour, minute, next)
}

// minutesBeside is "ten past three", "20 minutes to four".
func (p *parser) minutesBeside(i int) (point, int) {
	minutes, next := p.count(i)
	if next == i || minutes < 1 || minutes > 59 || p.word(i).name != "" {
		return point{}, i
	}
	inWords := p.token(i).kind == kindWord && minutes%5 == 0
	if p.is(next, classUnit) && p.word(next).value == unitMinute {
		inWords = true
		next++
	}
	switch {
	case p.is(next, classPastHour, classToHour) && p.word(next).value == 0,
		p.is(next, classTo, classAfter) && inWords:
		t, end := p.besideHour(i, p.word(next), minutes, next+1)
		return t, end
	}
	return point{}, i
}

// besideHour puts minutes before or after the hour at token next.
func (p *parser) besideHour(i int, side word, minutes, next int) (point, int) {
	if side.class == classToHour || side.class == classTo {
		minutes = -minutes
	}
	if p.is(next, classNoon) {
		return point{wall: wall{clock: localtime.Clock(p.word(next).value + minutes)}, marked: true}, next + 1
	}
	hour, minute, end := p.hourAndMinute(next)
	if end == next || minute != 0 {
		return point{}, i
	}
	t, end := p.halfOfDay(next, hour, 0, end)
	t.clock = (t.clock + localtime.Clock(minutes) + localtime.EndOfDay) % localtime.EndOfDay
	if t.twelve {
		t.clock %= localtime.Noon
	}
	t.marked = true
	return t, end
}

// hourAndMinute reads "3", "3:30", "3.30pm", "330pm", "three", "three thirty"; minute is 0 where none is said.
func (p *parser) hourAndMinute(i int) (hour, minute, next int) {
	t := p.token(i)
	switch {
	case p.is(i, classNumber) && t.word.name == "" && t.word.value >= 1 && t.word.value <= 12:
		minute, next = p.minuteWords(i + 1)
		return t.word.value, minute, next
	case t.kind != kindNumber || t.digits() > 4:
		return 0, 0, i
	case t.digits() > 2: // "330pm", "at 1530"
		if !p.is(i+1, classAM, classPM) && (!p.is(i-1, classAt) || t.value >= 1900 || p.goesOn(i+1)) {
			return 0, 0, i
		}
		return validTime(t.value/100, t.value%100, i, i+1)
	case p.is(i+1, classHour) && !p.token(i+1).apart: // "15h", "15h30"
		if p.isNumber(i+2, 2) && !p.token(i+2).apart {
			return validTime(t.value, p.token(i+2).value, i, i+3)
		}
		return validTime(t.value, 0, i, i+2)
	case p.hasMinutes(i):
		return validTime(t.value, p.token(i+2).value, i, p.seconds(i+3))
	}
	return validTime(t.value, 0, i, i+1)
}

// hasMinutes reports whether ":30" or, where nothing else can be meant, ".30" follows the hour at token i.
func (p *parser) hasMinutes(i int) bool {
	if p.token(i+2).digits() != 2 || !p.isNumber(i+2, 2) || p.token(i+2).apart {
		return false
	}
	return p.isMark(i+1, ':') || p.isMark(i+1, '.') && (p.is(i+3, classAM, classPM) || p.is(i-1, classAt) && !p.goesOn(i+3))
}

// seconds passes over ":00" after a time, as in what programs write.
func (p *parser) seconds(i int) int {
	if p.isMark(i, ':') && !p.token(i).apart && p.token(i+1).digits() == 2 && p.isNumber(i+1, 2) {
		return i + 2
	}
	return i
}

func validTime(hour, minute, i, next int) (h, m, end int) {
	if hour > 24 || minute > 59 || hour == 24 && minute > 0 {
		return 0, 0, i
	}
	return hour, minute, next
}

// minuteWords reads what follows an hour in words: "thirty", "forty five", "oh five".
func (p *parser) minuteWords(i int) (minute, next int) {
	tens := p.hyphen(i)
	w := p.word(tens)
	if w.class != classNumber || w.name != "" || w.value < 10 {
		return 0, i
	}
	begin := p.hyphen(tens + 1)
	if ones := p.word(begin); w.value >= 20 && w.value%10 == 0 && ones.class == classNumber && ones.name == "" && ones.value < 10 {
		return w.value + ones.value, begin + 1
	}
	return w.value, tens + 1
}

// hyphen passes over a hyphen within a number in words.
func (p *parser) hyphen(i int) int {
	if p.isMark(i, '-') && !p.token(i).apart && !p.token(i+1).apart {
		return i + 1
	}
	return i
}

// halfOfDay reads what follows hour and minute, which began at token i: "am", "pm", "o'clock", "-ish".
func (p *parser) halfOfDay(i, hour, minute, next int) (point, int) {
	t := point{wall: wall{clock: localtime.Clock(hour*60 + minute)}}
	t.marked = next > i+1 || p.token(i).kind == kindNumber && p.token(i).digits() > 2
	exact := p.token(i).kind == kindNumber && p.token(i).digits() == 2 && hour < 10 || hour == 0 || hour > 12
	if p.is(next, classPlusMinutes) { // "las tres y media", "menos cuarto"
		t.clock += localtime.Clock(p.word(next).value)
		hour, minute = int(t.clock)/60, int(t.clock)%60
		t.marked = true
		next++
	}
	if p.is(next, classOClock) {
		t.marked = true
		next++
	}
	if half := p.amOrPM(next); half != classNone && hour >= 1 && hour <= 12 {
		t.clock = localtime.Clock(hour%12*60 + minute)
		if half == classPM {
			t.clock += localtime.Noon
		}
		t.marked = true
		return p.ish(t, next+1)
	}
	if !exact {
		t.twelve = true
		t.clock = localtime.Clock(hour%12*60 + minute)
	}
	after := p.skip(next, classIn, classAt, classThe)
	if after > next && p.is(after, classPart) { // "3 in the afternoon"
		t.marked = true
	}
	return p.ish(t, next)
}

// amOrPM is the half of the day that token i names after an hour.
func (p *parser) amOrPM(i int) class {
	switch {
	case p.is(i, classAM, classPM):
		return p.word(i).class
	case p.word(i).name == "a" && p.token(i).digits() == 1 && !p.token(i).apart: // "9a"
		return classAM
	}
	return classNone
}

// ish reads what makes a time a rough one: "3ish".
func (p *parser) ish(t point, i int) (point, int) {
	if p.is(i, classAbout) && p.word(i).name == "ish" {
		t.marked, t.about = true, true
		return t, i + 1
	}
	return t, i
}

// partOfDay is "in the morning", "this afternoon", "late afternoon", "after lunch", "mornings".
func partOfDay(p *parser, i int) (meaning, int) {
	if p.is(i, classAM, classPM) && p.dayEnds(i) {
		return meaning{part: p.half(i)}, i + 1
	}
	begin := i
	bound := p.word(i).class
	switch bound {
	case classAfter, classBefore, classUntil, classFrom:
		begin++
	case classThis, classLast:
		if !p.is(i+1, classPart, classEarly, classLate) {
			return meaning{}, i
		}
		m, next := partOfDay(p, i+1)
		if next == i+1 {
			return meaning{}, i
		}
		return p.partOn(m, bound), next
	default:
		bound = classNone
	}
	begin = p.skip(begin, classIn, classAt, classThe)
	share, begin := p.share(begin)
	name := p.word(begin).name
	if !p.is(begin, classPart, classParts) || bound == classNone && (name == partWork || name == partSchool) {
		return meaning{}, i
	}
	m := p.boundedPart(p.window(name).share(share), bound)
	m.every = p.is(begin, classParts)
	return m, begin + 1
}

func (p *parser) partOn(m meaning, which class) meaning {
	m.first, m.last, m.past = p.today, p.today, which == classLast
	if m.past {
		m.first, m.last = p.today.AddDays(-1), p.today.AddDays(-1)
	}
	return m
}

func (p *parser) boundedPart(w Window, bound class) meaning {
	switch bound {
	case classAfter:
		return meaning{from: wall{clock: w.Until}, hasFrom: true}
	case classFrom:
		return meaning{from: wall{clock: w.From}, hasFrom: true}
	case classBefore:
		return meaning{until: wall{clock: w.From}, hasUntil: true}
	case classUntil:
		return meaning{until: wall{clock: w.Until}, hasUntil: true}
	default:
		return meaning{part: w}
	}
}

// Names of parts of day that are made from the clinic's hours.
const (
	partOpening = "opening" // "first thing"
	partClosing = "closing" // "end of the day"
	partWork    = "work"    // "after work"
	partSchool  = "school"
	partTarde   = "tarde" // the afternoon as Spanish has it
)

// edge is how long "first thing" and "the end of the day" are, in minutes.
const edge = 120

// window is the part of day of that name.
func (p *parser) window(name string) Window {
	switch name {
	case partOpening:
		return Window{p.context.Opens, min(p.context.Opens+edge, p.context.Closes)}
	case partClosing:
		return Window{max(p.context.Opens, p.context.Closes-edge), p.context.Closes}
	case partWork:
		return Window{9 * 60, 17 * 60}
	case partSchool:
		return Window{8 * 60, 15 * 60}
	case partTarde:
		afternoon := p.context.part(Afternoon)
		return Window{afternoon.From, max(afternoon.Until, 20*60)}
	}
	return p.context.part(name)
}

// share is the first, middle or last part of a window.
func (w Window) share(which class) Window {
	length := w.Until - w.From
	switch which {
	case classEarly:
		w.Until -= length / 2
	case classLate:
		w.From += length / 2
	case classMiddle:
		w.From, w.Until = w.From+length/4, w.Until-length/4
	default:
	}
	return w
}
