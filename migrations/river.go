package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverVersions maps our step numbers to the versions of River's schema. A new version of River gets the next free step.
var riverVersions = map[int64]int{2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8}

func riverSteps(pool *pgxpool.Pool, logger *slog.Logger) ([]*goose.Migration, error) {
	migrator, err := newRiverMigrator(pool, logger)
	if err != nil {
		return nil, err
	}
	steps := make([]*goose.Migration, 0, len(riverVersions))
	for step, version := range riverVersions {
		steps = append(steps, goose.NewGoMigration(step,
			&goose.GoFunc{RunDB: migrateRiver(migrator, rivermigrate.DirectionUp, version)},
			&goose.GoFunc{RunDB: migrateRiver(migrator, rivermigrate.DirectionDown, downTo(version))}))
	}
	return steps, nil
}

func newRiverMigrator(pool *pgxpool.Pool, logger *slog.Logger) (*rivermigrate.Migrator[pgx.Tx], error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet(logger)})
	if err != nil {
		return nil, fmt.Errorf("preparing River's migrations: %w", err)
	}
	return migrator, nil
}

// migrateRiver lets River bring its schema to a version, in a transaction of its own.
// When it is there already, because a process died before goose wrote it down, River does nothing.
func migrateRiver(m *rivermigrate.Migrator[pgx.Tx], to rivermigrate.Direction, version int) func(context.Context, *sql.DB) error {
	return func(ctx context.Context, _ *sql.DB) error {
		if _, err := m.Migrate(ctx, to, &rivermigrate.MigrateOpts{TargetVersion: version}); err != nil {
			return fmt.Errorf("migrating River's schema to version %d: %w", version, err)
		}
		return nil
	}
}

// downTo is the target that takes back one version: the one before it, where -1 means an empty schema.
func downTo(version int) int {
	if version == 1 {
		return -1
	}
	return version - 1
}

// quiet keeps River's line per step out of the log: ours says the same.
func quiet(logger *slog.Logger) *slog.Logger {
	return slog.New(warnings{logger.Handler()})
}

type warnings struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
