package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/postgres/db"
	"github.com/agentcare/agentcare/store/storetest"
)

// where is the state of a connection that a statement sees.
type where struct {
	role, clinic, statementTimeout, lockTimeout string
}

const whereQuery = `select current_user::text, coalesce(current_setting('app.clinic', true), ''),
	current_setting('statement_timeout'), current_setting('lock_timeout')`

func (w *where) scan(row pgx.Row) error {
	return row.Scan(&w.role, &w.clinic, &w.statementTimeout, &w.lockTimeout)
}

func TestStatementsRunAsTheApplicationForOneClinic(t *testing.T) {
	e := storetest.OpenWith(t, func(c *postgres.Config) { c.MaxConns = 1 })
	ctx := context.Background()
	clinicID := uuid.New()
	want := where{"agentcare_app", clinicID.String(), "10s", "5s"}

	var single, inTx, after where
	if err := single.scan(e.DB.Scope(clinicID).QueryRow(ctx, whereQuery)); err != nil || single != want {
		t.Errorf("a single statement runs as %+v, %v", single, err)
	}
	err := e.DB.Tx(ctx, clinicID, func(tx pgx.Tx, _ *db.Queries) error { return inTx.scan(tx.QueryRow(ctx, whereQuery)) })
	if err != nil || inTx != want {
		t.Errorf("a transaction runs as %+v, %v", inTx, err)
	}
	if err := after.scan(e.DB.Pool().QueryRow(ctx, whereQuery)); err != nil {
		t.Fatal(err)
	}
	if after.role == want.role || after.clinic != "" || after.lockTimeout != "0" {
		t.Errorf("the connection went back to the pool as %+v", after)
	}
}

