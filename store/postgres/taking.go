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
	key    *claim       // nil: it may be done twice
	slot   *clinic.Slot // nil: nothing is taken, something is given up
	person uuid.UUID    // the patient who takes it; zero: not known yet
	also   []uuid.UUID  // resources that are involved besides
	tokens []uuid.UUID  // holds that turn into what is taken, or are given up for it
	except uuid.UUID    // the appointment that is changed: its own time is free
}

// claim is an idempotency key with the hash of its request.
type claim struct {
	key  string
	hash []byte
}

// facts are what stands while the transaction has the locks.
type facts struct {
	repeated    bool // the key was used before: there is an answer already
	now         time.Time
	asOf        time.Time // notice is judged by this: when the slot was held, else now
	busy        []clinic.Busy
	appointment *clinic.Appointment // the one that is changed
}

// ground are the answers of the first round trip, from which the facts are made.
type ground struct {
	claimed     *int64
	locked      *fetched[db.LockResourcesRow]
	version     *fetched[int64]
	appointment *fetched[db.AppointmentRow]
	held        *fetched[db.TakeHoldsRow]
	busy        *fetched[db.BusyRow]
}

// errStale ends a transaction whose rules were changed since they were read.
var errStale = errors.New("the directory has changed")

// errRepeated ends a transaction whose key was used before.
var errRepeated = errors.New("done before")

// taking runs fn in a transaction that has everything locked that w involves, with the facts and rules that stand then.
//
// The order is always the same: the idempotency key, the resources in the order of their ids, the holds that have lapsed or
// are given up, and then what is busy. All of it goes in one round trip, together with the begin.
func (d *DB) taking(ctx context.Context, clinicID uuid.UUID, w want,
	fn func(tx pgx.Tx, q *db.Queries, s *clinic.Schedule, f *facts) error,
) error {
	const attempts = 3 // each after a change of the directory in the very same moment
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
	var ids []uuid.UUID
	var g ground
	prepare := func(p *pipeline) { ids, g = lay(ctx, p, clinicID, schedule.Schedule, w, now) }
	return d.txFrom(ctx, clinicID, prepare, func(tx pgx.Tx, q *db.Queries) error {
		if version, _ := g.version.one(); version != schedule.version {
			return errStale
		}
		f, err := g.facts(w, ids, now)
		if err != nil {
			return err
		}
		return fn(tx, q, schedule.Schedule, f)
	})
}

// lay writes down the first round trip. Ids are the resources that must be there.
func lay(ctx context.Context, p *pipeline, clinicID uuid.UUID, s *clinic.Schedule, w want, now time.Time) (ids []uuid.UUID, g ground) {
	if w.key != nil {
		g.claimed = affected(p, func(q *db.Queries) (int64, error) {
			return q.ClaimKey(ctx, db.ClaimKeyParams{ClinicID: clinicID, Key: w.key.key, RequestHash: w.key.hash, At: now})
		})
	}
	ids = involved(s, w)
	g.locked = fetch(p, pgx.RowToStructByPos[db.LockResourcesRow], func(q *db.Queries) ([]db.LockResourcesRow, error) {
		return q.LockResources(ctx, clinicID, ids)
	})
	g.version = fetch(p, pgx.RowTo[int64], func(q *db.Queries) (int64, error) {
		return q.DirectoryVersion(ctx, clinicID)
	})
	if w.except != uuid.Nil {
		g.appointment = fetch(p, pgx.RowToStructByPos[db.AppointmentRow], func(q *db.Queries) (db.AppointmentRow, error) {
			return q.Appointment(ctx, clinicID, w.except)
		})
	}
	if w.slot != nil {
		g.held, g.busy = layBusy(ctx, p, clinicID, s, w, ids, now)
	}
	return ids, g
}

// layBusy writes down what makes room for a slot and reads what is in its way.
func layBusy(ctx context.Context, p *pipeline, clinicID uuid.UUID, s *clinic.Schedule, w want, ids []uuid.UUID, now time.Time) (
	held *fetched[db.TakeHoldsRow], busy *fetched[db.BusyRow],
) {
	from, until := s.Reach(*w.slot)
	earliest := from.Add(-longestAllocation)
	_ = p.q.DropLapsedHolds(ctx, db.DropLapsedHoldsParams{
		ClinicID: clinicID, Resources: ids, Now: now, Earliest: earliest, Since: from, Until: until,
	})
	if len(w.tokens) > 0 {
		held = fetch(p, pgx.RowToStructByPos[db.TakeHoldsRow], func(q *db.Queries) ([]db.TakeHoldsRow, error) {
			return q.TakeHolds(ctx, clinicID, w.tokens)
		})
	}
	busy = fetch(p, pgx.RowToStructByPos[db.BusyRow], func(q *db.Queries) ([]db.BusyRow, error) {
		return q.Busy(ctx, db.BusyParams{
			ClinicID: clinicID, Resources: ids, Earliest: earliest, Since: from, Until: until, Now: now, Exclude: w.except,
		})
	})
	return held, busy
}

// involved are all resources to lock.
func involved(s *clinic.Schedule, w want) []uuid.UUID {
	ids := slices.Clone(w.also)
	if w.slot != nil {
		ids = append(ids, s.Candidates(*w.slot, w.person)...)
	}
	return sorted(ids)
}

// sorted puts ids into the order in which everybody locks them, each once.
func sorted(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// facts puts together what the first round trip has found.
func (g *ground) facts(w want, ids []uuid.UUID, now time.Time) (*facts, error) {
	f := &facts{now: now, asOf: now}
	if g.claimed != nil && *g.claimed == 0 {
		f.repeated = true
		return f, nil
	}
	if err := g.check(w, ids); err != nil {
		return nil, err
	}
	if g.appointment != nil {
		row, found := g.appointment.one()
		if !found {
			return nil, refuseNoAppointment()
		}
		appointment, err := toAppointment(row)
		if err != nil {
			return nil, err
		}
		f.appointment = &appointment
	}
	if g.busy != nil {
		f.busy = toBusy(g.busy.rows)
	}
	f.asOf = g.heldSince(now)
	return f, nil
}

// check refuses a slot or patient that is not of this clinic.
func (g *ground) check(w want, ids []uuid.UUID) error {
	kinds := make(map[uuid.UUID]string, len(g.locked.rows))
	for _, r := range g.locked.rows {
		kinds[r.ID] = r.Kind
	}
	if w.person != uuid.Nil && kinds[w.person] != "patient" {
		return clinic.Refuse(clinic.CodeNotFound, "There is no such patient here.")
	}
	if len(kinds) != len(ids) {
		return clinic.Refuse(clinic.CodeNotFound, "There is no such practitioner here.")
	}
	return nil
}

// heldSince is when the first live hold was made that is being used, or now when there is none: whoever held a slot in time
// does not lose it because the notice passed while they decided.
func (g *ground) heldSince(now time.Time) time.Time {
	since := now
	if g.held == nil {
		return since
	}
	for _, h := range g.held.rows {
		if h.ExpiresAt.After(now) && h.HeldAt.Before(since) {
			since = *h.HeldAt
		}
	}
	return since
}

func refuseNoAppointment() error {
	return clinic.Refuse(clinic.CodeNotFound, "There is no such appointment.")
}
