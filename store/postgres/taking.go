package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// want is what a transaction is about to take.
type want struct {
	key    *claim         // nil: it may be done twice
	visits []clinic.Visit // what is taken, in this order; none: something is given up. A zero patient is not known yet
	also   []uuid.UUID    // resources that are involved besides
	tokens []uuid.UUID    // holds that turn into what is taken, or are given up for it
	except uuid.UUID      // the appointment that is changed: its own time is free
	by     clinic.Actor   // whose the holds must be
	charts bool           // the rules ask about the patients too
}

// claim is an idempotency key with the hash of its request.
type claim struct {
	key  string
	hash []byte
}

// facts are what stands while the transaction has the locks.
type facts struct {
	now         time.Time
	answer      *earlier // the key was used before
	spots       []spot   // of each visit
	lapsed      bool     // holds are in the way that count no longer
	charts      map[uuid.UUID]db.ChartsRow
	appointment *clinic.Appointment // the one that is changed
	waiting     bool                // somebody waits for a time to become free
}

// earlier is what was answered under a key, and to which request.
type earlier struct{ hash, response []byte }

// spot is where a visit shall go.
type spot struct {
	busy []clinic.Busy
	asOf time.Time // notice is judged by this: when it was held, else now
}

// ground are the answers of the first round trip, from which the facts are made.
type ground struct {
	locked      *fetched[db.LockResourcesRow]
	standing    *fetched[db.StandingRow]
	charts      *fetched[db.ChartsRow]
	appointment *fetched[db.AppointmentRow]
	held        *fetched[db.TakeHoldsRow]
	inTheWay    []*fetched[db.InTheWayRow] // of each visit
}

// errStale ends a transaction whose rules were changed since they were read.
var errStale = errors.New("the directory has changed")

// errRepeated ends a transaction whose key was used before.
var errRepeated = errors.New("done before")

// taking runs fn in a transaction that has everything locked that w involves, with the facts and rules that stand then.
//
// The order is always the same: the resources in the order of their ids, what was answered under the key, the holds that are
// given up, and then what is in the way. All of it goes in one round trip, together with the begin. The key itself is written
// at the end, with its answer. A rival with the same key wants the same resources, so it waits and then finds the answer;
// one with another request meets the key's row, and is run again.
func (d *DB) taking(ctx context.Context, clinicID uuid.UUID, w want,
	fn func(tx pgx.Tx, q *db.Queries, s *clinic.Schedule, f *facts) error,
) error {
	const attempts = 5 // each after a change of the directory in the very same moment
	for attempt := 1; ; attempt++ {
		schedule, err := d.schedule(ctx, clinicID)
		if err != nil {
			return err
		}
		if err = d.takingBy(ctx, clinicID, schedule, w, fn); !errors.Is(err, errStale) || attempt == attempts {
			return err
		}
		d.forget(clinicID)
	}
}

func (d *DB) takingBy(ctx context.Context, clinicID uuid.UUID, schedule versioned, w want,
	fn func(tx pgx.Tx, q *db.Queries, s *clinic.Schedule, f *facts) error,
) error {
	now := d.now()
	for _, v := range w.visits {
		if !keepable(v.Slot.Start) || !keepable(v.Slot.End) { // nobody can ask the database about such a time
			return schedule.CheckSlot(v.Slot, w.by, now)
		}
	}
	var ids []uuid.UUID
	var g ground
	prepare := func(p *pipeline) { ids, g = lay(ctx, p, clinicID, schedule.Schedule, w, now) }
	return d.txFrom(ctx, clinicID, prepare, func(tx pgx.Tx, q *db.Queries) error {
		if standing, _ := g.standing.one(); standing.Version != schedule.version {
			return errStale
		}
		f, err := g.facts(schedule.Schedule, w, ids, now)
		if err != nil {
			return err
		}
		return fn(tx, q, schedule.Schedule, f)
	})
}

// keepable reports whether a time is within the years that are written with four digits, or none.
func keepable(t time.Time) bool {
	year := t.UTC().Year()
	return 1 <= year && year <= 9999
}

