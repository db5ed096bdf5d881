package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/guided"
	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/redis"
)

// parts are what the processes stand on. Opening them connects to nothing: a service that is down shows in /readyz.
type parts struct {
	settings settings
	log      *slog.Logger
	out      io.Writer // for whoever started the process in a terminal
	keys     *keyring.Ring
	db       *postgres.DB
	beats    *postgres.DB  // for heartbeats alone: they must never wait behind turns
	jobs     *pgxpool.Pool // River's own connections: it listens on one of them
	redis    *redis.Store
	guided   *guided.Engine // the built-in engine: greets, and is there when nothing else is
	engine   agent.Engine   // answers patients
}

// Connections besides those for turns. Of River's one listens, the others fetch and finish jobs.
const (
	jobConns  = 6
	beatConns = 2
)

func openParts(ctx context.Context, s settings, log *slog.Logger) (_ *parts, err error) {
	p := &parts{settings: s, log: log, out: io.Discard}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.keys, err = keyring.Parse(string(s.EncryptionKeys)); err != nil {
		return nil, fmt.Errorf("reading ENCRYPTION_KEYS: %w", err)
	}
	record := postgres.Config{URL: string(s.DatabaseURL), Keys: p.keys, Logger: log, Now: time.Now, MaxConns: s.DatabaseConns}
	if p.db, err = postgres.Open(ctx, record); err != nil {
		return nil, err
	}
	record.MaxConns = beatConns
	if p.beats, err = postgres.Open(ctx, record); err != nil {
		return nil, err
	}
	if p.guided, err = p.newEngine(); err != nil {
		return nil, err
	}
	p.engine = p.guided
	config, err := pgxpool.ParseConfig(string(s.DatabaseURL))
	if err != nil { // the parser's error quotes the password
		return nil, settingsError{"DATABASE_URL: want postgres://user:password@host:port/name"}
	}
	config.MaxConns = jobConns
	if p.jobs, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("opening connections for jobs: %w", err)
	}
	if s.RedisURL == "" {
		return p, nil // the scheduler needs none
	}
	p.redis, err = redis.New(redis.Config{
		URL: string(s.RedisURL), Keys: p.keys, Logger: log, Now: time.Now, Prefix: s.RedisPrefix + ":",
	})
	return p, err
}

func (p *parts) close() {
	if p.redis != nil {
		if err := p.redis.Close(); err != nil {
			p.log.Debug("closing Redis", slog.Any("error", err))
		}
	}
	if p.jobs != nil {
		p.jobs.Close()
	}
	for _, db := range []*postgres.DB{p.beats, p.db} {
		if db != nil {
			db.Close()
		}
	}
}

// checks are the backing services. Without Redis messages are accepted and answered all the same, only slower.
func (p *parts) checks() []check {
	all := []check{{name: "postgres", needed: true, look: p.db.Ping}}
	if p.redis != nil {
		all = append(all, check{name: "redis", look: p.redis.Ping})
	}
	return all
}
