package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres"
)

// crowd adds so many patients.
func (p *practice) crowd(n int) []uuid.UUID {
	p.t.Helper()
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = uuid.NewSHA1(p.id, fmt.Append(nil, "patient", i))
		p.data.Patients = append(p.data.Patients, clinic.Patient{
			ID: ids[i], GivenName: fmt.Sprint("P", i), FamilyName: "Crowd", BirthDate: localtime.Date{Year: 1970, Month: 1, Day: 1}, Language: "en",
		})
	}
	p.seed()
	return ids
}

// wantNoDeadlock asks Postgres, after every connection of the record is closed and has reported.
func (p *practice) wantNoDeadlock() {
	p.t.Helper()
	p.DB.Close()
	if n := p.count("select deadlocks from pg_stat_database where datname = current_database()"); n > 0 {
		p.t.Errorf("there were %d deadlocks", n)
	}
}

// Half of the clients hold first and the other half book at once. One gets the slot; the others are told that it is taken,
// ask what else there is, and can have all of that.
func TestManyClientsOneSlot(t *testing.T) {
	const clients, rounds = 64, 4
	p := open(t)
	patients := p.crowd(clients)
	for round := range rounds {
		slot := p.roomSlot([]uuid.UUID{p.ada, p.ben}[round%2], p.at(1+round/2, 9+5*(round%2), 0))
		r := &race{p: p, slot: slot}
		r.run(patients, func(i int) error { return r.client(fmt.Sprintf("%d/%d", round, i), patients[i], i%2 == 0) })
		if r.won.Load() != 1 || r.taken.Load() != clients-1 {
			t.Errorf("round %d: %d won, %d were told that it is taken", round, r.won.Load(), r.taken.Load())
		}
		r.run(patients[:8], func(int) error { return r.alternatives() })
		r.wantFree()
	}
	p.wantConsistent()
	p.wantNoDeadlock()
}

// race is one slot that many want.
type race struct {
	p          *practice
	slot       clinic.Slot
	won, taken atomic.Int32

	mu   sync.Mutex
	free map[string]clinic.Slot // what else there is, by slot
}

// run starts all clients at the same moment, and waits for them.
func (r *race) run(clients []uuid.UUID, client func(i int) error) {
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			<-start
			if err := client(i); err != nil {
				r.p.t.Errorf("client %d: %v", i, err)
			}
		})
	}
	close(start)
	all.Wait()
}

// client wants the slot, and is refused properly or gets it.
func (r *race) client(key string, patient uuid.UUID, holds bool) error {
	ctx := context.Background()
	var hold clinic.Hold
	var err error
	if holds {
		hold, err = r.p.DB.Hold(ctx, r.p.id, clinic.HoldRequest{Slot: r.slot, Expires: r.p.Clock.Now().Add(time.Minute), Actor: as(patient)})
	}
	if err == nil {
		_, err = r.p.DB.Book(ctx, r.p.id, clinic.BookRequest{Key: key, Slot: r.slot, Hold: hold.Token, Patient: patient, Actor: as(patient)})
	}
	switch {
	case err == nil:
		r.won.Add(1)
	case errors.Is(err, &clinic.Error{Code: clinic.CodeSlotTaken}):
		r.taken.Add(1)
	default:
		return err
	}
	return nil
}

