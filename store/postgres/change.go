package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// change is a change of appointments that is made once per key: of all of them or of none.
type change struct {
	key     string
	request []any // what is asked for: the same key with another request is refused
	actor   clinic.Actor
	action  string // for the audit: "appointment.book"
	want    want
	several bool // it is answered by a list, however long
	// decide says what becomes of each appointment, or refuses. It may be called again, and changes nothing.
	decide func(s *clinic.Schedule, f *facts) ([]step, error)
	// then, unless nil, does what belongs to the change in the same transaction.
	then func(tx pgx.Tx, q *db.Queries, made []clinic.Appointment) error
}

// step is what becomes of one appointment.
type step struct {
	kind  string              // of the event: "booked", "moved", "cancelled", or the new state
	was   *clinic.Appointment // nil: there was none
	is    clinic.Appointment
	takes []clinic.Busy
	frees bool      // what it took is given up
	since time.Time // but only what ends after this
	seen  bool      // the patient is here
}

// changeOne is [DB.change] of a single appointment.
func (d *DB) changeOne(ctx context.Context, clinicID uuid.UUID, c change) (clinic.Appointment, error) {
	made, err := d.change(ctx, clinicID, c)
	if err != nil {
		return clinic.Appointment{}, err
	}
	return made[0], nil
}

// change makes a change and returns the appointments as they are then; under a key that was used before, as it was answered
// then. A connection that is lost in the middle of a commit leaves it open whether the change stands: asking again under the
// same key finds out.
func (d *DB) change(ctx context.Context, clinicID uuid.UUID, c change) ([]clinic.Appointment, error) {
	if c.key == "" {
		return nil, clinic.Refuse(clinic.CodeInvalid, "A change needs a key, so that it is made once.")
	}
	c.want.key = &claim{key: c.key, hash: hashOf(c.request)}
	if c.want.by == (clinic.Actor{}) {
		c.want.by = c.actor
	}
	const attempts = 3
	for attempt := 1; ; attempt++ {
		made, err := d.changeOnce(ctx, clinicID, c)
		if attempt == attempts || ctx.Err() != nil || !connectionLost(err) {
			return made, err
		}
	}
}

func (d *DB) changeOnce(ctx context.Context, clinicID uuid.UUID, c change) ([]clinic.Appointment, error) {
	var made []clinic.Appointment
	var trail *auditTrail
	err := d.taking(ctx, clinicID, c.want, func(tx pgx.Tx, _ *db.Queries, s *clinic.Schedule, f *facts) error {
		var err error
		if f.answer != nil {
			if made, err = f.answer.to(*c.want.key); err != nil {
				return err
			}
			return errRepeated // rolls back what the first round trip has done
		}
		trail = &auditTrail{d: d, clinic: clinicID}
		made, err = c.carryOut(ctx, tx, s, f, trail)
		return err
	})
	switch {
	case errors.Is(err, errRepeated):
		return made, nil
	case err != nil:
		return nil, fmt.Errorf("changing appointment: %w", asRefusal(err))
	}
	trail.log(ctx)
	return made, nil
}

// carryOut decides, writes and, unless there is more to do, commits, in one round trip.
func (c *change) carryOut(ctx context.Context, tx pgx.Tx, s *clinic.Schedule, f *facts, trail *auditTrail) ([]clinic.Appointment, error) {
	steps, err := c.decide(s, f)
	if err != nil {
		return nil, err
	}
	w := &writing{p: newPipeline(), change: c, schedule: s, facts: f, trail: trail}
	made, err := w.all(ctx, steps)
	if err != nil {
		return nil, err
	}
	gaveUp := given(steps)
	if c.then == nil && (!f.waiting || len(gaveUp) == 0) {
		return made, w.p.sendLast(ctx, tx)
	}
	if err := w.p.send(ctx, tx); err != nil {
		return nil, err
	}
	if f.waiting {
		for _, slot := range gaveUp {
			if err := trail.d.freed(ctx, tx, trail.clinic, slot); err != nil {
				return nil, err
			}
		}
	}
	if c.then != nil {
		err = c.then(tx, db.New(tx), made)
	}
	return made, err
}

// given are the times that others can have now.
func given(steps []step) []clinic.Slot {
	var slots []clinic.Slot
	for _, st := range steps {
		if st.was != nil && st.frees {
			slots = append(slots, st.was.Slot)
		}
	}
	return slots
}

// several marks the answer to a request for several appointments; that to a request for one is the appointment itself.
const several = '['

// kept is an answer as it is kept under its key.
func (c *change) kept(made []clinic.Appointment) ([]byte, error) {
	var answer any = made
	if !c.several {
		answer = made[0]
	}
	response, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encoding answer: %w", err)
	}
	return response, nil
}

// to is the answer to the same request.
func (a *earlier) to(c claim) ([]clinic.Appointment, error) {
	if !bytes.Equal(a.hash, c.hash) {
		return nil, clinic.Refuse(clinic.CodeKeyReused, "This was asked for before, and differently.")
	}
	made := make([]clinic.Appointment, 1)
	var into any = &made[0]
	if len(a.response) > 0 && a.response[0] == several {
		into = &made
	}
	if err := json.Unmarshal(a.response, into); err != nil {
		return nil, fmt.Errorf("decoding stored answer: %w", err)
	}
	for i := range made {
		var err error
		if made[i], err = inItsZone(made[i]); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// hashOf is the same for the same request.
func hashOf(request []any) []byte {
	sum := sha256.Sum256(fmt.Appendln(nil, request...))
	return sum[:]
}
