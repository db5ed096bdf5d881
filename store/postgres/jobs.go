package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Where jobs of each kind are queued.
var (
	turnJob    = &river.InsertOpts{Queue: chat.QueueTurns}
	deliverJob = &river.InsertOpts{Queue: chat.QueueDeliveries}
	freedJob   = &river.InsertOpts{Queue: chat.QueueWaitlist}
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

// freed queues what offers a practitioner's time to those who wait for it, once the transaction that gave it up is committed.
// Where nobody waits, it does nothing.
func (d *DB) freed(ctx context.Context, tx pgx.Tx, clinicID uuid.UUID, slot clinic.Slot) error {
	waiting, err := db.New(tx).SomebodyWaits(ctx, clinicID)
	if err != nil {
		return fmt.Errorf("looking whether somebody waits: %w", err)
	}
	if !waiting {
		return nil
	}
	args := chat.FreedArgs{Clinic: clinicID, Practitioner: slot.Practitioner, From: slot.Start, Until: slot.End}
	if _, err := d.jobs.InsertTx(ctx, tx, args, freedJob); err != nil {
		return fmt.Errorf("queueing offer of freed time: %w", err)
	}
	return nil
}
