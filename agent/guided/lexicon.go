package guided

import (
	"fmt"
	"maps"
	"strings"
	"sync"
)

// lexicon is the words of one language, read from its files, shared by all clinics.
type lexicon struct {
	phrases   trie[sign]
	whole     map[string]signs // phrases that count only when they are all that was said
	questions map[string]bool  // words that a question begins with
	spelling  *speller
	care      []careSection
	own       map[string]bool // words of the language itself, without those of English that are read with it
}

// careSection is a field of medicine with its everyday words, whatever clinic it is.
type careSection struct {
	names   []string // what a clinic may call it
	phrases [][]string
}

// shorthand is the section of words that stand for others: "appt = appointment".
const shorthand = "short"

// untelling are sections that mistyped words are not corrected towards.
var untelling = setOf(signFiller, signCourtesy, signQuestion, signGreet)

// wordFilesOf are the files that are read for a language. Patients mix languages, so English comes with every other.
var wordFilesOf = map[string][]string{
	"en": {"en"},
	"es": {"es", "en"}, // its own come first
}

// loadLexicons reads the words of all languages, once.
var loadLexicons = sync.OnceValues(readLexicons)

func readLexicons() (map[string]*lexicon, error) {
	all := map[string]*lexicon{}
	for language, names := range wordFilesOf {
		l := &lexicon{whole: map[string]signs{}, questions: map[string]bool{}, spelling: newSpeller(nil)}
		for _, name := range names {
			if err := l.readWords(name + ".txt"); err != nil {
				return nil, err
			}
			if err := l.readCare("care." + name + ".txt"); err != nil {
				return nil, err
			}
			if name == language {
				l.own = maps.Clone(l.spelling.known)
			}
		}
		all[language] = l
	}
	return all, nil
}

func (l *lexicon) readWords(file string) error {
	sections, err := readSections(file)
	if err != nil {
		return err
	}
	for _, s := range sections {
		if s.heading == shorthand {
			if err := l.readShorthand(file, s.phrases); err != nil {
				return err
			}
			continue
		}
		meaning, ok := signNamed(s.heading)
		if !ok {
			return fmt.Errorf("reading words: %s has a section [%s] that means nothing", file, s.heading)
		}
		for _, p := range s.phrases {
			l.addPhrase(p, meaning)
			if meaning == signQuestion {
				l.addQuestion(p)
			}
		}
	}
	return nil
}

func (l *lexicon) readShorthand(file string, lines []string) error {
	for _, line := range lines {
		short, long, ok := strings.Cut(line, " = ")
		if !ok {
			return fmt.Errorf("reading words: %s: %q is not of the form short = long", file, line)
		}
		l.spelling.short[short] = long
	}
	return nil
}

func (l *lexicon) addPhrase(phrase string, s sign) {
	phrase, whole := strings.CutPrefix(phrase, "=")
	for _, words := range expand(phrase) {
		if whole {
			l.whole[strings.Join(words, " ")] |= setOf(s)
		} else {
			l.phrases.add(words, s)
		}
		for _, w := range words {
			l.spelling.learn(w, !untelling.has(s))
		}
	}
}

func (l *lexicon) addQuestion(phrase string) {
	for _, words := range expand(phrase) {
		if len(words) == 1 {
			l.questions[words[0]] = true
		}
	}
}

func (l *lexicon) readCare(file string) error {
	sections, err := readSections(file)
	if err != nil {
		return err
	}
	for _, s := range sections {
		c := careSection{}
		for name := range strings.SplitSeq(s.heading, "|") {
			words := wordsOf(name)
			c.names = append(c.names, strings.Join(words, " "))
			c.phrases = append(c.phrases, words)
		}
		for _, p := range s.phrases {
			c.phrases = append(c.phrases, expand(p)...)
		}
		for _, words := range c.phrases {
			for _, w := range words {
				l.spelling.learn(w, true)
			}
		}
		l.care = append(l.care, c)
	}
	return nil
}
