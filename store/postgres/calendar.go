package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// stateBooked is the state of an allocation that an appointment takes; holds have 1, what is released 0.
const stateBooked = 2

// longestAllocation bounds how far back something can begin that is in the way. The table has a check that says the same.
const longestAllocation = 48 * time.Hour

// Search returns at most q.Limit free slots, earliest first; none is an empty list. The near days are read first, later ones
// only while there are not enough. What was free a moment ago is returned: holding or booking a slot finds out.
func (d *DB) Search(ctx context.Context, clinicID uuid.UUID, q clinic.Query) ([]clinic.Slot, error) {
	schedule, err := d.schedule(ctx, clinicID)
	if err != nil {
		return nil, err
	}
	now := d.now()
	search, err := schedule.NewSearch(q, now)
	if err != nil {
		return nil, err
	}
	slots := []clinic.Slot{}
	for stage := range search.Stages() {
		rows, err := d.queries(clinicID).Busy(ctx, db.BusyParams{
			ClinicID:  clinicID,
			Resources: search.Resources(),
			Earliest:  stage.BusyFrom.Add(-longestAllocation),
			Since:     stage.BusyFrom,
			Until:     stage.BusyUntil,
			Now:       now,
			Exclude:   q.Exclude,
			Hold:      q.Hold,
		})
		if err != nil {
			return nil, fmt.Errorf("reading what is taken: %w", err)
		}
		if slots = search.Free(slots, stage, toBusy(rows)); search.Enough(slots) {
			break
		}
	}
	return slots, nil
}

func toBusy(rows []db.BusyRow) []clinic.Busy {
	busy := make([]clinic.Busy, len(rows))
	for i, r := range rows {
		busy[i] = clinic.Busy{Resource: r.ResourceID, Lane: int(r.Lane), Start: r.StartsAt, End: r.EndsAt}
	}
	return busy
}

// Hold keeps a slot; [clinic.CodeSlotTaken] when somebody was faster, [clinic.CodeRateLimited] when others at the caller's
// address who have not proven who they are hold enough. What is held under the same token, or under the one to replace, is
// given up in the same transaction.
func (d *DB) Hold(ctx context.Context, clinicID uuid.UUID, r clinic.HoldRequest) (clinic.Hold, error) {
	if !r.Expires.After(d.now()) {
		return clinic.Hold{}, clinic.Refuse(clinic.CodeInvalid, "That time cannot be kept until a moment that has passed.")
	}
	hold := clinic.Hold{Token: r.Token, Slot: r.Slot, Expires: r.Expires}
	if hold.Token == uuid.Nil {
		hold.Token = uuid.New() // not a v7 as ids are: it is a secret, all of it random
	}
	w := want{
		slot:   &r.Slot,
		tokens: tokens(hold.Token, r.Replace),
		except: r.Exclude,
	}
	from, err := d.unprovenCaller(ctx, clinicID, r.Actor.Conversation)
	if err != nil {
		return clinic.Hold{}, err
	}
	err = d.taking(ctx, clinicID, w, func(_ pgx.Tx, q *db.Queries, s *clinic.Schedule, f *facts) error {
		if err := s.CheckSlot(r.Slot, r.Actor, f.now); err != nil {
			return err
		}
		if err := from.mayHold(ctx, q, clinicID, hold.Token, f.now); err != nil {
			return err
		}
		takes, err := s.Assign(r.Slot, uuid.Nil, f.busy)
		if err != nil {
			return err
		}
		if takes, err = d.besides(ctx, q, clinicID, takes, r.Exclude); err != nil {
			return err
		}
		return holdAll(ctx, q, clinicID, hold, takes, f.now, from.CallerIndex)
	})
	if err != nil {
		return clinic.Hold{}, fmt.Errorf("holding slot: %w", asRefusal(err))
	}
	return hold, nil
}

// besides leaves out what the appointment that is being moved has already: its own time needs no second keeper.
func (d *DB) besides(ctx context.Context, q *db.Queries, clinicID uuid.UUID, takes []clinic.Busy, except uuid.UUID) ([]clinic.Busy, error) {
	if except == uuid.Nil {
		return takes, nil
	}
	rows, err := q.AppointmentAllocations(ctx, clinicID, except)
	if err != nil {
		return nil, fmt.Errorf("reading what the appointment takes: %w", err)
	}
	for _, r := range rows {
		takes = subtract(takes, clinic.Busy{Resource: r.ResourceID, Lane: int(r.Lane), Start: r.StartsAt, End: r.EndsAt})
	}
	return takes, nil
}

// subtract cuts own time out of takes.
func subtract(takes []clinic.Busy, own clinic.Busy) []clinic.Busy {
	var left []clinic.Busy
	for _, t := range takes {
		if t.Resource != own.Resource || t.Lane != own.Lane || !own.Start.Before(t.End) || !t.Start.Before(own.End) {
			left = append(left, t)
			continue
		}
		if t.Start.Before(own.Start) {
			left = append(left, clinic.Busy{Resource: t.Resource, Lane: t.Lane, Start: t.Start, End: own.Start})
		}
		if own.End.Before(t.End) {
			left = append(left, clinic.Busy{Resource: t.Resource, Lane: t.Lane, Start: own.End, End: t.End})
		}
	}
	return left
}

func holdAll(ctx context.Context, q *db.Queries, clinicID uuid.UUID, hold clinic.Hold, takes []clinic.Busy, now time.Time, caller []byte) error {
	rows := columnsOf(takes)
	return q.HoldAllocations(ctx, db.HoldAllocationsParams{
		ClinicID:  clinicID,
		Ids:       rows.ids,
		Resources: rows.resources,
		Lanes:     rows.lanes,
		Starts:    rows.starts,
		Ends:      rows.ends,
		ExpiresAt: &hold.Expires,
		HoldToken: null(hold.Token),
		HeldAt:    &now,

		CallerIndex: caller,
	})
}

// Release gives a hold up; one that is gone is no error.
func (d *DB) Release(ctx context.Context, clinicID, token uuid.UUID) error {
	err := retrying(ctx, func() error {
		_, err := d.queries(clinicID).TakeHolds(ctx, clinicID, []uuid.UUID{token})
		return err
	})
	if err != nil {
		return fmt.Errorf("releasing hold: %w", err)
	}
	return nil
}

// tokens are those that are not zero.
func tokens(all ...uuid.UUID) []uuid.UUID {
	some := []uuid.UUID{}
	for _, t := range all {
		if t != uuid.Nil {
			some = append(some, t)
		}
	}
	return some
}

// columns are allocations as one statement takes them.
type columns struct {
	ids, resources []uuid.UUID
	lanes          []int16
	starts, ends   []time.Time
}

func columnsOf(takes []clinic.Busy) columns {
	var c columns
	for _, t := range takes {
		c.ids = append(c.ids, newID())
		c.resources = append(c.resources, t.Resource)
		c.lanes = append(c.lanes, int16(t.Lane)) //nolint:gosec // a resource has at most 100 lanes
		c.starts = append(c.starts, t.Start)
		c.ends = append(c.ends, t.End)
	}
	return c
}

// newID is an id for a row: made in time order, so that new rows lie together.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
