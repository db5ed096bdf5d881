package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/chat"
)

// Codes of deliveries that failed for a reason of ours.
const (
	codeNotConfigured = "not_configured" // there is no sender for the channel
	codeSendFailed    = "send_failed"    // the last attempt failed, and the sender did not say how
)

// deliveryJobs sends what is in the outbox. River tries again until it is sent, or has failed for good.
type deliveryJobs struct {
	river.WorkerDefaults[chat.DeliverArgs]
	Config
}

// Timeout is for one attempt.
func (w *deliveryJobs) Timeout(*river.Job[chat.DeliverArgs]) time.Duration { return w.DeliveryTimeout }

// NextRetry doubles the wait from 2 s up to 5 minutes.
func (w *deliveryJobs) NextRetry(job *river.Job[chat.DeliverArgs]) time.Time {
	return w.Now().Add(min(2*time.Second<<min(job.Attempt-1, 10), 5*time.Minute))
}

// Work makes one attempt.
func (w *deliveryJobs) Work(ctx context.Context, job *river.Job[chat.DeliverArgs]) error {
	d, err := w.Outbox.Delivery(ctx, job.Args)
	if errors.Is(err, chat.ErrSettled) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading a delivery: %w", err)
	}
	sender, ok := w.Senders[d.Channel]
	if !ok {
		return w.fail(ctx, job.Args, d, codeNotConfigured)
	}
	externalID, err := w.send(ctx, sender, d)
	if err == nil {
		return w.sent(ctx, job.Args, d, externalID)
	}
	code, permanent := failure(err)
	if permanent || job.Attempt >= min(job.MaxAttempts, w.DeliveryAttempts) {
		return w.fail(ctx, job.Args, d, code)
	}
	return fmt.Errorf("sending a delivery: %w", err)
}

// send asks the sender, whose panic is a failure like others.
func (w *deliveryJobs) send(ctx context.Context, sender Sender, d chat.Delivery) (externalID string, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.logger(d).ErrorContext(ctx, "a sender panicked", slog.String("panic", describe(p)), slog.String("stack", string(debug.Stack())))
			err = &chat.DeliveryError{Code: "sender_panic"}
		}
	}()
	return sender.Send(ctx, d)
}

// failure is the code for the record, and whether another attempt is of no use.
func failure(err error) (code string, permanent bool) {
	if refusal, ok := errors.AsType[*chat.DeliveryError](err); ok {
		return refusal.Code, refusal.Permanent
	}
	return codeSendFailed, false
}

// sent notes it. It insists, for a delivery that is not noted as sent is sent again.
func (w *deliveryJobs) sent(ctx context.Context, args chat.DeliverArgs, d chat.Delivery, externalID string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*recordTimeout)
	defer cancel()
	for {
		err := w.Outbox.MarkSent(ctx, args, externalID)
		if err == nil {
			w.logger(d).InfoContext(ctx, "delivery sent", slog.String("external_id", externalID))
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("noting a delivery as sent: %w", err)
		}
		sleep(ctx, 250*time.Millisecond)
	}
}

func (w *deliveryJobs) fail(ctx context.Context, args chat.DeliverArgs, d chat.Delivery, code string) error {
	if err := w.Outbox.MarkFailed(ctx, args, code); err != nil {
		return fmt.Errorf("noting a delivery as failed: %w", err)
	}
	w.logger(d).ErrorContext(ctx, "delivery failed", slog.String("error_code", code))
	return nil
}

// logger names a delivery, and neither recipient nor text.
func (w *deliveryJobs) logger(d chat.Delivery) *slog.Logger {
	return w.Logger.With(slog.String("delivery_id", d.ID.String()), slog.String("channel", string(d.Channel)), slog.String("purpose", d.Purpose))
}
