// Package postgres is the record: everything that must not be lost, in Postgres.
//
// A [DB] implements the ports that tools, channels and workers ask for. Every statement runs as the role agentcare_app for
// one clinic, so that row-level security holds whatever a query forgets. Reads send the two settings in one batch with
// the query; transactions begin with them. Nothing lives in a session, so a pooler in transaction mode may stand between.
//
// Two clocks are in use: the database's judges leases, the injected one judges business time, such as notice and holds.
//
// What is refused by the clinic's rules is a [clinic.Error]; what is refused of a message, a [chat.Error].
// Other errors name no value of any row.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"

	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/migrations"
)

// Config says where the record is and what working on it takes.
type Config struct {
	URL    string           // required; postgres://...
	Keys   *keyring.Ring    // required
	Logger *slog.Logger     // required
	Now    func() time.Time // required: the clock of business time

	MaxConns         int32         // at once; 0: 16
	StatementTimeout time.Duration // of one statement; 0: 10 s
	LockTimeout      time.Duration // of waiting for one lock; 0: 5 s
	DirectoryTTL     time.Duration // how long directory and hours are kept for searching; 0: 5 s. Bookings read them afresh
}

func (c Config) validate() error {
	switch {
	case c.URL == "":
		return errors.New("config: URL is required")
	case c.Keys == nil:
		return errors.New("config: Keys are required")
	case c.Logger == nil:
		return errors.New("config: Logger is required")
	case c.Now == nil:
		return errors.New("config: Now is required")
	}
	return nil
}

// DB is the record. It is safe for concurrent use.
type DB struct {
	pool      *pgxpool.Pool
	keys      *keyring.Ring
	log       *slog.Logger
	now       func() time.Time
	prelude   prelude
	jobs      *river.Client[pgx.Tx] // inserts only
	schedules schedules
	kept      keptCalendars
}

// notifyCooldown is how long River keeps from announcing jobs again after it did. At its default of 100 ms most jobs would
// not be announced, and wait for a poll.
const notifyCooldown = time.Millisecond

// Open prepares to work. It connects when first asked for something: a database that is down fails [DB.Ping], not Open.
func Open(ctx context.Context, c Config) (*DB, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("opening record: %w", err)
	}
	pool, err := newPool(ctx, c)
	if err != nil {
		return nil, err
	}
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: c.Logger, FetchCooldown: notifyCooldown})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("preparing job inserts: %w", err)
	}
	return &DB{
		pool:      pool,
		keys:      c.Keys,
		log:       c.Logger,
		now:       c.Now,
		prelude:   newPrelude(cmp.Or(c.StatementTimeout, 10*time.Second), cmp.Or(c.LockTimeout, 5*time.Second)),
		jobs:      jobs,
		schedules: newSchedules(cmp.Or(c.DirectoryTTL, 5*time.Second)),
		kept:      keptCalendars{byClinic: map[uuid.UUID]*keptClinic{}},
	}, nil
}

// newPool makes the pool. Statements are prepared once per connection, which saves planning them every time: two thirds of
// what a turn costs. A pooler in transaction mode has to know of that, as PgBouncer does from 1.21 (max_prepared_statements).
// For one that does not, the URL says default_query_exec_mode=cache_describe.
func newPool(ctx context.Context, c Config) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("reading database URL: want postgres://USER:PASSWORD@HOST:PORT/NAME") // the parser's error quotes it
	}
	config.MaxConns = cmp.Or(c.MaxConns, 16)
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxuuid.Register(conn.TypeMap())
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening connection pool: %w", err)
	}
	return pool, nil
}

// Ping fails while the database cannot be reached or lacks a migration.
func (d *DB) Ping(ctx context.Context) error {
	pending, err := migrations.Pending(ctx, d.pool)
	if err != nil {
		return err
	}
	if pending {
		return errors.New("the database's schema is older than this program: run agentcare admin migrate")
	}
	return nil
}

// Close waits for what is running and closes all connections.
func (d *DB) Close() { d.pool.Close() }
