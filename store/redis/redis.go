// Package redis keeps what is good to have at hand and may be lost: conversations between turns ([Memory]), events on
// their way to the sockets ([Bus]), rates ([Limiter]), and short lists ([List]).
//
// Everything in it can be read from Postgres again, so FLUSHALL in mid-traffic loses nothing. What is stored is sealed,
// and the names of keys and channels are keyed hashes: who reads Redis sees neither a word nor an id. While Redis is
// away, calls fail at once with [ErrAway], after one of them has found out; one call in a quarter of a second tries again.
//
// The URL says what kind of Redis there is:
//
//	redis://user:password@host:6379/0              one server; rediss:// with TLS
//	redis://host:6379?addr=host2:6379              a cluster, found through any of these; or ?cluster=true behind one address
//	redis://host:26379?master_name=main            the master that these sentinels name; more of them as addr=
//
// Other parameters (pool_size, read_timeout, ...) are those of go-redis.
package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/agentcare/agentcare/keyring"
)

// Config is what a [Store] needs.
type Config struct {
	URL    string        // see the package comment
	Keys   *keyring.Ring // seal contents and hide names
	Logger *slog.Logger
	Now    func() time.Time

	Prefix string        // of every key and channel; default "agentcare:"
	TTL    time.Duration // of a conversation's memory after its last turn; default 24 h
}

// Store is a connection to Redis. It is safe for concurrent use.
type Store struct {
	client  goredis.UniversalClient
	names   box
	bus     *Bus
	limiter *Limiter
	memory  *Memory
}

// New makes a store. It connects when it is first used, so that nothing waits for Redis at start.
func New(cfg Config) (*Store, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	client, err := connect(cfg.URL)
	if err != nil {
		return nil, err
	}
	client.AddHook(&breaker{})
	quieten(cfg.Logger)

	names := box{keys: cfg.Keys, prefix: cmp.Or(cfg.Prefix, "agentcare:")}
	return &Store{
		client:  client,
		names:   names,
		bus:     newBus(client, names, cfg.Logger),
		limiter: newLimiter(client, names, cfg.Now),
		memory:  &Memory{client: client, names: names, ttl: cmp.Or(cfg.TTL, 24*time.Hour)},
	}, nil
}

func (c Config) check() error {
	switch {
	case c.Keys == nil:
		return errors.New("redis: Keys are missing: what is stored must be sealed")
	case c.Logger == nil:
		return errors.New("redis: Logger is missing")
	case c.Now == nil:
		return errors.New("redis: Now is missing: it is the clock")
	}
	return nil
}

// Memory keeps conversations between turns.
func (s *Store) Memory() *Memory { return s.memory }

// Bus carries events of conversations.
func (s *Store) Bus() *Bus { return s.bus }

// Limiter bounds how often something happens.
func (s *Store) Limiter() *Limiter { return s.limiter }

// List is a list of this name that keeps its newest entries.
func (s *Store) List(name string, keep int) *List {
	return &List{client: s.client, names: s.names, key: s.names.name("list", name), keep: int64(keep)}
}

// Ping asks Redis for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("pinging Redis: %w", err)
	}
	return nil
}

// Close ends subscriptions and connections.
func (s *Store) Close() error {
	s.bus.close()
	return s.client.Close()
}
