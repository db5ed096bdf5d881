package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// operator is staff at the command line.
var operator = clinic.Actor{Kind: clinic.ActorStaff, Channel: "cli"}

// day is a day of the week of [monday].
func (p *practice) day(n int) localtime.Date { return localtime.DateOf(p.at(n, 12, 0), p.zone) }

func (p *practice) closeHours(c clinic.Closure) (clinic.Closure, []clinic.Displaced) {
	p.t.Helper()
	closed, displaced, err := p.DB.CloseHours(context.Background(), p.id, c, operator)
	if err != nil {
		p.t.Fatalf("closing: %v", err)
	}
	return closed, displaced
}

func (p *practice) reopen(id uuid.UUID) {
	p.t.Helper()
	if _, err := p.DB.ReopenHours(context.Background(), p.id, id, operator); err != nil {
		p.t.Fatalf("reopening: %v", err)
	}
}

func ids(displaced []clinic.Displaced) []uuid.UUID {
	out := []uuid.UUID{}
	for _, d := range displaced {
		out = append(out, d.Appointment.ID)
	}
	return out
}

func TestClosingHoursAndReopeningThem(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.mustBook("morning", p.ann, p.slot(p.ada, p.at(1, 9, 30)))
	afternoon := p.mustBook("afternoon", p.bob, p.slot(p.ada, p.at(1, 14, 0)))
	p.mustBook("other", p.kid, p.slot(p.ben, p.at(1, 14, 0)))
	before, bens := p.starts(p.visit, p.ada, 1), p.starts(p.visit, p.ben, 1)

	closed, displaced := p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1), DayFrom: 14 * 60, DayUntil: 17 * 60, Reason: "conference"})
	if diff := cmp.Diff([]uuid.UUID{afternoon.ID}, ids(displaced)); diff != "" || displaced[0].Why != clinic.WhyAway || displaced[0].Name != "Bob Bell" {
		t.Errorf("displaced %+v (-want +got):\n%s", displaced, diff)
	}
	if diff := cmp.Diff([]string{"10:30", "11:00", "11:30", "13:00"}, p.starts(p.visit, p.ada, 1)); diff != "" {
		t.Errorf("free while closed (-want +got):\n%s", diff)
	}
	// The visit at 14:00 still has its time, and the one before it would need ten minutes of that.
	if diff := cmp.Diff(bens, p.starts(p.visit, p.ben, 1)); diff != "" {
		t.Errorf("somebody else's time has changed:\n%s", diff)
	}
	if _, err := p.book("late", p.kid, p.slot(p.ada, p.at(1, 15, 0))); clinic.CodeOf(err) == "" {
		t.Errorf("booking closed hours: %v", err)
	}
	p.reopen(closed.ID)
	if diff := cmp.Diff(before, p.starts(p.visit, p.ada, 1)); diff != "" {
		t.Errorf("free after reopening (-want +got):\n%s", diff)
	}
	if _, err := p.DB.ReopenHours(t.Context(), p.id, closed.ID, operator); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("reopening twice: %v", err)
	}
	if n := p.count("select count(*) from closure where id = $1 and reopened_at is not null", closed.ID); n != 1 {
		t.Errorf("%d closures are kept as taken back, want 1", n)
	}
	if n := p.count("select count(*) from audit where action in ('closure.close', 'closure.reopen') and subject_id = $1 and actor_kind = 'staff'", closed.ID); n != 2 {
		t.Errorf("%d audit rows, want 2", n)
	}
}

func TestClosingTheClinicSendsHomeWhoIsOnDuty(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.data.Overrides = append(p.data.Overrides, clinic.DateOverride{Resource: p.ada, Location: p.place, Day: p.day(2), Opens: 7 * 60, Closes: 20 * 60})
	p.seed()
	before := p.starts(p.visit, p.ada, 2)
	if len(before) < 20 {
		t.Fatalf("other hours have only %v", before)
	}
	closed, _ := p.closeHours(clinic.Closure{From: p.day(2), Until: p.day(2), DayFrom: 8 * 60})
	if got := p.starts(p.visit, p.ada, 2); cmp.Diff([]string{"07:00", "07:30"}, got) != "" {
		t.Errorf("free on duty: %v", got)
	}
	if got := p.starts(p.visit, p.ben, 2); len(got) != 0 {
		t.Errorf("free with somebody else: %v", got)
	}
	p.reopen(closed.ID)
	if diff := cmp.Diff(before, p.starts(p.visit, p.ada, 2)); diff != "" {
		t.Errorf("the other hours did not come back (-want +got):\n%s", diff)
	}
}

// TestClosuresLieOverEachOther closes and reopens at random and compares with what the standing ones make of the hours.
func TestClosuresLieOverEachOther(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.data.Overrides = append(p.data.Overrides,
		clinic.DateOverride{Resource: p.ada, Location: p.place, Day: p.day(1), Opens: 8 * 60, Closes: 18 * 60},
		clinic.DateOverride{Day: p.day(2), Opens: 10 * 60, Closes: 16 * 60})
	p.seed()
	random := rand.New(rand.NewPCG(1, 2)) // the same every time
	var standing []clinic.Closure
	for step := range 40 {
		if len(standing) > 0 && random.IntN(5) < 2 {
			i := random.IntN(len(standing))
			p.reopen(standing[i].ID)
			standing = append(standing[:i:i], standing[i+1:]...)
		} else {
			from := localtime.Clock(random.IntN(18) * 60)
			first := random.IntN(3)
			c := clinic.Closure{
				Resource: []uuid.UUID{p.ada, p.ben, uuid.Nil}[random.IntN(3)], From: p.day(first), Until: p.day(first + random.IntN(3)),
				DayFrom: from, DayUntil: from + localtime.Clock((1+random.IntN(5))*60),
			}
			closed, _ := p.closeHours(c)
			standing = append(standing, closed)
		}
		p.checkHours(fmt.Sprintf("step %d, %d closures", step, len(standing)), standing)
	}
}

