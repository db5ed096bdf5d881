package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentcare/agentcare/store/postgres/db"
)

// role is what every statement runs as: row-level security applies to it.
const role = "agentcare_app"

// prelude is what precedes every statement or transaction, in the same round trip. All of it ends with the transaction.
type prelude struct {
	read  string // parameter: the clinic's id, or an empty string for none
	keep  string // parameter as above; for look-ups by key, whose plans never depend on the parameters
	begin string // format: how to begin, the clinic's id
}

// newPrelude also keeps plans good. A statement is planned when it was prepared, perhaps while its table was empty, and
// the plan is kept: it must go by an index even so, for everything here is a look-up. That makes plans which cannot look
// expensive, and compiling them to machine code would cost more than any of them takes.
//
// Postgres plans a statement anew each time when it thinks that the parameters' values make a better plan, as it does for
// every list of ids. Where that cannot be, planning costs more than running, and the plan is kept whatever it thinks.
func newPrelude(statement, lock time.Duration) prelude {
	settings := fmt.Sprintf(`set_config('role', '%s', true), set_config('statement_timeout', '%d', true), set_config('lock_timeout', '%d', true), `+
		`set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`,
		role, statement.Milliseconds(), lock.Milliseconds())
	return prelude{
		read:  `select ` + settings + `, set_config('app.clinic', $1, true)`,
		keep:  `select ` + settings + `, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('app.clinic', $1, true)`,
		begin: `%s; select ` + settings + `, set_config('app.clinic', '%s', true)`,
	}
}

// queries are single statements in the name of one clinic, each in a transaction of its own.
func (d *DB) queries(clinicID uuid.UUID) *db.Queries {
	return db.New(scope{d: d, clinic: clinicID.String()})
}

// anyClinic is for what comes before the clinic is known or spans clinics: the functions that answer with ids alone,
// and tables without a clinic. No row of a clinic can be seen or written through it.
func (d *DB) anyClinic() *db.Queries {
	return db.New(scope{d: d})
}

// tx runs fn in a transaction in the name of one clinic. When Postgres gives it up for a deadlock or a conflict between
// transactions, it is run again, so fn must not change anything outside. The error is fn's, or says what failed.
func (d *DB) tx(ctx context.Context, clinicID uuid.UUID, fn func(tx pgx.Tx, q *db.Queries) error) error {
	return d.txAs(ctx, "begin", clinicID, fn)
}

// snapshot is [DB.tx] for reading several tables as of one moment.
func (d *DB) snapshot(ctx context.Context, clinicID uuid.UUID, fn func(q *db.Queries) error) error {
	return d.txAs(ctx, "begin isolation level repeatable read read only", clinicID, func(_ pgx.Tx, q *db.Queries) error {
		return fn(q)
	})
}

func (d *DB) txAs(ctx context.Context, begin string, clinicID uuid.UUID, fn func(tx pgx.Tx, q *db.Queries) error) error {
	options := pgx.TxOptions{BeginQuery: fmt.Sprintf(d.prelude.begin, begin, clinicID)}
	return retrying(ctx, func() error {
		return pgx.BeginTxFunc(ctx, d.pool, options, func(tx pgx.Tx) error { return fn(tx, db.New(tx)) })
	})
}

// retrying runs a transaction again, a few times, when it left no trace and may succeed the next time.
func retrying(ctx context.Context, transaction func() error) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		err := transaction()
		if err == nil || attempt == attempts || !mayRunAgain(err) {
			return err
		}
		if waitErr := pause(ctx, attempt); waitErr != nil {
			return err
		}
	}
}

// pause waits before the next attempt: up to 4, 8, 16, ... ms, at random, so that rivals do not meet again.
func pause(ctx context.Context, attempt int) error {
	most := 2 * time.Millisecond << attempt
	timer := time.NewTimer(rand.N(most)) //nolint:gosec // nobody gains by guessing it
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// scope runs each statement as one pipeline with the prelude: one round trip, one implicit transaction.
type scope struct {
	d      *DB
	clinic string
}

var _ db.DBTX = scope{}

func (s scope) send(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	batch := &pgx.Batch{}
	batch.Queue(s.d.prelude.read, s.clinic)
	batch.Queue(sql, args...)
	results := s.d.pool.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		_ = results.Close() // says the same again
		return nil, fmt.Errorf("taking the application's role: %w", err)
	}
	return results, nil
}

// Exec runs a statement that returns no rows.
func (s scope) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	results, err := s.send(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if closeErr := results.Close(); err == nil {
		err = closeErr // a deferred constraint speaks up at the end
	}
	return tag, err
}

// Query runs a statement whose rows are read one by one.
func (s scope) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	results, err := s.send(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close() // says the same again
		return nil, err
	}
	return &batchRows{Rows: rows, results: results}, nil
}

// QueryRow runs a statement of which the first row is read.
func (s scope) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := s.Query(ctx, sql, args...)
	return row{rows, err}
}

// batchRows gives the connection back when the rows are closed.
type batchRows struct {
	pgx.Rows
	results pgx.BatchResults
	err     error
	closed  bool
}

// Next reads on, and closes after the last row as every pgx.Rows does.
func (r *batchRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close ends the batch too.
func (r *batchRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	r.err = r.results.Close()
}

// Err is the first error of the rows or of the batch's end.
func (r *batchRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

// row is the first of the rows.
type row struct {
	rows pgx.Rows
	err  error
}

// Scan reads the row, or returns [pgx.ErrNoRows].
func (r row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}
