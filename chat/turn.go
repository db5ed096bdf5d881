package chat

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Errors of leases.
var (
	ErrNotClaimed = errors.New("nothing to answer in this conversation now")
	ErrLostLease  = errors.New("the conversation's lease went to another worker")
)

// ErrSettled says that a delivery was sent, failed or suppressed already: it must not be sent again.
var ErrSettled = errors.New("the delivery is settled")

// Claim is a conversation leased to one worker, with what is unanswered.
type Claim struct {
	Conversation Conversation
	Endpoint     Endpoint // where the last unanswered message came from
	Epoch        int64
	Attempt      int             // 1 at the first claim since the last answer
	State        json.RawMessage // what the engine remembered, from the record
	Since        []Message       // every message with seq > Conversation.Answered, in order; at least one is the patient's
	DueIn        time.Duration   // > 0: not due yet, and therefore not leased; ask again then
}

// Completion is the answer to a claim, to be written in one transaction.
type Completion struct {
	Claim      Claim
	Turn       uuid.UUID
	Answered   int64 // the last seq that the answer covers
	Messages   []Body
	State      json.RawMessage
	Language   string // "" keeps it
	Deliveries []Delivery
	Engine     string
	Outcome    Outcome
	ErrorCode  string
	Started    time.Time
}

// Outcome is how a turn ended.
type Outcome string

// Outcomes of turns.
const (
	OutcomeDone   Outcome = "done"
	OutcomeFailed Outcome = "failed"
)

// Snapshot is a conversation as of its last answer, kept at hand between turns.
type Snapshot struct {
	Answered int64           `json:"answered"` // valid only while the record says the same
	State    json.RawMessage `json:"state"`
	History  []Message       `json:"history"` // the last ones with seq <= Answered, oldest first
}

// SessionRequest opens a browser's session, or takes an earlier one up again.
type SessionRequest struct {
	Clinic   uuid.UUID
	Address  string        // that the browser comes from, for limits alone: only a keyed hash is kept; "" when not known
	Resume   string        // secret of the earlier session, "" for none
	Language string        // of a new conversation
	Zone     string        // IANA name of where the browser says that it is; "" when it does not, and then it is where it was
	Idle     time.Duration // after so long without a sign of life, history needs verification again
	Greeting Body          // the first message of a new conversation
	Return   Body          // what is said to somebody whose history is hidden since they were away; no text, no message
}

// Session is an open browser session.
type Session struct {
	Conversation Conversation
	Endpoint     Endpoint
	Resume       string // the new secret; the old one goes when this one is used
	Resumed      bool   // an earlier conversation goes on
}

// DeliveryError is what a channel says of a delivery that it did not send. Its text names no recipient and no content.
type DeliveryError struct {
	Code      string // for the record: the channel's own code, or a word
	Permanent bool   // another attempt would fail too
	Err       error  // what happened; may be nil
}

// Error is the code and what happened.
func (e *DeliveryError) Error() string {
	if e.Err == nil {
		return "not delivered: " + e.Code
	}
	return "not delivered: " + e.Code + ": " + e.Err.Error()
}

// Unwrap is what happened.
func (e *DeliveryError) Unwrap() error { return e.Err }
