package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/agentcare/agentcare/clinic"
)

// takenSQL reads what is taken of many resources between two instants: an index-only scan of allocation_busy for each of
// them, whose answer is one row a resource with arrays of starts, ends and, where asked for, lanes. Fully booked calendars
// have tens of thousands of stretches: as arrays that are not decoded one by one they cost half of what rows cost.
//
// What is free is as in the query Busy: a hold that has lapsed, the excluded appointment, the asker's own hold.
// Nothing is longer than two days, and whether anything near is longer than four hours the index allocation_long tells:
// mostly not, and then the scans need not begin two days earlier.
const takenSQL = `
select r.id, t.starts, t.ends, t.lanes
from unnest($2::uuid[]) r(id), lateral (
  select array_agg(starts_at) as starts, array_agg(ends_at) as ends, array_agg(lane) filter (where $8::boolean) as lanes
  from (
    select starts_at, ends_at, lane from allocation
    where clinic_id = $1 and resource_id = r.id and state > 0
      and starts_at > $3::timestamptz - case when exists (
        select from allocation
        where clinic_id = $1 and state > 0 and ends_at - starts_at > interval '4 hours'
          and starts_at > $3::timestamptz - interval '2 days' and starts_at <= $3::timestamptz - interval '4 hours'
      ) then interval '2 days' else interval '4 hours' end
      and starts_at < $4::timestamptz and ends_at > $3::timestamptz
      and (expires_at is null or expires_at > $5::timestamptz)
      and appointment_id is distinct from $6::uuid and hold_token is distinct from $7::uuid
      and (lane = 0 or $8::boolean)
    order by starts_at
  ) a
) t
where t.starts is not null`

// readTaken fills a calendar for one stage of a search.
func (d *DB) readTaken(ctx context.Context, clinicID uuid.UUID, search *clinic.Search, stage clinic.Stage, q clinic.Query, now time.Time) (*clinic.Calendar, error) {
	rows, err := scope{d: d, clinic: clinicID.String()}.Query(ctx, takenSQL,
		clinicID, search.Resources(), stage.BusyFrom, stage.BusyUntil, now, q.Exclude, q.Hold, !search.OneLane())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	read := &takenReader{}
	for rows.Next() {
		if err := read.row(rows); err != nil {
			return nil, err
		}
	}
	return &read.calendar, rows.Err()
}

// takenReader reads the binary answers of [takenSQL]; what it keeps is used again for the next row.
type takenReader struct {
	calendar     clinic.Calendar
	starts, ends []int64
	lanes        []int16
}

func (r *takenReader) row(rows pgx.Rows) error {
	for _, f := range rows.FieldDescriptions() {
		if f.Format != pgtype.BinaryFormatCode {
			return errors.New("the database answers in text: take default_query_exec_mode=simple_protocol out of its URL, cache_describe suits poolers")
		}
	}
	raw := rows.RawValues()
	id, err := uuid.FromBytes(raw[0])
	if err != nil {
		return fmt.Errorf("reading resource: %w", err)
	}
	r.starts, r.ends, r.lanes = r.starts[:0], r.ends[:0], r.lanes[:0]
	err = errors.Join(
		eachElement(raw[1], 8, func(b []byte) { r.starts = append(r.starts, unixSeconds(b)) }),
		eachElement(raw[2], 8, func(b []byte) { r.ends = append(r.ends, unixSecondsUp(b)) }),
		eachElement(raw[3], 2, func(b []byte) { r.lanes = append(r.lanes, int16(binary.BigEndian.Uint16(b))) })) //nolint:gosec // it is signed
	if err != nil {
		return err
	}
	lanes := r.lanes
	if len(lanes) == 0 {
		lanes = nil
	}
	if len(r.starts) != len(r.ends) || lanes != nil && len(lanes) != len(r.starts) {
		return errors.New("reading what is taken: the arrays are not equally long")
	}
	r.calendar.Add(id, r.starts, r.ends, lanes)
	return nil
}

// eachElement goes through a one-dimensional array without nulls in Postgres's binary format: the numbers of dimensions and
// nulls, the element's type, length and lower bound, four bytes each, and then each element after its length. A null array
// is empty.
// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/utils/adt/arrayfuncs.c (array_send)
func eachElement(array []byte, size int, do func([]byte)) error {
	const header = 20
	if array == nil {
		return nil
	}
	step := 4 + size
	if len(array) < header || (len(array)-header)%step != 0 || binary.BigEndian.Uint32(array) != 1 || binary.BigEndian.Uint32(array[4:]) != 0 {
		return errors.New("reading what is taken: that is no array of such elements")
	}
	for at := header; at < len(array); at += step {
		do(array[at+4 : at+step])
	}
	return nil
}

// epoch is where Postgres counts from, in Unix seconds: 2000-01-01 00:00 UTC.
const epoch = 946_684_800

// unixSeconds is a timestamptz, in Unix seconds rounded down.
func unixSeconds(b []byte) int64 {
	micros := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // it is signed
	seconds := micros / 1e6
	if micros%1e6 < 0 {
		seconds--
	}
	return seconds + epoch
}

// unixSecondsUp is a timestamptz, in Unix seconds rounded up.
func unixSecondsUp(b []byte) int64 {
	micros := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // it is signed
	seconds := micros / 1e6
	if micros%1e6 > 0 {
		seconds++
	}
	return seconds + epoch
}
