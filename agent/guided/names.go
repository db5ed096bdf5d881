package guided

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// person is a practitioner as patients name them.
type person struct {
	id       uuid.UUID
	given    []string // words of the given name
	family   []string // words of the family name
	sounding []string // how the words of the family name sound
}

// people are the practitioners of a clinic who see patients.
type people []person

func newPeople(practitioners []clinic.Practitioner) people {
	var all people
	for _, p := range practitioners {
		if p.Retired {
			continue
		}
		one := person{id: p.ID, given: wordsOf(p.GivenName), family: wordsOf(p.FamilyName)}
		for _, w := range one.family {
			one.sounding = append(one.sounding, sound(w))
		}
		all = append(all, one)
	}
	return all
}

// named is a mention of somebody: who may be meant (several with the same name, none with an unknown one),
// and the tokens that the mention takes.
type named struct {
	who       []uuid.UUID
	from, to  int
	excepted  bool // "not Dr. Chen", "anybody but Dr. Chen"
	uncertain bool // a title with a name that nobody here has
}

// before the name of somebody who is meant, even where the name is a common word or misspelled.
var introduces = []string{"with", "see", "seeing", "for", "to", "by", "con"}

// find finds who is mentioned. Words that mean something else (knows) are names only in full or after a title.
func (ps people) find(u *utterance, knows func(string) bool) []named {
	var found []named
	for i := 0; i < len(u.tokens); i++ {
		start, titled := i, u.signAt(i).has(signTitle)
		if titled {
			i++
		}
		if i >= len(u.tokens) {
			break
		}
		introduced := titled || i > 0 && slices.Contains(introduces, u.tokens[i-1].text)
		hit, cost := ps.at(u, i, introduced, knows)
		if cost >= costGiven && !introduced && !u.capital(i) && len(u.tokens) > 2 {
			hit = named{} // "the grace period" is about nobody's given name
		}
		if hit.to == 0 && titled && u.looksLikeName(i, knows) {
			hit = named{from: start, to: i + 1, uncertain: true}
		}
		if hit.to == 0 {
			i = start
			continue
		}
		hit.from = start
		hit.excepted = u.exceptedAt(start)
		found = append(found, hit)
		i = hit.to - 1
	}
	return found
}

// exceptedAt reports whether whoever is named from token i on is not wanted: "not with Dr. Chen".
func (u *utterance) exceptedAt(i int) bool {
	for i--; i > 0 && slices.Contains(introduces, u.tokens[i].text); i-- {
	}
	return i >= 0 && u.signAt(i).has(signExcept)
}

// at is the best match of a name that begins at token i.
func (ps people) at(u *utterance, i int, introduced bool, knows func(string) bool) (best named, least int) {
	least = 1 << 20
	for _, p := range ps {
		cost, n := p.match(u.tokens[i:], introduced, knows)
		switch {
		case n == 0:
		case cost < least:
			least, best = cost, named{who: []uuid.UUID{p.id}, to: i + n}
		case cost == least:
			best.who = append(best.who, p.id)
		}
	}
	return best, least
}

// Costs of a match, so that better ones win: a full name beats a family name, that beats a given name.
const (
	costFull   = 0
	costFamily = 10
	costGiven  = 20
	costSlip   = 1 // for each letter that is off
	costSound  = 3
	costFirst  = 2 // the first letter is off
)

func otherInitial(a, b string) int {
	if a[0] == b[0] {
		return 0
	}
	return costFirst
}

// match is how well a person's name fits the beginning of tokens; n is how many of them it takes, 0 when it does not fit.
func (p person) match(tokens []token, introduced bool, knows func(string) bool) (cost, n int) {
	if len(tokens) == 0 {
		return 0, 0
	}
	given, family := 0, 0
	slips := 0
	if s, ok := near(tokens[0].text, p.given, knows); ok {
		given, slips = 1, s
	}
	if rest := tokens[given:]; len(rest) > 0 {
		if s, ok := p.nearFamily(rest[0].text, introduced || given > 0, knows); ok {
			family, slips = 1, slips+s
			family += p.moreFamily(rest[1:])
		}
	}
	common := knows(tokens[0].text)
	switch {
	case given > 0 && family > 0:
		return costFull + slips, given + family
	case family > 0 && (introduced || !common):
		return costFamily + slips, family
	case given > 0 && (introduced || !common):
		return costGiven + slips, given
	default:
		return 0, 0
	}
}

// moreFamily counts further words of a family name of several ("de la Cruz").
func (p person) moreFamily(tokens []token) int {
	n := 0
	for n < len(tokens) && n+1 < len(p.family) && slices.Contains(p.family, tokens[n].text) {
		n++
	}
	return n
}

// nearFamily is like [near], and after a title also takes what only sounds like the name.
func (p person) nearFamily(word string, introduced bool, knows func(string) bool) (int, bool) {
	if s, ok := near(word, p.family, knows); ok {
		return s, true
	}
	if introduced && !knows(word) && len(word) >= 3 {
		if len(word) == 4 || len(word) == 3 {
			for _, w := range p.family {
				if d := distance(word, w, 1); d <= 1 && len(w) >= 4 {
					return d*costSlip + otherInitial(word, w), true
				}
			}
		}
		if slices.Contains(p.sounding, sound(word)) {
			return costSound, true
		}
	}
	return 0, false
}

// near reports whether a word is one of names, or a slip away from it, and what that costs.
func near(word string, names []string, knows func(string) bool) (int, bool) {
	if slices.Contains(names, word) {
		return 0, true
	}
	if knows(word) {
		return 0, false
	}
	for _, name := range names {
		limit := min(tolerance(len(word)), tolerance(len(name)))
		if d := distance(word, name, limit); d <= limit && word[0] == name[0] {
			return d * costSlip, true
		}
	}
	return 0, false
}

// looksLikeName reports whether token i, which stands after a title, is a name and not the rest of a sentence.
func (u *utterance) looksLikeName(i int, knows func(string) bool) bool {
	word := u.tokens[i].text
	if len(word) < 3 || hasDigit(word) || knows(word) {
		return false
	}
	return u.capital(i) || i > 1 && slices.Contains(introduces, u.tokens[i-2].text)
}

// capital reports whether token i was written with a capital.
func (u *utterance) capital(i int) bool {
	r, _ := utf8.DecodeRuneInString(u.original[u.tokens[i].start:])
	return unicode.IsUpper(r)
}

// soundAlike are spellings that are heard the same, in the order in which they are replaced.
var soundAlike = strings.NewReplacer(
	"sch", "s", "sh", "s", "tch", "c", "ch", "c", "ck", "k", "ph", "f", "gh", "g", "kn", "n", "wr", "r", "wh", "w",
	"qu", "k", "x", "ks", "z", "s", "q", "k", "v", "f", "y", "i", "j", "i", "d", "t", "b", "p", "c", "k",
)

// sound is roughly how a name sounds: its consonants, with those that are confused made the same, and whether it begins with a vowel.
func sound(name string) string {
	alike := soundAlike.Replace(name)
	var out strings.Builder
	var last rune
	for i, r := range alike {
		vowel := strings.ContainsRune("aeiouhw", r)
		if vowel && i == 0 {
			out.WriteByte('-')
		}
		if !vowel && r != last {
			out.WriteRune(r)
		}
		last = r
	}
	return out.String()
}
