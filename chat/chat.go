// Package chat is the conversation domain: a person talking with a clinic, whatever the channel.
//
// A [Conversation] is a person with a clinic and numbers its messages with one seq; an [Endpoint] (a browser session,
// a phone number) is attached to it and says how sure we are who is there. Agent replies can carry [Option] values and a
// [Form]; what a patient sends back is a text, a choice among options, or a filled form. The package knows no
// appointment, no database and no socket.
package chat

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Channel is the way a message travels.
type Channel string

// Channels.
const (
	Web   Channel = "web"
	SMS   Channel = "sms"
	Email Channel = "email"
)

// Role is who said a message.
type Role string

// Roles.
const (
	RolePatient Role = "patient"
	RoleAgent   Role = "agent"
	RoleStaff   Role = "staff"
	RoleSystem  Role = "system"
)

// Level is how much evidence there is of who is at an endpoint.
type Level int

// Levels of evidence.
const (
	LevelNone     Level = 0 // nothing
	LevelNumber   Level = 1 // a signed text from a number that is on exactly one chart
	LevelVerified Level = 2 // one-time code to the number on file and the date of birth
)

// Conversation is a person with a clinic.
type Conversation struct {
	Clinic   uuid.UUID
	ID       uuid.UUID
	Seq      int64     // of the last message
	Answered int64     // the last seq that an answer covers
	Patient  uuid.UUID // zero until known
	Language string    // of the conversation: "en", "es"
}

// Endpoint is a browser session or a phone number attached to a conversation.
type Endpoint struct {
	ID           uuid.UUID
	Conversation uuid.UUID
	Channel      Channel
	Level        Level
	Patient      uuid.UUID      // whom the evidence is about; zero at LevelNone
	Zone         *time.Location // of the browser, as it says; nil: not known
	VisibleAfter int64          // messages up to this seq are not shown until the patient has verified again
}

// Body is the content of a message: what is stored encrypted.
// An agent's body has text and perhaps options, a form and an appointment; a patient's body has text,
// and when it answers an option or a form, [Chosen] or [Filled].
type Body struct {
	Text        string       `json:"text"`
	Options     []Option     `json:"options,omitempty"`
	Form        *Form        `json:"form,omitempty"`
	Appointment *Appointment `json:"appointment,omitempty"`
	Chosen      *Option      `json:"chosen,omitempty"`
	Filled      *Filled      `json:"filled,omitempty"`
}

// Message is one entry of a conversation.
type Message struct {
	Seq      int64     `json:"seq"`
	Turn     uuid.UUID `json:"turn"` // zero for patients' messages
	Role     Role      `json:"role"`
	Channel  Channel   `json:"channel"`
	Endpoint uuid.UUID `json:"endpoint"` // where a patient's message came from; zero for others
	At       time.Time `json:"at"`
	Body     Body      `json:"body"`
}

// OptionKind says how an option looks and what choosing it means.
type OptionKind string

// Kinds of options.
const (
	OptionSlot    OptionKind = "slot"
	OptionChoice  OptionKind = "choice"
	OptionConfirm OptionKind = "confirm"
	OptionDecline OptionKind = "decline"
)

// Option is something to choose, with an opaque id that is valid in its conversation alone.
type Option struct {
	ID    string          `json:"id"`
	Label string          `json:"label"`
	Kind  OptionKind      `json:"kind"`
	Slot  *SlotCard       `json:"slot,omitempty"`
	Ref   json.RawMessage `json:"ref,omitempty"` // what the engine meant by it; never leaves the server
}

// SlotCard is what a patient sees of a slot option. Times carry the clinic's offset.
type SlotCard struct {
	StartsAt     time.Time `json:"starts_at"`
	EndsAt       time.Time `json:"ends_at"`
	Service      string    `json:"service"`
	Practitioner string    `json:"practitioner"`
	Location     string    `json:"location"`
}

// Appointment is what a message reports of an appointment, rendered from its row. Times carry the clinic's offset.
type Appointment struct {
	ID           uuid.UUID `json:"id"`
	State        string    `json:"state"`
	StartsAt     time.Time `json:"starts_at"`
	EndsAt       time.Time `json:"ends_at"`
	Service      string    `json:"service"`
	Practitioner string    `json:"practitioner"`
	Location     string    `json:"location"`
}

// Filled is a form that a patient sent. Values are kept only until the turn that reads them is answered.
type Filled struct {
	Form   string            `json:"form"`
	Ref    json.RawMessage   `json:"ref,omitempty"`
	Values map[string]string `json:"values,omitempty"`
}

// Inbound is a message from a patient on its way in.
type Inbound struct {
	Clinic       uuid.UUID
	Conversation uuid.UUID
	Endpoint     uuid.UUID
	Channel      Channel
	ExternalID   string // the sender's id of the message; the same one twice is one message
	Text         string
	Option       string            // id of the chosen option, "" for none
	Form         string            // id of the filled form, "" for none
	Values       map[string]string // of the form
	DueAfter     time.Duration     // debounce: the turn waits so long for more
}

// Accepted is the receipt of an inbound message that is committed.
type Accepted struct {
	Seq       int64
	Duplicate bool // it was here already; Seq is the first one's
	Message   Message
}

// Delivery is one message to send over a channel that has no socket: a text, a mail.
type Delivery struct {
	ID           uuid.UUID
	Clinic       uuid.UUID
	Conversation uuid.UUID // zero when it belongs to none
	Channel      Channel
	To           string
	Text         string
	Purpose      string // "reply", "code", "reminder", ...
}

// Queues of the jobs: who inserts one names its queue. Turn jobs are neither delayed nor unique.
const (
	QueueTurns      = "turns"
	QueueDeliveries = "deliveries"
	QueueWaitlist   = "waitlist"
)

// TurnArgs wake a worker up for a conversation with something unanswered; [QueueTurns].
type TurnArgs struct {
	Clinic       uuid.UUID `json:"clinic"`
	Conversation uuid.UUID `json:"conversation"`
}

// Kind names the job.
func (TurnArgs) Kind() string { return "turn" }

// DeliverArgs send one [Delivery]; [QueueDeliveries].
type DeliverArgs struct {
	Clinic   uuid.UUID `json:"clinic"`
	Delivery uuid.UUID `json:"delivery"`
}

// Kind names the job.
func (DeliverArgs) Kind() string { return "deliver" }

// FreedArgs offer a practitioner's time that has become free to whoever waits for such a time; [QueueWaitlist].
type FreedArgs struct {
	Clinic       uuid.UUID `json:"clinic"`
	Practitioner uuid.UUID `json:"practitioner"`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until"`
}

// Kind names the job.
func (FreedArgs) Kind() string { return "freed" }

// Event is what a worker tells the web processes, over a bus that may lose it: the record is in Postgres.
type Event struct {
	Type    EventType `json:"type"`
	Turn    uuid.UUID `json:"turn,omitzero"`
	Text    string    `json:"text,omitempty"`    // of a delta
	Offset  int       `json:"offset,omitempty"`  // of a delta: bytes of this turn's text before it (since the last discard), so that a lost one is noticed
	Message *Message  `json:"message,omitempty"` // of a message
}

// EventType is what happened.
type EventType string

// Types of events.
const (
	EventTyping   EventType = "typing"
	EventDelta    EventType = "delta"
	EventDiscard  EventType = "discard"
	EventMessage  EventType = "message"
	EventUnlocked EventType = "unlocked" // the patient verified again: hidden history may be shown
	EventEnded    EventType = "ended"    // the conversation was ended at another endpoint
)
