package postgres

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/agentcare/agentcare/clinic"
)

// takenFrom and takenWhere read what is taken of many resources between two instants, in one index-only scan of
// allocation_busy. What is free is as in the query Busy: a hold that has lapsed, the excluded appointment, the asker's own.
//
// Fully booked calendars have tens of thousands of rows, so each column counts, and the rows are read as they lie on the
// wire. Nothing is longer than two days; whether anything near is longer than four hours the index allocation_long tells.
// Mostly nothing is, and then no calendar need be read from two days before. That is a query of its own in the condition:
// as an expression it would not be where the scan begins, but a filter of all that is read, because row-level security
// lets only what surely leaks nothing come before it.
const (
	takenFrom  = `select resource_id, starts_at, ends_at`
	takenWhere = `
from allocation
where clinic_id = $1 and resource_id = any($2::uuid[]) and state > 0
  and starts_at > (select $3::timestamptz - case when exists (
    select from allocation
    where clinic_id = $1 and state > 0 and ends_at - starts_at > interval '4 hours'
      and starts_at > $3::timestamptz - interval '2 days' and starts_at <= $3::timestamptz - interval '4 hours'
  ) then interval '2 days' else interval '4 hours' end)
  and starts_at < $4::timestamptz and ends_at > $3::timestamptz
  and (expires_at is null or expires_at > $5::timestamptz)
  and appointment_id is distinct from $6::uuid and hold_token is distinct from $7::uuid`

	takenOneLane = takenFrom + takenWhere + ` and lane = 0`
	takenLanes   = takenFrom + `, lane` + takenWhere
)

// Reading many calendars is shared between so many connections where it is long: Postgres reads each part on a core of its own.
const (
	readers = 2
	// longRead is in hours of calendars; beginning to read one costs as much as some hours of it.
	longRead, beginning = 5000, 10
)

// long reports whether reading a stage is shared.
func long(search *clinic.Search, stage clinic.Stage) bool {
	hours := stage.BusyUntil.Sub(stage.BusyFrom).Hours() + beginning
	return hours*float64(len(search.Resources())) > longRead
}

// readTaken fills a calendar for one stage of a search.
func (d *DB) readTaken(ctx context.Context, clinicID uuid.UUID, search *clinic.Search, stage clinic.Stage, q clinic.Query, now time.Time) (*clinic.Calendar, error) {
	sql, parts := takenLanes, 1
	if search.OneLane() {
		sql = takenOneLane
	}
	if long(search, stage) {
		parts = readers
	}
	calendars := make([]clinic.Calendar, parts)
	err := d.readShared(ctx, clinicID, search.Resources(), parts, func(i int, ids []uuid.UUID) (query string, args []any, file filing) {
		return sql, []any{clinicID, ids, stage.BusyFrom, stage.BusyUntil, now, q.Exclude, q.Hold}, calendars[i].Add
	})
	if err != nil {
		return nil, err
	}
	for i := 1; i < parts; i++ {
		calendars[0].Join(&calendars[i])
	}
	return &calendars[0], nil
}

// filing takes what was read of one resource, in Unix seconds. The slices are the reader's, and used again. Lanes are empty
// where the query has none.
type filing func(resource uuid.UUID, starts, ends []int64, lanes []int16)

// readShared reads calendars over so many connections. Query says how the i-th part of the resources is read and filed.
func (d *DB) readShared(ctx context.Context, clinicID uuid.UUID, ids []uuid.UUID, parts int,
	query func(i int, part []uuid.UUID) (sql string, args []any, file filing),
) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		sql, args, file := query(i, ids[i*len(ids)/parts:(i+1)*len(ids)/parts])
		group.Go(func() error {
			rows, err := scope{d: d, clinic: clinicID.String()}.Query(ctx, sql, args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			reader := takenReader{file: file}
			return reader.all(rows)
		})
	}
	return group.Wait()
}

// takenReader reads rows, one resource after the other. They are in binary: text comes from the simple protocol alone, over
// which no statement with a list of ids can be sent.
type takenReader struct {
	file         filing
	resource     uuid.UUID // whose the following are
	starts, ends []int64
	lanes        []int16
}

func (r *takenReader) all(rows pgx.Rows) error {
	for rows.Next() {
		r.row(rows.RawValues())
	}
	r.flush()
	return rows.Err()
}

func (r *takenReader) row(raw [][]byte) {
	if id := uuid.UUID(raw[0]); id != r.resource {
		r.flush()
		r.resource = id
	}
	r.starts = append(r.starts, unixSeconds(raw[1]))
	r.ends = append(r.ends, unixSecondsUp(raw[2]))
	if len(raw) > 3 {
		r.lanes = append(r.lanes, int16(binary.BigEndian.Uint16(raw[3]))) //nolint:gosec // it is signed
	}
}

// flush files what was read of a resource.
func (r *takenReader) flush() {
	if len(r.starts) > 0 {
		r.file(r.resource, r.starts, r.ends, r.lanes)
	}
	r.starts, r.ends, r.lanes = r.starts[:0], r.ends[:0], r.lanes[:0]
}

// Postgres counts microseconds from 2000-01-01 00:00 UTC, which is so many seconds after Unix.
const epoch = 946_684_800

// unixSeconds is a timestamptz as it is on the wire, in Unix seconds rounded down.
func unixSeconds(b []byte) int64 {
	micros := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // it is signed
	seconds := micros / 1e6
	if micros%1e6 < 0 {
		seconds--
	}
	return seconds + epoch
}

// unixSecondsUp is a timestamptz as it is on the wire, in Unix seconds rounded up.
func unixSecondsUp(b []byte) int64 {
	micros := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // it is signed
	seconds := micros / 1e6
	if micros%1e6 > 0 {
		seconds++
	}
	return seconds + epoch
}
