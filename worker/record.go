package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/agentcare/agentcare/chat"
)

// recall reads what was said before: from memory while it is as new as the record, else from the record.
func (a *answering) recall(ctx context.Context) ([]chat.Message, error) {
	c := a.claim.Conversation
	if c.Answered == 0 {
		return nil, nil
	}
	s, found, err := a.Memory.Load(ctx, c.Clinic, c.ID)
	if err != nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "memory is away", slog.Any("error", err))
	}
	if found && s.Answered == c.Answered {
		return s.History, nil
	}
	return a.Conversations.History(ctx, c.Clinic, c.ID, c.Answered, a.History)
}

// complete writes the answer, if the lease is still ours, and tells who listens.
func (a *answering) complete(ctx context.Context, done chat.Completion) verdict {
	ctx = context.WithoutCancel(ctx)
	sent, err := a.write(ctx, done)
	if err != nil {
		a.stream.discard(ctx)
	}
	switch {
	case errors.Is(err, chat.ErrLostLease):
		a.logger.LogAttrs(ctx, slog.LevelInfo, "turn discarded: the lease went to another worker")
		return verdict{}
	case err != nil:
		a.logger.LogAttrs(ctx, slog.LevelError, "the answer could not be written", slog.Any("error", err))
		return verdict{unsure: true}
	}
	a.remember(ctx, done)
	a.announce(ctx, sent)
	a.logger.LogAttrs(ctx, slog.LevelInfo, "turn answered",
		slog.String("engine", done.Engine), slog.String("outcome", string(done.Outcome)), slog.String("error_code", done.ErrorCode),
		slog.Int64("duration_ms", a.Now().Sub(a.started).Milliseconds()), slog.Int("attempt", a.claim.Attempt))
	return verdict{more: len(sent) > 0 && sent[0].Seq > done.Answered+1}
}

// write insists for a moment: what an engine took a minute for is not thrown away for a connection that broke.
func (a *answering) write(ctx context.Context, done chat.Completion) ([]chat.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		sent, err := a.Conversations.Complete(ctx, done)
		if err == nil || errors.Is(err, chat.ErrLostLease) || ctx.Err() != nil {
			return sent, err
		}
		sleep(ctx, pause)
	}
}

// remember keeps the conversation at hand, as the record has it now.
func (a *answering) remember(ctx context.Context, done chat.Completion) {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	history := slices.Concat(a.history, a.claim.Since)
	history = history[max(0, len(history)-a.History):]
	for i := range history {
		history[i].Body = forgetful(history[i].Body)
	}
	c := a.claim.Conversation
	err := a.Memory.Save(ctx, c.Clinic, c.ID, chat.Snapshot{Answered: done.Answered, State: done.State, History: history})
	if err != nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "memory is away", slog.Any("error", err))
	}
}

// forgetful is a body without the values of a form, which the record drops once they are answered.
func forgetful(b chat.Body) chat.Body {
	if b.Filled != nil && b.Filled.Values != nil {
		filled := *b.Filled
		filled.Values = nil
		b.Filled = &filled
	}
	return b
}

// announce tells the sockets.
func (a *answering) announce(ctx context.Context, sent []chat.Message) {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	if a.unlock {
		a.stream.publish(ctx, chat.Event{Type: chat.EventUnlocked, Turn: a.id})
	}
	for i := range sent {
		a.stream.publish(ctx, chat.Event{Type: chat.EventMessage, Turn: a.id, Message: &sent[i]})
	}
}

// giveBack ends a turn without an answer; it is made again, here or elsewhere.
func (a *answering) giveBack(ctx context.Context, failure error) verdict {
	cause := context.Cause(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	a.stream.discard(ctx)
	wait := a.backoff()
	if cause != nil {
		wait, failure = 0, cause
	}
	a.logger.LogAttrs(ctx, slog.LevelWarn, "turn given back", slog.Any("error", failure),
		slog.String("error_code", failureCode(failure)), slog.Int("attempt", a.claim.Attempt))
	if errors.Is(cause, errLeaseOver) {
		return verdict{unsure: true} // the database does not answer: no use in asking it
	}
	err := a.Conversations.GiveBack(ctx, a.claim, wait)
	switch {
	case err == nil:
		return verdict{wait: wait}
	case errors.Is(err, chat.ErrLostLease):
		return verdict{}
	}
	a.logger.LogAttrs(ctx, slog.LevelWarn, "a lease could not be given back", slog.Any("error", err))
	return verdict{unsure: true}
}

// backoff doubles with every attempt at this turn.
func (a *answering) backoff() time.Duration {
	return a.Backoff << min(max(a.claim.Attempt-1, 0), 6)
}