// lay writes down the first round trip. Ids are the resources that must be there.
func lay(ctx context.Context, p *pipeline, clinicID uuid.UUID, s *clinic.Schedule, w want, now time.Time) (ids []uuid.UUID, g ground) {
	ids = involved(s, w)
	g.locked = fetch(p, pgx.RowToStructByPos[db.LockResourcesRow], func(q *db.Queries) ([]db.LockResourcesRow, error) {
		return q.LockResources(ctx, clinicID, ids)
	})
	key := ""
	if w.key != nil {
		key = w.key.key
	}
	g.standing = fetch(p, pgx.RowToStructByPos[db.StandingRow], func(q *db.Queries) (db.StandingRow, error) {
		return q.Standing(ctx, clinicID, key)
	})
	if w.except != uuid.Nil {
		g.appointment = fetch(p, pgx.RowToStructByPos[db.AppointmentRow], func(q *db.Queries) (db.AppointmentRow, error) {
			return q.Appointment(ctx, clinicID, w.except)
		})
	}
	if w.charts {
		g.charts = fetch(p, pgx.RowToStructByPos[db.ChartsRow], func(q *db.Queries) ([]db.ChartsRow, error) {
			return q.Charts(ctx, now, w.patients(), clinicID)
		})
	}
	if len(w.tokens) > 0 {
		g.held = fetch(p, pgx.RowToStructByPos[db.TakeHoldsRow], func(q *db.Queries) ([]db.TakeHoldsRow, error) {
			return q.TakeHolds(ctx, clinicID, w.tokens, now)
		})
	}
	for _, v := range w.visits {
		g.inTheWay = append(g.inTheWay, layInTheWay(ctx, p, clinicID, s, w, v, now))
	}
	return ids, g
}

// layInTheWay reads what is taken where a visit shall go.
func layInTheWay(ctx context.Context, p *pipeline, clinicID uuid.UUID, s *clinic.Schedule, w want, v clinic.Visit, now time.Time) *fetched[db.InTheWayRow] {
	from, until := s.Reach(v.Slot)
	return fetch(p, pgx.RowToStructByPos[db.InTheWayRow], func(q *db.Queries) ([]db.InTheWayRow, error) {
		return q.InTheWay(ctx, db.InTheWayParams{
			ClinicID: clinicID, Resources: s.Candidates(v.Slot, v.Patient), Now: now, Exclude: w.except,
			Earliest: from.Add(-longestAllocation), Since: from, Until: until,
		})
	})
}

// dropLapsed makes room for visits: only holds that are in their way, what is left of others goes when somebody wants their
// time. The resources are locked, so nobody else drops the same.
func dropLapsed(ctx context.Context, p *pipeline, clinicID uuid.UUID, s *clinic.Schedule, visits []clinic.Visit, now time.Time) {
	for _, v := range visits {
		from, until := s.Reach(v.Slot)
		_ = p.q.DropLapsedHolds(ctx, db.DropLapsedHoldsParams{
			ClinicID: clinicID, Resources: s.Candidates(v.Slot, v.Patient), Now: now,
			Earliest: from.Add(-longestAllocation), Since: from, Until: until,
		})
	}
}

// patients are those who are known, each once.
func (w want) patients() []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(w.visits))
	for _, v := range w.visits {
		if v.Patient != uuid.Nil {
			ids = append(ids, v.Patient)
		}
	}
	return sorted(ids)
}

// involved are all resources to lock.
func involved(s *clinic.Schedule, w want) []uuid.UUID {
	ids := slices.Clone(w.also)
	for _, v := range w.visits {
		ids = append(ids, s.Candidates(v.Slot, v.Patient)...)
	}
	return sorted(ids)
}

