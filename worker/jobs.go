package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/agentcare/agentcare/chat"
)

// queueChores is the schedulers' own.
const queueChores = "maintenance"

const (
	fetchCooldown   = time.Millisecond // between fetches; at the default of 100 ms a turn would wait for as long
	fetchPoll       = time.Second      // for jobs whose notification got lost
	deliveryTimeout = 30 * time.Second // also River's default for jobs, which its rescue counts from
	maxOfferings    = 4                // at once in a worker: more of them only wait for each other
	rescueAfter     = time.Minute      // a job of a killed worker runs again; for a turn that is one wake-up too many
)

// riverConfig is what workers and schedulers have in common.
func riverConfig(logger *slog.Logger) *river.Config {
	return &river.Config{
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    fetchPoll,
		JobTimeout:           deliveryTimeout,
		RescueStuckJobsAfter: rescueAfter,
		Logger:               logger,
		Workers:              river.NewWorkers(),
	}
}

// workerClient consumes turns, deliveries and freed time, and leaves leading to the schedulers.
func workerClient(cfg Config, wake func(chat.TurnArgs) <-chan struct{}) (*river.Client[pgx.Tx], error) {
	rc := riverConfig(cfg.Logger)
	rc.LeaderElectionDisabled = true
	rc.SoftStopTimeout = cfg.Grace
	rc.Queues = map[string]river.QueueConfig{
		chat.QueueTurns:      {MaxWorkers: cfg.MaxTurns},
		chat.QueueDeliveries: {MaxWorkers: cfg.MaxDeliveries},
	}
	river.AddWorker(rc.Workers, &turnJobs{wake: wake, timeout: cfg.TurnTimeout})
	river.AddWorker(rc.Workers, &deliveryJobs{Config: cfg})
	if cfg.Waitlist != nil {
		rc.Queues[chat.QueueWaitlist] = river.QueueConfig{MaxWorkers: maxOfferings}
		river.AddWorker(rc.Workers, &freedJobs{Config: cfg})
	}
	return river.NewClient(riverpgxv5.New(cfg.Pool), rc)
}

// startRiver starts a client as soon as the database answers; false when ctx ended before.
func startRiver(ctx context.Context, client *river.Client[pgx.Tx], logger *slog.Logger) bool {
	for ctx.Err() == nil {
		err := client.Start(ctx)
		if err == nil {
			return ctx.Err() == nil
		}
		logger.WarnContext(ctx, "River waits for the database", slog.Any("error", err))
		sleep(ctx, 500*time.Millisecond)
	}
	return false
}

// turnJobs turns jobs into wake-ups. A job lasts as long as its conversation is being answered, so that River fetches no
// more of them than can run. It never fails: what is unanswered is found by the sweep.
type turnJobs struct {
	river.WorkerDefaults[chat.TurnArgs]
	wake    func(chat.TurnArgs) <-chan struct{}
	timeout time.Duration
}

// Timeout frees the job's place; the conversation goes on.
func (w *turnJobs) Timeout(*river.Job[chat.TurnArgs]) time.Duration { return w.timeout }

// Work wakes a conversation up.
func (w *turnJobs) Work(ctx context.Context, job *river.Job[chat.TurnArgs]) error {
	select {
	case <-w.wake(job.Args):
	case <-ctx.Done():
	}
	return nil
}
