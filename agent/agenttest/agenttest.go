// Package agenttest has engines for tests: they answer by a script, wait for the test, panic, or hang.
package agenttest

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
)

// Func is an [agent.Engine] made of a function.
type Func func(ctx context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error)

// Respond calls the function.
func (f Func) Respond(ctx context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error) {
	return f(ctx, turn, out)
}

// Step is what an [Engine] does in one turn, in the order of the fields.
type Step struct {
	Deltas []string        // shows them
	Until  <-chan struct{} // waits for it, or for the end of ctx, which is its error then
	Hang   <-chan struct{} // waits for it and looks at nothing else, like an engine that is stuck
	Panic  any             // panics with it
	Err    error           // fails with it
	Reply  agent.Reply     // answers; with no message in it, the [Echo]
}

// Engine is an [agent.Engine] that follows a script. It is safe for concurrent use.
type Engine struct {
	started chan agent.Turn

	mu    sync.Mutex
	steps []Step
	turns []agent.Turn
}

// New makes an engine that does a step each turn, and answers with the [Echo] when there are none left.
func New(steps ...Step) *Engine {
	return &Engine{steps: steps, started: make(chan agent.Turn, 10_000)}
}

// Respond does the next step.
func (e *Engine) Respond(ctx context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error) {
	step := e.next(turn)
	for _, text := range step.Deltas {
		out.Delta(text)
	}
	if step.Until != nil {
		select {
		case <-step.Until:
		case <-ctx.Done():
			return agent.Reply{}, ctx.Err()
		}
	}
	if step.Hang != nil {
		<-step.Hang
	}
	if step.Panic != nil {
		panic(step.Panic)
	}
	if step.Err != nil {
		return agent.Reply{}, step.Err
	}
	if len(step.Reply.Messages) == 0 {
		return Echo(turn), nil
	}
	return step.Reply, nil
}

func (e *Engine) next(turn agent.Turn) Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.turns = append(e.turns, turn)
	select {
	case e.started <- turn:
	default: // nobody is waiting for so many
	}
	if len(e.steps) == 0 {
		return Step{}
	}
	step := e.steps[0]
	e.steps = e.steps[1:]
	return step
}

// Started brings each turn when it begins.
func (e *Engine) Started() <-chan agent.Turn { return e.started }

// Turns are those that have begun, in order.
func (e *Engine) Turns() []agent.Turn {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]agent.Turn(nil), e.turns...)
}

// Echo is the reply "You said: ...", with the patient's new messages separated by " | ". It remembers how often it was asked.
func Echo(turn agent.Turn) agent.Reply {
	said := make([]string, len(turn.New))
	for i, m := range turn.New {
		said[i] = m.Body.Text
	}
	return agent.Reply{
		Messages: []chat.Body{{Text: "You said: " + strings.Join(said, " | ")}},
		State:    count(turn.State),
	}
}

func count(state json.RawMessage) json.RawMessage {
	var s struct {
		Turns int `json:"turns"`
	}
	if len(state) > 0 {
		if err := json.Unmarshal(state, &s); err != nil {
			panic("agenttest: the state is not the one that Echo wrote: " + err.Error())
		}
	}
	s.Turns++
	out, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return out
}
