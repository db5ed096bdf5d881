package agenttest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
)

type shown struct{ strings.Builder }

func (s *shown) Delta(text string) { s.WriteString(text) }

func said(texts ...string) agent.Turn {
	var t agent.Turn
	for _, text := range texts {
		t.New = append(t.New, chat.Message{Body: chat.Body{Text: text}})
	}
	return t
}

func TestScript(t *testing.T) {
	broken := errors.New("no model")
	scripted := agent.Reply{Messages: []chat.Body{{Text: "We are open."}}}
	e := New(Step{Deltas: []string{"We ", "are"}, Reply: scripted}, Step{Err: broken})

	var out shown
	got, err := e.Respond(t.Context(), said("a"), &out)
	if err != nil || !cmp.Equal(scripted, got) || out.String() != "We are" {
		t.Errorf("the first turn: %+v, %v, shown %q", got, err, out.String())
	}
	if _, err := e.Respond(t.Context(), said("b"), &out); !errors.Is(err, broken) {
		t.Errorf("the second turn: %v", err)
	}
	turn := said("c", "d")
	turn.State = []byte(`{"turns":1}`)
	got, err = e.Respond(t.Context(), turn, &out)
	if err != nil || got.Messages[0].Text != "You said: c | d" || string(got.State) != `{"turns":2}` {
		t.Errorf("the third turn: %+v, %v", got, err)
	}
	if n := len(e.Turns()); n != 3 || len(e.Started()) != 3 {
		t.Errorf("%d turns were seen, and %d announced", n, len(e.Started()))
	}
}

func TestUntilEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New(Step{Until: make(chan struct{})}).Respond(ctx, said("a"), &shown{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestHangDoesNot(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	free := make(chan struct{})
	close(free)
	if _, err := New(Step{Hang: free}).Respond(ctx, said("a"), &shown{}); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestPanic(t *testing.T) {
	defer func() {
		if p := recover(); p != "boom" {
			t.Errorf("panicked with %v", p)
		}
	}()
	_, _ = New(Step{Panic: "boom"}).Respond(t.Context(), said("a"), &shown{})
}
