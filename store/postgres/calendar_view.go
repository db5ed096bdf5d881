package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
)

// view is what is taken of all resources of one search at one moment.
type view struct {
	tracks map[uuid.UUID]*keptTrack
	live   []liveRow // holds, and the patient's own appointments
}

// liveRow is an allocation that is read for each search.
type liveRow struct {
	resource   uuid.UUID
	lane       int16
	start, end time.Time
}

// in is the calendar for one stage.
func (v *view) in(stage clinic.Stage) *clinic.Calendar {
	calendar := &clinic.Calendar{}
	from, until := stage.BusyFrom.Unix(), stage.BusyUntil.Unix()+1
	for id, t := range v.tracks {
		if first, last := t.between(from, until); first < last {
			calendar.Add(id, t.starts[first:last], t.ends[first:last], t.lanes[first:last])
		}
	}
	for _, r := range v.live {
		calendar.Add(r.resource, []int64{r.start.Unix()}, []int64{r.end.Add(time.Second - 1).Unix()}, []int16{r.lane})
	}
	return calendar
}

// calendars is where a search learns what is taken: from what is kept, or else from the record, one stage at a time.
type calendars struct {
	d        *DB
	clinic   uuid.UUID
	search   *clinic.Search
	query    clinic.Query
	now      time.Time
	keepable bool // else the search sees other things as free than others do
	view     *view
}

// newCalendars brings what is kept up to date, if that covers the search.
func (d *DB) newCalendars(ctx context.Context, clinicID uuid.UUID, search *clinic.Search, q clinic.Query, now time.Time) (*calendars, error) {
	c := &calendars{d: d, clinic: clinicID, search: search, query: q, now: now, keepable: q.Exclude == uuid.Nil}
	if c.keepable && d.kept.covers(clinicID, c.resources(), now) {
		if err := c.freshen(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// farStage is a stage of a search that has found little in the days before: its calendars are worth keeping. The hours of
// many calendars may be as long a read, but whoever finds something there does not want the rest of them.
const farStage = 3 * 24 * time.Hour

// in is the calendar for one stage. Where that is far and takes long to read, all calendars are read to their end and kept.
func (c *calendars) in(ctx context.Context, stage clinic.Stage) (*clinic.Calendar, error) {
	if c.view == nil && c.keepable && stage.Until.Sub(stage.From) >= farStage && long(c.search, stage) {
		if err := c.freshen(ctx); err != nil {
			return nil, err
		}
	}
	if c.view == nil {
		return c.d.readTaken(ctx, c.clinic, c.search, stage, c.query, c.now)
	}
	return c.view.in(stage), nil
}

// resources are those whose calendars are kept: not the patient's.
func (c *calendars) resources() []uuid.UUID {
	ids := slices.Clone(c.search.Resources())
	return slices.DeleteFunc(ids, func(id uuid.UUID) bool { return id == c.query.Patient })
}

const (
	// liveHolds go by the index of holds, of which a clinic has few at a time.
	liveHolds = `select resource_id, lane, starts_at, ends_at from allocation
where clinic_id = $1 and state = 1 and expires_at > $2 and hold_token is distinct from $3`

	takenWhole = `select resource_id, starts_at, ends_at, lane from allocation
where clinic_id = $1 and resource_id = any($2::uuid[]) and state > 1 and starts_at > $3::timestamptz - interval '2 days' and ends_at > $3`

	liveOfPatient = `select resource_id, lane, starts_at, ends_at from allocation
where clinic_id = $1 and resource_id = $2 and state > 1 and ends_at > $3`

	changedSince = `select s.xmin, c.resource_id
from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) s
left join lateral (
  select a.resource_id from allocation a
  where a.clinic_id = $1 and a.state <> 1 and a.changed_in is not null and a.changed_in >= $2::xid8
  limit $3
) c on true`
)

// freshen makes the view: what is kept, less what was written since, which is read again together with what is missing.
// There is none when too much was written.
func (c *calendars) freshen(ctx context.Context) error {
	since := c.d.kept.since(c.clinic, c.now)
	live, xmin, changed, err := c.readChanges(ctx, since)
	if err != nil {
		return fmt.Errorf("asking which calendars changed: %w", err)
	}
	if len(changed) >= mostChanged {
		c.d.kept.forget(c.clinic)
		return nil
	}
	ids := c.resources()
	tracks, at := c.d.kept.advance(c.clinic, since, xmin, changed, ids)
	missing := slices.DeleteFunc(ids, func(id uuid.UUID) bool { return tracks[id] != nil })
	if len(missing) > 0 {
		fresh, err := c.readWhole(ctx, missing)
		if err != nil {
			return fmt.Errorf("reading calendars: %w", err)
		}
		maps.Copy(tracks, fresh)
		c.d.kept.store(c.clinic, at, fresh)
	}
	c.view = &view{tracks: tracks, live: live}
	return nil
}

// readChanges reads what is not kept, and which calendars were written since, in one round trip. The holds come first: one
// that is booked meanwhile is then seen twice rather than not at all.
func (c *calendars) readChanges(ctx context.Context, since uint64) (live []liveRow, xmin uint64, changed []uuid.UUID, err error) {
	addLive := func(rows pgx.Rows) error {
		var r liveRow
		_, err := pgx.ForEachRow(rows, []any{&r.resource, &r.lane, &r.start, &r.end}, func() error {
			live = append(live, r)
			return nil
		})
		return err
	}
	addChanged := func(rows pgx.Rows) error {
		var id uuid.NullUUID
		_, err := pgx.ForEachRow(rows, []any{&xmin, &id}, func() error {
			if id.Valid {
				changed = append(changed, id.UUID)
			}
			return nil
		})
		return err
	}
	err = c.d.atOnce(ctx, c.clinic, func(p *pipeline) {
		live, changed = nil, nil
		p.batch.Queue(liveHolds, c.clinic, c.now, c.query.Hold).Query(addLive)
		if c.query.Patient != uuid.Nil {
			p.batch.Queue(liveOfPatient, c.clinic, c.query.Patient, c.now).Query(addLive)
		}
		p.batch.Queue(changedSince, c.clinic, since, mostChanged).Query(addChanged)
	})
	return live, xmin, changed, err
}

// readWhole reads calendars from now on as far as they go.
func (c *calendars) readWhole(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*keptTrack, error) {
	parts := min(readers, len(ids))
	read := make([]map[uuid.UUID]*keptTrack, parts)
	err := c.d.readShared(ctx, c.clinic, ids, parts, func(i int, part []uuid.UUID) (sql string, args []any, file filing) {
		read[i] = make(map[uuid.UUID]*keptTrack, len(part))
		for _, id := range part {
			read[i][id] = &keptTrack{} // also of those of whom nothing is taken
		}
		return takenWhole, []any{c.clinic, part, c.now.Add(-keptBefore)}, func(id uuid.UUID, starts, ends []int64, lanes []int16) {
			read[i][id].add(starts, ends, lanes)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, more := range read[1:] {
		maps.Copy(read[0], more)
	}
	return read[0], nil
}
