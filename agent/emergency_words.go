package agent

import (
	_ "embed" // the words
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	//go:embed emergency.en.txt
	emergencyEnglish string
	//go:embed emergency.es.txt
	emergencySpanish string
)

// Words that nobody writes.
const (
	comma = ","
	taken = "_" // stands for a word of a saying
)

// emergencyLexicon is what the two files say, both languages in one: many patients mix them.
type emergencyLexicon struct {
	selfHarm, danger, sayings, pasts, again, denials, subjects phraseBook

	fillers, negatives, persons, turns, starters, and, or map[string]bool

	keywords []string            // recognised with a slip in them
	words    map[string]bool     // never a slip
	rewrites map[string][]string // by one word, or two or three with a space between
}

// emergencyWords reads the files once. They are part of the program, so that a mistake in them stops it.
var emergencyWords = sync.OnceValue(func() *emergencyLexicon {
	l := &emergencyLexicon{
		selfHarm: phraseBook{}, danger: phraseBook{}, sayings: phraseBook{}, pasts: phraseBook{},
		again: phraseBook{}, denials: phraseBook{}, subjects: phraseBook{},
		fillers: map[string]bool{}, negatives: map[string]bool{}, persons: map[string]bool{}, turns: map[string]bool{},
		starters: map[string]bool{}, and: map[string]bool{}, or: map[string]bool{},
		words: map[string]bool{}, rewrites: map[string][]string{},
	}
	for _, file := range []string{emergencyEnglish, emergencySpanish} {
		if err := l.read(file); err != nil {
			panic(err)
		}
	}
	return l
})

func (l *emergencyLexicon) read(file string) error {
	section := ""
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		default:
			if err := l.add(section, line); err != nil {
				return fmt.Errorf("reading the words of an emergency: [%s] %q: %w", section, line, err)
			}
		}
	}
	return nil
}

func (l *emergencyLexicon) add(section, line string) error {
	books := map[string]phraseBook{
		"self-harm": l.selfHarm, "danger": l.danger, "sayings": l.sayings, "past": l.pasts,
		"again": l.again, "denials": l.denials, "subjects": l.subjects,
	}
	sets := map[string]map[string]bool{
		"words": l.words, "fillers": l.fillers, "negatives": l.negatives, "persons": l.persons, "turns": l.turns, "starters": l.starters,
		"and": l.and, "or": l.or, "keywords": l.words,
	}
	if section == "rewrites" {
		return l.addRewrite(line)
	}
	if book := books[section]; book != nil {
		return book.add(line, l.words)
	}
	set := sets[section]
	if set == nil {
		return fmt.Errorf("there is no section %q", section)
	}
	for w := range strings.FieldsSeq(line) {
		set[w] = true
		if section == "keywords" {
			l.keywords = append(l.keywords, w)
		}
	}
	return nil
}

func (l *emergencyLexicon) addRewrite(line string) error {
	written, meant, ok := strings.Cut(line, " = ")
	if !ok {
		return fmt.Errorf("a rewrite is %q", "written|written = meant")
	}
	for w := range strings.SplitSeq(written, "|") {
		l.rewrites[w] = strings.Fields(meant)
	}
	return nil
}

// rewrite puts the usual word for text-speak, for usual misspellings and for slips in a keyword.
func (l *emergencyLexicon) rewrite(words []string) []string {
	out := make([]string, 0, len(words)+4)
	for i := 0; i < len(words); i++ {
		if i+2 < len(words) {
			if to, ok := l.rewrites[words[i]+" "+words[i+1]+" "+words[i+2]]; ok {
				out, i = append(out, to...), i+2
				continue
			}
		}
		if i+1 < len(words) {
			if to, ok := l.rewrites[words[i]+" "+words[i+1]]; ok {
				out, i = append(out, to...), i+1
				continue
			}
		}
		if to, ok := l.rewrites[words[i]]; ok {
			out = append(out, to...)
			continue
		}
		out = append(out, l.correct(words[i]))
	}
	return out
}

// correct is the keyword that a word is one slip away from, or the word.
func (l *emergencyLexicon) correct(word string) string {
	if len(word) < 5 || l.words[word] {
		return word
	}
	for _, key := range l.keywords {
		if key[0] == word[0] && oneSlip(word, key) {
			return key
		}
	}
	return word
}

