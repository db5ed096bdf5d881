package worker_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentcare/agentcare/worker"
)

// schedule runs a scheduler; each time it does its chore it says its name.
func (h *house) schedule(name string, done chan<- string) (stop func()) {
	h.t.Helper()
	s, err := worker.NewScheduler(worker.SchedulerConfig{
		Pool: pool(h.t, h.URL), Logger: quiet(), Now: time.Now, Grace: time.Second,
		Chores: []worker.Chore{{Name: "sweeping", Every: time.Second, Do: func(context.Context) (int64, error) {
			done <- name
			return 1, nil
		}}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if s.Ready() == nil {
		h.t.Error("it is ready before it runs")
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := receive(h.t, "the scheduler's end", stopped); err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(stop)
	eventually(h.t, "the scheduler", func() bool { return s.Ready() == nil })
	return stop
}

func TestChoresGoOnWhenTheLeaderStops(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	done := make(chan string, 1000)
	first := h.schedule("first", done)
	receive(t, "the first chore", done)
	h.schedule("second", done)
	leader := read[string](h, "select leader_id from river_leader")
	first()
	for len(done) > 0 {
		<-done
	}
	if got := receive(t, "a chore of the second scheduler", done); got != "second" {
		t.Errorf("%s did it", got)
	}
	if now := read[string](h, "select leader_id from river_leader"); now == leader {
		t.Error("the leader that stopped still leads")
	}
}

func TestLeaderCleansUpAfterTurns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// Jobs that a killed worker left behind, and one that is long done.
	for _, sql := range []string{
		`insert into river_job (kind, queue, state, args, max_attempts, attempt, attempted_at, attempted_by, created_at, scheduled_at)
		 values ('deliver', 'deliveries', 'running', '{"clinic":"00000000-0000-0000-0000-000000000001","delivery":"00000000-0000-0000-0000-000000000002"}', 5, 1,
		 now() - interval '2 minutes', '{killed}', now() - interval '2 minutes', now() - interval '2 minutes')`,
		`insert into river_job (kind, queue, state, args, max_attempts, attempt, finalized_at, created_at, scheduled_at)
		 values ('turn', 'turns', 'completed', '{}', 5, 1, now() - interval '1 hour', now() - interval '1 hour', now() - interval '1 hour')`,
	} {
		if _, err := h.Owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	h.schedule("only", make(chan string, 1000))
	eventually(t, "the rescue of the killed worker's job", func() bool {
		return read[bool](h, "select state in ('retryable', 'available') from river_job where kind = 'deliver'")
	})
	eventually(t, "the end of the old job", func() bool { return read[int](h, "select count(*) from river_job where kind = 'turn'") == 0 })
}

func TestSchedulerRefuses(t *testing.T) {
	p, do := pool(t, "postgres://127.0.0.1:1/none"), func(context.Context) (int64, error) { return 0, nil }
	for want, chores := range map[string][]worker.Chore{
		"a name of its own": {{Name: "a", Every: time.Second, Do: do}, {Name: "a", Every: time.Second, Do: do}},
		"a second":          {{Name: "a", Every: time.Millisecond, Do: do}},
		"does nothing":      {{Name: "a", Every: time.Second}},
	} {
		_, err := worker.NewScheduler(worker.SchedulerConfig{Pool: p, Chores: chores, Logger: quiet(), Now: time.Now})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if _, err := worker.NewScheduler(worker.SchedulerConfig{Pool: p, Logger: quiet()}); err == nil {
		t.Error("accepted without a clock")
	}
}

func TestChoreThatFailsIsDoneAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	done := make(chan struct{}, 100)
	failures := 1
	s, err := worker.NewScheduler(worker.SchedulerConfig{
		Pool: pool(t, h.URL), Logger: quiet(), Now: time.Now,
		Chores: []worker.Chore{{Name: "tidying", Every: time.Second, Do: func(context.Context) (int64, error) {
			if failures > 0 {
				failures--
				return 0, errBroken
			}
			done <- struct{}{}
			return 0, nil
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	receive(t, "the second time", done)
	cancel()
	if err := receive(t, "the scheduler's end", stopped); err != nil {
		t.Error(err)
	}
	if s.Ready() == nil {
		t.Error("it is ready after it stopped")
	}
}
