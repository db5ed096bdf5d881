package guided

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/timex"
)

// want is what somebody wants done.
type want string

// Wants.
const (
	wantNothing want = ""
	wantBook    want = "book"
	wantMine    want = "mine" // see one's appointments
	wantMove    want = "move"
	wantCancel  want = "cancel"
	wantHuman   want = "human"
)

// whom an appointment is for.
type whom string

// Whoms.
const (
	forUnsaid whom = ""
	forSelf   whom = "self"
	forChild  whom = "child"
	forOther  whom = "other"
)

// reading is what one utterance says, whatever was said before.
type reading struct {
	u         *utterance
	want      want
	sure      bool   // the want was said in so many words, and not only implied by a value
	topics    []sign // asked about
	yes       bool
	no        bool
	care      care // zero: nothing was said
	who       []uuid.UUID
	without   []uuid.UUID // not these
	namesakes bool        // one name of who belongs to several
	nobody    bool        // a practitioner was named whom the clinic does not have
	times     []timex.Expression
	ordinal   int // 1 for "the first one"; -1 for "the last one"; 0 for none
	number    int // the utterance is nothing but this number; 0: it is not
	code      string
	phone     bool // there is a phone number in it
	whom      whom
	names     []string // words that may be the name of whom it is for
}

// topicSigns are what can be asked about, those first that outweigh others.
var topicSigns = []sign{
	signWontSay, signAdvice, signBot, signUnknown, signHours, signAddress, signLanguages, signWho, signServices, signDuration, signPhone,
}

var (
	codePattern  = regexp.MustCompile(`^\D{0,20}(\d{3})[ -]?(\d{3})\D{0,20}$`)
	phonePattern = regexp.MustCompile(`\+?\(?\d[\d ()./-]{6,}\d`)
	onlyNumber   = regexp.MustCompile(`^\W*(?:no\.?|nr\.?|option|number)?\W*([1-9])\W*$`)
)

// understand reads an utterance that was said at now.
func (v *vocabulary) understand(text string, now time.Time) reading {
	u := v.parse(text)
	r := reading{u: u}
	for _, n := range v.people.find(u, v.spelling.knows) {
		r.addNamed(n)
	}
	r.whom = u.whom()
	r.names = v.namesIn(text)
	r.care = v.findCare(u, r.whom)
	times := v.times
	times.Now = now
	r.times = slices.DeleteFunc(timex.Find(u.withoutPronouns(), times), func(e timex.Expression) bool {
		return u.covered(e.Start, e.End, phatic)
	})
	r.ordinal = u.ordinal()
	r.dropOrdinalTimes()
	r.readNumbers(text)
	r.yes, r.no = u.answer()
	r.readTopics()
	r.readWant()
	return r
}

func (r *reading) addNamed(n named) {
	switch {
	case n.uncertain:
		r.nobody = true
	case n.excepted:
		r.without = append(r.without, n.who...)
	default:
		r.who = append(r.who, n.who...)
		r.namesakes = r.namesakes || len(n.who) > 1
	}
}

// anyCheckUp are the words for a check-up, of which several fields have one.
var anyCheckUp = regexp.MustCompile(`^(?:check ?ups?|chequeos?|revision(?: general| medica)?)$`)

// findCare finds what somebody needs: the weightiest phrase, and the first of equal ones. A check-up is that of the field
// that was named beside it: "a check-up with the paediatrician".
func (v *vocabulary) findCare(u *utterance, w whom) care {
	best, field, checkUp := care{}, care{}, false
	if w == forChild && v.children != "" {
		best = care{specialty: v.children, weight: weightHint}
	}
	for i := 0; i < len(u.tokens); {
		meanings, n := v.care.longest(u.tokens[i:])
		for _, c := range meanings {
			if c.specialty == v.children && c.service == uuid.Nil && u.at[i].has(signChild) {
				c.weight = weightHint // "my son" says whom it is for, and only perhaps what
			}
			if u.signAt(i - 1).has(signExcept) {
				continue
			}
			if c.weight > best.weight {
				best, checkUp = c, anyCheckUp.MatchString(u.phrase(i, n))
			}
			if c.service == uuid.Nil && !c.elsewhere && c.weight > max(field.weight, weightHint) && !anyCheckUp.MatchString(u.phrase(i, n)) {
				field = c
			}
		}
		i += max(n, 1)
	}
	if checkUp && field.specialty != "" && field.specialty != best.specialty {
		return field
	}
	return best
}

