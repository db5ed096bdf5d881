package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// elsewhere is another process on the same record.
func (p *practice) elsewhere() *postgres.DB {
	p.t.Helper()
	other, err := postgres.Open(context.Background(), postgres.Config{URL: p.URL, Keys: p.Keys, Logger: discard(), Now: p.Clock.Now})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(other.Close)
	return other
}

// far asks for all there is in the next days.
func (p *practice) far(patient uuid.UUID) clinic.Query {
	return clinic.Query{Service: p.visit, Patient: patient, Until: p.Clock.Now().Add(8 * 24 * time.Hour), Limit: 100_000}
}

// wantAsRead compares what is found with what is kept with what is found without: a query that leaves an appointment out
// is never answered from what is kept.
func (p *practice) wantAsRead(when string, q clinic.Query) {
	p.t.Helper()
	kept, err := p.DB.Search(context.Background(), p.id, q)
	if err != nil {
		p.t.Fatalf("%s: %v", when, err)
	}
	q.Exclude = uuid.New()
	read, err := p.DB.Search(context.Background(), p.id, q)
	if err != nil {
		p.t.Fatalf("%s: %v", when, err)
	}
	if !slices.EqualFunc(read, kept, func(a, b clinic.Slot) bool { return a.Practitioner == b.Practitioner && a.Start.Equal(b.Start) }) {
		p.t.Fatalf("%s: -read +kept:\n%s", when, cmp.Diff(read, kept))
	}
}

// Another process books, moves, cancels, holds and lets go; what is kept here is never behind.
func TestKeptCalendarsAreNeverBehind(t *testing.T) {
	p := open(t)
	staff, patients := p.colleagues(40), p.crowd(30)
	other := p.elsewhere()
	ctx := context.Background()
	random := rand.New(rand.NewPCG(7, 11))
	var booked []clinic.Appointment
	var holds []uuid.UUID
	p.wantAsRead("at first", p.far(uuid.Nil))
	if p.DB.KeptCalendars(p.id) < len(staff) {
		t.Fatalf("%d calendars are kept, want all", p.DB.KeptCalendars(p.id))
	}
	for step := range 60 {
		patient := patients[random.IntN(len(patients))]
		slot := p.slot(staff[random.IntN(3)], p.at(1+random.IntN(3), 13+random.IntN(3), 30*random.IntN(2)))
		what, err := "", error(nil)
		switch n := random.IntN(6); {
		case n < 2 || len(booked) == 0:
			var a clinic.Appointment
			what = "book"
			if a, err = other.Book(ctx, p.id, clinic.BookRequest{Key: strconv.Itoa(step), Slot: slot, Patient: patient, Actor: as(patient)}); err == nil {
				booked = append(booked, a)
			}
		case n == 2:
			what = "move"
			a := &booked[random.IntN(len(booked))]
			var moved clinic.Appointment
			if moved, err = other.Move(ctx, p.id, clinic.MoveRequest{Key: strconv.Itoa(step), Appointment: a.ID, Version: a.Version, Slot: slot, Actor: as(a.Patient)}); err == nil {
				*a = moved
			}
		case n == 3:
			what = "cancel"
			a := booked[len(booked)-1]
			if _, err = other.Cancel(ctx, p.id, clinic.CancelRequest{Key: strconv.Itoa(step), Appointment: a.ID, Version: a.Version, Actor: as(a.Patient)}); err == nil {
				booked = booked[:len(booked)-1]
			}
		case n == 4:
			what = "hold"
			var h clinic.Hold
			if h, err = other.Hold(ctx, p.id, clinic.HoldRequest{Slot: slot, Expires: p.Clock.Now().Add(2 * time.Minute), Actor: as(patient)}); err == nil {
				holds = append(holds, h.Token)
			}
		default:
			what = "wait"
			p.Clock.Advance(time.Minute)
			if len(holds) > 0 {
				err = other.Release(ctx, p.id, holds[0])
				holds = holds[1:]
			}
		}
		if err != nil && clinic.CodeOf(err) == "" {
			t.Fatalf("%s: %v", what, err)
		}
		p.wantAsRead(fmt.Sprintf("step %d, %s", step, what), p.far(patient))
	}
	if len(booked) == 0 {
		t.Error("nothing was booked in the end")
	}
}

// Searches and changes at once: in the end, what is kept is what is there.
func TestKeptCalendarsUnderTraffic(t *testing.T) {
	p := open(t)
	staff, patients := p.colleagues(40), p.crowd(4)
	other := p.elsewhere()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var all sync.WaitGroup
	for i, patient := range patients {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 3))
			for n := 0; ctx.Err() == nil; n++ {
				slot := p.slot(staff[random.IntN(2)], p.at(1+random.IntN(3), 13+random.IntN(3), 30*random.IntN(2)))
				a, err := other.Book(context.Background(), p.id, clinic.BookRequest{Key: fmt.Sprint(i, n), Slot: slot, Patient: patient, Actor: as(patient)})
				if err == nil && n%3 > 0 {
					_, err = other.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: fmt.Sprint(i, n, "c"), Appointment: a.ID, Version: a.Version, Actor: as(patient)})
				}
				if err != nil && clinic.CodeOf(err) == "" {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		all.Go(func() {
			for ctx.Err() == nil {
				if _, err := p.DB.Search(context.Background(), p.id, p.far(uuid.Nil)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	p.wantAsRead("in the end", p.far(uuid.Nil))
	if p.DB.KeptCalendars(p.id) == 0 {
		t.Error("nothing is kept")
	}
}

// A transaction that began before others and ends after them is not overlooked.
func TestKeptCalendarsSeeALateCommit(t *testing.T) {
	p := open(t)
	staff, patients := p.colleagues(40), p.crowd(2)
	other := p.elsewhere()
	ctx := context.Background()
	p.wantAsRead("at first", p.far(uuid.Nil))
	err := other.Tx(ctx, p.id, func(tx pgx.Tx, _ *db.Queries) error {
		slot := p.slot(staff[0], p.at(1, 9, 0))
		if _, err := tx.Exec(ctx, `insert into allocation (clinic_id, id, resource_id, state, starts_at, ends_at) values ($1, $2, $3, 3, $4, $5)`,
			p.id, uuid.New(), slot.Practitioner, slot.Start, slot.End); err != nil {
			return err
		}
		p.mustBook("meanwhile", patients[0], p.slot(staff[1], p.at(1, 9, 0)))
		p.wantAsRead("while it is open", p.far(uuid.Nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.wantAsRead("after it", p.far(uuid.Nil))
}

func TestKeptCalendarsAreForgotten(t *testing.T) {
	p := open(t)
	p.colleagues(40)
	p.wantAsRead("at first", p.far(uuid.Nil))
	p.Clock.Set(monday.Add(-3 * time.Hour)) // a clock that went back
	p.wantAsRead("before it was read", p.far(uuid.Nil))
	p.Clock.Set(monday.Add(24 * time.Hour))
	p.wantAsRead("a day later", p.far(uuid.Nil))
}

// The application releases what was taken; if it could delete it, calendars that are kept would not know.
func TestAppointmentsAllocationsAreNotDeleted(t *testing.T) {
	p := open(t)
	p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	_, err := p.DB.Scope(p.id).Exec(context.Background(), "delete from allocation where clinic_id = $1", p.id)
	if err == nil || !strings.Contains(err.Error(), "are released, not deleted") {
		t.Errorf("deleting them: %v", err)
	}
}
