package web

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/agentcare/agentcare/chat"
)

// frameType is what a client wants.
type frameType string

const (
	frameHello   frameType = "hello"
	frameMessage frameType = "message"
	frameChoose  frameType = "choose"
	frameForm    frameType = "form"
	frameTyping  frameType = "typing"
	frameEnd     frameType = "end"
)

// frame is one thing that a client sent, of the right shape. Which fields are set depends on the type.
type frame struct {
	Type   frameType         `json:"type"`
	ID     string            `json:"id"`     // of a message, a choice and a filled form: the client's, for the ack
	After  int64             `json:"after"`  // of a hello
	Text   string            `json:"text"`   // of a message
	Option string            `json:"option"` // of a choice
	Form   string            `json:"form"`   // of a filled form
	Values map[string]string `json:"-"`      // of a filled form
}

// Characters of ids: the client's of what it sends, and ours of options and forms.
const (
	maxClientID  = 64
	maxOfferedID = 128
)

// decode reads one text frame. It is pure. On an error the frame's ID is set all the same if it could be read, so that
// the refusal can name it; the error is a [chat.Error] in the given language.
func decode(data []byte, language string) (frame, error) {
	var raw struct {
		frame
		Values map[string]json.RawMessage `json:"values"`
	}
	err := json.Unmarshal(data, &raw)
	f := raw.frame
	if !isClientID(f.ID) {
		f.ID = ""
	}
	if wrongType := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrongType) {
		return f, refusal(language, chat.CodeBadFrame)
	}
	if err != nil {
		return f, refusal(language, chat.CodeBadJSON)
	}
	return f.checked(raw.Values, language)
}

// checked tests what each type needs.
func (f frame) checked(values map[string]json.RawMessage, language string) (frame, error) {
	switch f.Type {
	case frameTyping, frameEnd:
		return f, nil
	case frameHello:
		return f, f.require(f.After >= 0, language)
	case frameMessage:
		return f, f.require(f.ID != "", language)
	case frameChoose:
		return f, f.require(f.ID != "" && isOfferedID(f.Option), language)
	case frameForm:
		texts, ok := formValues(values)
		f.Values = texts
		return f, f.require(ok && f.ID != "" && isOfferedID(f.Form), language)
	case "":
		return f, refusal(language, chat.CodeBadFrame)
	default:
		return f, refusal(language, chat.CodeUnknownType)
	}
}

func (f frame) require(ok bool, language string) error {
	if !ok {
		return refusal(language, chat.CodeBadFrame)
	}
	return nil
}

// formValues turns JSON values into the strings that forms hold: a script may well send true for a ticked box.
// What they say is checked against the form later.
func formValues(values map[string]json.RawMessage) (texts map[string]string, ok bool) {
	texts = make(map[string]string, len(values))
	for name, raw := range values {
		var value any
		if json.Unmarshal(raw, &value) != nil {
			return nil, false
		}
		switch v := value.(type) {
		case nil:
		case string:
			texts[name] = v
		case bool:
			texts[name] = strconv.FormatBool(v)
		case float64:
			texts[name] = string(raw) // as it was written
		default:
			return nil, false
		}
	}
	return texts, true
}

func isClientID(id string) bool { return isPrintable(id, maxClientID) }

func isOfferedID(id string) bool { return isPrintable(id, maxOfferedID) }

// isPrintable reports whether id has 1 to most characters, all printable ASCII.
func isPrintable(id string, most int) bool {
	if id == "" || len(id) > most {
		return false
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}
