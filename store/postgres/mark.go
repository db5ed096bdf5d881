package postgres

import (
	"context"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Mark says what became of an appointment: confirmed, arrived, completed, not shown. Who is here is new to the clinic no
// longer. Who did not come gives the rest of the time up; what is over stays as it was.
func (d *DB) Mark(ctx context.Context, clinicID uuid.UUID, r clinic.MarkRequest) (clinic.Appointment, error) {
	was, resources, err := d.beforeChange(ctx, clinicID, r.Appointment, r.Actor)
	if err != nil {
		return clinic.Appointment{}, err
	}
	return d.changeOne(ctx, clinicID, change{
		key:     r.Key,
		request: []any{"mark", r.Appointment, r.Version, r.State},
		actor:   r.Actor,
		action:  "appointment.mark",
		want:    want{except: r.Appointment, also: append(resources, was.Patient)},
		decide: func(s *clinic.Schedule, f *facts) ([]step, error) {
			a := *f.appointment
			if err := s.CheckMark(a, r.Version, r.State, r.Actor, f.now); err != nil {
				return nil, err
			}
			a.State = r.State
			a.Version++
			return []step{{
				kind: string(r.State), was: f.appointment, is: a,
				frees: r.State == clinic.StateNoShow, since: f.now,
				seen: r.State == clinic.StateArrived || r.State == clinic.StateCompleted,
			}}, nil
		},
	})
}
