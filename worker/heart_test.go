package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent/agenttest"
)

// beat runs the heart of a bench until the test ends.
func (b *bench) beat(t *testing.T) *heart {
	t.Helper()
	h := newHeart(b.Config, b.again, func() { b.cancelAll(errLeaseOver) })
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); h.run(ctx) }()
	t.Cleanup(func() { cancel(); <-stopped })
	synctest.Wait()
	return h
}

func TestHeartKeepsLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, agenttest.New())
		h := b.beat(t)
		if !h.beating() {
			t.Fatal("it does not beat")
		}
		for range 100 {
			sleep(t.Context(), 300*time.Millisecond)
			b.record.mu.Lock()
			if !b.record.live(b.ID, b.Lease) {
				t.Fatal("the lease lapsed")
			}
			b.record.mu.Unlock()
		}
		if n := b.record.called("Beat"); n < 30 || n > 31 {
			t.Errorf("%d beats in 30 s", n)
		}
	})
}

func TestTurnsEndWithTheirLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := agenttest.New(agenttest.Step{Deltas: []string{"We"}, Until: make(chan struct{})})
		b := newBench(t, engine)
		h := b.beat(t)
		args := b.record.open()
		b.record.say(args, "one")
		done := b.wake(args)
		<-engine.Started()
		b.record.setDown(true)
		cut := time.Now()
		<-done
		if took := time.Since(cut); took > b.Lease {
			t.Errorf("the turn went on for %s without a heartbeat", took)
		}
		if h.beating() {
			t.Error("it thinks that it still beats")
		}
		if got := b.events.take(); got[len(got)-1] != "discard" {
			t.Errorf("events %q", got)
		}

		b.record.setDown(false)
		<-engine.Started() // it looks again, though nobody wakes it and its own lease lives again
		synctest.Wait()
		wantSaid(t, b, args, "one", "You said: one")
		if !h.beating() {
			t.Error("it does not know that it beats again")
		}
	})
}

func TestAShortHiccupEndsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		engine := agenttest.New(agenttest.Step{Until: release})
		b := newBench(t, engine)
		h := b.beat(t)
		args := b.record.open()
		b.record.say(args, "one")
		done := b.wake(args)
		<-engine.Started()
		b.record.setDown(true)
		sleep(t.Context(), 1500*time.Millisecond)
		b.record.setDown(false)
		sleep(t.Context(), time.Second)
		if !h.beating() {
			t.Error("it gave up")
		}
		close(release)
		<-done
		wantSaid(t, b, args, "one", "You said: one")
		if n := len(engine.Turns()); n != 1 {
			t.Errorf("the engine was asked %d times", n)
		}
	})
}

func TestHeartThatNeverReachesTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, agenttest.New())
		b.record.setDown(true)
		h := b.beat(t)
		sleep(t.Context(), time.Minute)
		if h.beating() {
			t.Error("it beats")
		}
		b.record.setDown(false)
		sleep(t.Context(), time.Second)
		if !h.beating() || b.record.beats[b.ID].IsZero() || b.ID == uuid.Nil {
			t.Error("it does not beat")
		}
	})
}