// alternatives asks what else there is.
func (r *race) alternatives() error {
	slots, err := r.p.DB.Search(context.Background(), r.p.id, clinic.Query{Service: r.slot.Service, From: r.slot.Start, Limit: 5})
	if err == nil && len(slots) != 5 {
		return fmt.Errorf("%d alternatives", len(slots))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.free == nil {
		r.free = map[string]clinic.Slot{}
	}
	for _, slot := range slots {
		r.free[fmt.Sprint(slot.Practitioner, slot.Start.Unix())] = slot
	}
	return err
}

// wantFree tries every alternative.
func (r *race) wantFree() {
	r.p.t.Helper()
	for _, slot := range r.free {
		h, err := r.p.DB.Hold(context.Background(), r.p.id, clinic.HoldRequest{Slot: slot, Expires: r.p.Clock.Now().Add(time.Minute), Actor: as(r.p.ann)})
		if err != nil {
			r.p.t.Errorf("the alternative at %v: %v", slot.Start, err)
			continue
		}
		if err := r.p.DB.Release(context.Background(), r.p.id, h.Token); err != nil {
			r.p.t.Error(err)
		}
	}
}

// The same patient asks twice at once, as a browser that sends again does: one appointment, two equal answers.
func TestTheSameKeyAtOnce(t *testing.T) {
	p := open(t)
	answers := make([]clinic.Appointment, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			var err error
			if answers[i], err = p.book("k", p.ann, p.slot(p.ada, p.at(1, 9, 0))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, a := range answers {
		if a.ID != answers[0].ID {
			t.Errorf("answers %v and %v", a.ID, answers[0].ID)
		}
	}
}

// One key for two requests at once, which lock nothing in common: one is made, and the other is told.
func TestOneKeyForTwoRequestsAtOnce(t *testing.T) {
	const rounds = 10
	p := open(t)
	for round := range rounds {
		key := fmt.Sprint("k", round)
		start := p.at(1+round/5, 9, 0).Add(time.Duration(round%5) * time.Hour)
		if round%5 > 2 {
			start = start.Add(time.Hour) // after lunch
		}
		var made, told atomic.Int32
		var all sync.WaitGroup
		for patient, slot := range map[uuid.UUID]clinic.Slot{p.ann: p.slot(p.ada, start), p.bob: p.slot(p.ben, start)} {
			all.Go(func() {
				_, err := p.book(key, patient, slot)
				switch {
				case err == nil:
					made.Add(1)
				case clinic.CodeOf(err) == clinic.CodeKeyReused:
					told.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if made.Load() != 1 || told.Load() != 1 {
			t.Errorf("round %d: %d were made, %d were told", round, made.Load(), told.Load())
		}
	}
	if n := p.count("select count(*) from appointment"); n != rounds {
		t.Errorf("%d appointments", n)
	}
	p.wantConsistent()
}

// Two appointments change places all the time, so that both practitioners and both patients are wanted from both sides.
func TestTwoResourcesInOppositeOrder(t *testing.T) {
	const rounds = 40
	p := open(t)
	var all sync.WaitGroup
	for who, patient := range []uuid.UUID{p.ann, p.bob} {
		all.Go(func() {
			places := []clinic.Slot{p.roomSlot(p.ada, p.at(1+who, 9, 0)), p.roomSlot(p.ben, p.at(1+who, 14, 0))}
			if who == 1 {
				slices.Reverse(places)
			}
			a, err := p.book(fmt.Sprint("book", who), patient, places[0])
			for i := 1; err == nil && i <= rounds; i++ {
				a, err = p.DB.Move(context.Background(), p.id, clinic.MoveRequest{
					Key: fmt.Sprint("move", who, i), Appointment: a.ID, Version: a.Version, Slot: places[i%2], Actor: as(patient),
				})
			}
			if err != nil {
				t.Errorf("patient %d: %v", who, err)
			}
		})
	}
	all.Wait()
	p.wantNoDeadlock()
}

// An import has a calendar for longer than anybody waits: that is a refusal which says so, and nothing is written.
func TestACalendarThatIsInUse(t *testing.T) {
	p := openWith(t, func(c *postgres.Config) { c.LockTimeout = 50 * time.Millisecond })
	ctx := context.Background()
	a := p.mustBook("before", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	tx, err := p.Owner.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "select from resource where id = $1 for no key update", p.ada); err != nil {
		t.Fatal(err)
	}
	_, err = p.book("during", p.bob, p.slot(p.ada, p.at(1, 10, 0)))
	wantCode(t, "booking", err, clinic.CodeBusy)
	_, err = p.DB.Hold(ctx, p.id, clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 10, 0)), Expires: p.Clock.Now().Add(time.Minute), Actor: as(p.bob)})
	wantCode(t, "holding", err, clinic.CodeBusy)
	_, err = p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "cancel", Appointment: a.ID, Version: a.Version, Actor: as(p.ann)})
	wantCode(t, "cancelling", err, clinic.CodeBusy)
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	p.mustBook("during", p.bob, p.slot(p.ada, p.at(1, 10, 0)))
}
