package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// CloseHours writes a closure into the hours and returns the appointments that it displaces, without proposals, in order of
// start. Nobody can be booked in it from then on; a booking that is on its way is either displaced or refused. The closure's
// ID is the new one's. [clinic.CodeInvalid] and [clinic.CodeNotFound] as [clinic.Schedule.Close] says.
func (d *DB) CloseHours(ctx context.Context, clinicID uuid.UUID, c clinic.Closure, actor clinic.Actor) (clinic.Closure, []clinic.Displaced, error) {
	c.ID = newID()
	before, filter, err := d.displacedBefore(ctx, clinicID, c)
	if err != nil {
		return clinic.Closure{}, nil, fmt.Errorf("closing hours: %w", err)
	}
	err = d.auditedTx(ctx, clinicID, func(tx pgx.Tx, q *db.Queries, audit *auditTrail) error {
		w := &closing{d: d, tx: tx, q: q, clinic: clinicID, now: d.now()}
		schedule, err := w.begin(ctx, c)
		if err != nil {
			return err
		}
		days, err := schedule.Close(c)
		if err != nil {
			return err
		}
		if err := w.insert(ctx, c); err != nil {
			return err
		}
		if err := w.lay(ctx, c.ID, days, nil); err != nil {
			return err
		}
		return audit.add(ctx, auditEntry{actor: actor, action: "closure.close", kind: "closure", subject: c.ID, detail: closureDetail(c)})
	})
	if err != nil {
		return clinic.Closure{}, nil, fmt.Errorf("closing hours: %w", err)
	}
	d.forget(clinicID)
	after, err := d.Displaced(ctx, clinicID, filter, actor)
	if err != nil {
		return c, nil, err
	}
	return c, newly(before, after), nil
}

// ReopenHours takes a closure back: what it wrote goes, what it put aside holds again, and closures that lie over it are laid
// anew. [clinic.CodeNotFound] when there is none, or it was taken back before.
func (d *DB) ReopenHours(ctx context.Context, clinicID, id uuid.UUID, actor clinic.Actor) (clinic.Closure, error) {
	var reopened clinic.Closure
	err := d.auditedTx(ctx, clinicID, func(tx pgx.Tx, q *db.Queries, audit *auditTrail) error {
		w := &closing{d: d, tx: tx, q: q, clinic: clinicID, now: d.now()}
		if err := q.ClosingAlone(ctx, clinicID.String()); err != nil {
			return fmt.Errorf("waiting for another closure: %w", err)
		}
		rows, err := q.ClosuresFrom(ctx, clinicID, id)
		if err != nil {
			return fmt.Errorf("reading closures: %w", err)
		}
		if len(rows) == 0 {
			return clinic.Refuse(clinic.CodeNotFound, "There is no such closing that could be taken back.")
		}
		reopened = toClosure(db.StandingClosuresRow(rows[0]))
		if err := w.relay(ctx, reopened, rows); err != nil {
			return err
		}
		if err := q.MarkReopened(ctx, &w.now, clinicID, id); err != nil {
			return fmt.Errorf("taking closure back: %w", err)
		}
		return audit.add(ctx, auditEntry{actor: actor, action: "closure.reopen", kind: "closure", subject: id, detail: closureDetail(reopened)})
	})
	if err != nil {
		return clinic.Closure{}, fmt.Errorf("reopening hours: %w", err)
	}
	d.forget(clinicID)
	return reopened, nil
}

// displacedBefore are those that are displaced already where a closure is to be, and what finds them again.
func (d *DB) displacedBefore(ctx context.Context, clinicID uuid.UUID, c clinic.Closure) ([]clinic.Displaced, clinic.DisplacedFilter, error) {
	look, err := d.look(ctx, clinicID)
	if err != nil {
		return nil, clinic.DisplacedFilter{}, err
	}
	filter := clinic.DisplacedFilter{Location: c.Location, From: c.From, Until: c.Until}
	if _, ok := look.schedule.Practitioner(c.Resource); ok {
		filter.Practitioner = c.Resource
	}
	before, err := look.displaced(ctx, filter)
	return before, filter, err
}

