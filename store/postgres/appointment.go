package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Upcoming lists a patient's appointments that are not over at now and are booked or confirmed, earliest first.
// The read is audited. [clinic.CodeNotAllowed] when the actor may not see them.
func (d *DB) Upcoming(ctx context.Context, clinicID, patient uuid.UUID, actor clinic.Actor) ([]clinic.Appointment, error) {
	if err := d.mayActFor(ctx, clinicID, actor, patient); err != nil {
		return nil, err
	}
	var upcoming []clinic.Appointment
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
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
		return audit.add(ctx, auditEntry{
			actor: actor, action: "appointment.list", kind: "patient", subject: patient,
			detail: map[string]any{"appointments": len(rows)},
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing appointments: %w", err)
	}
	return upcoming, nil
}

// mayActFor refuses a patient who acts for somebody that they are not linked to. Staff and the system may act for everybody.
func (d *DB) mayActFor(ctx context.Context, clinicID uuid.UUID, actor clinic.Actor, patient uuid.UUID) error {
	if actor.Kind == clinic.ActorStaff || actor.Kind == clinic.ActorSystem || actor.ID == patient && patient != uuid.Nil {
		return nil
	}
	linked, err := d.queries(clinicID).MayBookFor(ctx, clinicID, actor.ID, patient)
	if err != nil {
		return fmt.Errorf("checking who may act for whom: %w", err)
	}
	if !linked {
		return clinic.Refuse(clinic.CodeNotAllowed, "You can only do that for yourself, or for somebody whom the clinic has linked to you.")
	}
	return nil
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
	zone, err := time.LoadLocation(a.Zone)
	if err != nil {
		return clinic.Appointment{}, fmt.Errorf("reading appointment's time zone: %w", err)
	}
	a.Slot.Start, a.Slot.End = a.Slot.Start.In(zone), a.Slot.End.In(zone)
	return a, nil
}

// wall is the time on the wall at t in its own zone, as pgx takes a timestamp without one.
func wall(t time.Time) time.Time {
	day, clock := localtime.DateOf(t, t.Location()), localtime.ClockOf(t, t.Location())
	return time.Date(day.Year, day.Month, day.Day, 0, int(clock), 0, 0, time.UTC)
}
