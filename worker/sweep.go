package worker

import (
	"context"
	"log/slog"
)

// sweep looks once a second for conversations that are unanswered, due and nobody's: those of killed workers, and those
// whose wake-up got lost.
func (w *Worker) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		sleep(ctx, w.cfg.Sweep)
		if free := w.turns.free(); free > 0 && w.heart.beating() {
			w.sweepOnce(ctx, free)
		}
	}
}

func (w *Worker) sweepOnce(ctx context.Context, limit int) {
	limited, cancel := context.WithTimeout(ctx, w.cfg.Lease)
	defer cancel()
	due, err := w.cfg.Leases.Due(limited, w.cfg.Lease, limit)
	if err != nil {
		w.cfg.Logger.DebugContext(ctx, "the sweep did not get through", slog.Any("error", err))
		return
	}
	for _, args := range due {
		w.turns.wake(args)
	}
}
