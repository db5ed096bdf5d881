package postgres

import (
	"context"
	"fmt"
)

// DeleteExpired deletes what has served its time in every clinic and returns how many rows went: holds that lapsed an hour
// ago, one-time codes after two days (their limits look back over one), answers kept for idempotency keys after thirty days, and
// workers that were silent for a day. Nothing depends on it: what has expired counts for nothing while it is still there.
func (d *DB) DeleteExpired(ctx context.Context) (int64, error) {
	rows, err := d.anyClinic().DeleteExpired(ctx, d.now())
	if err != nil {
		return 0, fmt.Errorf("deleting what has expired: %w", err)
	}
	return rows, nil
}
