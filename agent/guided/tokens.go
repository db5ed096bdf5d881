package guided

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTokens bounds how much of an utterance is looked at.
const maxTokens = 300

// token is one word of an utterance.
type token struct {
	text       string // lower case, without accents and apostrophes
	start, end int    // where it stands, in bytes
}

// tokenise splits text into words, numbers with their colons ("2:30", "9am") and signs that mean something ("👍", "@").
func tokenise(text string) []token {
	tokens := make([]token, 0, 16)
	for i := 0; i < len(text) && len(tokens) < maxTokens; {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case isWord(r):
			end := wordEnd(text, i)
			if w := fold(text[i:end]); w != "" {
				tokens = append(tokens, token{w, i, end})
			}
			i = end
		case r == '@' || r == '&' || unicode.Is(unicode.So, r):
			tokens = append(tokens, token{text[i : i+size], i, i + size})
			i += size
		default:
			i += size
		}
	}
	return tokens
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// wordEnd is where the word that begins at start ends: apostrophes inside it belong to it, colons between digits, and "w/".
func wordEnd(text string, start int) int {
	i := start
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isWord(r) && !joins(text, start, i, r, size) {
			break
		}
		i += size
	}
	return i
}

func joins(text string, start, i int, r rune, size int) bool {
	if i == start {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[i+size:])
	switch r {
	case '\'', '’', '‘', '`':
		return unicode.IsLetter(next)
	case ':':
		return unicode.IsDigit(next) && unicode.IsDigit(rune(text[i-1]))
	case '/':
		return i == start+1 && (text[start] == 'w' || text[start] == 'W')
	default:
		return false
	}
}

// contractions keep their s; on other words an 's is a possessive and says nothing more.
var contractions = []string{"its", "whats", "thats", "lets", "whos", "hes", "shes", "heres", "theres", "wheres", "whens", "hows", "whys", "whatre"}

// fold is a word as it is compared: lower case, without accents, apostrophes and a possessive s.
func fold(word string) string {
	plain, possessive := strings.CutSuffix(strings.ReplaceAll(strings.ToLower(word), "’", "'"), "'s")
	if possessive && slices.Contains(contractions, plain+"s") {
		plain += "s"
	}
	if !isASCII(plain) {
		plain = dropMarks(plain)
	}
	return strings.Map(func(r rune) rune {
		if r == '\'' || r == '‘' || r == '`' {
			return -1
		}
		return r
	}, plain)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func dropMarks(s string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s)))
}

// hasDigit reports whether a word is a number, or has one in it.
func hasDigit(word string) bool { return strings.ContainsAny(word, "0123456789") }
