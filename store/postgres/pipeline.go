package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/agentcare/agentcare/store/postgres/db"
)

// pipeline collects statements that go to the database in one round trip, in order, and stop at the first that fails.
//
// Its queries are sqlc's, so that parameters and rows keep their types: a statement that is run through q is only written
// down, and returns nothing. What it returns comes with [fetch], once the pipeline was sent.
type pipeline struct {
	batch pgx.Batch
	q     *db.Queries
}

func newPipeline() *pipeline {
	p := &pipeline{}
	p.q = db.New(recorder{&p.batch})
	return p
}

// fetched is what a statement of a pipeline returned; empty until the pipeline was sent.
type fetched[T any] struct{ rows []T }

// one is the only row, and whether there was one.
func (f *fetched[T]) one() (row T, found bool) {
	if len(f.rows) == 0 {
		return row, false
	}
	return f.rows[0], true
}

// fetch writes down one statement and returns where its rows will be. Scan is the way from a row to a T.
func fetch[T, R any](p *pipeline, scan pgx.RowToFunc[T], run func(q *db.Queries) (R, error)) *fetched[T] {
	_, _ = run(p.q) // nothing ran, and nothing can fail
	queued := p.batch.QueuedQueries[p.batch.Len()-1]
	into := &fetched[T]{}
	queued.Query(func(rows pgx.Rows) error {
		var err error
		into.rows, err = pgx.CollectRows(rows, scan)
		return err
	})
	return into
}

// send runs what was written down inside a transaction.
func (p *pipeline) send(ctx context.Context, tx pgx.Tx) error {
	if p.batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &p.batch).Close()
}

// atOnce runs a pipeline as a transaction of its own, in one round trip. Write makes the pipeline; it is called again when
// Postgres gave the transaction up.
func (d *DB) atOnce(ctx context.Context, clinicID uuid.UUID, write func(p *pipeline)) error {
	return retrying(ctx, func() error {
		p := newPipeline()
		p.batch.Queue(d.prelude.read, clinicID.String())
		write(p)
		return d.pool.SendBatch(ctx, &p.batch).Close()
	})
}

// sendLast is send, and commits in the same round trip. Nothing can be done in the transaction after it.
func (p *pipeline) sendLast(ctx context.Context, tx pgx.Tx) error {
	p.batch.Queue("commit")
	return p.send(ctx, tx)
}

// txFrom is [DB.tx] with a pipeline that goes in the same round trip as the begin. It commits what then has not committed
// itself, with [pipeline.sendLast].
func (d *DB) txFrom(ctx context.Context, clinicID uuid.UUID, write func(p *pipeline), then func(tx pgx.Tx, q *db.Queries) error) error {
	return retrying(ctx, func() (err error) {
		conn, err := d.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		p := newPipeline()
		p.batch.BeginTx(pgx.TxOptions{})
		p.batch.Queue(d.prelude.keep, clinicID.String())
		write(p)
		results := conn.SendBatch(ctx, &p.batch)
		tx := results.Tx()
		defer func() {
			if rollbackErr := rollBack(ctx, tx); rollbackErr != nil && err == nil {
				err = fmt.Errorf("rolling back: %w", rollbackErr)
			}
		}()
		if err := results.Close(); err != nil {
			return err
		}
		if err := then(tx, db.New(tx)); err != nil || ended(tx) {
			return err
		}
		return tx.Commit(ctx)
	})
}

// ended reports whether a transaction is over on the server.
func ended(tx pgx.Tx) bool { return tx.Conn().PgConn().TxStatus() == 'I' }

// rollBack ends a transaction that is still there.
func rollBack(ctx context.Context, tx pgx.Tx) error {
	if ended(tx) {
		return nil
	}
	if err := tx.Rollback(ctx); !errors.Is(err, pgx.ErrTxClosed) {
		return err
	}
	return nil
}

// recorder writes statements down instead of running them.
type recorder struct{ batch *pgx.Batch }

var _ db.DBTX = recorder{}

// Exec writes the statement down.
func (r recorder) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	r.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

// Query writes the statement down and returns no rows.
func (r recorder) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	r.batch.Queue(sql, args...)
	return nothing{}, nil
}

// QueryRow writes the statement down and returns a row that leaves everything as it is.
func (r recorder) QueryRow(_ context.Context, sql string, args ...any) pgx.Row {
	r.batch.Queue(sql, args...)
	return nothing{}
}

// nothing stands for rows that are not here yet.
type nothing struct{ pgx.Rows }

func (nothing) Close()            {}
func (nothing) Err() error        { return nil }
func (nothing) Next() bool        { return false }
func (nothing) Scan(...any) error { return nil }

// interval is a duration as Postgres takes it, to the microsecond.
func interval(d time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: d.Microseconds(), Valid: true}
}