// oneSlip reports whether one letter is wrong, missing or too many, or two neighbours are swapped.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return i == len(a) || a[i+1:] == b[i+1:] ||
		i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// maxGap is how many words may stand for "...".
const maxGap = 5

// phraseBook is phrases by their first word.
type phraseBook map[string][]phrase

type phrase []term

// term is a place in a phrase: one of words, a number from low to high, or a gap.
type term struct {
	words     []string
	low, high int
	optional  bool
	gap       bool
}

// span is where a phrase stands: words[start:end].
type span struct {
	start, end int
	gap        bool // other words may stand before the last
}

func (b phraseBook) add(line string, known map[string]bool) error {
	var p phrase
	for field := range strings.FieldsSeq(line) {
		p = append(p, parseTerm(field))
	}
	if p[0].gap || p[0].optional && len(p) == 1 || p[len(p)-1].gap {
		return errors.New("a phrase begins and ends with a word")
	}
	for _, t := range p {
		for _, w := range t.words {
			known[w] = true
		}
	}
	for i, t := range p {
		b.index(t, p[i:])
		if !t.optional {
			break
		}
	}
	return nil
}

// index files a phrase under the words it may begin with; one that begins with a number under "".
func (b phraseBook) index(first term, p phrase) {
	if first.words == nil {
		b[""] = append(b[""], p)
	}
	for _, w := range first.words {
		b[w] = append(b[w], p)
	}
}

func parseTerm(field string) term {
	if field == "..." {
		return term{gap: true}
	}
	body, optional := strings.CutSuffix(field, "?")
	low, high, ok := strings.Cut(body, "-")
	if from, open := strings.CutSuffix(body, "+"); open {
		low, high, ok = from, "9999", true
	}
	l, err1 := strconv.Atoi(low)
	h, err2 := strconv.Atoi(high)
	if ok && err1 == nil && err2 == nil {
		return term{low: l, high: h, optional: optional}
	}
	return term{words: strings.Split(body, "|"), optional: optional}
}

// find is where phrases stand, by where they begin.
func (b phraseBook) find(words []string) []span {
	var out []span
	for i, w := range words {
		phrases := b[w]
		if unicode.IsDigit(rune(w[0])) {
			phrases = b[""]
		}
		for _, p := range phrases {
			if end := p.match(words, i); end >= 0 {
				out = append(out, span{start: i, end: end, gap: p.gapBeforeLast()})
			}
		}
	}
	return out
}

func (p phrase) gapBeforeLast() bool {
	return len(p) > 1 && p[len(p)-2].gap
}

// match is where the phrase ends that begins at words[i], or -1. A gap is as short as can be.
func (p phrase) match(words []string, i int) int {
	if len(p) == 0 {
		return i
	}
	if p[0].gap {
		for skip := 0; skip <= maxGap && i+skip <= len(words); skip++ {
			if end := p[1:].match(words, i+skip); end >= 0 {
				return end
			}
		}
		return -1
	}
	if i < len(words) && p[0].fits(words[i]) {
		if end := p[1:].match(words, i+1); end >= 0 {
			return end
		}
	}
	if p[0].optional {
		return p[1:].match(words, i)
	}
	return -1
}

func (t term) fits(word string) bool {
	if t.words != nil {
		return slices.Contains(t.words, word)
	}
	n, err := strconv.Atoi(word)
	return err == nil && t.low <= n && n <= t.high
}

// plainWords is text in lower case, without accents and apostrophes, with one space between words. A letter that is
// drawn out ("heeelp") is written once.
func plainWords(text string) string {
	var out strings.Builder
	space := false
	for _, r := range norm.NFD.String(strings.ToLower(drawnOut(text))) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && out.Len() > 0 {
				out.WriteByte(' ')
			}
			space = false
			out.WriteRune(r)
		case r == '\'' || r == '’' || r == '`' || unicode.Is(unicode.Mn, r):
		default:
			space = true
		}
	}
	return out.String()
}

// drawnOut is text with every run of three or more equal letters made one.
func drawnOut(text string) string {
	runes := []rune(text)
	out := runes[:0]
	for i := 0; i < len(runes); {
		n := i + 1
		for n < len(runes) && runes[n] == runes[i] {
			n++
		}
		keep := n - i
		if keep > 2 && unicode.IsLetter(runes[i]) {
			keep = 1
		}
		for range keep {
			out = append(out, runes[n-1])
		}
		i = n
	}
	return string(out)
}
