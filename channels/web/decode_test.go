package web

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/chat"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, data string
		want       frame
		code       string // of the refusal
	}{
		{name: "hello", data: `{"type":"hello","after":7}`, want: frame{Type: frameHello, After: 7}},
		{name: "hello from the beginning", data: `{"type":"hello"}`, want: frame{Type: frameHello}},
		{name: "message", data: `{"type":"message","id":"a-1","text":"hi"}`, want: frame{Type: frameMessage, ID: "a-1", Text: "hi"}},
		{name: "choose", data: `{"type":"choose","id":"b","option":"o1"}`, want: frame{Type: frameChoose, ID: "b", Option: "o1"}},
		{
			name: "form", data: `{"type":"form","id":"c","form":"f1","values":{"given_name":"Ana","consent":true,"code":123456,"email":null}}`,
			want: frame{Type: frameForm, ID: "c", Form: "f1", Values: map[string]string{"given_name": "Ana", "consent": "true", "code": "123456"}},
		},
		{name: "form without values", data: `{"type":"form","id":"c","form":"f1"}`, want: frame{Type: frameForm, ID: "c", Form: "f1", Values: map[string]string{}}},
		{name: "typing", data: `{"type":"typing"}`, want: frame{Type: frameTyping}},
		{name: "end", data: `{"type":"end"}`, want: frame{Type: frameEnd}},
		{name: "what a later version adds is passed over", data: `{"type":"end","why":[1,{}]}`, want: frame{Type: frameEnd}},

		{name: "no JSON", data: `hello`, code: chat.CodeBadJSON},
		{name: "nothing", data: ``, code: chat.CodeBadJSON},
		{name: "cut off", data: `{"type":"mess`, code: chat.CodeBadJSON},
		{name: "two frames in one", data: `{"type":"end"}{"type":"end"}`, code: chat.CodeBadJSON},
		{name: "raw NUL", data: "{\"type\":\"message\",\"id\":\"a\",\"text\":\"\x00\"}", code: chat.CodeBadJSON},
		{name: "an array", data: `[1]`, code: chat.CodeBadFrame},
		{name: "null", data: `null`, code: chat.CodeBadFrame},
		{name: "no type", data: `{}`, code: chat.CodeBadFrame},
		{name: "type is a number", data: `{"type":1}`, code: chat.CodeBadFrame},
		{name: "unknown type", data: `{"type":"drop_tables"}`, code: chat.CodeUnknownType},
		{name: "unknown type with an id", data: `{"type":"sing","id":"x"}`, want: frame{ID: "x"}, code: chat.CodeUnknownType},
		{name: "hello before the beginning", data: `{"type":"hello","after":-1}`, code: chat.CodeBadFrame},
		{name: "hello after a fraction", data: `{"type":"hello","after":1.5}`, code: chat.CodeBadFrame},
		{name: "hello after a word", data: `{"type":"hello","after":"1"}`, code: chat.CodeBadFrame},
		{name: "message without id", data: `{"type":"message","text":"hi"}`, code: chat.CodeBadFrame},
		{name: "id too long", data: `{"type":"message","id":"` + strings.Repeat("x", 65) + `","text":"hi"}`, code: chat.CodeBadFrame},
		{name: "id of the longest length", data: `{"type":"message","id":"` + strings.Repeat("x", 64) + `"}`, want: frame{Type: frameMessage, ID: strings.Repeat("x", 64)}},
		{name: "id not ASCII", data: `{"type":"message","id":"é","text":"hi"}`, code: chat.CodeBadFrame},
		{name: "id with NUL", data: `{"type":"message","id":"a\u0000","text":"hi"}`, code: chat.CodeBadFrame},
		{name: "text is an object", data: `{"type":"message","id":"a","text":{}}`, want: frame{ID: "a"}, code: chat.CodeBadFrame},
		{name: "choice of nothing", data: `{"type":"choose","id":"a"}`, want: frame{ID: "a"}, code: chat.CodeBadFrame},
		{name: "choice of too much", data: `{"type":"choose","id":"a","option":"` + strings.Repeat("x", 129) + `"}`, want: frame{ID: "a"}, code: chat.CodeBadFrame},
		{name: "form without form", data: `{"type":"form","id":"a","values":{}}`, want: frame{ID: "a"}, code: chat.CodeBadFrame},
		{name: "form value is a list", data: `{"type":"form","id":"a","form":"f","values":{"email":["x"]}}`, want: frame{ID: "a"}, code: chat.CodeBadFrame},
		{name: "values are a list", data: `{"type":"form","id":"a","form":"f","values":["x"]}`, want: frame{ID: "a"}, code: chat.CodeBadFrame},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := decode([]byte(tt.data), "en")
			if code := codeOf(err); code != tt.code {
				t.Fatalf("code %q (%v), want %q", code, err, tt.code)
			}
			if tt.code != "" { // of a refused frame, only the id counts
				got, tt.want = frame{ID: got.ID}, frame{ID: tt.want.ID}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func codeOf(err error) string {
	if e := (*chat.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// FuzzDecode holds what every other part relies on, whatever a stranger sends.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"type":"hello","after":3}`, `{"type":"message","id":"1","text":"ok"}`, `{"type":"choose","id":"1","option":"x"}`,
		`{"type":"form","id":"1","form":"f","values":{"a":true,"b":1.50,"c":null,"d":"x"}}`, `{"TYPE":"end"}`, `[[[`, "{\"id\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decode(data, "en")
		if got.ID != "" && !isClientID(got.ID) {
			t.Errorf("an id got through that no answer can repeat: %q", got.ID)
		}
		if err != nil {
			var refused *chat.Error
			if !errors.As(err, &refused) || refused.Message == "" || !json.Valid(encodeError(got.ID, refused, 0)) {
				t.Errorf("an error without a sentence: %v", err)
			}
			return
		}
		switch got.Type {
		case frameHello:
			if got.After < 0 {
				t.Errorf("after is %d", got.After)
			}
		case frameMessage, frameChoose, frameForm:
			if got.ID == "" {
				t.Error("accepted without an id")
			}
		case frameTyping, frameEnd:
		default:
			t.Errorf("accepted the type %q", got.Type)
		}
		for name, value := range got.Values {
			if !utf8.ValidString(name) || !utf8.ValidString(value) {
				t.Errorf("a value is not UTF-8: %q", value)
			}
		}
	})
}
