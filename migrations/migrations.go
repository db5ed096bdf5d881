// Package migrations brings a database to the schema that this program needs.
//
// The steps are numbered without gaps and applied in order, each once, each in a transaction of its own. Those of the clinic are
// the files in sql/. River's own are Go steps that let River's library apply exactly one of its versions: one of them adds an
// enum value, which Postgres lets nobody use before it is committed.
//
// A session lock of Postgres keeps two processes from migrating at once, so the URL must lead to Postgres itself
// or to a pooler in session mode.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed sql/*.sql
var files embed.FS

// Up applies what is pending. A second process that asks at the same time waits and then finds nothing to do.
func Up(ctx context.Context, url string, logger *slog.Logger) error {
	return migrate(ctx, url, logger, (*goose.Provider).Up)
}

// Down takes back all steps after the given one; 0 leaves nothing, and no data. The application's role stays,
// because other databases of the server may use it.
func Down(ctx context.Context, url string, to int64, logger *slog.Logger) error {
	return migrate(ctx, url, logger, func(p *goose.Provider, ctx context.Context) ([]*goose.MigrationResult, error) {
		return p.DownTo(ctx, to)
	})
}

type direction func(p *goose.Provider, ctx context.Context) ([]*goose.MigrationResult, error)

func migrate(ctx context.Context, url string, logger *slog.Logger, run direction) error {
	if logger == nil {
		return errors.New("migrating: a logger is required")
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errors.New("migrating: want a database URL like postgres://USER:PASSWORD@HOST:PORT/NAME") // the parser's error quotes it
	}
	config.MaxConns = 4 // the lock, goose and River have one each
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connecting to migrate: %w", err)
	}
	defer pool.Close()
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()

	provider, err := newProvider(db, pool, logger)
	if err != nil {
		return err
	}
	results, err := run(provider, ctx)
	if err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	for _, r := range results {
		logger.LogAttrs(ctx, slog.LevelInfo, "migrated",
			slog.Int64("version", r.Source.Version), slog.String("direction", r.Direction), slog.Duration("took", r.Duration))
	}
	return nil
}

func newProvider(db *sql.DB, pool *pgxpool.Pool, logger *slog.Logger) (*goose.Provider, error) {
	dir, err := fs.Sub(files, "sql")
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	// One process looks every second whether the other is done, for five minutes.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, fmt.Errorf("making migration lock: %w", err)
	}
	river, err := riverSteps(pool, logger)
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, dir,
		goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(river...),
		goose.WithSessionLocker(locker),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("collecting migrations: %w", err)
	}
	return provider, nil
}
