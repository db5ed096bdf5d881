package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
)

const (
	recordTimeout = 5 * time.Second // for a write that ends a turn, which is not given up with the turn
	tellTimeout   = 2 * time.Second // for memory and events, which the record can do without
	spareAttempts = 2               // claims beyond MaxAttempts that may be owed to workers that stopped; after them no engine is asked
)

// answering is one turn on its way.
type answering struct {
	*turns
	claim   chat.Claim
	id      uuid.UUID
	started time.Time
	history []chat.Message
	stream  *stream
	logger  *slog.Logger // names the turn
	unlock  bool         // hidden history may be shown after this turn
}

// answer claims a conversation and answers what is unanswered in it.
func (t *turns) answer(ctx context.Context, args chat.TurnArgs) verdict {
	claim, err := t.Conversations.Claim(ctx, args, t.ID, t.Lease)
	switch {
	case errors.Is(err, chat.ErrNotClaimed):
		return verdict{}
	case err != nil:
		t.Logger.WarnContext(ctx, "a turn could not be claimed",
			slog.String("conversation_id", args.Conversation.String()), slog.Any("error", err))
		return verdict{unsure: true}
	case claim.DueIn > 0:
		return verdict{wait: claim.DueIn}
	}
	id := uuid.Must(uuid.NewV7())
	a := &answering{
		turns: t, claim: claim, id: id, started: t.Now(),
		logger: t.Logger.With(slog.String("turn_id", id.String()), slog.String("conversation_id", claim.Conversation.ID.String())),
	}
	a.stream = newStream(ctx, t.Bus, a.logger, claim.Conversation.ID, id)
	done, err := a.compose(ctx)
	a.stream.close()
	if err != nil {
		return a.giveBack(ctx, err)
	}
	return a.complete(ctx, done)
}

// compose makes the answer: the engine's, or the apology when it has failed too often. An error means: not now.
func (a *answering) compose(ctx context.Context) (chat.Completion, error) {
	if a.claim.Attempt > a.MaxAttempts+spareAttempts {
		return a.apology(ctx, "abandoned"), nil
	}
	limited, cancel := context.WithTimeout(ctx, a.TurnTimeout)
	defer cancel()
	var err error
	if a.history, err = a.recall(limited); err != nil {
		return chat.Completion{}, err
	}
	reply, err := a.respond(limited, a.turn(), a.stream)
	switch {
	case err == nil:
		return a.completion(reply), nil
	case ctx.Err() != nil || a.claim.Attempt < a.MaxAttempts:
		return chat.Completion{}, err
	}
	a.logger.LogAttrs(ctx, slog.LevelError, "the engine failed too often", slog.Any("error", err))
	return a.apology(ctx, failureCode(err)), nil
}

// turn is what the engine sees.
func (a *answering) turn() agent.Turn {
	asked, other := split(a.claim.Since)
	return agent.Turn{
		ID:           a.id,
		Conversation: a.claim.Conversation,
		Endpoint:     a.claim.Endpoint,
		History:      append(slices.Clip(a.history), other...),
		New:          asked,
		State:        a.claim.State,
		Now:          a.started,
	}
}

// split tells the patient's messages from those that others wrote meanwhile.
func split(since []chat.Message) (asked, other []chat.Message) {
	for _, m := range since {
		if m.Role == chat.RolePatient {
			asked = append(asked, m)
		} else {
			other = append(other, m)
		}
	}
	return asked, other
}

func (a *answering) completion(r agent.Reply) chat.Completion {
	c := a.base(chat.OutcomeDone)
	c.Messages, c.State, c.Language, c.Deliveries = r.Messages, r.State, r.Language, r.Deliveries
	if r.Engine != "" {
		c.Engine = r.Engine
	}
	a.unlock = r.Unlocked
	return c
}

// apology is the answer when there is none: nobody is left alone. The engine's state stays as it was.
func (a *answering) apology(ctx context.Context, code string) chat.Completion {
	c := a.base(chat.OutcomeFailed)
	c.Messages = []chat.Body{a.Apology(ctx, a.turn())}
	c.State = a.claim.State
	c.ErrorCode = code
	return c
}

func (a *answering) base(outcome chat.Outcome) chat.Completion {
	return chat.Completion{
		Claim: a.claim, Turn: a.id, Answered: a.lastSeen(),
		Engine: a.EngineName, Outcome: outcome, Started: a.started,
	}
}

// lastSeen is the seq of the last message that the turn has seen.
func (a *answering) lastSeen() int64 {
	if n := len(a.claim.Since); n > 0 {
		return a.claim.Since[n-1].Seq
	}
	return a.claim.Conversation.Seq
}
