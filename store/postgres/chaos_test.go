package postgres_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// chaosDuration is how long the writers write: CHAOS_DURATION, as in 5m, else 20 s, or 4 s with -short.
func chaosDuration(t *testing.T) time.Duration {
	t.Helper()
	usual := "20s"
	if testing.Short() {
		usual = "4s"
	}
	duration, err := time.ParseDuration(cmp.Or(os.Getenv("CHAOS_DURATION"), usual))
	if err != nil {
		t.Fatalf("CHAOS_DURATION: %v", err)
	}
	return duration
}

// Eight writers hold, book, move, cancel, confirm, receive and squeeze in at random, one time or several, alone and in groups,
// while time goes by and holds lapse. Whatever happens, nothing overlaps, nothing is lost, and the history agrees.
func TestRandomWriters(t *testing.T) {
	const writers = 8
	duration := chaosDuration(t)
	p := open(t)
	p.offerGroups()
	patients := p.crowd(writers)
	ctx, cancel := context.WithTimeout(context.Background(), duration)
	defer cancel()
	var booked atomic.Int32
	var all sync.WaitGroup
	all.Go(func() { p.passTime(ctx, 2*time.Hour, duration) })
	for i, patient := range patients {
		w := &writer{p: p, patient: patient, other: patients[(i+1)%writers], random: rand.New(rand.NewPCG(uint64(i), 42)), booked: &booked}
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
	t.Logf("%d appointments, %d events, %d squeezed in", p.count("select count(*) from appointment"),
		p.count("select count(*) from appointment_event"), p.count("select count(distinct appointment_id) from allocation where lane < 0"))
}

// passTime lets so much business time go by.
func (p *practice) passTime(ctx context.Context, much, duration time.Duration) {
	const every = 50 * time.Millisecond
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.Clock.Advance(time.Duration(float64(much) * float64(every) / float64(duration)))
		}
	}
}

// writer is one patient who does not know what they want, and somebody at the front desk who helps them and another.
type writer struct {
	p       *practice
	patient uuid.UUID
	other   uuid.UUID
	random  *rand.Rand
	booked  *atomic.Int32
	mine    []clinic.Appointment
	steps   int
}

func (w *writer) step() {
	w.steps++
	key := fmt.Sprintf("%s/%d", w.patient, w.steps)
	switch n := w.random.IntN(100); {
	case n < 15:
		w.holdThen(key)
	case n < 40 || len(w.mine) == 0:
		w.add(w.bookOne(key, w.random.IntN(4) == 0))
	case n < 50:
		w.add(w.bookAll(key, w.anyVisits(), uuid.Nil))
	case n < 75:
		w.move(key)
	case n < 85:
		w.mark(key)
	default:
		w.cancel(key)
	}
}

// holdThen holds one time or several, and then books them, gives them up, or forgets about them.
func (w *writer) holdThen(key string) {
	ctx := context.Background()
	visits := w.anyVisits()
	r := clinic.HoldRequest{Slot: visits[0].Slot, Expires: w.p.Clock.Now().Add(time.Minute), Actor: as(w.patient)}
	for _, v := range visits[1:] {
		r.Also = append(r.Also, v.Slot)
	}
	h, err := w.p.DB.Hold(ctx, w.p.id, r)
	if !w.allowed("hold", err) || w.random.IntN(5) == 0 {
		return
	}
	if w.random.IntN(3) == 0 || !w.add(w.bookAll(key, visits, h.Token)) {
		w.allowed("release", w.p.DB.Release(ctx, w.p.id, h.Token))
	}
}

func (w *writer) bookOne(key string, squeeze bool) ([]clinic.Appointment, error) {
	by := as(w.patient)
	if squeeze {
		by = frontDesk
	}
	return one(w.p.DB.Book(context.Background(), w.p.id, clinic.BookRequest{Key: key, Slot: w.anySlot(), Patient: w.patient, Actor: by, Overbook: squeeze}))
}

// bookAll books for the patient, or for two patients, which only the front desk may.
func (w *writer) bookAll(key string, visits []clinic.Visit, hold uuid.UUID) ([]clinic.Appointment, error) {
	by := as(w.patient)
	if slices.ContainsFunc(visits, func(v clinic.Visit) bool { return v.Patient != w.patient }) {
		by = frontDesk
	}
	return w.p.DB.BookAll(context.Background(), w.p.id, clinic.BookAllRequest{Key: key, Visits: visits, Hold: hold, Actor: by})
}

// add keeps what was booked, and reports whether it was.
func (w *writer) add(made []clinic.Appointment, err error) bool {
	if !w.allowed("book", err) {
		return false
	}
	w.booked.Add(int32(len(made)))
	w.mine = append(w.mine, made...)
	return true
}

func (w *writer) move(key string) {
	i := w.random.IntN(len(w.mine))
	a := w.mine[i]
	moved, err := w.p.DB.Move(context.Background(), w.p.id, clinic.MoveRequest{Key: key, Appointment: a.ID, Version: a.Version, Slot: w.anySlot(), Actor: w.forIt(a)})
	if w.allowed("move", err) {
		w.mine[i] = moved
	}
}

// mark confirms, or on the day itself, now and then, receives the patient. Then the appointment changes no more.
func (w *writer) mark(key string) {
	i := w.random.IntN(len(w.mine))
	a := w.mine[i]
	r := clinic.MarkRequest{Key: key, Appointment: a.ID, Version: a.Version, State: clinic.StateConfirmed, Actor: as(a.Patient)}
	here := a.Slot.Start.Before(w.p.at(1, 0, 0)) && w.random.IntN(4) == 0
	if here {
		r.State, r.Actor = clinic.StateArrived, frontDesk
	}
	if a.State == r.State {
		return
	}
	marked, err := w.p.DB.Mark(context.Background(), w.p.id, r)
	switch {
	case !w.allowed("mark", err):
	case here:
		w.mine = slices.Delete(w.mine, i, i+1)
	default:
		w.mine[i] = marked
	}
}

func (w *writer) cancel(key string) {
	i := w.random.IntN(len(w.mine))
	a := w.mine[i]
	_, err := w.p.DB.Cancel(context.Background(), w.p.id, clinic.CancelRequest{Key: key, Appointment: a.ID, Version: a.Version, Actor: w.forIt(a)})
	if w.allowed("cancel", err) {
		w.mine = slices.Delete(w.mine, i, i+1)
	}
}

// forIt is who may change an appointment.
func (w *writer) forIt(a clinic.Appointment) clinic.Actor {
	if a.Patient == w.patient {
		return as(w.patient)
	}
	return frontDesk
}

// allowed reports success, and fails the test for refusals that rivals cannot be the reason of.
func (w *writer) allowed(what string, err error) bool {
	switch clinic.CodeOf(err) {
	case clinic.CodeSlotTaken, clinic.CodePatientBusy, clinic.CodeRateLimited:
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
	start := w.p.at(w.random.IntN(4), 13+w.random.IntN(3), 30*w.random.IntN(2))
	if w.random.IntN(3) == 0 {
		return w.p.groupSlot(who, start)
	}
	return w.p.slot(who, start)
}

// anyVisits are one to three, of the patient and sometimes of another.
func (w *writer) anyVisits() []clinic.Visit {
	visits := make([]clinic.Visit, 1+w.random.IntN(3))
	for i := range visits {
		visits[i] = clinic.Visit{Slot: w.anySlot(), Patient: w.patient}
		if w.random.IntN(4) == 0 {
			visits[i].Patient = w.other
		}
	}
	return visits
}
