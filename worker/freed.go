package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/chat"
)

// freedJobs offers time that has become free to those who wait for such a time. River tries again until it is through: what
// was offered before it failed is not free any more, and is not offered twice.
type freedJobs struct {
	river.WorkerDefaults[chat.FreedArgs]
	Config
}

// NextRetry doubles the wait from 2 s up to 5 minutes.
func (w *freedJobs) NextRetry(job *river.Job[chat.FreedArgs]) time.Time {
	return w.Now().Add(min(2*time.Second<<min(job.Attempt-1, 10), 5*time.Minute))
}

// Work makes offers until nothing is left of the time, or nobody is left who wants it.
func (w *freedJobs) Work(ctx context.Context, job *river.Job[chat.FreedArgs]) error {
	for {
		offered, found, err := w.Waitlist.OfferFreed(ctx, job.Args, w.OfferTTL, w.Announce)
		if err != nil {
			return fmt.Errorf("offering freed time: %w", err)
		}
		if !found {
			return nil
		}
		w.Logger.InfoContext(ctx, "freed time offered",
			slog.String("offer_id", offered.Offer.String()), slog.Bool("in_conversation", offered.Message != nil))
		w.tell(ctx, offered)
	}
}

// tell makes the message appear at once where the patient has the conversation open. Without it they see it within a second.
func (w *freedJobs) tell(ctx context.Context, o chat.Offered) {
	if o.Message == nil {
		return
	}
	limited, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	if err := w.Bus.Publish(limited, o.Conversation, chat.Event{Type: chat.EventMessage, Message: o.Message}); err != nil {
		w.Logger.DebugContext(ctx, "an offer was not published", slog.Any("error", err))
	}
}
