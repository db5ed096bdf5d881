package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/chat"
)

// Where jobs of each kind are queued.
var (
	turnJob    = &river.InsertOpts{Queue: chat.QueueTurns}
	deliverJob = &river.InsertOpts{Queue: chat.QueueDeliveries}
)

// wake queues what makes a worker look at a conversation, once the transaction is committed.
func (d *DB) wake(ctx context.Context, tx pgx.Tx, clinicID, conversation uuid.UUID) error {
	_, err := d.jobs.InsertTx(ctx, tx, chat.TurnArgs{Clinic: clinicID, Conversation: conversation}, turnJob)
	if err != nil {
		return fmt.Errorf("queueing turn: %w", err)
	}
	return nil
}

// dispatch queues what sends deliveries, once the transaction is committed.
func (d *DB) dispatch(ctx context.Context, tx pgx.Tx, deliveries ...chat.DeliverArgs) error {
	if len(deliveries) == 0 {
		return nil
	}
	jobs := make([]river.InsertManyParams, len(deliveries))
	for i, args := range deliveries {
		jobs[i] = river.InsertManyParams{Args: args, InsertOpts: deliverJob}
	}
	if _, err := d.jobs.InsertManyTx(ctx, tx, jobs); err != nil {
		return fmt.Errorf("queueing deliveries: %w", err)
	}
	return nil
}
