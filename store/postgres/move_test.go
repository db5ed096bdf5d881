package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

func TestMove(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	a := p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	if _, err := p.Owner.Exec(ctx, "update appointment set state = 'confirmed' where id = $1", a.ID); err != nil {
		t.Fatal(err)
	}
	r := clinic.MoveRequest{Key: "m", Appointment: a.ID, Version: 1, Slot: p.slot(p.ben, p.at(2, 14, 0)), Actor: as(p.ann)}
	moved, err := p.DB.Move(ctx, p.id, r)
	if err != nil {
		t.Fatal(err)
	}
	want := a
	want.Slot, want.Version = r.Slot, 2
	if diff := cmp.Diff(want, moved); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	if again, err := p.DB.Move(ctx, p.id, r); err != nil || !cmp.Equal(moved, again) {
		t.Errorf("the same key answers %+v, %v", again, err)
	}
	if free := p.starts(p.visit, p.ada, 1); !slices.Contains(free, "09:00") {
		t.Error("the old time is not free")
	}
	if free := p.starts(p.visit, p.ben, 2); slices.Contains(free, "14:00") {
		t.Error("the new time is free")
	}
	if n := p.count("select count(*) from allocation where appointment_id = $1 and state = 2", a.ID); n != 2 {
		t.Errorf("%d live allocations", n)
	}
	if n := p.count("select count(*) from appointment_event where appointment_id = $1 and kind = 'moved' and version = 2 and was->>'state' = 'confirmed' and now->>'state' = 'booked'", a.ID); n != 1 {
		t.Error("the history does not tell")
	}
}

// Half an hour later overlaps with oneself, in the practitioner's time and in the patient's.
func TestMoveIntoItsOwnTime(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	a := p.mustBook("k", p.ann, p.roomSlot(p.ada, p.at(1, 9, 0)))
	to := p.roomSlot(p.ada, p.at(1, 9, 30))

	slots, err := p.DB.Search(ctx, p.id, clinic.Query{Service: p.treatment, Practitioners: []uuid.UUID{p.ada}, From: p.at(1, 0, 0), Patient: p.ann, Exclude: a.ID, Limit: 2})
	if err != nil || len(slots) != 2 || !slots[1].Start.Equal(to.Start) {
		t.Fatalf("a search that excludes the appointment finds %v, %v", slots, err)
	}
	hold := p.mustHold(clinic.HoldRequest{Slot: to, Exclude: a.ID, Actor: as(p.ann)})
	_, err = p.book("b", p.bob, p.slot(p.ada, p.at(1, 10, 0)))
	wantCode(t, "what is held for the move", err, clinic.CodeSlotTaken)
	moved, err := p.DB.Move(ctx, p.id, clinic.MoveRequest{Key: "m", Appointment: a.ID, Version: 1, Slot: to, Hold: hold.Token, Actor: as(p.ann)})
	if err != nil || !moved.Slot.Start.Equal(to.Start) {
		t.Fatalf("moved %+v, %v", moved, err)
	}
	if n := p.count("select count(*) from allocation where state = 1"); n != 0 {
		t.Error("the hold is still there")
	}
}

