package timex

import (
	"unicode"
	"unicode/utf8"
)

// tokenKind is what a token is made of.
type tokenKind uint8

const (
	kindEnd    tokenKind = iota // before or beyond the text
	kindWord                    // letters, or a phrase that the language knows
	kindNumber                  // digits
	kindMark                    // anything else that is not white space, one character each
)

// token is a piece of the text.
type token struct {
	kind       tokenKind
	apart      bool // white space, or nothing, stands before it
	start, end int
	word       word // of a word or mark that the language knows
	value      int  // of a number; -1 when it has more digits than any time
	mark       rune // of a mark; '-' for every dash
}

// digits is how many digits a number is written with.
func (t token) digits() int { return t.end - t.start }

// tokenize cuts a text up. Phrases that the language knows, as "day after tomorrow", are one token.
func tokenize(text string, l *language) []token {
	tokens := make([]token, 0, len(text)/4+4)
	apart := true
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			apart = true
			i += size
			continue
		}
		t := token{start: i, apart: apart}
		switch {
		case isDigit(r):
			t.kind = kindNumber
			t.end, t.value = number(text, i)
		case isLetter(r):
			t.kind = kindWord
			t.end = endOfWord(text, i)
		default:
			t.kind, t.end, t.mark = kindMark, i+size, plainMark(r)
		}
		tokens = append(tokens, t)
		apart, i = false, t.end
	}
	return l.collapse(text, tokens)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isLetter(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= utf8.RuneSelf && unicode.IsLetter(r)
}

// number reads digits; more than eight are no time.
func number(text string, from int) (end, value int) {
	for end = from; end < len(text) && isDigit(rune(text[end])); end++ {
		if end-from < 8 {
			value = value*10 + int(text[end]-'0')
		}
	}
	if end-from > 8 {
		value = -1
	}
	return end, value
}

// endOfWord takes letters, and apostrophes between them.
func endOfWord(text string, from int) int {
	end := from
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if r == '\'' || r == '’' {
			if next, _ := utf8.DecodeRuneInString(text[end+size:]); !isLetter(next) {
				return end
			}
		} else if !isLetter(r) {
			return end
		}
		end += size
	}
	return end
}

func plainMark(r rune) rune {
	switch r {
	case '–', '—', '‐', '‑', '−':
		return '-'
	}
	return r
}
