package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// How far is looked for another time, and how many slots of each kind are weighed. The same practitioner is looked at over
// weeks; all others only near the agreed time, for somebody else is worth it when the patient can come as planned.
const (
	sameBefore  = 7 * 24 * time.Hour
	sameAfter   = 21 * 24 * time.Hour
	sameMost    = 600
	othersNear  = 3 * time.Hour
	othersMost  = 60
	anybodyMost = 60
)

// propose gives proposals in the order in which the appointments start; what one is given is taken for the next.
func (l *looking) propose(ctx context.Context, displaced []clinic.Displaced) error {
	for i := range displaced {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.proposeOne(ctx, &displaced[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *looking) proposeOne(ctx context.Context, d *clinic.Displaced) error {
	d.Proposal = nil
	slots, busy, err := l.candidates(ctx, d.Appointment)
	if err != nil {
		return err
	}
	for _, slot := range l.schedule.RankMoves(d.Appointment, d.Language, slots) {
		takes, err := l.schedule.Assign(slot, d.Appointment.Patient, busy)
		if clinic.CodeOf(err) != "" {
			continue // two queries saw different moments
		}
		if err != nil {
			return fmt.Errorf("finding room for another time: %w", err)
		}
		l.planned = append(l.planned, takes...)
		d.Proposal = &slot
		return nil
	}
	return nil
}

// candidates are slots near the appointment with the same practitioner, near its time with others, and only when there are
// none the first ones with anybody.
func (l *looking) candidates(ctx context.Context, a clinic.Appointment) ([]clinic.Slot, []clinic.Busy, error) {
	first, start := clinic.MovedFrom(a, l.now), a.Slot.Start
	near := clinic.Query{Service: a.Slot.Service, Patient: a.Patient, Exclude: a.ID}
	same, others, anybody := near, near, near
	same.Practitioners = []uuid.UUID{a.Slot.Practitioner}
	same.From, same.Until, same.Limit = latest(first, start.Add(-sameBefore)), start.Add(sameAfter), sameMost
	others.From, others.Until, others.Limit = latest(first, start), start.Add(othersNear), othersMost
	anybody.From, anybody.Limit = first, anybodyMost
	var slots []clinic.Slot
	var busy []clinic.Busy
	for _, q := range []clinic.Query{same, others, anybody} {
		if len(slots) > 0 && q.Until.IsZero() {
			break
		}
		found, taken, err := l.free(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		slots, busy = append(slots, found...), append(busy, taken...)
	}
	return slots, busy, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// free is a search that knows of the proposals made so far. What can never be booked, such as a range beyond the window or
// somebody who left, has no slots.
func (l *looking) free(ctx context.Context, q clinic.Query) (slots []clinic.Slot, busy []clinic.Busy, err error) {
	search, err := l.schedule.NewSearch(q, l.now)
	if clinic.CodeOf(err) != "" {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for stage := range search.Stages() {
		rows, err := l.d.queries(l.clinic).Busy(ctx, db.BusyParams{
			ClinicID: l.clinic, Resources: search.Resources(), Earliest: stage.BusyFrom.Add(-longestAllocation),
			Since: stage.BusyFrom, Until: stage.BusyUntil, Now: l.now, Exclude: q.Exclude,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("reading what is taken: %w", err)
		}
		taken := append(toBusy(rows), l.planned...)
		busy = append(busy, taken...)
		if slots = search.Free(slots, stage, taken); search.Enough(slots) {
			break
		}
	}
	return slots, busy, nil
}
