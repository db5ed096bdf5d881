// Package agent is what answers patients: the [Engine] interface that the workers call, and what an engine is given.
//
// It knows conversations and no appointment: what an engine can do in the clinic comes in as tools.
package agent

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// Engine answers one turn of a conversation.
//
// Respond runs outside any transaction and may be called again for the same turn after a crash, with the same or more
// messages in Turn.New; what it changes in the clinic must therefore be keyed by the option or message that asked for it.
// It returns an error only when no answer could be made; a refusal by the clinic's rules is an answer.
type Engine interface {
	Respond(ctx context.Context, turn Turn, out Stream) (Reply, error)
}

// Turn is what an engine needs to answer.
type Turn struct {
	ID           uuid.UUID
	Conversation chat.Conversation
	Endpoint     chat.Endpoint   // where the last message came from
	History      []chat.Message  // what was said before, oldest first; at least the last 40 messages
	New          []chat.Message  // unanswered messages of the patient, in order; never empty
	State        json.RawMessage // what the engine wanted to remember at its last reply; nil at first
	Now          time.Time
}

// Greeted reports whether the agent has said anything in this conversation.
// On the web the greeting stands there from the beginning; by SMS the first answer brings it.
func (t Turn) Greeted() bool {
	return slices.ContainsFunc(t.History, func(m chat.Message) bool { return m.Role == chat.RoleAgent })
}

// Stream shows the beginning of an answer while the rest is made. What was shown is replaced by the reply's messages.
type Stream interface {
	Delta(text string)
}

// Reply is the answer to a turn. Everything in it is written in one transaction.
type Reply struct {
	Messages   []chat.Body     // at least one
	State      json.RawMessage // for the next turn
	Language   string          // of the conversation from now on; "" keeps it
	Deliveries []chat.Delivery // to send over other channels
	Unlocked   bool            // the patient verified again in this turn: hidden history may be shown
	Engine     string          // who answered, where an engine stands for several; "" is the name that the worker knows
}
