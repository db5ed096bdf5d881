package redis

import (
	"context"
	"fmt"
	"log/slog"

	goredis "github.com/redis/go-redis/v9"
)

// quieten leads what go-redis would print (for the whole process: it knows one logger) to ours.
// It speaks of connections, never of what they carry.
func quieten(logger *slog.Logger) { goredis.SetLogger(chatter{logger}) }

type chatter struct{ logger *slog.Logger }

// Printf logs what the library has to say.
func (c chatter) Printf(ctx context.Context, format string, v ...any) {
	c.logger.DebugContext(ctx, "redis client", slog.String("detail", fmt.Sprintf(format, v...)))
}
