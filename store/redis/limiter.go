package redis

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	goredis "github.com/redis/go-redis/v9"
)

// Limiter bounds how often something happens, over all processes. While Redis is away each process bounds for itself.
type Limiter struct {
	shared *redis_rate.Limiter
	alone  *localLimiter
	names  box
}

func newLimiter(client goredis.UniversalClient, names box, now func() time.Time) *Limiter {
	return &Limiter{
		shared: redis_rate.NewLimiter(prefixed{UniversalClient: client, prefix: names.prefix}),
		alone:  &localLimiter{now: now, free: map[string]time.Time{}},
		names:  names,
	}
}

// Allow counts one event under key and returns 0 when it may happen, else how long to wait until the next one may.
// perMinute may happen at once, and after that as many in a minute, evenly. The error is about arguments and ctx alone.
func (l *Limiter) Allow(ctx context.Context, key string, perMinute int) (time.Duration, error) {
	if perMinute < 1 {
		return 0, errors.New("redis: a rate must be at least one a minute")
	}
	name := l.names.hash("rate", key)
	res, err := l.shared.Allow(ctx, name, redis_rate.PerMinute(perMinute))
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return l.alone.allow(name, perMinute), nil
	case res.Allowed > 0:
		return 0, nil
	}
	return max(res.RetryAfter, time.Millisecond), nil
}

// prefixed puts the store's prefix before the key names that redis_rate makes.
type prefixed struct {
	goredis.UniversalClient
	prefix string
}

// Eval runs a script on the prefixed key.
func (p prefixed) Eval(ctx context.Context, script string, keys []string, args ...any) *goredis.Cmd {
	return p.UniversalClient.Eval(ctx, script, []string{p.prefix + keys[0]}, args...)
}

// EvalSha runs a loaded script on the prefixed key.
func (p prefixed) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *goredis.Cmd {
	return p.UniversalClient.EvalSha(ctx, sha1, []string{p.prefix + keys[0]}, args...)
}

// localLimiter does the same arithmetic (the generic cell rate algorithm) in this process.
type localLimiter struct {
	now  func() time.Time
	mu   sync.Mutex
	free map[string]time.Time // when all that was counted under a key will have passed
}

// localKeys bounds the memory that strangers can make a process use.
const localKeys = 10_000

func (l *localLimiter) allow(key string, perMinute int) time.Duration {
	each := time.Minute / time.Duration(perMinute)
	l.mu.Lock()
	defer l.mu.Unlock()

	now := l.now()
	free := l.free[key]
	if free.Before(now) {
		free = now
	}
	free = free.Add(each)
	if wait := free.Sub(now) - time.Minute; wait > 0 {
		return wait
	}
	l.forget(now)
	l.free[key] = free
	return 0
}

// forget makes room when there is none: those that have passed go, and of the others as many as free a tenth.
func (l *localLimiter) forget(now time.Time) {
	if len(l.free) < localKeys {
		return
	}
	maps.DeleteFunc(l.free, func(_ string, free time.Time) bool { return free.Before(now) })
	for key := range l.free {
		if len(l.free) <= localKeys*9/10 {
			return
		}
		delete(l.free, key)
	}
}
