package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Book turns a hold, or a slot that is still free, into an appointment. [clinic.CodeSlotTaken] when somebody was faster.
// Times of the answer are in the location's zone.
func (d *DB) Book(ctx context.Context, clinicID uuid.UUID, r clinic.BookRequest) (clinic.Appointment, error) {
	if err := d.mayActFor(ctx, clinicID, r.Actor, r.Patient); err != nil {
		return clinic.Appointment{}, err
	}
	return d.change(ctx, clinicID, change{
		key:     r.Key,
		request: []any{"book", slotKey(r.Slot), r.Patient},
		actor:   r.Actor,
		action:  "appointment.book",
		kind:    "booked",
		want:    want{slot: &r.Slot, person: r.Patient, tokens: tokens(r.Hold)},
		decide: func(s *clinic.Schedule, f *facts) (clinic.Appointment, error) {
			if err := s.CheckSlot(r.Slot, r.Actor, f.asOf); err != nil {
				return clinic.Appointment{}, err
			}
			return clinic.Appointment{
				ID:      newID(),
				Slot:    r.Slot,
				Patient: r.Patient,
				State:   clinic.StateBooked,
				Version: 1,
				Zone:    s.Zone(r.Slot.Location).String(),
			}, nil
		},
	})
}

// Move gives an appointment another slot: either it has the new one afterwards, or it still has the old one.
func (d *DB) Move(ctx context.Context, clinicID uuid.UUID, r clinic.MoveRequest) (clinic.Appointment, error) {
	was, resources, err := d.beforeChange(ctx, clinicID, r.Appointment, r.Actor)
	if err != nil {
		return clinic.Appointment{}, err
	}
	return d.change(ctx, clinicID, change{
		key:     r.Key,
		request: []any{"move", r.Appointment, r.Version, slotKey(r.Slot)},
		actor:   r.Actor,
		action:  "appointment.move",
		kind:    "moved",
		want:    want{slot: &r.Slot, person: was.Patient, tokens: tokens(r.Hold), except: r.Appointment, also: resources},
		decide: func(s *clinic.Schedule, f *facts) (clinic.Appointment, error) {
			a := *f.appointment
			if err := s.CheckMove(a, r.Version, r.Slot, r.Actor, f.asOf); err != nil {
				return clinic.Appointment{}, err
			}
			a.Slot, a.State, a.Zone = r.Slot, clinic.StateBooked, s.Zone(r.Slot.Location).String()
			a.Version++
			return a, nil
		},
	})
}

// Cancel frees an appointment's slot.
func (d *DB) Cancel(ctx context.Context, clinicID uuid.UUID, r clinic.CancelRequest) (clinic.Appointment, error) {
	was, resources, err := d.beforeChange(ctx, clinicID, r.Appointment, r.Actor)
	if err != nil {
		return clinic.Appointment{}, err
	}
	return d.change(ctx, clinicID, change{
		key:     r.Key,
		request: []any{"cancel", r.Appointment, r.Version},
		actor:   r.Actor,
		action:  "appointment.cancel",
		kind:    "cancelled",
		want:    want{person: was.Patient, except: r.Appointment, also: append(resources, was.Patient)},
		decide: func(s *clinic.Schedule, f *facts) (clinic.Appointment, error) {
			a := *f.appointment
			if err := s.CheckCancel(a, r.Version, r.Actor, f.now); err != nil {
				return clinic.Appointment{}, err
			}
			a.State = clinic.StateCancelled
			a.Version++
			return a, nil
		},
	})
}

// beforeChange reads what an appointment takes, so that all of it can be locked, and refuses actors whose it is not in the
// same words as if it did not exist. Whether it is still so, its version tells under the locks.
func (d *DB) beforeChange(ctx context.Context, clinicID, id uuid.UUID, actor clinic.Actor) (was clinic.Appointment, resources []uuid.UUID, err error) {
	q := d.queries(clinicID)
	row, err := q.Appointment(ctx, clinicID, id)
	if noRows(err) {
		return was, nil, refuseNoAppointment()
	}
	if err != nil {
		return was, nil, fmt.Errorf("reading appointment: %w", err)
	}
	if err := d.mayActFor(ctx, clinicID, actor, row.PatientID); err != nil {
		if clinic.CodeOf(err) == clinic.CodeNotAllowed {
			return was, nil, refuseNoAppointment()
		}
		return was, nil, err
	}
	taken, err := q.AppointmentAllocations(ctx, clinicID, id)
	if err != nil {
		return was, nil, fmt.Errorf("reading what the appointment takes: %w", err)
	}
	for _, t := range taken {
		resources = append(resources, t.ResourceID)
	}
	was, err = toAppointment(row)
	return was, resources, err
}

// slotKey is the same for the same slot, whatever zone its times are written in.
func slotKey(s clinic.Slot) string {
	return fmt.Sprint(s.Service, s.Practitioner, s.Location, s.Start.UnixNano(), s.End.UnixNano())
}
