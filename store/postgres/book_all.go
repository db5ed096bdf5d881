package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// BookAll books several visits, all of them or none, as [DB.Book] does one: a parent and two children back to back. The
// appointments come in the order of the visits. A refusal names the visit, counted from 1, around the [clinic.Error].
func (d *DB) BookAll(ctx context.Context, clinicID uuid.UUID, r clinic.BookAllRequest) ([]clinic.Appointment, error) {
	if len(r.Visits) == 0 || len(r.Visits) > clinic.MaxVisits {
		return nil, clinic.Refuse(clinic.CodeInvalid, fmt.Sprintf("Between 1 and %d visits can be booked at once.", clinic.MaxVisits))
	}
	w := want{visits: r.Visits, tokens: tokens(r.Hold), charts: asksCharts(r.Actor)}
	if err := d.mayActFor(ctx, clinicID, r.Actor, w.everybody()...); err != nil {
		return nil, err
	}
	request := []any{"book all"}
	for _, v := range r.Visits {
		request = append(request, slotKey(v.Slot), v.Patient)
	}
	return d.change(ctx, clinicID, change{
		key:     r.Key,
		request: request,
		actor:   r.Actor,
		action:  "appointment.book",
		want:    w,
		several: true,
		decide: func(s *clinic.Schedule, f *facts) ([]step, error) {
			steps := make([]step, len(r.Visits))
			for i, v := range r.Visits {
				var err error
				if steps[i], err = booked(s, f, i, v, r.Actor); err != nil {
					return nil, fmt.Errorf("visit %d: %w", i+1, err)
				}
			}
			return steps, nil
		},
	})
}

// everybody is whom the visits are for.
func (w want) everybody() []uuid.UUID {
	ids := make([]uuid.UUID, len(w.visits))
	for i, v := range w.visits {
		ids[i] = v.Patient
	}
	return ids
}
