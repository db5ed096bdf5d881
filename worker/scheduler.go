package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Chore is something that one scheduler does now and then: delete what has expired, and the like.
// It may run twice at the same time when a scheduler was killed, and must not mind.
type Chore struct {
	Name  string        // in logs; one word
	Every time.Duration // at least a second
	Do    func(ctx context.Context) (rows int64, err error)
}

// SchedulerConfig is what a [Scheduler] needs.
type SchedulerConfig struct {
	Pool   *pgxpool.Pool // River's
	Chores []Chore
	Logger *slog.Logger
	Now    func() time.Time

	Retention time.Duration // of jobs that are done; default 15 min. They are wake-ups: the record is elsewhere
	Grace     time.Duration // for a chore to finish when the scheduler stops; default 15 s
}

// Scheduler does the periodic work, and River's: retries that are due, jobs of killed workers, cleaning. Any number run;
// one leads, and another takes over within 15 seconds.
type Scheduler struct {
	client *river.Client[pgx.Tx]
	logger *slog.Logger
	ready  atomic.Bool
}

// NewScheduler makes a scheduler. It does nothing before [Scheduler.Run].
func NewScheduler(cfg SchedulerConfig) (*Scheduler, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	rc := riverConfig(cfg.Logger)
	rc.CompletedJobRetentionPeriod = cmp.Or(cfg.Retention, 15*time.Minute)
	rc.SoftStopTimeout = cmp.Or(cfg.Grace, 15*time.Second)
	rc.Queues = map[string]river.QueueConfig{queueChores: {MaxWorkers: 2}}
	chores := map[string]Chore{}
	for _, c := range cfg.Chores {
		chores[c.Name] = c
		rc.PeriodicJobs = append(rc.PeriodicJobs, periodic(c))
	}
	river.AddWorker(rc.Workers, &choreJobs{chores: chores, logger: cfg.Logger})
	// The leader rescues and retries jobs of all kinds, and throws away those that it does not know.
	river.AddWorker(rc.Workers, &turnJobs{})
	river.AddWorker(rc.Workers, &deliveryJobs{Config: Config{Now: cfg.Now}})
	river.AddWorker(rc.Workers, &freedJobs{Config: Config{Now: cfg.Now}})

	client, err := river.NewClient(riverpgxv5.New(cfg.Pool), rc)
	if err != nil {
		return nil, fmt.Errorf("worker: setting the scheduler's River up: %w", err)
	}
	return &Scheduler{client: client, logger: cfg.Logger}, nil
}

func (c SchedulerConfig) check() error {
	if c.Pool == nil || c.Logger == nil || c.Now == nil {
		return errors.New("worker: a scheduler needs Pool, Logger and Now")
	}
	seen := map[string]bool{}
	for _, chore := range c.Chores {
		switch {
		case chore.Name == "" || seen[chore.Name]:
			return fmt.Errorf("worker: every chore needs a name of its own, and %q is not", chore.Name)
		case chore.Every < time.Second:
			return fmt.Errorf("worker: chore %q cannot run every %s: a second is the least", chore.Name, chore.Every)
		case chore.Do == nil:
			return fmt.Errorf("worker: chore %q does nothing", chore.Name)
		}
		seen[chore.Name] = true
	}
	return nil
}

// Run schedules until ctx ends. It waits for a database that is away.
func (s *Scheduler) Run(ctx context.Context) error {
	if startRiver(ctx, s.client, s.logger) {
		s.ready.Store(true)
		<-s.client.Stopped()
		s.ready.Store(false)
	}
	return nil
}

// Ready says why this scheduler does not take part, or nil when it does, leading or not.
func (s *Scheduler) Ready() error {
	if !s.ready.Load() {
		return errors.New("the scheduler has not reached the database")
	}
	return nil
}

// choreArgs name a chore that is due.
type choreArgs struct {
	Name string `json:"name"`
}

// Kind names the job.
func (choreArgs) Kind() string { return "chore" }

func periodic(c Chore) *river.PeriodicJob {
	opts := &river.InsertOpts{
		Queue:       queueChores,
		MaxAttempts: 1, // the next one comes by itself
		UniqueOpts:  river.UniqueOpts{ByArgs: true, ByPeriod: c.Every},
	}
	construct := func() (river.JobArgs, *river.InsertOpts) { return choreArgs{Name: c.Name}, opts }
	return river.NewPeriodicJob(river.PeriodicInterval(c.Every), construct, &river.PeriodicJobOpts{RunOnStart: true})
}

// choreJobs does the chores.
type choreJobs struct {
	river.WorkerDefaults[choreArgs]
	chores map[string]Chore
	logger *slog.Logger
	mu     sync.Mutex
}

// Work does one, and one at a time in this process.
func (w *choreJobs) Work(ctx context.Context, job *river.Job[choreArgs]) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	chore, known := w.chores[job.Args.Name]
	if !known {
		return nil // of another version of the program
	}
	rows, err := chore.Do(ctx)
	if err != nil {
		return fmt.Errorf("doing chore %q: %w", chore.Name, err)
	}
	if rows > 0 {
		w.logger.InfoContext(ctx, "chore done", slog.String("chore", chore.Name), slog.Int64("rows", rows))
	}
	return nil
}
