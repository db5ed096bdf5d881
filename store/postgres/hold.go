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

// longestHold is for how long a time can be kept: a slip would take it from everybody for good.
const longestHold = 7 * 24 * time.Hour

// Hold keeps a slot, or several under one token, all of them or none; [clinic.CodeSlotTaken] when somebody was faster,
// [clinic.CodeRateLimited] when others at the caller's address who have not proven who they are hold enough. What is held under
// the same token, or under the one to replace, is given up in the same transaction; where that is another conversation's, it
// is a [clinic.CodeNotYourHold]. An appointment to exclude that is not the actor's to move is a [clinic.CodeNotFound].
func (d *DB) Hold(ctx context.Context, clinicID uuid.UUID, r clinic.HoldRequest) (clinic.Hold, error) {
	return d.holdThen(ctx, clinicID, r, nil)
}

// holdThen is [DB.Hold] with what belongs to it in the same transaction; nil for nothing. It may be called again.
func (d *DB) holdThen(ctx context.Context, clinicID uuid.UUID, r clinic.HoldRequest,
	then func(tx pgx.Tx, q *db.Queries, hold clinic.Hold) error,
) (clinic.Hold, error) {
	if err := checkHold(r, d.now()); err != nil {
		return clinic.Hold{}, err
	}
	hold := clinic.Hold{Token: r.Token, Slot: r.Slot, Expires: r.Expires}
	if hold.Token == uuid.Nil {
		hold.Token = uuid.New() // not a v7 as ids are: it is a secret, all of it random
	}
	from, err := d.unprovenCaller(ctx, clinicID, r.Actor.Conversation)
	if err != nil {
		return clinic.Hold{}, err
	}
	w, err := d.wanted(ctx, clinicID, hold.Token, r)
	if err == nil {
		err = d.taking(ctx, clinicID, w, func(tx pgx.Tx, q *db.Queries, s *clinic.Schedule, f *facts) error {
			p, err := keeping(ctx, q, clinicID, s, f, w, hold, from)
			switch {
			case err != nil:
				return err
			case then == nil:
				return p.sendLast(ctx, tx)
			}
			if err := p.send(ctx, tx); err != nil {
				return err
			}
			return then(tx, q, hold)
		})
	}
	if err != nil {
		return clinic.Hold{}, fmt.Errorf("holding slot: %w", asRefusal(err))
	}
	return hold, nil
}

// wanted is what a hold is about to take. An appointment to exclude has to be the actor's to move.
func (d *DB) wanted(ctx context.Context, clinicID, token uuid.UUID, r clinic.HoldRequest) (w want, err error) {
	w = want{tokens: tokens(token, r.Replace), except: r.Exclude, by: r.Actor}
	for _, slot := range append([]clinic.Slot{r.Slot}, r.Also...) {
		w.visits = append(w.visits, clinic.Visit{Slot: slot})
	}
	if r.Exclude != uuid.Nil {
		_, w.also, err = d.beforeChange(ctx, clinicID, r.Exclude, r.Actor)
	}
	return w, err
}

// keeping is what writes a hold down, or why it cannot be.
func keeping(ctx context.Context, q *db.Queries, clinicID uuid.UUID, s *clinic.Schedule, f *facts, w want, hold clinic.Hold, from unproven) (*pipeline, error) {
	takes, err := f.holdable(s, w)
	if err != nil {
		return nil, err
	}
	if err := from.mayHold(ctx, q, clinicID, hold.Token, len(w.visits), f.now); err != nil {
		return nil, err
	}
	if takes, err = besides(ctx, q, clinicID, takes, w.except); err != nil {
		return nil, err
	}
	p := newPipeline()
	if f.lapsed {
		dropLapsed(ctx, p, clinicID, s, w.visits, f.now)
	}
	holdAll(ctx, p, clinicID, hold, takes, f.now, from.CallerIndex, w.by)
	return p, nil
}

func checkHold(r clinic.HoldRequest, now time.Time) error {
	if !r.Expires.After(now) {
		return clinic.Refuse(clinic.CodeInvalid, "That time cannot be kept until a moment that has passed.")
	}
	if r.Expires.After(now.Add(longestHold)) {
		return clinic.Refuse(clinic.CodeInvalid, "No time can be kept for more than a week.")
	}
	if len(r.Also) >= clinic.MaxVisits {
		return clinic.Refuse(clinic.CodeInvalid, fmt.Sprintf("At most %d times can be kept at once.", clinic.MaxVisits))
	}
	return nil
}

// holdable is what the slots of a hold take, or why they cannot be kept.
func (f *facts) holdable(s *clinic.Schedule, w want) ([]clinic.Busy, error) {
	var all []clinic.Busy
	for i, v := range w.visits {
		if err := s.CheckSlot(v.Slot, w.by, f.now); err != nil {
			return nil, err
		}
		takes, err := f.assign(i, v, s.Assign)
		if err != nil {
			return nil, err
		}
		all = append(all, takes...)
	}
	return all, nil
}

// besides leaves out what the appointment that is being moved has already: its own time needs no second keeper.
func besides(ctx context.Context, q *db.Queries, clinicID uuid.UUID, takes []clinic.Busy, except uuid.UUID) ([]clinic.Busy, error) {
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

func holdAll(ctx context.Context, p *pipeline, clinicID uuid.UUID, hold clinic.Hold, takes []clinic.Busy, now time.Time, caller []byte, by clinic.Actor) {
	rows := columnsOf(takes)
	_ = p.q.HoldAllocations(ctx, db.HoldAllocationsParams{
		ClinicID:  clinicID,
		Ids:       rows.ids,
		Resources: rows.resources,
		Lanes:     rows.lanes,
		Starts:    rows.starts,
		Ends:      rows.ends,
		ExpiresAt: &hold.Expires,
		HoldToken: null(hold.Token),
		HolderID:  holder(by),
		HeldAt:    &now,

		CallerIndex: caller,
	})
}

// Release gives a hold up; one that is gone is no error.
func (d *DB) Release(ctx context.Context, clinicID, token uuid.UUID) error {
	err := retrying(ctx, func() error {
		return d.queries(clinicID).ReleaseHolds(ctx, clinicID, []uuid.UUID{token})
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
