// Package storetest gives each test a private, migrated database and a private Redis, real ones.
//
// DATABASE_URL must lead to a Postgres where the user may create databases and roles and is a superuser, as the one of
// `make services` is. When it is not set, it is read from .local/services.env of this checkout. A missing service fails the
// test with the command that helps; nothing is skipped.
//
// The first test of a schema migrates a template; the others clone it, which takes some 20 ms. A database is dropped when its
// test passes, and kept and named when it fails, for a day.
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
)

// Keys is the key ring that the databases of tests are sealed with.
const Keys = "test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,index:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="

// Env is a private database with a record on it.
type Env struct {
	URL   string        // of the database, as its owner
	DB    *postgres.DB  // works with Keys and Clock
	Keys  *keyring.Ring // as parsed from [Keys]
	Clock *Clock        // business time
	Owner *pgxpool.Pool // for looking at rows as the owner, whom row-level security does not bind
}

// Open makes a private database that ends with the test.
func Open(t testing.TB) *Env {
	t.Helper()
	return OpenWith(t, func(*postgres.Config) {})
}

// OpenWith is [Open] with a changed configuration of the record.
func OpenWith(t testing.TB, change func(*postgres.Config)) *Env {
	t.Helper()
	keys, err := keyring.Parse(Keys)
	if err != nil {
		t.Fatal(err)
	}
	server := serverURL(t)
	e := &Env{URL: database(t, server, ensureTemplate(t, server)), Keys: keys, Clock: &Clock{}}
	config := postgres.Config{URL: e.URL, Keys: keys, Logger: slog.New(slog.DiscardHandler), Now: e.Clock.Now, MaxConns: 8}
	change(&config)
	if e.DB, err = postgres.Open(context.Background(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.DB.Close)
	if e.Owner, err = pgxpool.New(context.Background(), e.URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Owner.Close)
	return e
}

// Empty makes a private database without a schema and returns its URL, for testing migrations.
func Empty(t testing.TB) string {
	t.Helper()
	return database(t, serverURL(t), "template0")
}

// database clones a template and returns the new database's URL.
func database(t testing.TB, server, template string) string {
	t.Helper()
	ctx := context.Background()
	conn := connect(t, server)
	defer conn.Close(ctx)

	name := databaseName(t.Name())
	if _, err := conn.Exec(ctx, fmt.Sprintf("create database %s template %s strategy file_copy", name, template)); err != nil {
		t.Fatalf("cloning the database of tests: %v", err)
	}
	t.Cleanup(func() { dropOrKeep(t, server, name) })
	return withDatabase(t, server, name)
}

func dropOrKeep(t testing.TB, server, name string) {
	t.Helper()
	if t.Failed() {
		t.Logf("the database is kept for a day: psql -d %s, with the rest of DATABASE_URL", name)
		return
	}
	conn := connect(t, server)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), fmt.Sprintf("drop database %s with (force)", name)); err != nil {
		t.Errorf("dropping the database of the test: %v", err)
	}
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// databaseName is unique, and tells whose it is as far as Postgres's 63 characters allow.
func databaseName(test string) string {
	short := notInName.ReplaceAllString(strings.ToLower(test), "_")
	return fmt.Sprintf("%s%.30s_%s", testPrefix, short, strings.ToLower(rand.Text()[:12]))
}

func withDatabase(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("DATABASE_URL is no URL: want postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	u.Path = "/" + name
	return u.String()
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("connecting to Postgres: %v\nIs it running? `scripts/services up` starts this checkout's own.", err)
	}
	return conn
}