// checkHours compares what can be booked with the hours that the closures leave when they are laid over the first ones.
func (p *practice) checkHours(what string, standing []clinic.Closure) {
	p.t.Helper()
	overrides := p.data.Overrides
	want, err := clinic.NewSchedule(&p.data.Directory, p.data.Weekly, overrides)
	for _, c := range standing {
		if err != nil {
			p.t.Fatal(err)
		}
		days, closeErr := want.Close(c)
		if closeErr != nil {
			p.t.Fatal(closeErr)
		}
		overrides = clinic.Overlay(overrides, days)
		want, err = clinic.NewSchedule(&p.data.Directory, p.data.Weekly, overrides)
	}
	for _, who := range []uuid.UUID{p.ada, p.ben} {
		for n := range 5 {
			hours := []string{}
			search, err := want.NewSearch(clinic.Query{Service: p.visit, Practitioners: []uuid.UUID{who}, From: p.at(n, 0, 0), Until: p.at(n+1, 0, 0), Limit: 100}, monday)
			if err != nil {
				p.t.Fatal(err)
			}
			var slots []clinic.Slot
			for stage := range search.Stages() {
				slots = search.Free(slots, stage, nil)
			}
			for _, s := range slots {
				hours = append(hours, s.Start.In(p.zone).Format("15:04"))
			}
			if diff := cmp.Diff(hours, p.starts(p.visit, who, n)); diff != "" {
				p.t.Fatalf("%s, day %d (-want +got):\n%s", what, n, diff)
			}
		}
	}
}

func TestNobodyIsBookedPastAClosure(t *testing.T) {
	t.Parallel()
	p := open(t)
	var booked atomic.Int32
	together(17, func(i int) {
		if i == 16 {
			if _, _, err := p.DB.CloseHours(context.Background(), p.id, clinic.Closure{Resource: p.ada, From: p.day(0), Until: p.day(4)}, operator); err != nil {
				t.Error(err)
			}
			return
		}
		slot := p.slot(p.ada, p.at(1+i/4, 13+i%4, 0))
		_, err := p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: fmt.Sprint("race", i), Slot: slot, Patient: p.bob, Actor: operator})
		if err == nil {
			booked.Add(1)
		} else if clinic.CodeOf(err) == "" {
			t.Error(err)
		}
	})
	displaced, err := p.DB.Displaced(t.Context(), p.id, clinic.DisplacedFilter{}, operator)
	if err != nil || len(displaced) != int(booked.Load()) {
		t.Errorf("%d displaced, %v; %d were booked before the closure", len(displaced), err, booked.Load())
	}
}

func TestClosuresAreRefused(t *testing.T) {
	t.Parallel()
	p := open(t)
	other := *p
	other.load("elsewhere")
	for name, tt := range map[string]struct {
		closure clinic.Closure
		code    string
	}{
		"ends before":          {clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(0)}, clinic.CodeInvalid},
		"no day":               {clinic.Closure{Resource: p.ada}, clinic.CodeInvalid},
		"of another clinic":    {clinic.Closure{Resource: other.ada, From: p.day(1), Until: p.day(1)}, clinic.CodeNotFound},
		"a place of another":   {clinic.Closure{Location: other.place, From: p.day(1), Until: p.day(1)}, clinic.CodeNotFound},
		"a patient is no room": {clinic.Closure{Resource: p.ann, From: p.day(1), Until: p.day(1)}, clinic.CodeNotFound},
	} {
		_, _, err := p.DB.CloseHours(t.Context(), p.id, tt.closure, operator)
		wantCode(t, name, err, tt.code)
		_, err = p.DB.WouldDisplace(t.Context(), p.id, tt.closure, operator)
		wantCode(t, name+", tried", err, tt.code)
	}
	closed, _ := p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(1), Until: p.day(1)})
	_, err := p.DB.ReopenHours(t.Context(), other.id, closed.ID, operator)
	wantCode(t, "another clinic's closure", err, clinic.CodeNotFound)
	if n := p.count("select count(*) from closure"); n != 1 {
		t.Errorf("%d closures are written, want 1", n)
	}
}

func TestAClosureMayPassAClockChange(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.mustBook("before", p.ann, p.slot(p.ada, p.at(4, 14, 0).AddDate(0, 0, 3))) // Monday after the clocks went forward
	_, displaced := p.closeHours(clinic.Closure{Resource: p.ada, From: p.day(5), Until: p.day(7), DayFrom: 14 * 60, DayUntil: 14*60 + 30})
	if len(displaced) != 1 || displaced[0].Appointment.Slot.Start.Format("15:04 MST") != "14:00 EDT" {
		t.Errorf("displaced %+v", displaced)
	}
	if got := p.starts(p.visit, p.ada, 7); len(got) == 0 || got[0] != "09:00" {
		t.Errorf("free on Monday: %v", got)
	}
	if d := displaced[0].Appointment.Slot.End.Sub(displaced[0].Appointment.Slot.Start); d != 30*time.Minute {
		t.Errorf("it takes %v", d)
	}
}
