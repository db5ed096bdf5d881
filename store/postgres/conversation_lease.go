package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// Beat keeps every lease of this worker alive, and makes the worker known at first.
func (d *DB) Beat(ctx context.Context, worker uuid.UUID) error {
	if err := d.anyClinic().BeatWorker(ctx, worker); err != nil {
		return fmt.Errorf("beating: %w", err)
	}
	return nil
}

// Retire ends this worker: its leases are free at once.
func (d *DB) Retire(ctx context.Context, worker uuid.UUID) error {
	if err := d.anyClinic().RetireWorker(ctx, worker); err != nil {
		return fmt.Errorf("retiring: %w", err)
	}
	return nil
}

// Due lists conversations that are unanswered and due, and that no living worker or person has; those that wait longest first.
func (d *DB) Due(ctx context.Context, lease time.Duration, limit int) ([]chat.TurnArgs, error) {
	rows, err := d.anyClinic().DueConversations(ctx, interval(lease), int32(limit)) //nolint:gosec // a page's length
	if err != nil {
		return nil, fmt.Errorf("looking for unanswered conversations: %w", err)
	}
	due := make([]chat.TurnArgs, len(rows))
	for i, r := range rows {
		due[i] = chat.TurnArgs{Clinic: r.ClinicID, Conversation: r.ID}
	}
	return due, nil
}
