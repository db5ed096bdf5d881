package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// displacedPage is how many appointments are looked at in one read.
const displacedPage = 2000

// Displaced lists the appointments to come that the present hours no longer allow, in order of start, without proposals:
// [DB.Propose] adds them. Names come with them, so the read is audited.
func (d *DB) Displaced(ctx context.Context, clinicID uuid.UUID, filter clinic.DisplacedFilter, actor clinic.Actor) ([]clinic.Displaced, error) {
	look, err := d.look(ctx, clinicID)
	if err != nil {
		return nil, fmt.Errorf("listing displaced appointments: %w", err)
	}
	found, err := look.displaced(ctx, filter)
	if err == nil {
		err = d.auditDisplaced(ctx, clinicID, found, actor)
	}
	if err != nil {
		return nil, fmt.Errorf("listing displaced appointments: %w", err)
	}
	return found, nil
}

// WouldDisplace is what a closure would displace, with proposals; nothing is changed. What is displaced already is not in it.
func (d *DB) WouldDisplace(ctx context.Context, clinicID uuid.UUID, c clinic.Closure, actor clinic.Actor) ([]clinic.Displaced, error) {
	before, filter, err := d.displacedBefore(ctx, clinicID, c)
	if err != nil {
		return nil, fmt.Errorf("trying a closure: %w", err)
	}
	look, err := d.lookAsClosed(ctx, clinicID, c)
	if err != nil {
		return nil, fmt.Errorf("trying a closure: %w", err)
	}
	after, err := look.displaced(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("trying a closure: %w", err)
	}
	after = newly(before, after)
	if err := look.propose(ctx, after); err != nil {
		return nil, fmt.Errorf("trying a closure: %w", err)
	}
	return after, d.auditDisplaced(ctx, clinicID, after, actor)
}

// Propose gives each of these appointments, which are in order of start, the nearest equal slot that is free, if there is one:
// see [clinic.Schedule.RankMoves]. No two are given the same time of anybody.
func (d *DB) Propose(ctx context.Context, clinicID uuid.UUID, displaced []clinic.Displaced) error {
	look, err := d.look(ctx, clinicID)
	if err == nil {
		err = look.propose(ctx, displaced)
	}
	if err != nil {
		return fmt.Errorf("looking for other times: %w", err)
	}
	return nil
}

func (d *DB) auditDisplaced(ctx context.Context, clinicID uuid.UUID, found []clinic.Displaced, actor clinic.Actor) error {
	return d.auditedTx(ctx, clinicID, func(_ pgx.Tx, _ *db.Queries, audit *auditTrail) error {
		return audit.add(ctx, auditEntry{
			actor: actor, action: "appointment.displaced", kind: "clinic", subject: clinicID,
			detail: map[string]any{"appointments": len(found)},
		})
	})
}

// looking is a look at the appointments to come by one schedule.
type looking struct {
	d        *DB
	clinic   uuid.UUID
	schedule *clinic.Schedule
	closures []clinic.Closure
	now      time.Time
	planned  []clinic.Busy // what proposals made so far would take
}

// look reads the hours afresh: they may have been changed a moment ago.
func (d *DB) look(ctx context.Context, clinicID uuid.UUID) (*looking, error) {
	l := &looking{d: d, clinic: clinicID, now: d.now()}
	err := d.snapshot(ctx, clinicID, func(q *db.Queries) (err error) {
		if l.schedule, err = readSchedule(ctx, q, clinicID, l.now); err != nil {
			return err
		}
		return l.readClosures(ctx, q)
	})
	return l, err
}

