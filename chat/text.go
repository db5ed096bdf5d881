package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters a message of a patient may have.
const MaxText = 4000

// CheckText makes an inbound text ready to be stored and shown, or says in the conversation's language why it cannot be:
// an [Error] with [CodeBadText] (not UTF-8, or control characters), [CodeEmpty] or [CodeTooLong].
//
// Line ends become \n and outer white space goes. What is invisible and could make a text look like another one to the
// person who reads it is taken out: explicit directions (bidi embeddings, overrides and isolates), C1 controls, byte order
// marks. Direction marks and joiners stay, for Hebrew, Persian and emoji need them.
func CheckText(text, language string) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, isForbiddenControl) {
		return "", &Error{Code: CodeBadText, Message: sentence(language, sayBadText)}
	}
	text = strings.TrimSpace(visible.Replace(strings.Map(dropInvisible, text)))
	if blank(text) {
		return "", &Error{Code: CodeEmpty, Message: sentence(language, sayEmpty)}
	}
	if utf8.RuneCountInString(text) > MaxText {
		return "", &Error{Code: CodeTooLong, Message: sentence(language, sayTooLong)}
	}
	return text, nil
}

// visible makes one kind of line end out of all.
var visible = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

func isForbiddenControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' && r != '\r'
}

// dropInvisible drops what [CheckText] takes out.
func dropInvisible(r rune) rune {
	switch {
	case r >= 0x7f && r <= 0x9f, // DEL and C1
		r >= 0x202a && r <= 0x202e, // embeddings and overrides
		r >= 0x2066 && r <= 0x2069, // isolates
		r == 0xfeff:                // byte order mark
		return -1
	}
	return r
}

// blank reports whether nothing in text can be seen.
func blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
	})
}
