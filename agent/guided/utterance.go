package guided

import (
	"slices"
	"strings"
)

// utterance is what somebody wrote, corrected and with its phrases found.
type utterance struct {
	original string // with misspellings and shorthand corrected
	tokens   []token
	at       []signs // of the phrases that cover each token
	signs    signs   // of all phrases, and of the utterance as a whole
	foreign  int     // tokens that no word file and no name of the clinic has
	asks     bool    // it is a question: by its mark, or by how it begins
	polite   bool    // and one that asks for something: "could I have ..."
}

// parse corrects a text and finds its phrases.
func (v *vocabulary) parse(text string) *utterance {
	u := &utterance{original: text, tokens: tokenise(text)}
	if corrected, changed := v.corrected(u); changed {
		u.original, u.tokens = corrected, tokenise(corrected)
	}
	u.at = make([]signs, len(u.tokens))
	furthest := 0
	for i := range u.tokens {
		meanings, n := v.phrases.longest(u.tokens[i:])
		if i+n <= furthest { // it is a part of a longer phrase, and means nothing by itself: the "no" of "no problem"
			continue
		}
		furthest = i + n
		u.mark(i, furthest, meanings)
	}
	for _, t := range u.tokens {
		if !v.spelling.knows(t.text) && !hasDigit(t.text) {
			u.foreign++
		}
	}
	opener := u.opener()
	u.asks = strings.ContainsAny(text, "?¿") || v.questions[opener]
	u.polite = slices.Contains(requests, opener)
	if whole := v.whole[u.core()]; whole != 0 {
		u.signs |= whole
		for i := range u.at {
			u.at[i] |= whole
		}
	}
	return u
}

// requests are words that begin a question by which somebody asks for something.
var requests = []string{"can", "could", "may", "might", "would", "puedo", "puede", "podria"}

// beforeQuestion are signs of what can stand before a question.
var beforeQuestion = setOf(signYes, signNo, signKeep, signGreet, signThanks, signUnsure, signCorrect)

// opener is the first word after greetings and the like.
func (u *utterance) opener() string {
	for i, t := range u.tokens {
		if !u.at[i].hasAny(beforeQuestion) && !slices.Contains([]string{"and", "so", "but", "please", "well", "oh", "y", "pero"}, t.text) || u.at[i].has(signRepeat) {
			return t.text
		}
	}
	return ""
}

// mark notes what the phrase from one token to before another means.
func (u *utterance) mark(from, to int, meanings []sign) {
	s := setOf(meanings...)
	for i := from; i < to; i++ {
		u.at[i] |= s
	}
	u.signs |= s
}

// corrected is the text with its misspellings corrected and its shorthand written out.
func (v *vocabulary) corrected(u *utterance) (string, bool) {
	var out strings.Builder
	end, changed := 0, false
	for i, t := range u.tokens {
		out.WriteString(u.original[end:t.start])
		end = t.end
		word, differs := v.spelling.correct(t.text)
		if differs && !v.isName(u, i) {
			out.WriteString(word)
			changed = true
			continue
		}
		out.WriteString(u.original[t.start:t.end])
	}
	out.WriteString(u.original[end:])
	return out.String(), changed
}

// isName reports whether a word that looks misspelled is somebody's name, right or misspelled.
func (v *vocabulary) isName(u *utterance, i int) bool {
	introduced := i > 0 && (slices.Contains(introduces, u.tokens[i-1].text) || v.isTitle(u.tokens[i-1]))
	_, n := 0, 0
	for _, p := range v.people {
		if _, n = p.match(u.tokens[i:], introduced, v.spelling.knows); n > 0 {
			return true
		}
	}
	return false
}

func (v *vocabulary) isTitle(t token) bool {
	meanings, _ := v.phrases.longest([]token{t})
	return slices.Contains(meanings, signTitle)
}

// core is the words of an utterance without the courtesies at its ends.
func (u *utterance) core() string {
	from, to := 0, len(u.tokens)
	for from < to-1 && u.at[from].has(signCourtesy) {
		from++
	}
	for to > from+1 && u.at[to-1].has(signCourtesy) {
		to--
	}
	words := make([]string, 0, to-from)
	for _, t := range u.tokens[from:to] {
		words = append(words, t.text)
	}
	return strings.Join(words, " ")
}

func (u *utterance) signAt(i int) signs {
	if i < 0 || i >= len(u.at) {
		return 0
	}
	return u.at[i]
}

// first is the position of the first token with any of the signs, -1 when there is none.
func (u *utterance) first(s signs) int {
	return slices.IndexFunc(u.at, func(at signs) bool { return at.hasAny(s) })
}

// negated reports whether one of the two tokens before i says no.
func (u *utterance) negated(i int) bool {
	return u.signAt(i-1).has(signNegation) || u.signAt(i-2).has(signNegation)
}

// wishes stand between a no and what is not wanted: "I don't want to cancel".
var wishes = []string{"want", "wanna", "need", "like", "wish", "to", "going", "gonna", "have", "really", "my", "quiero", "deseo", "necesito"}

// unwanted reports whether it is said of token i that it is not wanted.
func (u *utterance) unwanted(i int) bool {
	for i--; i >= 0 && slices.Contains(wishes, u.tokens[i].text); i-- {
	}
	return u.signAt(i).has(signNegation)
}

// leads reports whether token i opens the utterance, courtesies and openers ("oh", "well", "hi") aside.
func (u *utterance) leads(i int) bool {
	for k := range i {
		if !u.at[k].hasAny(setOf(signCourtesy, signGreet, signThanks, signUnsure)) {
			return false
		}
	}
	return i >= 0
}

// pointing are words before a "one" that stands for something that was offered, and is no hour.
var pointing = []string{"the", "that", "this", "which", "any", "another", "other", "either", "first", "last", "next"}

// withoutPronouns is the text with every such "one" blanked out: "the morning one" is not one in the morning.
func (u *utterance) withoutPronouns() string {
	text := u.original
	for i, t := range u.tokens {
		hour := i+1 < len(u.tokens) && slices.Contains([]string{"am", "pm", "oclock", "thirty", "fifteen"}, u.tokens[i+1].text)
		if (t.text == "one" || t.text == "ones") && !hour && u.pointedAt(i) {
			text = text[:t.start] + strings.Repeat("_", t.end-t.start) + text[t.end:]
		}
	}
	return text
}

// pointedAt reports whether one of the three tokens before i points at something.
func (u *utterance) pointedAt(i int) bool {
	return slices.ContainsFunc(u.tokens[max(0, i-3):i], func(t token) bool { return slices.Contains(pointing, t.text) })
}

// covered reports whether every token between two bytes of the text is in a phrase with one of the signs.
func (u *utterance) covered(start, end int, s signs) bool {
	for i, t := range u.tokens {
		if t.start >= start && t.end <= end && !u.at[i].hasAny(s) {
			return false
		}
	}
	return true
}