// lookAsClosed is a look by the hours as they would be with a closure.
func (d *DB) lookAsClosed(ctx context.Context, clinicID uuid.UUID, c clinic.Closure) (*looking, error) {
	l := &looking{d: d, clinic: clinicID, now: d.now()}
	err := d.snapshot(ctx, clinicID, func(q *db.Queries) error {
		present, err := readSchedule(ctx, q, clinicID, l.now)
		if err != nil {
			return err
		}
		days, err := present.Close(c)
		if err != nil {
			return err
		}
		weekly, overrides, err := l.readHours(ctx, q, present)
		if err != nil {
			return err
		}
		if l.schedule, err = clinic.NewSchedule(present.Directory(), weekly, clinic.Overlay(overrides, days)); err != nil {
			return fmt.Errorf("making schedule: %w", err)
		}
		return l.readClosures(ctx, q)
	})
	l.closures = append(l.closures, c)
	return l, err
}

func (l *looking) readHours(ctx context.Context, q *db.Queries, present *clinic.Schedule) ([]clinic.WeeklyHours, []clinic.DateOverride, error) {
	weekly, err := q.WeeklyHours(ctx, l.clinic)
	if err != nil {
		return nil, nil, fmt.Errorf("reading weekly hours: %w", err)
	}
	since := localtime.DateOf(l.now, present.Zone(uuid.Nil)).AddDays(-2)
	overrides, err := q.DateOverrides(ctx, l.clinic, fromDate(since))
	if err != nil {
		return nil, nil, fmt.Errorf("reading hours of single days: %w", err)
	}
	return toWeekly(weekly), toOverrides(overrides), nil
}

func (l *looking) readClosures(ctx context.Context, q *db.Queries) error {
	since := localtime.DateOf(l.now, l.schedule.Zone(uuid.Nil)).AddDays(-1)
	rows, err := q.StandingClosures(ctx, l.clinic, fromDate(since))
	if err != nil {
		return fmt.Errorf("reading closures: %w", err)
	}
	for _, r := range rows {
		l.closures = append(l.closures, toClosure(r))
	}
	return nil
}

// displaced are those that the schedule does not allow, in order of start.
func (l *looking) displaced(ctx context.Context, filter clinic.DisplacedFilter) ([]clinic.Displaced, error) {
	if err := filter.Check(); err != nil {
		return nil, err
	}
	found := []clinic.Displaced{}
	page := l.firstPage(filter)
	for {
		rows, err := l.d.queries(l.clinic).UpcomingPlaced(ctx, page)
		if err != nil {
			return nil, fmt.Errorf("reading appointments: %w", err)
		}
		for _, r := range rows {
			placed, err := toPlaced(r)
			if err != nil {
				return nil, err
			}
			if why, ok := l.schedule.Displaces(placed, l.closures); ok && filter.Wants(placed.Appointment) {
				name := strings.TrimSpace(r.GivenName + " " + r.FamilyName)
				found = append(found, clinic.Displaced{Appointment: placed.Appointment, Why: why, Name: name, Language: r.Language})
			}
		}
		if len(rows) < displacedPage {
			return found, nil
		}
		page.After, page.AfterID = rows[len(rows)-1].StartsAt, rows[len(rows)-1].ID
	}
}

// firstPage reads from now on, or from the days that are asked for; a day more on each side, for days differ from place to place.
func (l *looking) firstPage(filter clinic.DisplacedFilter) db.UpcomingPlacedParams {
	page := db.UpcomingPlacedParams{
		ClinicID: l.clinic, Since: l.now, Until: l.now.AddDate(1000, 0, 0), Most: displacedPage, PractitionerID: null(filter.Practitioner),
	}
	if from := fromDate(filter.From.AddDays(-1)); !filter.From.IsZero() && from.After(l.now) {
		page.Since = from
	}
	if !filter.Until.IsZero() {
		page.Until = fromDate(filter.Until.AddDays(2))
	}
	page.After = page.Since
	return page
}

func toPlaced(r db.UpcomingPlacedRow) (clinic.Placed, error) {
	a, err := toAppointment(db.AppointmentRow{
		ID: r.ID, ServiceID: r.ServiceID, PractitionerID: r.PractitionerID, LocationID: r.LocationID, PatientID: r.PatientID,
		State: r.State, Version: r.Version, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Zone: r.Zone,
	})
	return clinic.Placed{Appointment: a, Rooms: r.Rooms, Overbooked: r.Overbooked}, err
}
