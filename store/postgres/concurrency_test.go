package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
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

func TestManyClientsOneSlot(t *testing.T) {
	const clients, rounds = 64, 4
	p := open(t)
	patients := p.crowd(clients)
	for round := range rounds {
		slot := p.roomSlot(p.ada, p.at(1+round%3, 9, 0).Add(time.Duration(round)*time.Hour))
		if round == 3 {
			slot = p.roomSlot(p.ada, p.at(2, 14, 0))
		}
		var won, taken atomic.Int32
		start := make(chan struct{})
		var all sync.WaitGroup
		for i, patient := range patients {
			all.Go(func() {
				<-start
				_, err := p.book(fmt.Sprintf("%d/%d", round, i), patient, slot)
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, &clinic.Error{Code: clinic.CodeSlotTaken}):
					taken.Add(1)
				default:
					t.Errorf("client %d: %v", i, err)
				}
			})
		}
		close(start)
		all.Wait()
		if won.Load() != 1 || taken.Load() != clients-1 {
			t.Errorf("round %d: %d won, %d were told that it is taken", round, won.Load(), taken.Load())
		}
	}
	p.wantNoDeadlock()
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

// Eight writers hold, book, move and cancel at random. Whatever happens, nothing overlaps, nothing is lost, and the history agrees.
func TestRandomWriters(t *testing.T) {
	const writers = 8
	duration := 4 * time.Second
	if testing.Short() {
		duration = time.Second
	}
	p := open(t)
	patients := p.crowd(writers)
	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	var booked atomic.Int32
	var all sync.WaitGroup
	for i, patient := range patients {
		w := &writer{p: p, patient: patient, random: rand.New(rand.NewPCG(uint64(i), 42)), booked: &booked}
		all.Go(func() {
			for ctx.Err() == nil && !t.Failed() {
				w.step()
			}
		})
	}
	all.Wait()
	if n := p.count("select count(*) from appointment"); n != int(booked.Load()) || n == 0 {
		t.Errorf("%d were booked, %d are there", booked.Load(), n)
	}
	p.wantConsistent()
	p.wantNoDeadlock()
	t.Logf("%d appointments, %d events", p.count("select count(*) from appointment"), p.count("select count(*) from appointment_event"))
}

// writer is one patient who does not know what they want.
type writer struct {
	p       *practice
	patient uuid.UUID
	random  *rand.Rand
	booked  *atomic.Int32
	mine    []clinic.Appointment
	steps   int
}

func (w *writer) step() {
	ctx := context.Background()
	w.steps++
	key := fmt.Sprintf("%s/%d", w.patient, w.steps)
	slot := w.anySlot()
	switch n := w.random.IntN(10); {
	case n < 2:
		h, err := w.p.DB.Hold(ctx, w.p.id, clinic.HoldRequest{Slot: slot, Expires: w.p.Clock.Now().Add(time.Minute), Actor: as(w.patient)})
		if w.allowed("hold", err) && w.random.IntN(2) == 0 {
			w.allowed("release", w.p.DB.Release(ctx, w.p.id, h.Token))
		} else if err == nil {
			w.book(key, slot, h.Token)
		}
	case n < 5 || len(w.mine) == 0:
		w.book(key, slot, uuid.Nil)
	case n < 8:
		i := w.random.IntN(len(w.mine))
		a := w.mine[i]
		moved, err := w.p.DB.Move(ctx, w.p.id, clinic.MoveRequest{Key: key, Appointment: a.ID, Version: a.Version, Slot: slot, Actor: as(w.patient)})
		if w.allowed("move", err) {
			w.mine[i] = moved
		}
	default:
		i := w.random.IntN(len(w.mine))
		a := w.mine[i]
		_, err := w.p.DB.Cancel(ctx, w.p.id, clinic.CancelRequest{Key: key, Appointment: a.ID, Version: a.Version, Actor: as(w.patient)})
		if w.allowed("cancel", err) {
			w.mine = slices.Delete(w.mine, i, i+1)
		}
	}
}

func (w *writer) book(key string, slot clinic.Slot, hold uuid.UUID) {
	a, err := w.p.DB.Book(context.Background(), w.p.id, clinic.BookRequest{Key: key, Slot: slot, Hold: hold, Patient: w.patient, Actor: as(w.patient)})
	if w.allowed("book", err) {
		w.booked.Add(1)
		w.mine = append(w.mine, a)
	}
}

// allowed reports success, and fails the test for refusals that rivals cannot be the reason of.
func (w *writer) allowed(what string, err error) bool {
	switch clinic.CodeOf(err) {
	case clinic.CodeSlotTaken, clinic.CodePatientBusy:
		return false
	}
	if err != nil {
		w.p.t.Errorf("%s: %v", what, err)
	}
	return err == nil
}

// anySlot is one of few, so that writers meet.
func (w *writer) anySlot() clinic.Slot {
	who := []uuid.UUID{w.p.ada, w.p.ben}[w.random.IntN(2)]
	start := w.p.at(1+w.random.IntN(3), 13+w.random.IntN(3), 30*w.random.IntN(2))
	if w.random.IntN(3) == 0 {
		return w.p.roomSlot(who, start)
	}
	return w.p.slot(who, start)
}

// wantConsistent asks the database itself, in other words than the program's.
func (p *practice) wantConsistent() {
	p.t.Helper()
	for what, query := range map[string]string{
		"pairs of allocations that overlap": `
			select count(*) from allocation a join allocation b on a.resource_id = b.resource_id and a.lane = b.lane and a.id < b.id
			where a.state > 0 and b.state > 0 and a.starts_at < b.ends_at and b.starts_at < a.ends_at`,
		"visits whose practitioner or patient is not kept free": `
			select count(*) from appointment a, unnest(array[a.practitioner_id, a.patient_id]) r
			where a.state = 'booked' and not exists (
				select from allocation k where k.appointment_id = a.id and k.resource_id = r and k.state = 2
				and k.starts_at <= a.starts_at and k.ends_at >= a.ends_at)`,
		"treatments without the room": `
			select count(*) from appointment a join service s on s.id = a.service_id
			where a.state = 'booked' and s.code = 'treatment' and not exists (
				select from allocation k join facility f on f.id = k.resource_id where k.appointment_id = a.id and k.state = 2)`,
		"cancelled visits that still take somebody": `
			select count(*) from appointment a join allocation k on k.appointment_id = a.id and k.state > 0 where a.state = 'cancelled'`,
		"visits whose history has a gap": `
			select count(*) from appointment a
			where a.version <> (select count(*) from appointment_event e where e.appointment_id = a.id)
			   or a.version <> (select max(e.version) from appointment_event e where e.appointment_id = a.id)`,
		"visits that are not as their last event says": `
			select count(*) from appointment a join appointment_event e on e.appointment_id = a.id and e.version = a.version
			where e.now->>'state' <> a.state or (e.now->'slot'->>'start')::timestamptz <> a.starts_at
			   or (e.now->'slot'->>'practitioner')::uuid <> a.practitioner_id`,
		"events that do not begin where the one before ended": `
			select count(*) from appointment_event e join appointment_event b on b.appointment_id = e.appointment_id and b.version = e.version - 1
			where e.was is distinct from b.now`,
		"events without an audit row": `
			select count(*) from appointment_event e
			where not exists (select from audit u where u.subject_id = e.appointment_id and (u.detail->>'version')::int = e.version)`,
		"keys without an answer": `select count(*) from idempotency_key where response is null`,
	} {
		if n := p.count(query); n != 0 {
			p.t.Errorf("%s: %d", what, n)
		}
	}
}
