package worker_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/worker"
)

// instant is an engine that takes no time.
var instant = agenttest.Func(func(_ context.Context, turn agent.Turn, _ agent.Stream) (agent.Reply, error) {
	return agenttest.Echo(turn), nil
})

// BenchmarkTurn is a message's whole way: accepted, woken up for, claimed, answered at once, completed, kept, published.
// Its floor is the same calls of the record and of Redis one after the other, with neither River nor leases nor a worker.
func BenchmarkTurn(b *testing.B) {
	for _, conversations := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("worker/conversations=%d", conversations), func(b *testing.B) { benchmarkWorker(b, conversations) })
		b.Run(fmt.Sprintf("floor/conversations=%d", conversations), func(b *testing.B) { benchmarkFloor(b, conversations) })
	}
}

// tap is a Bus that also tells the benchmark when a reply is out.
type tap struct {
	worker.Bus
	replies map[uuid.UUID]chan struct{}
}

func (t *tap) Publish(ctx context.Context, conversation uuid.UUID, e chat.Event) error {
	err := t.Bus.Publish(ctx, conversation, e)
	if e.Type == chat.EventMessage {
		t.replies[conversation] <- struct{}{}
	}
	return err
}

func benchmarkWorker(b *testing.B, conversations int) {
	b.Helper()
	h := newHouse(b)
	patients, out := make([]*patient, conversations), &tap{Bus: h.redis.Bus(), replies: map[uuid.UUID]chan struct{}{}}
	for i := range patients {
		patients[i] = h.patient()
		out.replies[patients[i].session.Conversation.ID] = make(chan struct{}, 1)
	}
	cfg := h.config(instant)
	cfg.Bus, cfg.MaxTurns = out, 256
	h.work(cfg)
	h.measure(b, patients, func(p *patient) {
		p.say("Is there anything on Tuesday?")
		<-out.replies[p.session.Conversation.ID]
	})
}

func benchmarkFloor(b *testing.B, conversations int) {
	b.Helper()
	h := newHouse(b)
	patients := make([]*patient, conversations)
	for i := range patients {
		patients[i] = h.patient()
	}
	id := uuid.New()
	if err := h.DB.Beat(b.Context(), id); err != nil {
		b.Fatal(err)
	}
	h.measure(b, patients, func(p *patient) {
		if err := h.bare(p, id); err != nil {
			b.Error(err)
		}
	})
}

// bare makes a turn with nothing around it.
func (h *house) bare(p *patient, id uuid.UUID) error {
	ctx, c := context.Background(), p.session.Conversation
	p.say("Is there anything on Tuesday?")
	claim, err := h.DB.Claim(ctx, chat.TurnArgs{Clinic: c.Clinic, Conversation: c.ID}, id, time.Hour)
	if err != nil {
		return err
	}
	s, _, err := h.redis.Memory().Load(ctx, c.Clinic, c.ID)
	if err != nil {
		return err
	}
	reply := agenttest.Echo(agent.Turn{New: claim.Since[len(claim.Since)-1:]})
	sent, err := h.DB.Complete(ctx, chat.Completion{
		Claim: claim, Turn: uuid.New(), Answered: claim.Since[len(claim.Since)-1].Seq, Messages: reply.Messages, State: reply.State,
		Engine: "bare", Outcome: chat.OutcomeDone, Started: time.Now(),
	})
	if err != nil {
		return err
	}
	history := slices.Concat(s.History, claim.Since)
	history = history[max(0, len(history)-40):]
	if err := h.redis.Memory().Save(ctx, c.Clinic, c.ID, chat.Snapshot{Answered: sent[0].Seq - 1, State: reply.State, History: history}); err != nil {
		return err
	}
	if err := h.redis.Bus().Publish(ctx, c.ID, chat.Event{Type: chat.EventTyping}); err != nil {
		return err
	}
	return h.redis.Bus().Publish(ctx, c.ID, chat.Event{Type: chat.EventMessage, Message: &sent[0]})
}

// measure spreads b.N turns over the patients, each in a goroutine of its own.
func (h *house) measure(b *testing.B, patients []*patient, turn func(*patient)) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	b.ResetTimer()
	for _, p := range patients {
		wg.Go(func() {
			for i := left.Add(-1); i >= 0; i = left.Add(-1) {
				begun := time.Now()
				turn(p)
				took[i] = time.Since(begun)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(took[b.N/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[b.N*99/100].Seconds()*1000, "p99-ms")
}
