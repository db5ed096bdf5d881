package migrations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Queryer is what asks the database: a pool, a connection or a transaction.
type Queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Latest is the number of the last step that this program knows.
func Latest() int64 {
	all := Steps()
	return all[len(all)-1]
}

// Version is the number of the last step that the database has seen, 0 when it is empty.
func Version(ctx context.Context, db Queryer) (int64, error) {
	const query = `select coalesce(max(version_id), 0) from goose_db_version where is_applied`
	var version int64
	err := db.QueryRow(ctx, query).Scan(&version)
	if pgErr := new(pgconn.PgError); errors.As(err, &pgErr) && pgErr.Code == "42P01" { // no such table
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading schema version: %w", err)
	}
	return version, nil
}

// Pending reports whether the database lacks a step of this program. One that is ahead lacks none:
// migrations expand before they contract, so that old code runs on the new schema.
func Pending(ctx context.Context, db Queryer) (bool, error) {
	version, err := Version(ctx, db)
	return version < Latest(), err
}

// Hash identifies the schema that [Up] leads to, in 16 hexadecimal digits. Databases made under the same hash are alike.
func Hash() string {
	sum := sha256.New()
	for _, name := range sqlFiles() {
		text, err := files.ReadFile(name)
		if err != nil {
			panic("migrations: reading an embedded file cannot fail: " + err.Error())
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	for _, v := range Steps() {
		fmt.Fprintf(sum, "%d river %d\n", v, riverVersions[v])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// Steps are the numbers of all steps, in order.
func Steps() []int64 {
	var all []int64
	for _, name := range sqlFiles() {
		number, _, _ := strings.Cut(path.Base(name), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic("migrations: a file is not named NUMBER_name.sql: " + name)
		}
		all = append(all, v)
	}
	for v := range riverVersions {
		all = append(all, v)
	}
	slices.Sort(all)
	return all
}

func sqlFiles() []string {
	names, err := fs.Glob(files, "sql/*.sql")
	if err != nil {
		panic("migrations: a constant pattern cannot be wrong: " + err.Error())
	}
	return names
}