// phrase is n words from the i-th on.
func (u *utterance) phrase(i, n int) string {
	words := make([]string, n)
	for k := range words {
		words[k] = u.tokens[i+k].text
	}
	return strings.Join(words, " ")
}

// whom says whether the utterance names somebody else than its author.
func (u *utterance) whom() whom {
	switch {
	case u.signs.has(signChild):
		return forChild
	case u.signs.has(signOtherPerson):
		return forOther
	case u.signs.has(signForMe):
		return forSelf
	default:
		return forUnsaid
	}
}

// namesIn are the words of a text that may be somebody's name: those that are no words of ours, and capitalised ones.
func (v *vocabulary) namesIn(text string) []string {
	raw := utterance{original: text, tokens: tokenise(text)}
	var names []string
	for i, t := range raw.tokens {
		if !hasDigit(t.text) && (!v.spelling.knows(t.text) || raw.capital(i)) && len(names) < maxNames {
			names = append(names, t.text)
		}
	}
	return names
}

// maxNames bounds what is remembered of words that may be names.
const maxNames = 6

// ordinal is which of what was offered is named by its place.
func (u *utterance) ordinal() int {
	for i, s := range []sign{signFirst, signSecond, signThird, signFourth, signFifth, signSixth} {
		if u.signs.has(s) {
			return i + 1
		}
	}
	if u.signs.has(signLast) {
		return -1
	}
	return 0
}

// phatic are signs of phrases in which words of time tell no time: "good morning", "have a nice day".
var phatic = setOf(signGreet, signThanks, signBye, signUnsure, signOver)

// dropOrdinalTimes leaves out time expressions that are nothing but an ordinal ("the second one"), and an ordinal that
// is a part of a time ("the 2:30 one").
func (r *reading) dropOrdinalTimes() {
	if r.ordinal == 0 {
		return
	}
	ordinals := setOf(signFirst, signSecond, signThird, signFourth, signFifth, signSixth, signLast)
	r.times = slices.DeleteFunc(r.times, func(e timex.Expression) bool {
		return r.u.covered(e.Start, e.End, ordinals)
	})
	if r.hasTime() {
		r.ordinal = 0
	}
}

func (r *reading) readNumbers(text string) {
	if m := onlyNumber.FindStringSubmatch(text); m != nil {
		r.number = int(m[1][0] - '0')
	}
	if m := codePattern.FindStringSubmatch(text); m != nil {
		r.code = m[1] + m[2]
	}
	r.phone = phonePattern.MatchString(text) && r.code == ""
}

var agreeable = setOf(signYes, signGood, signCourtesy, signFiller, signThanks, signThatOne, signTime, signAppointment, signBook, signBye)

// answer is whether the utterance is a yes or a no to whatever was asked.
func (u *utterance) answer() (yes, no bool) {
	y, n, g, b := u.first(setOf(signYes)), u.first(setOf(signNo)), u.first(setOf(signGood)), u.first(setOf(signBad))
	switch {
	case n >= 0 && u.leads(n) && (y < 0 || n <= y),
		g >= 0 && u.negated(g),
		b >= 0 && !u.negated(b) && !u.asks && u.all(agreeable|setOf(signBad, signNo)):
		return false, true
	}
	switch {
	case y >= 0 && !u.negated(y) && u.leads(y):
		yes = true
	case y >= 0 && !u.negated(y) || g >= 0:
		yes = !u.asks && u.all(agreeable)
	}
	return yes, false
}

