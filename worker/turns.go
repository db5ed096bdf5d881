package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// Why a turn is cancelled.
var (
	errStopped   = errors.New("the worker stops")
	errLeaseOver = errors.New("the worker's heartbeat did not get through for as long as its leases last")
)

// turns answers conversations: each by one goroutine at a time in this process, and at most Config.MaxTurns at once.
//
// A turn that is running is cancelled through its run's cancel. That is where double texting comes in: a message that
// arrives meanwhile makes wake mark the run (again), and the next turn sees it.
type turns struct {
	Config
	slots chan struct{}
	quit  chan struct{} // closed when nothing new is begun

	mu      sync.Mutex
	begin   func(*run, chat.TurnArgs)   // starts a goroutine; nil before start and after drain
	running map[uuid.UUID]*run          // by conversation
	timers  map[uuid.UUID]*time.Timer   // of conversations that are not due yet
	unsure  map[uuid.UUID]chat.TurnArgs // whose state in the record is not known: looked at again after the next heartbeat
	wg      sync.WaitGroup
}

// run is a conversation that is being answered here.
type run struct {
	done   chan struct{}
	again  bool                    // somebody woke it meanwhile
	cancel context.CancelCauseFunc // of the turn, nil between turns
}

// verdict is how it goes on with a conversation.
type verdict struct {
	more   bool          // something is unanswered: at once
	wait   time.Duration // look again then; 0 for not
	unsure bool          // nobody knows: look again when the database answers
}

func newTurns(cfg Config) *turns {
	return &turns{
		Config: cfg,
		slots:  make(chan struct{}, cfg.MaxTurns), quit: make(chan struct{}),
		running: map[uuid.UUID]*run{}, timers: map[uuid.UUID]*time.Timer{}, unsure: map[uuid.UUID]chat.TurnArgs{},
	}
}

// start lets turns run, until ctx ends.
func (t *turns) start(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin = func(r *run, args chat.TurnArgs) { t.wg.Go(func() { t.work(ctx, r, args) }) }
}

var alreadyDone = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// wake looks at a conversation. The channel is closed when there is nothing more to do in it, or when somebody is at it.
func (t *turns) wake(args chat.TurnArgs) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begin == nil {
		return alreadyDone
	}
	if timer := t.timers[args.Conversation]; timer != nil {
		timer.Stop()
		delete(t.timers, args.Conversation)
	}
	if r := t.running[args.Conversation]; r != nil {
		r.again = true
		return alreadyDone
	}
	r := &run{done: make(chan struct{})}
	t.running[args.Conversation] = r
	t.begin(r, args)
	return r.done
}

// work answers a conversation until nothing is unanswered in it.
func (t *turns) work(ctx context.Context, r *run, args chat.TurnArgs) {
	defer close(r.done)
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-t.quit:
		t.next(r, args, verdict{})
		return
	}
	for goesOn := true; goesOn; {
		goesOn = t.next(r, args, t.once(ctx, r, args))
	}
}

// once makes one turn that can be cancelled.
func (t *turns) once(ctx context.Context, r *run, args chat.TurnArgs) verdict {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.setCancel(r, cancel)
	defer t.setCancel(r, nil)
	return t.answer(ctx, args)
}

func (t *turns) setCancel(r *run, cancel context.CancelCauseFunc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.cancel = cancel
}

// next says whether the run goes on at once, and if not, ends it and sees to what comes later.
func (t *turns) next(r *run, args chat.TurnArgs, v verdict) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	open := t.begin != nil
	if open && (v.more || r.again) {
		r.again = false
		return true
	}
	delete(t.running, args.Conversation)
	if open && v.wait > 0 {
		t.timers[args.Conversation] = time.AfterFunc(v.wait, func() { t.wake(args) })
	}
	if v.unsure {
		t.unsure[args.Conversation] = args
	}
	return false
}

// again looks at the conversations of which nobody knew, now that the database answers.
func (t *turns) again() {
	t.mu.Lock()
	unsure := t.unsure
	t.unsure = map[uuid.UUID]chat.TurnArgs{}
	t.mu.Unlock()
	for _, args := range unsure {
		t.wake(args)
	}
}

// cancelAll ends every turn that is running.
func (t *turns) cancelAll(cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.running {
		if r.cancel != nil {
			r.cancel(cause)
		}
	}
}

// free is how many more turns could run.
func (t *turns) free() int { return cap(t.slots) - len(t.slots) }

// drain begins nothing new. What waited for its time is found by the sweep of another worker.
func (t *turns) drain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begin == nil {
		return
	}
	t.begin = nil
	close(t.quit)
	for conversation, timer := range t.timers {
		timer.Stop()
		delete(t.timers, conversation)
	}
}

// idle is closed when no turn is running; for after drain.
func (t *turns) idle() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.wg.Wait()
	}()
	return done
}
