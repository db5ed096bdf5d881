package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/migrations"
	"github.com/agentcare/agentcare/store/postgres"
)

const (
	defaultDatabase = "agentcare_bench"
	// benchLock is of pg_advisory_lock: two runs at once would measure each other.
	benchLock = 7232042004
	// benchKeys seal made-up data.
	benchKeys = "bench:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,index:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
)

// contents say what a database of the benchmark was made for. It is a comment on the database, written at the very end.
type contents struct {
	size

	Schema   string    `json:"schema"`   // hash of the migrations
	Business time.Time `json:"business"` // when everything happens
	Layout   int       `json:"layout"`   // of what is loaded: rises when this program loads other things for the same size
}

// layout is the current one.
const layout = 1

// database is the benchmark's own database.
type database struct {
	server *pgx.Conn // of the server, with the lock
	owner  *pgxpool.Pool
	url    string
	name   string
}

// openDatabase opens the database of that name beside the one that the URL leads to. Fresh tells that it is empty but for
// the schema, because there was none or none that fits want.
func openDatabase(ctx context.Context, server, name string, want contents, say func(string, ...any)) (d *database, fresh bool, err error) {
	if server == "" {
		return nil, false, errors.New("DATABASE_URL is not set: `make bench` starts a Postgres of this checkout and sets it, or give --database")
	}
	d = &database{name: name}
	if d.url, err = withDatabase(server, name); err != nil {
		return nil, false, err
	}
	if d.server, err = pgx.Connect(ctx, server); err != nil {
		return nil, false, errors.New("cannot reach Postgres at DATABASE_URL: is it running? (`make services`)") // the driver's error quotes the URL
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := d.lock(ctx); err != nil {
		return nil, false, err
	}
	if fresh, err = d.prepare(ctx, want, say); err != nil {
		return nil, false, err
	}
	if d.owner, err = pgxpool.New(ctx, d.url); err != nil {
		return nil, false, fmt.Errorf("opening database of the benchmark: %w", err)
	}
	return d, fresh, nil
}

func withDatabase(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "", errors.New("DATABASE_URL is no URL: want postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	u.Path = "/" + name
	return u.String(), nil
}

func (d *database) lock(ctx context.Context) error {
	var got bool
	if err := d.server.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(benchLock)).Scan(&got); err != nil {
		return fmt.Errorf("locking: %w", err)
	}
	if !got {
		return errors.New("another benchmark is running on this Postgres: the two would measure each other")
	}
	return nil
}

// prepare makes the database anew unless what it holds fits.
func (d *database) prepare(ctx context.Context, want contents, say func(string, ...any)) (fresh bool, err error) {
	var is contents
	var comment string
	err = d.server.QueryRow(ctx, "select coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = $1", d.name).Scan(&comment)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("looking for database of the benchmark: %w", err)
	}
	if json.Unmarshal([]byte(comment), &is) == nil && is == want {
		say("data: what an earlier run loaded into %s", d.name)
		return false, nil
	}
	say("data: making the database %s", d.name)
	quoted := pgx.Identifier{d.name}.Sanitize()
	for _, statement := range []string{"drop database if exists " + quoted + " with (force)", "create database " + quoted} {
		if _, err := d.server.Exec(ctx, statement); err != nil {
			return false, fmt.Errorf("making database of the benchmark (the user of DATABASE_URL must be allowed to): %w", err)
		}
	}
	return true, migrations.Up(ctx, d.url, slog.New(slog.DiscardHandler))
}

// finish writes down what the database holds from now on.
func (d *database) finish(ctx context.Context, is contents) error {
	text, err := json.Marshal(is)
	if err != nil {
		return fmt.Errorf("encoding contents: %w", err)
	}
	var quoted string
	if err := d.server.QueryRow(ctx, "select quote_literal($1)", string(text)).Scan(&quoted); err != nil {
		return fmt.Errorf("quoting contents: %w", err)
	}
	_, err = d.server.Exec(ctx, "comment on database "+pgx.Identifier{d.name}.Sanitize()+" is "+quoted)
	return err
}

func (d *database) close() {
	if d.owner != nil {
		d.owner.Close()
	}
	_ = d.server.Close(context.Background()) // and the lock is given back
}

// record opens the product's own store on the database, at business time.
func (d *database) record(ctx context.Context) (*postgres.DB, error) {
	keys, err := keyring.Parse(benchKeys)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	return postgres.Open(ctx, postgres.Config{
		URL: d.url, Keys: keys, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return business },
	})
}