// newly are those that were not displaced before.
func newly(before, after []clinic.Displaced) []clinic.Displaced {
	old := make(map[uuid.UUID]bool, len(before))
	for _, d := range before {
		old[d.Appointment.ID] = true
	}
	return slices.DeleteFunc(after, func(d clinic.Displaced) bool { return old[d.Appointment.ID] })
}

func closureDetail(c clinic.Closure) map[string]any {
	return map[string]any{
		"resource": c.Resource, "location": c.Location, "from": c.From.String(), "until": c.Until.String(),
		"day_from": c.DayFrom.String(), "day_until": c.DayUntil.String(),
	}
}

// closing is a transaction that changes hours by closures.
type closing struct {
	d      *DB
	tx     pgx.Tx
	q      *db.Queries
	clinic uuid.UUID
	now    time.Time
}

// putAside is a row of other hours that is not in force while a closure stands, as the closure keeps it.
type putAside struct {
	ID       uuid.UUID     `json:"id"`
	Resource uuid.NullUUID `json:"resource"`
	Location uuid.NullUUID `json:"location"`
	Day      time.Time     `json:"day"`
	Opens    *int16        `json:"opens"`
	Closes   *int16        `json:"closes"`
	Reason   string        `json:"reason"`
	Closure  uuid.NullUUID `json:"closure"` // that wrote it
}

// begin waits for other closures and for bookings that are on their way with whoever is closed, and reads the present hours.
// Bookings lock the same rows and read the directory's version after that: they find it changed.
func (w *closing) begin(ctx context.Context, c clinic.Closure) (*clinic.Schedule, error) {
	if err := w.q.ClosingAlone(ctx, w.clinic.String()); err != nil {
		return nil, fmt.Errorf("waiting for another closure: %w", err)
	}
	schedule, err := readSchedule(ctx, w.q, w.clinic, w.now)
	if err != nil {
		return nil, err
	}
	ids := []uuid.UUID{c.Resource}
	if c.Resource == uuid.Nil {
		ids = nil
		for _, p := range schedule.Directory().Practitioners {
			ids = append(ids, p.ID)
		}
	}
	if _, err := w.q.LockResources(ctx, w.clinic, sorted(ids)); err != nil {
		return nil, fmt.Errorf("locking who is closed: %w", err)
	}
	return schedule, nil
}

func (w *closing) insert(ctx context.Context, c clinic.Closure) error {
	until := c.DayUntil
	if until == localtime.Midnight {
		until = localtime.EndOfDay
	}
	err := w.q.InsertClosure(ctx, db.InsertClosureParams{
		ClinicID: w.clinic, ID: c.ID, ResourceID: null(c.Resource), LocationID: null(c.Location),
		FromDay: fromDate(c.From), UntilDay: fromDate(c.Until),
		FromMin: int16(c.DayFrom), UntilMin: int16(until), //nolint:gosec // checked before: a day has 1440 minutes
		Reason: c.Reason, At: w.now,
	})
	if err != nil {
		return fmt.Errorf("writing closure: %w", err)
	}
	return nil
}

// lay writes closed days of a closure. Kept is what it has put aside on other days.
func (w *closing) lay(ctx context.Context, id uuid.UUID, days []clinic.ClosedDay, kept []putAside) error {
	p := newPipeline()
	for _, day := range days {
		if day.Replaces {
			aside, err := w.putAside(ctx, day)
			if err != nil {
				return err
			}
			kept = append(kept, aside...)
		}
		for _, o := range day.Overrides {
			_ = p.q.InsertOverride(ctx, w.override(o, id))
		}
	}
	if err := p.send(ctx, w.tx); err != nil {
		return fmt.Errorf("writing closed hours: %w", err)
	}
	return w.keep(ctx, id, kept)
}

func (w *closing) keep(ctx context.Context, id uuid.UUID, kept []putAside) error {
	if kept == nil {
		kept = []putAside{}
	}
	replaced, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encoding hours that are put aside: %w", err)
	}
	if err := w.q.KeepReplaced(ctx, replaced, w.clinic, id); err != nil {
		return fmt.Errorf("keeping hours that are put aside: %w", err)
	}
	return nil
}

