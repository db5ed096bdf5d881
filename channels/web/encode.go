package web

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// Frames that are always the same.
var (
	typingFrame = []byte(`{"type":"typing"}`)
	endedFrame  = []byte(`{"type":"ended"}`)
)

type welcomeFrame struct {
	Type         string         `json:"type"`
	Conversation conversationID `json:"conversation"`
	Seq          int64          `json:"seq"`
}

type ackFrame struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Seq  int64  `json:"seq"`
}

type deltaFrame struct {
	Type string    `json:"type"`
	Turn uuid.UUID `json:"turn"`
	Text string    `json:"text"`
}

type discardFrame struct {
	Type string    `json:"type"`
	Turn uuid.UUID `json:"turn"`
}

type errorFrame struct {
	Type         string `json:"type"`
	ID           string `json:"id,omitempty"`
	Code         string `json:"code"`
	Message      string `json:"message"`
	Field        string `json:"field,omitempty"`
	RetryAfterMs int64  `json:"retry_after_ms,omitempty"`
}

// messageFrame is a message as clients see it: without what the engine meant by options and forms, and without what a
// patient filled in.
type messageFrame struct {
	Type        string            `json:"type"`
	Seq         int64             `json:"seq"`
	Turn        uuid.UUID         `json:"turn,omitzero"`
	Role        chat.Role         `json:"role"`
	Text        string            `json:"text"`
	Options     []optionFrame     `json:"options,omitempty"`
	Form        *formFrame        `json:"form,omitempty"`
	Appointment *chat.Appointment `json:"appointment,omitempty"`
	At          time.Time         `json:"at"`
}

// optionFrame has the times of a slot beside its id and label.
type optionFrame struct {
	ID    string          `json:"id"`
	Label string          `json:"label"`
	Kind  chat.OptionKind `json:"kind"`
	*chat.SlotCard
}

type formFrame struct {
	ID     string       `json:"id"`
	Fields []chat.Field `json:"fields"`
}

func encodeMessage(m chat.Message) []byte {
	f := messageFrame{
		Type: "message", Seq: m.Seq, Turn: m.Turn, Role: m.Role, Text: m.Body.Text,
		Appointment: m.Body.Appointment, At: m.At.UTC().Truncate(time.Millisecond),
	}
	for _, o := range m.Body.Options {
		f.Options = append(f.Options, optionFrame{ID: o.ID, Label: o.Label, Kind: o.Kind, SlotCard: o.Slot})
	}
	if form := m.Body.Form; form != nil {
		f.Form = &formFrame{ID: form.ID, Fields: form.Fields}
	}
	return encode(f)
}

func encodeWelcome(conversation conversationID, seq int64) []byte {
	return encode(welcomeFrame{Type: "welcome", Conversation: conversation, Seq: seq})
}

func encodeAck(id string, seq int64) []byte {
	return encode(ackFrame{Type: "ack", ID: id, Seq: seq})
}

func encodeDelta(turn uuid.UUID, text string) []byte {
	return encode(deltaFrame{Type: "delta", Turn: turn, Text: text})
}

func encodeDiscard(turn uuid.UUID) []byte {
	return encode(discardFrame{Type: "discard", Turn: turn})
}

func encodeError(id string, e *chat.Error, wait time.Duration) []byte {
	return encode(errorFrame{
		Type: "error", ID: id, Code: e.Code, Message: e.Message, Field: e.Field, RetryAfterMs: wait.Milliseconds(),
	})
}

// encode makes JSON of one of the types above, which cannot fail: their times are those of this and nearby centuries.
func encode(f any) []byte {
	data, err := json.Marshal(f)
	if err != nil {
		panic("web: a frame does not encode: " + err.Error())
	}
	return data
}
