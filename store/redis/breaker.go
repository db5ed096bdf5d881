package redis

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// ErrAway says that Redis did not answer a moment ago, and was not asked this time.
var ErrAway = errors.New("redis is away")

// pause is how long nobody asks after Redis did not answer.
const pause = 250 * time.Millisecond

// breaker lets calls fail at once while Redis is away: without it every turn would wait for its time-outs.
// After a pause one call tries; its answer decides for the others.
type breaker struct{ state atomic.Int32 }

const (
	stateOpen  int32 = iota // everybody may ask
	stateShut               // nobody may
	stateTrial              // the next one may
)

// DialHook leaves dialling as it is.
func (b *breaker) DialHook(next goredis.DialHook) goredis.DialHook { return next }

// ProcessHook guards one command.
func (b *breaker) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		if !b.admit(ctx) {
			cmd.SetErr(ErrAway)
			return ErrAway
		}
		err := next(context.WithValue(ctx, admitted{}, true), cmd)
		b.note(err)
		return err
	}
}

// ProcessPipelineHook guards several.
func (b *breaker) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		if !b.admit(ctx) {
			for _, cmd := range cmds {
				cmd.SetErr(ErrAway)
			}
			return ErrAway
		}
		err := next(context.WithValue(ctx, admitted{}, true), cmds)
		b.note(err)
		return err
	}
}

// admitted marks the context of a call that may ask: opening a connection for it takes commands of its own.
type admitted struct{}

func (b *breaker) admit(ctx context.Context) bool {
	switch state := b.state.Load(); {
	case state == stateOpen || ctx.Value(admitted{}) != nil:
		return true
	case state == stateTrial:
		if b.state.CompareAndSwap(stateTrial, stateShut) {
			b.tryLater() // should this one hang
			return true
		}
	}
	return false
}

func (b *breaker) note(err error) {
	switch {
	case away(err):
		if b.state.Swap(stateShut) != stateShut { // where it is shut, somebody will try
			b.tryLater()
		}
	case errors.Is(err, context.Canceled): // the caller went; nothing is known of Redis
	default:
		b.state.Store(stateOpen)
	}
}

func (b *breaker) tryLater() {
	time.AfterFunc(pause, func() { b.state.CompareAndSwap(stateShut, stateTrial) })
}

// away tells a Redis that does not answer from one that says no, and from reasons of our own.
func away(err error) bool {
	var answer goredis.Error
	return err != nil && !errors.As(err, &answer) && !errors.Is(err, context.Canceled) &&
		!errors.Is(err, goredis.ErrPoolTimeout) && !errors.Is(err, goredis.ErrClosed)
}
