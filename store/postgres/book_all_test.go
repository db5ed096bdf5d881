package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

func (p *practice) bookAll(key string, by clinic.Actor, visits ...clinic.Visit) ([]clinic.Appointment, error) {
	return p.DB.BookAll(context.Background(), p.id, clinic.BookAllRequest{Key: key, Visits: visits, Actor: by})
}

func TestParentAndChildBackToBack(t *testing.T) {
	p := open(t)
	visits := []clinic.Visit{
		{Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.ann},
		{Slot: p.slot(p.ada, p.at(1, 10, 0)), Patient: p.kid},
		{Slot: p.slot(p.ben, p.at(1, 10, 0)), Patient: p.ann}, // with another practitioner at the time of the child's
	}
	made, err := p.bookAll("k", as(p.ann), visits...)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range made {
		if a.Patient != visits[i].Patient || !a.Slot.Start.Equal(visits[i].Slot.Start) || a.State != clinic.StateBooked || a.Version != 1 {
			t.Errorf("visit %d is %+v", i+1, a)
		}
	}
	again, err := p.bookAll("k", as(p.ann), visits...)
	if diff := cmp.Diff(made, again); err != nil || diff != "" {
		t.Errorf("the same key answers %v (-first +again):\n%s", err, diff)
	}
	if n := p.count("select count(*) from appointment"); n != 3 {
		t.Errorf("%d appointments", n)
	}
	_, err = p.bookAll("k", as(p.ann), visits[:2]...)
	wantCode(t, "the key for fewer", err, clinic.CodeKeyReused)
	_, err = p.book("k", p.ann, visits[0].Slot)
	wantCode(t, "the key for one", err, clinic.CodeKeyReused)
	p.wantConsistent()
}

func TestOneVisitIsAnsweredByAList(t *testing.T) {
	p := open(t)
	visit := clinic.Visit{Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.ann}
	made, err := p.bookAll("k", as(p.ann), visit)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.bookAll("k", as(p.ann), visit); err != nil || !cmp.Equal(made, again) {
		t.Errorf("the same key answers %+v, %v", again, err)
	}
}

func TestBookAllRefuses(t *testing.T) {
	p := open(t)
	p.mustBook("bob", p.bob, p.slot(p.ben, p.at(1, 9, 0)))
	mine := clinic.Visit{Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.ann}
	childs := clinic.Visit{Slot: p.slot(p.ada, p.at(1, 10, 0)), Patient: p.kid}
	with := func(v clinic.Visit, slot clinic.Slot) clinic.Visit { v.Slot = slot; return v }
	for name, test := range map[string]struct {
		code   string
		by     clinic.Actor
		visits []clinic.Visit
	}{
		"nothing":                     {clinic.CodeInvalid, as(p.ann), nil},
		"too many":                    {clinic.CodeInvalid, as(p.ann), make([]clinic.Visit, clinic.MaxVisits+1)},
		"the second is taken":         {clinic.CodeSlotTaken, as(p.ann), []clinic.Visit{mine, with(childs, p.slot(p.ben, p.at(1, 9, 0)))}},
		"the same slot twice":         {clinic.CodeSlotTaken, as(p.ann), []clinic.Visit{mine, with(childs, mine.Slot)}},
		"in the buffer of the first":  {clinic.CodeSlotTaken, as(p.ann), []clinic.Visit{mine, with(childs, p.slot(p.ada, p.at(1, 9, 30)))}},
		"the room twice":              {clinic.CodeSlotTaken, as(p.ann), []clinic.Visit{with(mine, p.roomSlot(p.ada, p.at(1, 9, 0))), with(childs, p.roomSlot(p.ben, p.at(1, 9, 30)))}},
		"the patient in two places":   {clinic.CodePatientBusy, as(p.ann), []clinic.Visit{with(mine, p.slot(p.ada, p.at(2, 9, 0))), with(mine, p.slot(p.ben, p.at(2, 9, 0)))}},
		"one is off the grid":         {clinic.CodeOffGrid, as(p.ann), []clinic.Visit{mine, with(childs, p.slot(p.ada, p.at(1, 10, 10)))}},
		"one is somebody else's":      {clinic.CodeNotAllowed, as(p.ann), []clinic.Visit{mine, {Slot: childs.Slot, Patient: p.bob}}},
		"one is for nobody":           {clinic.CodeNotAllowed, as(p.ann), []clinic.Visit{mine, {Slot: childs.Slot}}},
		"one is for nobody, by staff": {clinic.CodeNotFound, frontDesk, []clinic.Visit{mine, {Slot: childs.Slot}}},
		"one is for a stranger":       {clinic.CodeNotFound, frontDesk, []clinic.Visit{mine, {Slot: childs.Slot, Patient: uuid.New()}}},
	} {
		t.Run(name, func(t *testing.T) {
			before := p.record()
			_, err := p.bookAll("refused: "+name, test.by, test.visits...)
			wantCode(t, name, err, test.code)
			if after := p.record(); after != before {
				t.Errorf("%d rows were written all the same", after-before)
			}
		})
	}
}

// Staff may book for anybody, several at once.
func TestStaffBookForSeveral(t *testing.T) {
	p := open(t)
	_, err := p.bookAll("k", frontDesk, clinic.Visit{Slot: p.slot(p.ada, p.at(0, 9, 30)), Patient: p.ann}, clinic.Visit{Slot: p.slot(p.ben, p.at(0, 9, 30)), Patient: p.bob})
	wantCode(t, "inside the notice", err, "")
}

// Nobody fills a calendar by booking one visit after the other, or many at once.
func TestUpcomingAppointmentsAreLimited(t *testing.T) {
	const most = 20
	p := open(t)
	day := func(i int) time.Time { return p.at(7*(1+i/4)+i%4, 9, 0) } // Monday to Thursday from next week on
	for i := range most - 2 {
		p.mustBook(day(i).String(), p.kid, p.slot(p.ada, day(i)))
	}
	visit := func(i int) clinic.Visit { return clinic.Visit{Slot: p.slot(p.ada, day(i)), Patient: p.kid} }
	_, err := p.bookAll("three", as(p.ann), visit(most-2), visit(most-1), visit(most))
	wantCode(t, "one too many at once", err, clinic.CodeRateLimited)
	made, err := p.bookAll("two", as(p.ann), visit(most-2), visit(most-1))
	wantCode(t, "as many as may be", err, "")
	_, err = p.book("more", p.kid, p.slot(p.ada, day(most)))
	wantCode(t, "one more", err, clinic.CodeRateLimited)
	_, err = p.DB.Move(context.Background(), p.id, clinic.MoveRequest{Key: "m", Appointment: made[0].ID, Version: 1, Slot: p.slot(p.ben, day(most)), Actor: as(p.kid)})
	wantCode(t, "moving one", err, "")
	_, err = p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "s", Slot: p.slot(p.ada, day(most)), Patient: p.kid, Actor: frontDesk})
	wantCode(t, "one more by staff", err, clinic.CodePatientBusy)
	_, err = p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "s", Slot: p.slot(p.ada, day(most+1)), Patient: p.kid, Actor: frontDesk})
	wantCode(t, "one more by staff at another time", err, "")
}