// all reports whether every token is covered by a phrase with one of the signs, or says nothing.
func (u *utterance) all(s signs) bool {
	return !slices.ContainsFunc(u.at, func(at signs) bool { return !at.hasAny(s) })
}

func (r *reading) readTopics() {
	for _, s := range topicSigns {
		if r.u.signs.has(s) {
			r.topics = append(r.topics, s)
		}
	}
}

// readWant decides what is wanted, the more telling signs first.
func (r *reading) readWant() {
	switch {
	case r.wants(signHuman) && !r.wants(signCancel) && !r.wants(signMove) && !r.has(signBot):
		r.want, r.sure = wantHuman, true
	case r.has(signKeep):
	case r.wants(signMove) && (r.care == (care{}) || r.has(signAppointment) || r.hasTime()):
		r.want, r.sure = wantMove, true
	case r.wants(signCancel):
		r.want, r.sure = wantCancel, true
	case r.has(signMine) && !r.topicIs(signAdvice):
		r.want, r.sure = wantMine, true
	case (r.wants(signBook) || r.wants(signAppointment) || r.wants(signLook) && r.familiar()) && !r.topicIs(signAdvice):
		r.want, r.sure = wantBook, len(r.topics) == 0 || r.values() || r.has(signAppointment)
	case len(r.topics) == 0 && (r.care != (care{}) || len(r.who) > 0 || r.hasTime() && r.familiar()):
		r.want = wantBook
	}
}

// familiar reports whether the utterance is about what is done here, as far as its words tell: "do you have anything
// tomorrow" is, and "what was the closing number of the stock exchange today" is not.
func (r *reading) familiar() bool {
	return r.care != (care{}) || len(r.who) > 0 || r.nobody || r.has(signAppointment) || r.u.foreign == 0
}

// wants reports whether a sign was given, and not as something that is not wanted.
func (r *reading) wants(s sign) bool {
	i := r.u.first(setOf(s))
	return i >= 0 && !r.u.unwanted(i)
}

// topicIs reports whether one of the topics is s.
func (r *reading) topicIs(s sign) bool { return slices.Contains(r.topics, s) }

// hasTime reports whether a time was said that something can be booked at.
func (r *reading) hasTime() bool {
	return slices.ContainsFunc(r.times, usable)
}

func usable(e timex.Expression) bool {
	return !e.Past && (e.HasDay() || e.HasClock() || e.Soonest || len(e.Excluded) > 0)
}

// isQuestion reports whether something is asked, and not asked for.
func (r *reading) isQuestion() bool { return r.u.asks }

// has reports whether a sign was given.
func (r *reading) has(s sign) bool { return r.u.signs.has(s) }

// values reports whether the utterance says anything about what, with whom or when.
func (r *reading) values() bool {
	return r.care != (care{}) || len(r.who) > 0 || len(r.without) > 0 || r.nobody || r.hasTime()
}

// back are words that stand for what was spoken of last.
var back = []string{
	"it", "that", "cambiala", "cambiela", "cambiarla", "muevela", "muevala", "moverla", "pasala", "pasela", "pasarla", "aplazala", "aplacela", "aplazarla",
	"reprogramarla", "cancelala", "cancelela", "cancelarla", "anulala", "anulela", "anularla",
}

// pointsBack reports whether what is to be changed is what was spoken of last: "move it to Friday".
func (r *reading) pointsBack() bool {
	return !r.u.signs.hasAny(setOf(signAppointment, signMine)) && slices.ContainsFunc(r.u.tokens, func(t token) bool { return slices.Contains(back, t.text) })
}

// is reports whether the utterance, courtesies aside, is this text.
func (r *reading) is(label string) bool {
	return strings.EqualFold(strings.Join(wordsOf(label), " "), r.u.core())
}
