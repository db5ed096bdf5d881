package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/migrations"
)

const (
	testPrefix     = "agentcare_test_"
	templatePrefix = "agentcare_template_"
	templateLock   = 7232042003 // of pg_advisory_lock: one process at a time makes templates
)

var templateOnce sync.Mutex

// ensureTemplate makes the template of this schema unless it is there, and returns its name.
func ensureTemplate(t testing.TB, server string) string {
	t.Helper()
	templateOnce.Lock()
	defer templateOnce.Unlock()
	ctx := context.Background()
	name := templatePrefix + migrations.Hash()
	conn := connect(t, server)
	defer conn.Close(ctx) // which also gives the lock back
	if isFinished(ctx, t, conn, name) {
		return name
	}
	execute(ctx, t, conn, fmt.Sprintf("select pg_advisory_lock(%d)", templateLock))
	if isFinished(ctx, t, conn, name) {
		return name
	}
	dropOld(ctx, t, conn)
	execute(ctx, t, conn, fmt.Sprintf("drop database if exists %s with (force)", name)) // somebody was stopped half-way
	execute(ctx, t, conn, "create database "+name)
	if err := migrations.Up(ctx, withDatabase(t, server, name), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatalf("making the template of test databases: %v", err)
	}
	execute(ctx, t, conn, fmt.Sprintf("alter database %s with is_template true allow_connections false", name))
	return name
}

// isFinished reports whether the template is there and complete: it is marked as a template at the very end.
func isFinished(ctx context.Context, t testing.TB, conn *pgx.Conn, name string) bool {
	t.Helper()
	var finished bool
	const query = "select exists (select from pg_database where datname = $1 and datistemplate)"
	if err := conn.QueryRow(ctx, query, name).Scan(&finished); err != nil {
		t.Fatalf("looking for the template of test databases: %v", err)
	}
	return finished
}

// dropOld removes what tests left more than a day ago: templates of other schemas, and databases of failed tests.
func dropOld(ctx context.Context, t testing.TB, conn *pgx.Conn) {
	t.Helper()
	const query = `
		select datname from pg_database
		where (starts_with(datname, $1) or starts_with(datname, $2))
		  and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '1 day'
		  and not exists (select from pg_stat_activity a where a.datid = pg_database.oid)`
	rows, err := conn.Query(ctx, query, testPrefix, templatePrefix)
	if err != nil {
		t.Fatalf("looking for old test databases: %v", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("looking for old test databases: %v", err)
	}
	for _, name := range names {
		execute(ctx, t, conn, fmt.Sprintf("alter database %s with is_template false", name))
		execute(ctx, t, conn, "drop database if exists "+name)
	}
}

func execute(ctx context.Context, t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
