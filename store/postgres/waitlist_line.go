package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// waiter is somebody in line.
type waiter struct {
	clinic.WaitlistEntry
	instead  time.Time       // start of the appointment that they would give up; zero: they would give up none
	deciding uuid.UUID       // the entry, this or another of theirs, in which they are offered a time of this service; zero: none
	over     bool            // they wait for nothing any more: the time is past, or they have what they wanted
	refused  map[string]bool // keys of slots that they were offered and did not take
}

// takes reports whether a slot is one to offer.
func (w waiter) takes(slot clinic.Slot, zone *time.Location) bool {
	return w.Fits(slot, zone) && !w.refused[slotKey(slot)] && (w.instead.IsZero() || slot.Start.Before(w.instead))
}

// line is who waits for any of these services or decides about a time, whoever waits longest first.
func (d *DB) line(ctx context.Context, clinicID uuid.UUID, s *clinic.Schedule, services []uuid.UUID, now time.Time) ([]waiter, error) {
	q := d.queries(clinicID)
	rows, err := q.WaitlistFor(ctx, clinicID, services)
	if err != nil {
		return nil, fmt.Errorf("reading waitlist: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	booked, err := d.bookedByWaiters(ctx, clinicID, services, now)
	if err != nil {
		return nil, err
	}
	refused, err := d.refusedByWaiters(ctx, clinicID, services)
	if err != nil {
		return nil, err
	}
	line := make([]waiter, len(rows))
	turnedDown := map[uuid.UUID]map[string]bool{} // by each patient, in whichever of their entries
	for i, r := range rows {
		entry, err := toEntry(db.WaitlistEntryRow(r))
		if err != nil {
			return nil, err
		}
		if turnedDown[entry.Patient] == nil {
			turnedDown[entry.Patient] = map[string]bool{}
		}
		maps.Copy(turnedDown[entry.Patient], refused[entry.ID])
		line[i] = waiter{WaitlistEntry: entry, refused: turnedDown[entry.Patient], over: entry.Wish.Over(now, s.Zone(entry.Wish.Location))}
		line[i].settle(s, booked[entry.ID])
	}
	for i := range line {
		if at := slices.IndexFunc(line, line[i].decidesAs); at >= 0 {
			line[i].deciding = line[at].ID
		}
	}
	return line, nil
}

// decidesAs reports whether another entry is the same patient's for the same service, and a time is offered to it.
func (w waiter) decidesAs(other waiter) bool {
	return other.State == clinic.WaitlistOffered && other.Patient == w.Patient && other.Service == w.Service
}

// settle says what it means for somebody's wait that they have these appointments of the same kind.
func (w *waiter) settle(s *clinic.Schedule, booked []db.WaitlistAppointmentsRow) {
	for _, a := range booked {
		slot := clinic.Slot{Service: w.Service, Practitioner: a.PractitionerID, Location: a.LocationID, Start: a.StartsAt, End: a.EndsAt}
		switch {
		case a.ID == w.Instead:
			w.instead = a.StartsAt
		case a.Since && w.Fits(slot, s.Zone(slot.Location)):
			w.over = true
		}
	}
	if w.Instead != uuid.Nil && w.instead.IsZero() {
		w.over = true
	}
}

// bookedByWaiters is what those who wait have booked of the same service, by entry.
func (d *DB) bookedByWaiters(ctx context.Context, clinicID uuid.UUID, services []uuid.UUID, now time.Time) (map[uuid.UUID][]db.WaitlistAppointmentsRow, error) {
	rows, err := d.queries(clinicID).WaitlistAppointments(ctx, clinicID, services, now)
	if err != nil {
		return nil, fmt.Errorf("reading appointments of those who wait: %w", err)
	}
	booked := map[uuid.UUID][]db.WaitlistAppointmentsRow{}
	for _, r := range rows {
		booked[r.EntryID] = append(booked[r.EntryID], r)
	}
	return booked, nil
}

// refusedByWaiters are the keys of the slots that were offered and not taken, by entry.
func (d *DB) refusedByWaiters(ctx context.Context, clinicID uuid.UUID, services []uuid.UUID) (map[uuid.UUID]map[string]bool, error) {
	rows, err := d.queries(clinicID).OffersTurnedDown(ctx, clinicID, services)
	if err != nil {
		return nil, fmt.Errorf("reading offers: %w", err)
	}
	refused := map[uuid.UUID]map[string]bool{}
	for _, r := range rows {
		var slot clinic.Slot
		if err := json.Unmarshal(r.Slot, &slot); err != nil {
			return nil, fmt.Errorf("decoding slot of an offer to entry %s: %w", r.EntryID, err)
		}
		if refused[r.EntryID] == nil {
			refused[r.EntryID] = map[string]bool{}
		}
		refused[r.EntryID][slotKey(slot)] = true
	}
	return refused, nil
}

// leave ends the wait of somebody who waits for nothing any more; false when they did not wait.
func (d *DB) leave(ctx context.Context, clinicID uuid.UUID, w waiter, now time.Time) (bool, error) {
	ended, err := d.queries(clinicID).EndWait(ctx, db.EndWaitParams{ClinicID: clinicID, ID: w.ID, State: string(clinic.WaitlistLeft), At: &now})
	if err != nil {
		return false, fmt.Errorf("ending an entry that is over: %w", err)
	}
	return ended > 0, nil
}

// TidyWaitlists ends, in every clinic, the entries of those who wait for nothing any more: the days have passed, the
// appointment that they would give up is over or cancelled, or they have booked such a visit. It returns how many.
func (d *DB) TidyWaitlists(ctx context.Context) (int64, error) {
	clinics, err := d.anyClinic().ClinicsWaitedFor(ctx)
	if err != nil {
		return 0, fmt.Errorf("looking for waitlists: %w", err)
	}
	var ended int64
	for _, id := range clinics {
		n, err := d.tidyWaitlist(ctx, id)
		if ended += n; err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (d *DB) tidyWaitlist(ctx context.Context, clinicID uuid.UUID) (ended int64, err error) {
	schedule, err := d.schedule(ctx, clinicID)
	if err != nil {
		return 0, err
	}
	var services []uuid.UUID
	for _, s := range schedule.Directory().Services {
		services = append(services, s.ID)
	}
	now := d.now()
	line, err := d.line(ctx, clinicID, schedule.Schedule, services, now)
	if err != nil {
		return 0, err
	}
	for _, w := range line {
		if !w.over || w.State != clinic.WaitlistWaiting {
			continue
		}
		left, err := d.leave(ctx, clinicID, w, now)
		if err != nil {
			return ended, err
		}
		if left {
			ended++
		}
	}
	return ended, nil
}
