package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// listTTL is how long a list outlives its last entry.
const listTTL = 24 * time.Hour

// List keeps the newest entries of a list, sealed.
type List struct {
	client goredis.UniversalClient
	names  box
	key    string
	keep   int64
}

// Add puts an entry in front, and drops the oldest beyond what is kept.
func (l *List) Add(ctx context.Context, entry []byte) error {
	sealed := l.names.keys.Seal(entry, []byte(l.key))
	_, err := l.client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		p.LPush(ctx, l.key, sealed)
		p.LTrim(ctx, l.key, 0, l.keep-1)
		p.Expire(ctx, l.key, listTTL)
		return nil
	})
	if err != nil {
		return fmt.Errorf("adding to a list: %w", err)
	}
	return nil
}

// Newest reads all entries, newest first. Those that cannot be opened any more are left out.
func (l *List) Newest(ctx context.Context) ([][]byte, error) {
	sealed, err := l.client.LRange(ctx, l.key, 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("reading a list: %w", err)
	}
	entries := make([][]byte, 0, len(sealed))
	for _, s := range sealed {
		if entry, err := l.names.keys.Open([]byte(s), []byte(l.key)); err == nil {
			entries = append(entries, entry)
		}
	}
	return entries, nil
}
