package chat

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheckTextTidies(t *testing.T) {
	for text, want := range map[string]string{
		"Hello":                      "Hello",
		"  Hello \n":                 "Hello",
		"a\r\nb\rc\u2028d":           "a\nb\nc\nd",
		"a\tb":                       "a\tb",
		"pay \u202eevil\u202c me":    "pay evil me",
		"\ufeffhi\u0085":             "hi",
		"👩‍⚕️ please":                "👩‍⚕️ please", // the joiner stays
		"שלום\u200f":                 "שלום\u200f",
		strings.Repeat("é", MaxText): strings.Repeat("é", MaxText),
	} {
		got, err := CheckText(text, "en")
		if err != nil || got != want {
			t.Errorf("CheckText(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestCheckTextRefuses(t *testing.T) {
	for _, tt := range []struct{ text, code string }{
		{"a\x00b", CodeBadText},
		{"\x1b[31mred", CodeBadText},
		{"\xff\xfe", CodeBadText},
		{"", CodeEmpty},
		{" \n\t ", CodeEmpty},
		{"\u200b\u200d\u202e", CodeEmpty},
		{strings.Repeat("x", MaxText+1), CodeTooLong},
		{strings.Repeat("é", 100_000), CodeTooLong},
	} {
		got, err := CheckText(tt.text, "en")
		if !errors.Is(err, &Error{Code: tt.code}) || got != "" {
			t.Errorf("CheckText(%.20q) = %q, %v, want %s", tt.text, got, err, tt.code)
		}
	}
}

func TestCheckTextSpeaksSpanish(t *testing.T) {
	if _, err := CheckText("", "es"); err == nil || !strings.Contains(err.Error(), "vacío") {
		t.Errorf("error %v", err)
	}
}

func FuzzCheckText(f *testing.F) {
	f.Add("Hello\r\nthere")
	f.Add("\u202eabc\x00")
	f.Fuzz(func(t *testing.T, text string) {
		clean, err := CheckText(text, "en")
		if err != nil {
			return
		}
		if !utf8.ValidString(clean) || strings.ContainsAny(clean, "\x00\r\u202e") || blank(clean) {
			t.Fatalf("%q passed as %q", text, clean)
		}
		if again, err := CheckText(clean, "en"); err != nil || again != clean {
			t.Fatalf("%q: clean %q, and again %q, %v", text, clean, again, err)
		}
	})
}