// sorted puts ids into the order in which everybody locks them, each once.
func sorted(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// facts puts together what the first round trip has found.
func (g *ground) facts(s *clinic.Schedule, w want, ids []uuid.UUID, now time.Time) (*facts, error) {
	f := &facts{now: now}
	standing, _ := g.standing.one()
	f.waiting = standing.Waiting
	if w.key != nil && standing.RequestHash != nil {
		f.answer = &earlier{hash: standing.RequestHash, response: standing.Response}
		return f, nil
	}
	if err := g.check(w, ids); err != nil {
		return nil, err
	}
	if err := g.setAppointment(f); err != nil {
		return nil, err
	}
	if g.charts != nil {
		f.charts = make(map[uuid.UUID]db.ChartsRow, len(g.charts.rows))
		for _, c := range g.charts.rows {
			f.charts[c.ID] = c
		}
	}
	for i, v := range w.visits {
		busy, lapsed := busyOf(g.inTheWay[i].rows)
		f.spots = append(f.spots, spot{busy: busy, asOf: g.heldSince(s, v.Slot, now)})
		f.lapsed = f.lapsed || lapsed
	}
	return f, nil
}

func (g *ground) setAppointment(f *facts) error {
	if g.appointment == nil {
		return nil
	}
	row, found := g.appointment.one()
	if !found {
		return refuseNoAppointment()
	}
	appointment, err := toAppointment(row)
	if err != nil {
		return err
	}
	f.appointment = &appointment
	return nil
}

// check refuses a slot or patient that is not of this clinic, and holds of somebody else.
func (g *ground) check(w want, ids []uuid.UUID) error {
	kinds := make(map[uuid.UUID]string, len(g.locked.rows))
	for _, r := range g.locked.rows {
		kinds[r.ID] = r.Kind
	}
	for _, v := range w.visits {
		unknown := v.Patient == uuid.Nil && w.key == nil // whoever holds need not say
		if !unknown && kinds[v.Patient] != "patient" {
			return clinic.Refuse(clinic.CodeNotFound, "There is no such patient here.")
		}
	}
	if len(kinds) != len(ids) {
		return clinic.Refuse(clinic.CodeNotFound, "There is no such practitioner here.")
	}
	return g.checkHolder(w.by)
}

// checkHolder refuses a patient who uses what is held in another conversation. What was held before holders were written
// down is whose the token is.
func (g *ground) checkHolder(by clinic.Actor) error {
	if g.held == nil || by.Kind == clinic.ActorStaff || by.Kind == clinic.ActorSystem {
		return nil
	}
	me := holder(by)
	for _, h := range g.held.rows {
		if h.HolderID.Valid && h.HolderID != me {
			return clinic.Refuse(clinic.CodeNotYourHold, "That time is being kept for somebody else.")
		}
	}
	return nil
}

// holder is who holds: the conversation, so that a hold can precede the patient's identity; else who acts.
func holder(by clinic.Actor) uuid.NullUUID {
	if by.Conversation != uuid.Nil {
		return null(by.Conversation)
	}
	return null(by.ID)
}

// heldSince is when a slot was held, of the holds that are being used, or now: whoever held it in time does not lose it
// because the notice passed while they decided.
func (g *ground) heldSince(s *clinic.Schedule, slot clinic.Slot, now time.Time) time.Time {
	since := now
	if g.held == nil {
		return since
	}
	from, until := s.Reach(slot)
	for _, h := range g.held.rows {
		its := h.ResourceID == slot.Practitioner && !h.StartsAt.Before(from) && h.StartsAt.Before(until)
		if its && h.HeldAt.Before(since) {
			since = *h.HeldAt
		}
	}
	return since
}

// busyOf leaves out holds that have lapsed, and says whether there were any.
func busyOf(rows []db.InTheWayRow) (busy []clinic.Busy, lapsed bool) {
	busy = make([]clinic.Busy, 0, len(rows))
	for _, r := range rows {
		if r.Lapsed {
			lapsed = true
			continue
		}
		busy = append(busy, clinic.Busy{Resource: r.ResourceID, Lane: int(r.Lane), Start: r.StartsAt, End: r.EndsAt})
	}
	return busy, lapsed
}

// assign says what the visit at i takes, and keeps it from those that come after it in the same request.
func (f *facts) assign(i int, v clinic.Visit, find func(clinic.Slot, uuid.UUID, []clinic.Busy) ([]clinic.Busy, error)) ([]clinic.Busy, error) {
	if !v.Slot.Start.After(f.now) { // whenever it was held
		return nil, clinic.Refuse(clinic.CodeTooSoon, "That time has already passed.")
	}
	takes, err := find(v.Slot, v.Patient, f.spots[i].busy)
	if err != nil {
		return nil, err
	}
	for later := i + 1; later < len(f.spots); later++ {
		f.spots[later].busy = append(f.spots[later].busy, takes...)
	}
	return takes, nil
}

func refuseNoAppointment() error {
	return clinic.Refuse(clinic.CodeNotFound, "There is no such appointment.")
}
