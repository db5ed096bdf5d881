package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Book turns a hold, or a slot that is still free, into an appointment. [clinic.CodeSlotTaken] when somebody was faster,
// [clinic.CodeNotYourHold] when the hold is another conversation's. Times of the answer are in the location's zone.
func (d *DB) Book(ctx context.Context, clinicID uuid.UUID, r clinic.BookRequest) (clinic.Appointment, error) {
	if err := d.mayActFor(ctx, clinicID, r.Actor, r.Patient); err != nil {
		return clinic.Appointment{}, err
	}
	return d.changeOne(ctx, clinicID, booking(r))
}

// booking is the change that a request asks for.
func booking(r clinic.BookRequest) change {
	visit := clinic.Visit{Slot: r.Slot, Patient: r.Patient}
	request := []any{"book", slotKey(r.Slot), r.Patient}
	if r.Overbook {
		request = append(request, "overbook")
	}
	return change{
		key:     r.Key,
		request: request,
		actor:   r.Actor,
		action:  "appointment.book",
		want:    want{visits: []clinic.Visit{visit}, tokens: tokens(r.Hold), charts: asksCharts(r.Actor)},
		decide: func(s *clinic.Schedule, f *facts) ([]step, error) {
			if r.Overbook {
				return overbooked(s, f, visit, r.Actor)
			}
			st, err := booked(s, f, 0, visit, r.Actor)
			return []step{st}, err
		},
	}
}

// booked makes the visit at i of a request an appointment.
func booked(s *clinic.Schedule, f *facts, i int, v clinic.Visit, by clinic.Actor) (step, error) {
	if err := s.CheckSlot(v.Slot, by, f.spots[i].asOf); err != nil {
		return step{}, err
	}
	if err := f.checkChart(s, v, by); err != nil {
		return step{}, err
	}
	takes, err := f.assign(i, v, s.Assign)
	return step{kind: "booked", is: newAppointment(s, v), takes: takes}, err
}

// overbooked squeezes a visit in.
func overbooked(s *clinic.Schedule, f *facts, v clinic.Visit, by clinic.Actor) ([]step, error) {
	if err := s.CheckOverbook(v.Slot, by, f.now); err != nil {
		return nil, err
	}
	takes, err := f.assign(0, v, s.AssignOverbooked)
	return []step{{kind: "booked", is: newAppointment(s, v), takes: takes}}, err
}

func newAppointment(s *clinic.Schedule, v clinic.Visit) clinic.Appointment {
	return clinic.Appointment{
		ID:      newID(),
		Slot:    v.Slot,
		Patient: v.Patient,
		State:   clinic.StateBooked,
		Version: 1,
		Zone:    s.Zone(v.Slot.Location).String(),
	}
}

// Move gives an appointment another slot: either it has the new one afterwards, or it still has the old one. Whoever waits
// for the old one is offered it.
func (d *DB) Move(ctx context.Context, clinicID uuid.UUID, r clinic.MoveRequest) (clinic.Appointment, error) {
	was, resources, err := d.beforeChange(ctx, clinicID, r.Appointment, r.Actor)
	if err != nil {
		return clinic.Appointment{}, err
	}
	return d.changeOne(ctx, clinicID, moving(r, was.Patient, resources))
}

// moving is the change that a request asks for. Resources are what the patient's appointment takes now.
func moving(r clinic.MoveRequest, patient uuid.UUID, resources []uuid.UUID) change {
	visit := clinic.Visit{Slot: r.Slot, Patient: patient}
	return change{
		key:     r.Key,
		request: []any{"move", r.Appointment, r.Version, slotKey(r.Slot)},
		actor:   r.Actor,
		action:  "appointment.move",
		want:    want{visits: []clinic.Visit{visit}, tokens: tokens(r.Hold), except: r.Appointment, also: resources, charts: asksCharts(r.Actor)},
		decide: func(s *clinic.Schedule, f *facts) ([]step, error) {
			a := *f.appointment
			if err := s.CheckMove(a, r.Version, r.Slot, r.Actor, f.spots[0].asOf); err != nil {
				return nil, err
			}
			if err := f.checkOtherService(s, a, visit, r.Actor); err != nil {
				return nil, err
			}
			takes, err := f.assign(0, visit, s.Assign)
			a.Slot, a.State, a.Zone = r.Slot, clinic.StateBooked, s.Zone(r.Slot.Location).String()
			a.Version++
			return []step{{kind: "moved", was: f.appointment, is: a, takes: takes, frees: true}}, err
		},
	}
}

// Cancel frees an appointment's slot. Whoever waits for it is offered it.
func (d *DB) Cancel(ctx context.Context, clinicID uuid.UUID, r clinic.CancelRequest) (clinic.Appointment, error) {
	was, resources, err := d.beforeChange(ctx, clinicID, r.Appointment, r.Actor)
	if err != nil {
		return clinic.Appointment{}, err
	}
	return d.changeOne(ctx, clinicID, change{
		key:     r.Key,
		request: []any{"cancel", r.Appointment, r.Version},
		actor:   r.Actor,
		action:  "appointment.cancel",
		want:    want{except: r.Appointment, also: append(resources, was.Patient)},
		decide: func(s *clinic.Schedule, f *facts) ([]step, error) {
			a := *f.appointment
			if err := s.CheckCancel(a, r.Version, r.Actor, f.now); err != nil {
				return nil, err
			}
			a.State = clinic.StateCancelled
			a.Version++
			return []step{{kind: "cancelled", was: f.appointment, is: a, frees: true}}, nil
		},
	})
}

// beforeChange reads what an appointment takes, so that all of it can be locked, and refuses actors whose it is not in the
// same words as if it did not exist. Whether it is still so, its version tells under the locks.
func (d *DB) beforeChange(ctx context.Context, clinicID, id uuid.UUID, actor clinic.Actor) (was clinic.Appointment, resources []uuid.UUID, err error) {
	if was, err = d.appointmentFor(ctx, clinicID, id, actor); err != nil {
		return was, nil, err
	}
	taken, err := d.queries(clinicID).AppointmentAllocations(ctx, clinicID, id)
	if err != nil {
		return was, nil, fmt.Errorf("reading what the appointment takes: %w", err)
	}
	for _, t := range taken {
		resources = append(resources, t.ResourceID)
	}
	return was, resources, nil
}

// slotKey is the same for the same slot, whatever zone its times are written in.
func slotKey(s clinic.Slot) string {
	return fmt.Sprint(s.Service, s.Practitioner, s.Location, s.Start.UnixNano(), s.End.UnixNano())
}