func TestStatementsGiveTheirConnectionBack(t *testing.T) {
	e := storetest.OpenWith(t, func(c *postgres.Config) { c.MaxConns = 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	scope := e.DB.Scope(uuid.New())
	for range 3 { // with one connection, the second round would hang
		rows, err := scope.Query(ctx, "select generate_series(1, 3)")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pgx.CollectRows(rows, pgx.RowTo[int]); err != nil || len(got) != 3 {
			t.Fatalf("read %v, %v", got, err)
		}
		var n int
		if err := scope.QueryRow(ctx, "select generate_series(1, 3)").Scan(&n); err != nil || n != 1 {
			t.Fatalf("read %d, %v", n, err)
		}
		if err := scope.QueryRow(ctx, "select 1 where false").Scan(&n); !errors.Is(err, pgx.ErrNoRows) {
			t.Fatalf("no row: %v", err)
		}
		if err := scope.QueryRow(ctx, "select 1 / 0").Scan(&n); !isCode(err, "22012") {
			t.Fatalf("an error at run time: %v", err)
		}
		if err := scope.QueryRow(ctx, "select nonsense").Scan(&n); !isCode(err, "42703") {
			t.Fatalf("an error at parse time: %v", err)
		}
		if _, err := scope.Exec(ctx, "insert into clinic (clinic_id) values (gen_random_uuid())"); !isCode(err, "42501") {
			t.Fatalf("a right that the application does not have: %v", err)
		}
	}
}

func isCode(err error, code string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == code
}

// A pooler in transaction mode gives every transaction another session. Forgetting everything between two has the same effect.
// One that does not know prepared statements is named in the URL.
func TestNothingLivesInASession(t *testing.T) {
	e := storetest.OpenWith(t, func(c *postgres.Config) {
		u, err := url.Parse(c.URL)
		if err != nil {
			t.Fatal(err)
		}
		settings := u.Query()
		settings.Set("default_query_exec_mode", "cache_describe")
		u.RawQuery = settings.Encode()
		c.URL = u.String()
	})
	ctx := context.Background()
	config, err := pgxpool.ParseConfig(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = e.DB.Pool().Config().ConnConfig.DefaultQueryExecMode
	config.MaxConns = 1
	config.AfterRelease = func(conn *pgx.Conn) bool {
		_, err := conn.Exec(ctx, "discard all")
		return err == nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for range 3 {
		var n int
		if err := pool.QueryRow(ctx, "select $1::int + 1", 1).Scan(&n); err != nil || n != 2 {
			t.Fatalf("a statement that the session has forgotten: %d, %v", n, err)
		}
	}
}

// Two transactions lock two rows in opposite order, which Postgres ends with a deadlock for one of them.
func TestDeadlockIsRunAgain(t *testing.T) {
	e := storetest.Open(t)
	ctx := context.Background()
	a, b := uuid.New(), uuid.New()
	for _, id := range []uuid.UUID{a, b} {
		if err := e.DB.Queries(uuid.Nil).BeatWorker(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	var met sync.WaitGroup
	met.Add(2)
	runs := make(chan struct{}, 10)
	lockBoth := func(first, second uuid.UUID) error {
		meeting := sync.OnceFunc(func() { met.Done(); met.Wait() })
		return e.DB.Tx(ctx, uuid.Nil, func(_ pgx.Tx, q *db.Queries) error {
			runs <- struct{}{}
			if err := q.BeatWorker(ctx, first); err != nil {
				return err
			}
			meeting()
			return q.BeatWorker(ctx, second)
		})
	}
	var both sync.WaitGroup
	for _, order := range [][2]uuid.UUID{{a, b}, {b, a}} {
		both.Go(func() {
			if err := lockBoth(order[0], order[1]); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if len(runs) < 3 {
		t.Errorf("there were %d runs: nobody met a deadlock, and the test tells nothing", len(runs))
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestOpenSaysWhatIsMissing(t *testing.T) {
	keys, err := keyring.Parse(storetest.Keys)
	if err != nil {
		t.Fatal(err)
	}
	whole := postgres.Config{URL: "postgres://127.0.0.1:1/none", Keys: keys, Logger: discard(), Now: time.Now}
	for name, breakIt := range map[string]func(c *postgres.Config){
		"URL":    func(c *postgres.Config) { c.URL = "" },
		"Keys":   func(c *postgres.Config) { c.Keys = nil },
		"Logger": func(c *postgres.Config) { c.Logger = nil },
		"Now":    func(c *postgres.Config) { c.Now = nil },
		"no URL": func(c *postgres.Config) { c.URL = "host=1 port=secret" },
	} {
		t.Run(name, func(t *testing.T) {
			c := whole
			breakIt(&c)
			if _, err := postgres.Open(context.Background(), c); err == nil {
				t.Error("was accepted")
			}
		})
	}
	d, err := postgres.Open(context.Background(), whole) // nobody is there
	if err != nil {
		t.Fatalf("a database that is down kept the record from opening: %v", err)
	}
	defer d.Close()
	if err := d.Ping(context.Background()); err == nil {
		t.Error("the ping of nobody succeeds")
	}
}

func TestPing(t *testing.T) {
	e := storetest.Open(t)
	if err := e.DB.Ping(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := e.Owner.Exec(context.Background(), "delete from goose_db_version where version_id = (select max(version_id) from goose_db_version)"); err != nil {
		t.Fatal(err)
	}
	if err := e.DB.Ping(context.Background()); err == nil {
		t.Error("a schema that lacks a step passes")
	}
}

// What it costs to act for one clinic: the settings in one batch with the query, against a transaction around it.
func BenchmarkScope(b *testing.B) {
	e := storetest.Open(b)
	ctx := context.Background()
	clinicID := uuid.New()
	scope := e.DB.Scope(clinicID)
	var n int
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if err := e.DB.Pool().QueryRow(ctx, "select $1::int", 1).Scan(&n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("batch", func(b *testing.B) {
		for b.Loop() {
			if err := scope.QueryRow(ctx, "select $1::int", 1).Scan(&n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("transaction", func(b *testing.B) {
		for b.Loop() {
			err := e.DB.Tx(ctx, clinicID, func(tx pgx.Tx, _ *db.Queries) error {
				return tx.QueryRow(ctx, "select $1::int", 1).Scan(&n)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
