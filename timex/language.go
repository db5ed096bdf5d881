package timex

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// language is what differs between languages: the words and phrases, and the rules that put them together.
type language struct {
	nodes    map[string]node
	rules    []rule
	bareDays bool // "martes 8" and "el 8" are dates, never hours
}

// rule reads a term of a time expression, such as a day or a time of day, that begins at token i, and returns
// where it ends. It returns i when it finds none. A rule looks at a bounded number of tokens.
type rule func(p *parser, i int) (m meaning, next int)

// languageOf is the language of a code such as "es" or "es-MX"; English when it is not known.
func languageOf(code string) *language {
	code, _, _ = strings.Cut(code, "-")
	if code == "es" {
		return spanish
	}
	return english
}

// entry gives one class to several words and phrases, which are separated by commas.
type entry struct {
	class class
	value int
	name  string
	words string
}

// node is a word or the beginning of a phrase. Its key is in lower case, with one space between tokens.
type node struct {
	word  word
	known bool // it is complete
	more  bool // longer phrases begin with it
}

func newLanguage(entries []entry, bareDays bool, rules ...rule) *language {
	l := &language{nodes: map[string]node{}, rules: rules, bareDays: bareDays}
	for _, e := range entries {
		for phrase := range strings.SplitSeq(e.words, ",") {
			l.add(strings.Fields(phrase), word{e.class, e.value, e.name})
		}
	}
	return l
}

func (l *language) add(tokens []string, w word) {
	for i := range tokens {
		key := strings.Join(tokens[:i+1], " ")
		n := l.nodes[key]
		if i+1 < len(tokens) {
			n.more = true
		} else {
			n.word, n.known = w, true
		}
		l.nodes[key] = n
	}
}

// maxPhrase is longer, in bytes, than any phrase that a language knows.
const maxPhrase = 64

// collapse looks words up, and makes one token of the longest phrase that begins at each. It works in place.
func (l *language) collapse(text string, tokens []token) []token {
	kept := tokens[:0]
	for i := 0; i < len(tokens); {
		t := tokens[i]
		found, n := l.longest(text, tokens[i:])
		if n > 0 {
			t.word, t.end = found, tokens[i+n-1].end
		}
		if n > 1 {
			t.kind = kindWord
		}
		kept = append(kept, t)
		i += max(n, 1)
	}
	return kept
}

// longest is the longest phrase at the beginning of tokens, and how many of them it takes: 0 when there is none.
func (l *language) longest(text string, tokens []token) (found word, n int) {
	var buffer [maxPhrase]byte
	key := buffer[:0]
	for i, t := range tokens {
		if i > 0 {
			key = append(key, ' ')
		}
		var fits bool
		if key, fits = appendLower(key, text[t.start:t.end]); !fits {
			return found, n
		}
		node, ok := l.nodes[string(key)]
		if node.known {
			found, n = node.word, i+1
		}
		if !ok || !node.more {
			return found, n
		}
	}
	return found, n
}

// appendLower appends text in lower case and with straight apostrophes, as far as a phrase can be long.
func appendLower(key []byte, text string) (longer []byte, fits bool) {
	for _, r := range text {
		if len(key) > maxPhrase-utf8.UTFMax-1 {
			return key, false
		}
		if r == '’' {
			r = '\''
		}
		key = utf8.AppendRune(key, unicode.ToLower(r))
	}
	return key, true
}
