package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/worker"
)

// ledger keeps what is logged.
type ledger struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestNoWordOfAPatientIsLogged(t *testing.T) {
	const words, number = "my knee hurts", "+12125550142"
	h := newHouse(t)
	logged := &ledger{}
	panicked := false
	cfg := h.config(agenttest.Func(func(_ context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error) {
		if !panicked {
			panicked = true
			panic(turn.New[0].Body.Text)
		}
		out.Delta(turn.New[0].Body.Text)
		r := agenttest.Echo(turn)
		r.State, _ = json.Marshal(turn.New[0].Body.Text)
		r.Deliveries = []chat.Delivery{{Clinic: turn.Conversation.Clinic, Channel: chat.SMS, To: number, Text: words, Purpose: "code"}}
		return r, nil
	}))
	cfg.Logger = slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Senders = map[chat.Channel]worker.Sender{chat.SMS: &line{panics: 1}}
	w := h.work(cfg)
	h.patient().say(words)
	h.waitDelivery("sent", "")
	w.stop()

	text := logged.String()
	for _, secret := range []string{words, "knee", number, "5550142"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log", secret)
		}
		if n := read[int](h, "select count(*) from river_job where river_job::text like '%' || $1 || '%'", secret); n != 0 {
			t.Errorf("%q is in River's jobs", secret)
		}
	}
	for _, want := range []string{"the engine panicked", "turn given back", "turn answered", "turn_id", "conversation_id", "a sender panicked", "delivery sent"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the log", want)
		}
	}
}