func TestMoveRefuses(t *testing.T) {
	p := open(t)
	a := p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	p.mustBook("other", p.bob, p.slot(p.ben, p.at(1, 9, 0)))
	p.mustBook("also mine", p.ann, p.slot(p.ben, p.at(2, 9, 0)))
	for name, test := range map[string]struct {
		code   string
		change func(r *clinic.MoveRequest)
	}{
		"onto another":          {clinic.CodeSlotTaken, func(r *clinic.MoveRequest) { r.Slot = p.slot(p.ben, p.at(1, 9, 0)) }},
		"onto one's own":        {clinic.CodePatientBusy, func(r *clinic.MoveRequest) { r.Slot = p.slot(p.ada, p.at(2, 9, 0)) }},
		"of another version":    {clinic.CodeWrongState, func(r *clinic.MoveRequest) { r.Version = 2 }},
		"of somebody else":      {clinic.CodeNotFound, func(r *clinic.MoveRequest) { r.Actor = as(p.bob) }},
		"of nothing":            {clinic.CodeNotFound, func(r *clinic.MoveRequest) { r.Appointment = uuid.New() }},
		"outside hours":         {clinic.CodeOutsideHours, func(r *clinic.MoveRequest) { r.Slot = p.slot(p.ada, p.at(1, 20, 0)) }},
		"to nobody":             {clinic.CodeNotFound, func(r *clinic.MoveRequest) { r.Slot = p.slot(uuid.New(), p.at(1, 14, 0)) }},
		"without a key":         {clinic.CodeInvalid, func(r *clinic.MoveRequest) { r.Key = "" }},
		"with a key of another": {clinic.CodeKeyReused, func(r *clinic.MoveRequest) { r.Key = "k" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := clinic.MoveRequest{Key: name, Appointment: a.ID, Version: 1, Slot: p.slot(p.ada, p.at(1, 14, 0)), Actor: as(p.ann)}
			test.change(&r)
			_, err := p.DB.Move(context.Background(), p.id, r)
			wantCode(t, name, err, test.code)
			if n := p.count("select version from appointment where id = $1", a.ID); n != 1 {
				t.Errorf("its version is %d", n)
			}
			if n := p.count("select count(*) from allocation where appointment_id = $1 and state = 2", a.ID); n != 2 {
				t.Errorf("it has %d allocations", n)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	a := p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	r := clinic.CancelRequest{Key: "c", Appointment: a.ID, Version: 1, Actor: as(p.ann)}

	_, err := p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "x", Appointment: a.ID, Version: 2, Actor: as(p.ann)})
	wantCode(t, "another version", err, clinic.CodeWrongState)
	_, err = p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "x", Appointment: a.ID, Version: 1, Actor: as(p.bob)})
	wantCode(t, "by somebody else", err, clinic.CodeNotFound)

	cancelled, err := p.DB.Cancel(ctx, p.id, r)
	if err != nil || cancelled.State != clinic.StateCancelled || cancelled.Version != 2 {
		t.Fatalf("cancelled %+v, %v", cancelled, err)
	}
	if again, err := p.DB.Cancel(ctx, p.id, r); err != nil || !cmp.Equal(cancelled, again) {
		t.Errorf("the same key answers %+v, %v", again, err)
	}
	_, err = p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "again", Appointment: a.ID, Version: 2, Actor: as(p.ann)})
	wantCode(t, "a second time", err, clinic.CodeWrongState)
	if free := p.starts(p.visit, p.ada, 1); !slices.Contains(free, "09:00") {
		t.Error("the time is not free")
	}
	p.mustBook("next", p.bob, a.Slot)
}

func TestLateChange(t *testing.T) {
	p := open(t)
	a := p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	p.Clock.Set(p.at(1, 7, 1))
	_, err := p.DB.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: "c", Appointment: a.ID, Version: 1, Actor: as(p.ann)})
	wantCode(t, "by the patient", err, clinic.CodeLateChange)
	staff := clinic.Actor{Kind: clinic.ActorStaff, ID: uuid.New(), Channel: "console"}
	_, err = p.DB.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: "s", Appointment: a.ID, Version: 1, Actor: staff})
	wantCode(t, "by staff", err, "")
}

func TestUpcoming(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	second := p.mustBook("2", p.ann, p.slot(p.ada, p.at(2, 9, 0)))
	first := p.mustBook("1", p.ann, p.slot(p.ben, p.at(1, 9, 0)))
	p.mustBook("bob", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
	gone := p.mustBook("3", p.ann, p.slot(p.ben, p.at(3, 9, 0)))
	if _, err := p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "c", Appointment: gone.ID, Version: 1, Actor: as(p.ann)}); err != nil {
		t.Fatal(err)
	}
	got, err := p.DB.Upcoming(ctx, p.id, p.ann, as(p.ann))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]clinic.Appointment{first, second}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := p.count("select count(*) from audit where action = 'appointment.list' and subject_id = $1", p.ann); n != 1 {
		t.Errorf("the read has %d audit rows", n)
	}
	p.Clock.Set(p.at(1, 9, 30))
	if got, err := p.DB.Upcoming(ctx, p.id, p.ann, as(p.ann)); err != nil || len(got) != 1 {
		t.Errorf("after the first is over: %v, %v", got, err)
	}
}
