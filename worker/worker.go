package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
)

// Config is what a [Worker] needs. What has a default may be left zero.
type Config struct {
	Conversations Conversations
	Leases        Leases // best over connections of their own: a heartbeat must not queue behind turns
	Memory        Memory
	Bus           Bus
	Outbox        Outbox
	Senders       map[chat.Channel]Sender // a channel that is not here is not configured: its deliveries fail
	Engine        agent.Engine
	EngineName    string                                      // for the record, where a reply does not say
	Apology       func(context.Context, agent.Turn) chat.Body // the last resort, when the engine could not answer: it cannot fail, and hands over to a person
	Pool          *pgxpool.Pool                               // River's
	Logger        *slog.Logger
	Now           func() time.Time

	ID          uuid.UUID     // of this worker; a new one by default, and never one of an earlier run
	Lease       time.Duration // how long a worker may be silent before its turns go to others; default 3 s
	Beat        time.Duration // between heartbeats; default 1 s
	Sweep       time.Duration // between looks for conversations that nobody answers; default 1 s
	TurnTimeout time.Duration // for an engine to answer; default 60 s
	MaxTurns    int           // at once; default 128
	MaxAttempts int           // of an engine at one turn before the apology; default 3
	Backoff     time.Duration // after the first failed attempt, doubling; default 500 ms
	History     int           // messages that an engine sees; default 40
	Grace       time.Duration // for turns and deliveries to finish when the worker stops; default 15 s

	MaxDeliveries    int           // at once; default 16
	DeliveryTimeout  time.Duration // for one attempt; default 30 s
	DeliveryAttempts int           // before a delivery has failed; default 8, the waits between them doubling from 2 s

	Waitlist Waitlist      // nil: this worker offers no time that has become free
	Announce Announce      // of its offers
	OfferTTL time.Duration // how long freed time is kept for whom it is offered; default 30 min
}

func (c Config) withDefaults() Config {
	if c.ID == uuid.Nil {
		c.ID = uuid.New()
	}
	c.EngineName = cmp.Or(c.EngineName, "engine")
	c.Lease = cmp.Or(c.Lease, 3*time.Second)
	c.Beat = cmp.Or(c.Beat, time.Second)
	c.Sweep = cmp.Or(c.Sweep, time.Second)
	c.TurnTimeout = cmp.Or(c.TurnTimeout, time.Minute)
	c.MaxTurns = cmp.Or(c.MaxTurns, 128)
	c.MaxAttempts = cmp.Or(c.MaxAttempts, 3)
	c.Backoff = cmp.Or(c.Backoff, 500*time.Millisecond)
	c.History = cmp.Or(c.History, 40)
	c.Grace = cmp.Or(c.Grace, 15*time.Second)
	c.MaxDeliveries = cmp.Or(c.MaxDeliveries, 16)
	c.DeliveryTimeout = cmp.Or(c.DeliveryTimeout, deliveryTimeout)
	c.DeliveryAttempts = cmp.Or(c.DeliveryAttempts, 8)
	c.OfferTTL = cmp.Or(c.OfferTTL, 30*time.Minute)
	return c
}

func (c Config) check() error {
	if missing := c.missing(); len(missing) > 0 {
		return fmt.Errorf("worker: missing in Config: %s", strings.Join(missing, ", "))
	}
	if c.Beat >= c.Lease {
		return fmt.Errorf("worker: a heartbeat every %s cannot keep leases of %s", c.Beat, c.Lease)
	}
	if c.MaxTurns < 1 || c.MaxDeliveries < 1 || c.MaxAttempts < 1 {
		return errors.New("worker: MaxTurns, MaxDeliveries and MaxAttempts must be at least 1")
	}
	if c.Waitlist != nil && c.Announce == nil {
		return errors.New("worker: offers from the waitlist need Announce, which says them")
	}
	return nil
}

func (c Config) missing() []string {
	given := map[string]bool{
		"Conversations": c.Conversations != nil,
		"Leases":        c.Leases != nil,
		"Memory":        c.Memory != nil,
		"Bus":           c.Bus != nil,
		"Outbox":        c.Outbox != nil,
		"Engine":        c.Engine != nil,
		"Apology":       c.Apology != nil,
		"Pool":          c.Pool != nil,
		"Logger":        c.Logger != nil,
		"Now":           c.Now != nil,
	}
	maps.DeleteFunc(given, func(_ string, there bool) bool { return there })
	return slices.Sorted(maps.Keys(given))
}

// Worker answers turns, sends deliveries and offers time that has become free.
type Worker struct {
	cfg    Config
	turns  *turns
	heart  *heart
	client *river.Client[pgx.Tx]

	mu       sync.Mutex
	notReady error // why, nil when it consumes
}

// New makes a worker. It does nothing before [Worker.Run].
func New(cfg Config) (*Worker, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	t := newTurns(cfg)
	client, err := workerClient(cfg, t.wake)
	if err != nil {
		return nil, fmt.Errorf("worker: setting River up: %w", err)
	}
	return &Worker{
		cfg:      cfg,
		turns:    t,
		heart:    newHeart(cfg, t.again, func() { t.cancelAll(errLeaseOver) }),
		client:   client,
		notReady: errors.New("the worker has not reached the database yet"),
	}, nil
}

// Ready says why this worker does not take work, or nil when it does.
func (w *Worker) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.notReady == nil && !w.heart.beating() {
		return errors.New("the worker's heartbeat does not reach the database")
	}
	return w.notReady
}

func (w *Worker) setReady(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notReady = err
}

// Run works until ctx ends. Then it takes nothing new, finishes what it has or gives it back when the grace is over, and
// lets its leases go. It waits for a database that is away, at start as later. It can be called once.
func (w *Worker) Run(ctx context.Context) error {
	working, hardStop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer hardStop(errStopped)
	beating, stopBeat := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBeat()

	var wg sync.WaitGroup
	w.turns.start(working)
	wg.Go(func() { w.heart.run(beating) })
	wg.Go(func() { w.sweep(ctx) })
	wg.Go(func() { w.consume(ctx) })

	<-ctx.Done()
	w.setReady(errors.New("the worker is stopping"))
	w.turns.drain()
	if !finished(w.turns.idle(), w.cfg.Grace) {
		w.cfg.Logger.WarnContext(ctx, "turns are given back: they did not finish in time", slog.Duration("grace", w.cfg.Grace))
		hardStop(errStopped)
		finished(w.turns.idle(), patience+recordTimeout)
	}
	stopBeat()
	wg.Wait()
	return w.retire(ctx)
}

func (w *Worker) retire(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := w.cfg.Leases.Retire(ctx, w.cfg.ID); err != nil {
		w.cfg.Logger.WarnContext(ctx, "the worker's leases lapse by themselves", slog.Any("error", err))
	}
	return nil
}

// consume starts River, as soon as there is a database, and waits until it has stopped.
func (w *Worker) consume(ctx context.Context) {
	if !startRiver(ctx, w.client, w.cfg.Logger) {
		return
	}
	w.setReady(nil)
	<-ctx.Done()
	if !finished(w.client.Stopped(), w.cfg.Grace+patience) {
		w.cfg.Logger.WarnContext(ctx, "deliveries did not stop in time; their jobs will run again")
	}
}

// finished waits for done, but not longer than d.
func finished(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
