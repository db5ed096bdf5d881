package postgres

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
)

// keptCalendars keeps the calendars that turned out to be full: those a search had to read far ahead, which costs tens of
// milliseconds, and which the next patient who asks for the same would read again. Before each use the record is asked in
// one small query which of them were written since, so that what is kept is as good as what is read.
//
// Each allocation names the transaction that wrote it last. A snapshot's xmin is the oldest transaction that it may not have
// seen: everything that was written from there on is read again, and nothing before it can change any more.
type keptCalendars struct {
	mu       sync.Mutex
	byClinic map[uuid.UUID]*keptClinic
}

const (
	// mostKept is how many allocations are kept of a clinic: some 20 MB. With more than that, keeping begins anew.
	mostKept = 1_000_000
	// keptFor bounds how long anything is kept, whatever is done to the record by hand.
	keptFor = 10 * time.Minute
	// keptBefore is how long ago something may have ended that is kept: longer than keptFor and any buffer together.
	keptBefore = 24 * time.Hour
	// mostChanged is how many changes are looked through. After more than that, as while a transaction stays open for
	// long, reading afresh is cheaper.
	mostChanged = 5000
)

// keptClinic is what is kept of one clinic: what is taken of practitioners, rooms and devices, holds left out.
type keptClinic struct {
	since  uint64 // transactions from here on may have written what is not seen here
	begun  time.Time
	tracks map[uuid.UUID]*keptTrack
	size   int // of all tracks together
}

// noneKept is since when nothing has changed for a clinic of which nothing is kept.
const noneKept = math.MaxUint64

func (k *keptCalendars) of(clinicID uuid.UUID) *keptClinic {
	c := k.byClinic[clinicID]
	if c == nil {
		c = &keptClinic{since: noneKept, tracks: map[uuid.UUID]*keptTrack{}}
		k.byClinic[clinicID] = c
	}
	return c
}

// covers reports whether most of these calendars are kept: those that changed may be missing.
func (k *keptCalendars) covers(clinicID uuid.UUID, resources []uuid.UUID, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	if !c.good(now) {
		return false
	}
	kept := 0
	for _, id := range resources {
		if c.tracks[id] != nil {
			kept++
		}
	}
	return kept*2 > len(resources)
}

func (c *keptClinic) good(now time.Time) bool {
	age := now.Sub(c.begun)
	return 0 <= age && age < keptFor && c.size <= mostKept
}

// since is the transaction since which changes matter. What is too old or too much is forgotten first.
func (k *keptCalendars) since(clinicID uuid.UUID, now time.Time) uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	if !c.good(now) {
		*c = keptClinic{since: noneKept, begun: now, tracks: map[uuid.UUID]*keptTrack{}}
	}
	return c.since
}

// advance drops what was written, and returns those of the resources that are kept, and since when they are good: for
// transactions before xmin there is nothing left to come. Asked is since when changes were asked for; who began when nothing
// was kept has asked for none, and cannot say so of what somebody else keeps by now.
func (k *keptCalendars) advance(
	clinicID uuid.UUID, asked, xmin uint64, changed, resources []uuid.UUID,
) (tracks map[uuid.UUID]*keptTrack, since uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	for _, id := range changed {
		c.drop(id)
	}
	if c.since == noneKept || asked <= c.since && c.since < xmin {
		c.since = xmin
	}
	tracks = make(map[uuid.UUID]*keptTrack, len(resources))
	for _, id := range resources {
		if t := c.tracks[id]; t != nil {
			tracks[id] = t
		}
	}
	return tracks, c.since
}

// store keeps what was read after [keptCalendars.advance] said since. When somebody else has learned of changes since then,
// they may not be in what was read, and it is not kept.
func (k *keptCalendars) store(clinicID uuid.UUID, since uint64, fresh map[uuid.UUID]*keptTrack) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	if c.since != since {
		return
	}
	for id, t := range fresh {
		c.drop(id)
		c.tracks[id] = t
		c.size += len(t.starts)
	}
}

func (c *keptClinic) drop(id uuid.UUID) {
	if t := c.tracks[id]; t != nil {
		c.size -= len(t.starts)
		delete(c.tracks, id)
	}
}

// forget begins anew.
func (k *keptCalendars) forget(clinicID uuid.UUID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.byClinic, clinicID)
}

// keptTrack is what is taken of one resource, by start, in Unix seconds. Once it is kept it is shared, and never changed.
type keptTrack struct {
	starts, ends []int64
	lanes        []int16
}

// add adds what was read. It comes in the index's order, unless the plan is another one.
func (t *keptTrack) add(starts, ends []int64, lanes []int16) {
	t.starts, t.ends, t.lanes = append(t.starts, starts...), append(t.ends, ends...), append(t.lanes, lanes...)
	if !slices.IsSorted(t.starts) {
		sort.Sort(byStart{t})
	}
}

// byStart sorts a track.
type byStart struct{ *keptTrack }

func (t byStart) Len() int           { return len(t.starts) }
func (t byStart) Less(i, j int) bool { return t.starts[i] < t.starts[j] }
func (t byStart) Swap(i, j int) {
	t.starts[i], t.starts[j] = t.starts[j], t.starts[i]
	t.ends[i], t.ends[j] = t.ends[j], t.ends[i]
	t.lanes[i], t.lanes[j] = t.lanes[j], t.lanes[i]
}

// between is the part of a track that can be in the way between two instants.
func (t *keptTrack) between(from, until int64) (first, last int) {
	first, _ = slices.BinarySearch(t.starts, from-seconds(longestAllocation))
	last, _ = slices.BinarySearch(t.starts, until)
	return first, last
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

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
