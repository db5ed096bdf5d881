package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/agentcare/agentcare/agent"
)

// patience is how long an engine may take to notice that its turn is over.
const patience = time.Second

// How an engine fails besides saying so.
var (
	errPanicked = errors.New("the engine panicked")
	errHangs    = errors.New("the engine does not stop when it is told to")
	errNothing  = errors.New("the engine answered with no message")
)

// response is what came of asking an engine.
type response struct {
	reply agent.Reply
	err   error
}

// respond asks the engine. One that panics has failed; one that hangs past its time is left behind, and what it still
// does changes nothing: its stream is closed, and changes in the clinic are keyed by what the patient confirmed.
func (a *answering) respond(ctx context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error) {
	answered := make(chan response, 1)
	go func() { answered <- a.ask(ctx, turn, out) }()
	select {
	case r := <-answered:
		return r.reply, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-answered:
		return r.reply, r.err
	case <-timer.C:
		return agent.Reply{}, errors.Join(errHangs, context.Cause(ctx))
	}
}

func (a *answering) ask(ctx context.Context, turn agent.Turn, out agent.Stream) (r response) {
	defer func() {
		if p := recover(); p != nil {
			a.logger.LogAttrs(ctx, slog.LevelError, "the engine panicked", slog.String("panic", describe(p)), slog.String("stack", string(debug.Stack())))
			r = response{err: errPanicked}
		}
	}()
	r.reply, r.err = a.Engine.Respond(ctx, turn, out)
	if r.err == nil && len(r.reply.Messages) == 0 {
		r.err = errNothing
	}
	return r
}

// describe says what a panic was about. A value of the program's own could hold a patient's words: its type must do.
func describe(p any) string {
	if e, ok := p.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("%T", p)
}

// failureCode is what the record says of a turn that no engine could answer.
func failureCode(err error) string {
	switch {
	case errors.Is(err, errPanicked):
		return "engine_panic"
	case errors.Is(err, errHangs):
		return "engine_hangs"
	case errors.Is(err, errNothing):
		return "engine_silent"
	case errors.Is(err, context.DeadlineExceeded):
		return "engine_timeout"
	case errors.Is(err, errStopped):
		return "stopped"
	case errors.Is(err, errLeaseOver):
		return "lease_over"
	default:
		return "engine_error"
	}
}
