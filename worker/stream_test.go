package worker

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

func TestStreamNeverHoldsTheEngineUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &events{slow: 100 * time.Millisecond}
		s := newStream(context.Background(), bus, slog.New(slog.DiscardHandler), uuid.New(), uuid.New())
		words := strings.Fields(strings.Repeat("we have a slot on Tuesday ", 100))
		begun := time.Now()
		for _, w := range words {
			s.Delta(w)
			sleep(t.Context(), time.Millisecond)
		}
		if took := time.Since(begun); took != time.Duration(len(words))*time.Millisecond {
			t.Errorf("the engine was held up: %s", took)
		}
		sleep(t.Context(), time.Second)
		s.close()
		s.Delta("too late")
		s.close()
		synctest.Wait()

		if bus.seen[0].Type != chat.EventTyping {
			t.Error("typing comes first")
		}
		var shown string
		for _, e := range bus.seen[1:] {
			if e.Type != chat.EventDelta || e.Offset != len(shown) || e.Text == "" {
				t.Fatalf("after %d bytes came %s at %d with %d bytes", len(shown), e.Type, e.Offset, len(e.Text))
			}
			shown += e.Text
		}
		if shown != strings.Join(words, "") {
			t.Errorf("shown: %q", shown)
		}
		if n := len(bus.seen); n > 10 {
			t.Errorf("%d events for 600 ms of text over a slow bus", n)
		}
	})
}
