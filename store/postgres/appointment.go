package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Upcoming lists a patient's appointments that are not over at now and are booked or confirmed, earliest first.
// A guardian does not see those that are confidential. The read is audited. [clinic.CodeNotAllowed] when the actor may not
// see them at all.
func (d *DB) Upcoming(ctx context.Context, clinicID, patient uuid.UUID, actor clinic.Actor) ([]clinic.Appointment, error) {
	if err := d.mayActFor(ctx, clinicID, actor, patient); err != nil {
		return nil, err
	}
	hidden, err := d.hiddenFrom(ctx, clinicID, actor, patient)
	if err != nil {
		return nil, err
	}
	var upcoming []clinic.Appointment
	err = d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		rows, err := q.UpcomingAppointments(ctx, clinicID, patient, d.now())
		if err != nil {
			return fmt.Errorf("reading appointments: %w", err)
		}
		upcoming = make([]clinic.Appointment, len(rows))
		for i, r := range rows {
			if upcoming[i], err = toAppointment(db.AppointmentRow(r)); err != nil {
				return err
			}
		}
		upcoming = slices.DeleteFunc(upcoming, func(a clinic.Appointment) bool { return hidden(a.Slot.Service) })
		return audit.add(ctx, auditEntry{
			actor: actor, action: "appointment.list", kind: "patient", subject: patient,
			detail: map[string]any{"appointments": len(upcoming)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing appointments: %w", err)
	}
	return upcoming, nil
}

// appointmentFor reads an appointment for an actor. Those whose it is not are refused in the same words as if it did not exist.
func (d *DB) appointmentFor(ctx context.Context, clinicID, id uuid.UUID, actor clinic.Actor) (clinic.Appointment, error) {
	row, err := d.queries(clinicID).Appointment(ctx, clinicID, id)
	if noRows(err) {
		return clinic.Appointment{}, refuseNoAppointment()
	}
	if err != nil {
		return clinic.Appointment{}, fmt.Errorf("reading appointment: %w", err)
	}
	if err := d.mayKnow(ctx, clinicID, actor, row.PatientID, row.ServiceID); err != nil {
		if clinic.CodeOf(err) == clinic.CodeNotAllowed {
			return clinic.Appointment{}, refuseNoAppointment()
		}
		return clinic.Appointment{}, err
	}
	return toAppointment(row)
}

// mayActFor refuses a patient who acts for somebody that they are not linked to. Staff and the system may act for everybody.
func (d *DB) mayActFor(ctx context.Context, clinicID uuid.UUID, actor clinic.Actor, patients ...uuid.UUID) error {
	if actor.Kind == clinic.ActorStaff || actor.Kind == clinic.ActorSystem {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(patients), func(id uuid.UUID) bool { return id == actor.ID && id != uuid.Nil })
	if others = sorted(others); len(others) == 0 {
		return nil
	}
	linked, err := d.queries(clinicID).LinkedTo(ctx, clinicID, actor.ID, others)
	if err != nil {
		return fmt.Errorf("checking who may act for whom: %w", err)
	}
	if len(linked) < len(others) {
		return refuseNotYours()
	}
	return nil
}

func refuseNotYours() error {
	return clinic.Refuse(clinic.CodeNotAllowed, "You can only do that for yourself, or for somebody whom the clinic has linked to you.")
}

// toAppointment turns a row into an appointment, its times in the zone that they were agreed in.
func toAppointment(r db.AppointmentRow) (clinic.Appointment, error) {
	a := clinic.Appointment{
		ID: r.ID,
		Slot: clinic.Slot{
			Service: r.ServiceID, Practitioner: r.PractitionerID, Location: r.LocationID, Start: r.StartsAt, End: r.EndsAt,
		},
		Patient: r.PatientID,
		State:   clinic.AppointmentState(r.State),
		Version: int(r.Version),
		Zone:    r.Zone,
	}
	return inItsZone(a)
}

func inItsZone(a clinic.Appointment) (clinic.Appointment, error) {
	zone, err := zoneOf(a.Zone)
	if err != nil {
		return clinic.Appointment{}, fmt.Errorf("reading appointment's time zone: %w", err)
	}
	a.Slot.Start, a.Slot.End = a.Slot.Start.In(zone), a.Slot.End.In(zone)
	return a, nil
}

// zones are those that were asked for: reading one from its file costs more than a query. There are some 600.
var zones sync.Map // by name: *time.Location

func zoneOf(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}

// wall is the time on the wall at t in its own zone, as pgx takes a timestamp without one.
func wall(t time.Time) time.Time {
	day, clock := localtime.DateOf(t, t.Location()), localtime.ClockOf(t, t.Location())
	return time.Date(day.Year, day.Month, day.Day, 0, int(clock), 0, 0, time.UTC)
}