func (w *closing) putAside(ctx context.Context, day clinic.ClosedDay) ([]putAside, error) {
	rows, err := w.q.PutOverridesAside(ctx, w.clinic, null(day.Resource), fromDate(day.Day))
	if err != nil {
		return nil, fmt.Errorf("putting hours aside: %w", err)
	}
	aside := make([]putAside, len(rows))
	for i, r := range rows {
		aside[i] = putAside{
			ID: r.ID, Resource: r.ResourceID, Location: r.LocationID, Day: r.Day,
			Opens: r.OpensMin, Closes: r.ClosesMin, Reason: r.Reason, Closure: r.ClosureID,
		}
	}
	return aside, nil
}

func (w *closing) override(o clinic.DateOverride, closure uuid.UUID) db.InsertOverrideParams {
	row := db.InsertOverrideParams{
		ClinicID: w.clinic, ID: newID(), ResourceID: null(o.Resource), LocationID: null(o.Location),
		Day: fromDate(o.Day), Closed: o.Closed, Reason: o.Reason, ClosureID: null(closure),
	}
	if !o.Closed {
		opens, closes := int16(o.Opens), int16(o.Closes) //nolint:gosec // a day has 1440 minutes
		row.OpensMin, row.ClosesMin = &opens, &closes
	}
	return row
}

// relay takes the first of these closures away from under the others, on its days: all are lifted, the last one first, and
// the others laid again over what is there then.
func (w *closing) relay(ctx context.Context, first clinic.Closure, rows []db.ClosuresFromRow) error {
	kept := make([][]putAside, len(rows))
	for i, row := range slices.Backward(rows) {
		var err error
		if kept[i], err = w.lift(ctx, row, first.From, first.Until); err != nil {
			return err
		}
	}
	if err := w.keep(ctx, first.ID, kept[0]); err != nil {
		return err
	}
	for i, row := range rows[1:] {
		over := toClosure(db.StandingClosuresRow(row))
		if over.From.Before(first.From) {
			over.From = first.From
		}
		if over.Until.After(first.Until) {
			over.Until = first.Until
		}
		if err := w.layOver(ctx, over, kept[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// layOver lays a closure over the hours as the transaction has them by now.
func (w *closing) layOver(ctx context.Context, c clinic.Closure, kept []putAside) error {
	schedule, err := readSchedule(ctx, w.q, w.clinic, w.now)
	if err != nil {
		return err
	}
	days, err := schedule.Close(c)
	if err != nil {
		return err
	}
	return w.lay(ctx, c.ID, days, kept)
}

// lift takes away what a closure wrote from first to last, and puts back what it had put aside there. The rest is returned.
func (w *closing) lift(ctx context.Context, row db.ClosuresFromRow, first, last localtime.Date) (rest []putAside, err error) {
	var aside []putAside
	if err := json.Unmarshal(row.Replaced, &aside); err != nil {
		return nil, fmt.Errorf("decoding hours that were put aside: %w", err)
	}
	p := newPipeline()
	_ = p.q.DeleteClosureOverrides(ctx, db.DeleteClosureOverridesParams{
		ClinicID: w.clinic, ClosureID: row.ID, First: fromDate(first), Last: fromDate(last),
	})
	for _, a := range aside {
		if day := toDate(&a.Day); day.Before(first) || day.After(last) {
			rest = append(rest, a)
			continue
		}
		_ = p.q.InsertOverride(ctx, db.InsertOverrideParams{
			ClinicID: w.clinic, ID: a.ID, ResourceID: a.Resource, LocationID: a.Location, Day: a.Day,
			OpensMin: a.Opens, ClosesMin: a.Closes, Reason: a.Reason, ClosureID: a.Closure,
		})
	}
	if err := p.send(ctx, w.tx); err != nil {
		return nil, fmt.Errorf("putting hours back: %w", err)
	}
	return rest, nil
}

func toClosure(r db.StandingClosuresRow) clinic.Closure {
	return clinic.Closure{
		ID: r.ID, Resource: r.ResourceID.UUID, Location: r.LocationID.UUID, From: toDate(&r.FromDay), Until: toDate(&r.UntilDay),
		DayFrom: localtime.Clock(r.FromMin), DayUntil: localtime.Clock(r.UntilMin), Reason: r.Reason,
	}
}
