package tools

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// A Caller is who asks, from where and when. It is made from the session alone: no tool takes any of it as an argument.
type Caller struct {
	Clinic       uuid.UUID
	Conversation uuid.UUID
	Endpoint     uuid.UUID
	Patient      uuid.UUID // whom the evidence at the endpoint is about; zero when nothing is known
	Level        chat.Level
	Channel      chat.Channel
	Language     string
	Seq          int64     // of the message that is being answered: what it asks for is done once
	Now          time.Time // business time
}

// CallerOf is who asks in a turn, for the message m of it.
func CallerOf(turn agent.Turn, m chat.Message) Caller {
	return Caller{
		Clinic:       turn.Conversation.Clinic,
		Conversation: turn.Conversation.ID,
		Endpoint:     turn.Endpoint.ID,
		Patient:      turn.Endpoint.Patient,
		Level:        turn.Endpoint.Level,
		Channel:      turn.Endpoint.Channel,
		Language:     turn.Conversation.Language,
		Seq:          m.Seq,
		Now:          turn.Now,
	}
}

// Verified reports whether it is proven who asks, so that their own appointments may be seen and changed.
func (c Caller) Verified() bool {
	return c.Level >= chat.LevelVerified && c.Patient != uuid.Nil
}

// As is the caller after they have proven to be this patient.
func (c Caller) As(patient uuid.UUID) Caller {
	c.Patient, c.Level = patient, chat.LevelVerified
	return c
}

// mustBeVerified refuses whoever has not proven who they are.
func (c Caller) mustBeVerified() error {
	if c.Verified() {
		return nil
	}
	return clinic.Refuse(clinic.CodeNotAllowed, "Please prove who you are first.")
}

// actor is the caller for the history and the audit.
func (c Caller) actor() clinic.Actor {
	return clinic.Actor{Kind: "patient", ID: c.Patient, Channel: string(c.Channel), Conversation: c.Conversation}
}

// key names what one message asked for, so that answering it twice does it once.
func (c Caller) key(what string) string {
	return fmt.Sprintf("%s/%s/%d", c.Conversation, what, c.Seq)
}

// holdToken is of the one hold that the caller's conversation has.
func (c Caller) holdToken() uuid.UUID { return clinic.HoldToken(c.Conversation) }
