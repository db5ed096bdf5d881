package worker

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// heart keeps this worker's leases alive. When no beat has got through for as long as a lease lasts, others may have the
// conversations already, and over is called.
type heart struct {
	Config
	beat  func() // after each one that got through
	over  func() // when the leases are over
	alive atomic.Bool
	quiet bool // the trouble has been logged
}

func newHeart(cfg Config, beat, over func()) *heart {
	return &heart{Config: cfg, beat: beat, over: over}
}

// beating says whether this worker's leases are good.
func (h *heart) beating() bool { return h.alive.Load() }

func (h *heart) run(ctx context.Context) {
	end := time.AfterFunc(h.Lease, h.expire)
	defer end.Stop()
	for ctx.Err() == nil {
		pause := h.Beat
		if !h.once(ctx, end) {
			pause = h.Beat / 4
		}
		sleep(ctx, pause)
	}
}

// once beats, and moves the end of the leases. A lease counts from when the beat was sent: that is not later than when
// the database wrote it.
func (h *heart) once(ctx context.Context, end *time.Timer) bool {
	limited, cancel := context.WithTimeout(ctx, h.Lease/2)
	defer cancel()
	sent := h.Now()
	err := h.Leases.Beat(limited, h.ID)
	took := h.Now().Sub(sent)
	if err != nil || took >= h.Lease {
		h.trouble(ctx, err)
		return false
	}
	h.quiet = false
	end.Reset(h.Lease - took)
	h.alive.Store(true)
	h.beat()
	return true
}

// trouble is logged once, until a beat gets through again.
func (h *heart) trouble(ctx context.Context, err error) {
	if h.quiet || ctx.Err() != nil {
		return
	}
	h.quiet = true
	h.Logger.WarnContext(ctx, "the heartbeat does not get through", slog.Any("error", err))
}

func (h *heart) expire() {
	h.alive.Store(false)
	h.over()
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
