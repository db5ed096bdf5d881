package migrations_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/agentcare/agentcare/migrations"
	"github.com/agentcare/agentcare/store/storetest"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Two processes start at once on an empty database: both come up, and each step is applied once.
func TestUpFromTwoProcessesAtOnce(t *testing.T) {
	url := storetest.Empty(t)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := migrations.Up(context.Background(), url, quiet()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()

	pool := open(t, url)
	if pending, err := migrations.Pending(context.Background(), pool); err != nil || pending {
		t.Errorf("pending %v, %v", pending, err)
	}
	var twice int
	row := pool.QueryRow(context.Background(), "select count(*) - count(distinct version_id) from goose_db_version")
	if err := row.Scan(&twice); err != nil || twice != 0 {
		t.Errorf("%d steps were applied twice, %v", twice, err)
	}
}

func TestVersionOfAnEmptyDatabase(t *testing.T) {
	pool := open(t, storetest.Empty(t))
	version, err := migrations.Version(context.Background(), pool)
	if err != nil || version != 0 {
		t.Errorf("version %d, %v", version, err)
	}
	if pending, err := migrations.Pending(context.Background(), pool); err != nil || !pending {
		t.Errorf("pending %v, %v", pending, err)
	}
}

func TestDownAndUpAgain(t *testing.T) {
	url := storetest.Empty(t)
	ctx := context.Background()
	if err := migrations.Up(ctx, url, quiet()); err != nil {
		t.Fatal(err)
	}
	before := tables(t, url)
	if err := migrations.Down(ctx, url, 0, quiet()); err != nil {
		t.Fatal(err)
	}
	if left := tables(t, url); len(left) > 1 {
		t.Errorf("left behind: %v", left)
	}
	if err := migrations.Up(ctx, url, quiet()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tables(t, url)); diff != "" {
		t.Errorf("after down and up (-before +after):\n%s", diff)
	}
}

// The library brings a migration that no step of ours applies: add one.
func TestEveryMigrationOfRiverIsAStep(t *testing.T) {
	url := storetest.Empty(t)
	ctx := context.Background()
	if err := migrations.Up(ctx, url, quiet()); err != nil {
		t.Fatal(err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(open(t, url)), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	result, err := migrator.Validate(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range result.Messages {
		t.Errorf("River's schema is not complete: %s", message)
	}
}

func TestStepsHaveNoGaps(t *testing.T) {
	steps := migrations.Steps()
	for i, step := range steps {
		if step != int64(i+1) {
			t.Fatalf("step %d stands at place %d: %v", step, i+1, steps)
		}
	}
}

// Processes work as the application role: each table and sequence of River's must be open to it.
func TestRiverIsOpenToTheApplication(t *testing.T) {
	url := storetest.Empty(t)
	if err := migrations.Up(context.Background(), url, quiet()); err != nil {
		t.Fatal(err)
	}
	const query = `
		select relname from pg_class
		where relnamespace = 'public'::regnamespace and relname like 'river\_%' and relname <> 'river_migration'
		  and case relkind
		    when 'r' then not has_table_privilege('agentcare_app', oid, 'select, insert, update, delete')
		    when 'S' then not has_sequence_privilege('agentcare_app', oid, 'usage')
		    else false
		  end`
	if closed := names(t, url, query); len(closed) > 0 {
		t.Errorf("closed to the application: %v", closed)
	}
}

func tables(t *testing.T, url string) []string {
	t.Helper()
	all := names(t, url, `
		select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i', 'S')
		union all
		select proname from pg_proc where pronamespace = 'public'::regnamespace
		  and not exists (select from pg_depend d where d.objid = pg_proc.oid and d.deptype = 'e')`)
	return slices.DeleteFunc(all, func(name string) bool { // the list of versions is goose's own and stays
		return name == "goose_db_version_pkey" || name == "goose_db_version_id_seq"
	})
}

func names(t *testing.T, url, query string) []string {
	t.Helper()
	rows, err := open(t, url).Query(context.Background(), query+" order by 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func open(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
