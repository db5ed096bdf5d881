package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// frontDesk is a member of staff.
var frontDesk = clinic.Actor{Kind: clinic.ActorStaff, ID: uuid.NewSHA1(uuid.Nil, []byte("front desk")), Channel: "console"}

// elsewhere is the same patient in another conversation.
func elsewhere(patient uuid.UUID) clinic.Actor {
	a := as(patient)
	a.Conversation = uuid.NewSHA1(patient, []byte("another conversation"))
	return a
}

// record is how many rows there are of everything that booking writes.
func (p *practice) record() int {
	p.t.Helper()
	return p.count(`select (select count(*) from allocation) + (select count(*) from appointment) + (select count(*) from appointment_event)
		+ (select count(*) from idempotency_key) + (select count(*) from audit) + (select count(*) from river_job)`)
}

// A token that came into other hands is of no use to them, and the hold stays.
func TestSomebodyElsesHold(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	slot := p.slot(p.ada, p.at(1, 9, 0))
	hold := p.mustHold(clinic.HoldRequest{Slot: slot, Actor: as(p.ann)})
	bobs := p.mustBook("bob", p.bob, p.slot(p.ben, p.at(1, 9, 0)))
	later := p.Clock.Now().Add(time.Minute)
	before := p.record()
	for name, ask := range map[string]func() error{
		"book it": func() error {
			_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "b", Slot: slot, Hold: hold.Token, Patient: p.bob, Actor: as(p.bob)})
			return err
		},
		"book another time with it": func() error {
			_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "b", Slot: p.slot(p.ben, p.at(1, 14, 0)), Hold: hold.Token, Patient: p.bob, Actor: as(p.bob)})
			return err
		},
		"book all with it": func() error {
			_, err := p.DB.BookAll(ctx, p.id, clinic.BookAllRequest{Key: "b", Visits: []clinic.Visit{{Slot: slot, Patient: p.bob}}, Hold: hold.Token, Actor: as(p.bob)})
			return err
		},
		"move to it": func() error {
			_, err := p.DB.Move(ctx, p.id, clinic.MoveRequest{Key: "b", Appointment: bobs.ID, Version: 1, Slot: slot, Hold: hold.Token, Actor: as(p.bob)})
			return err
		},
		"hold under it": func() error {
			_, err := p.DB.Hold(ctx, p.id, clinic.HoldRequest{Slot: slot, Token: hold.Token, Expires: later, Actor: as(p.bob)})
			return err
		},
		"replace it": func() error {
			_, err := p.DB.Hold(ctx, p.id, clinic.HoldRequest{Slot: slot, Replace: hold.Token, Expires: later, Actor: as(p.bob)})
			return err
		},
		"use it in another conversation": func() error {
			_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "b", Slot: slot, Hold: hold.Token, Patient: p.ann, Actor: elsewhere(p.ann)})
			return err
		},
	} {
		wantCode(t, name, ask(), clinic.CodeNotYourHold)
	}
	if after := p.record(); after != before {
		t.Errorf("%d rows were written", after-before)
	}
	_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "ann", Slot: slot, Hold: hold.Token, Patient: p.ann, Actor: as(p.ann)})
	wantCode(t, "the holder", err, "")
}

// Whose a lapsed hold was matters no more: its time is anybody's.
func TestSomebodyElsesLapsedHold(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	hold := p.mustHold(clinic.HoldRequest{Slot: slot, Actor: as(p.ann)})
	p.Clock.Advance(5 * time.Minute)
	_, err := p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "b", Slot: slot, Hold: hold.Token, Patient: p.bob, Actor: as(p.bob)})
	wantCode(t, "its slot is free", err, "")
	if n := p.count("select count(*) from allocation where state = 1"); n != 0 {
		t.Error("the lapsed hold is still there")
	}
}

func TestStaffUseAnyHold(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	hold := p.mustHold(clinic.HoldRequest{Slot: slot, Actor: as(p.ann)})
	_, err := p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "s", Slot: slot, Hold: hold.Token, Patient: p.ann, Actor: frontDesk})
	wantCode(t, "staff", err, "")
}

// The notice is forgiven for what was held in time, and for nothing else.
func TestHoldOfAnotherTimeForgivesNoNotice(t *testing.T) {
	p := open(t)
	p.Clock.Set(p.at(0, 8, 29))
	hold := p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(0, 10, 30)), Actor: as(p.ann)})
	p.Clock.Set(p.at(0, 8, 32))
	_, err := p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "k", Slot: p.slot(p.ben, p.at(0, 10, 30)), Hold: hold.Token, Patient: p.ann, Actor: as(p.ann)})
	wantCode(t, "another practitioner", err, clinic.CodeTooSoon)
}

func TestSeveralSlotsUnderOneToken(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	slots := []clinic.Slot{p.roomSlot(p.ada, p.at(1, 9, 0)), p.slot(p.ben, p.at(1, 9, 0)), p.slot(p.ada, p.at(1, 10, 30))}
	hold := p.mustHold(clinic.HoldRequest{Slot: slots[0], Also: slots[1:], Actor: as(p.ann)})
	if n := p.count("select count(*) from allocation where state = 1 and hold_token = $1 and holder_id = $2", hold.Token, as(p.ann).Conversation); n != 4 {
		t.Errorf("%d allocations are held, want three practitioners' and the room's", n)
	}
	for _, slot := range slots {
		_, err := p.book("bob", p.bob, slot)
		wantCode(t, "what is held", err, clinic.CodeSlotTaken)
	}
	visits := []clinic.Visit{{Slot: slots[0], Patient: p.ann}, {Slot: slots[1], Patient: p.kid}, {Slot: slots[2], Patient: p.kid}}
	made, err := p.DB.BookAll(ctx, p.id, clinic.BookAllRequest{Key: "k", Visits: visits, Hold: hold.Token, Actor: as(p.ann)})
	if err != nil || len(made) != 3 {
		t.Fatalf("booking what is held: %v, %v", made, err)
	}
	if n := p.count("select count(*) from allocation where state = 1"); n != 0 {
		t.Errorf("%d allocations are still held", n)
	}
	p.wantConsistent()
}

func TestSeveralSlotsAllOrNone(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	free, taken := p.slot(p.ada, p.at(1, 9, 0)), p.slot(p.ben, p.at(1, 9, 0))
	p.mustBook("bob", p.bob, taken)
	before := p.record()
	request := clinic.HoldRequest{Slot: free, Also: []clinic.Slot{taken}, Expires: p.Clock.Now().Add(time.Minute), Actor: as(p.ann)}
	_, err := p.DB.Hold(ctx, p.id, request)
	wantCode(t, "one is taken", err, clinic.CodeSlotTaken)
	request.Also = []clinic.Slot{p.slot(p.ada, p.at(1, 9, 30))}
	_, err = p.DB.Hold(ctx, p.id, request)
	wantCode(t, "in the buffer of the other", err, clinic.CodeSlotTaken)
	request.Also = make([]clinic.Slot, clinic.MaxVisits)
	_, err = p.DB.Hold(ctx, p.id, request)
	wantCode(t, "too many", err, clinic.CodeInvalid)
	if after := p.record(); after != before {
		t.Errorf("%d rows were written", after-before)
	}
}

// What is given up for another hold is what the token holds, however much that is.
func TestHoldOfSeveralIsReplaced(t *testing.T) {
	p := open(t)
	token := uuid.New()
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 0)), Also: []clinic.Slot{p.slot(p.ben, p.at(2, 9, 0))}, Token: token, Actor: as(p.ann)})
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 14, 0)), Token: token, Actor: as(p.ann)})
	if n := p.count("select count(*) from allocation where state = 1"); n != 1 {
		t.Errorf("%d slots are held", n)
	}
}

func TestOverbook(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	p.mustBook("ann", p.ann, p.roomSlot(p.ada, p.at(1, 9, 0)))
	before := p.record()
	squeeze := func(key string, patient uuid.UUID, slot clinic.Slot, by clinic.Actor) error {
		_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: key, Slot: slot, Patient: patient, Overbook: true, Actor: by})
		return err
	}
	wantCode(t, "by a patient", squeeze("p", p.bob, p.roomSlot(p.ada, p.at(1, 9, 0)), as(p.bob)), clinic.CodeNotAllowed)
	wantCode(t, "by the system", squeeze("p", p.bob, p.roomSlot(p.ada, p.at(1, 9, 0)), clinic.Actor{Kind: clinic.ActorSystem}), clinic.CodeNotAllowed)
	wantCode(t, "for a patient who is elsewhere", squeeze("a", p.ann, p.slot(p.ben, p.at(1, 9, 30)), frontDesk), clinic.CodePatientBusy)
	wantCode(t, "in the past", squeeze("a", p.bob, p.slot(p.ben, p.at(-3, 9, 30)), frontDesk), clinic.CodeTooSoon)
	if after := p.record(); after != before {
		t.Errorf("%d rows were written", after-before)
	}
	wantCode(t, "what is taken", squeeze("taken", p.bob, p.roomSlot(p.ada, p.at(1, 9, 0)), frontDesk), "")
	wantCode(t, "the second one there", squeeze("second", p.kid, p.roomSlot(p.ada, p.at(1, 9, 0)), frontDesk), clinic.CodeSlotTaken)
	wantCode(t, "in the evening", squeeze("late", p.kid, p.slot(p.ada, p.at(1, 20, 10)), frontDesk), "")
	p.mustBook("next", p.bob, p.slot(p.ada, p.at(1, 10, 30))) // what is squeezed in is in nobody's way
	_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "taken", Slot: p.roomSlot(p.ada, p.at(1, 9, 0)), Patient: p.bob, Actor: frontDesk})
	wantCode(t, "the key without overbooking", err, clinic.CodeKeyReused)
	p.wantConsistent()
}

func TestRefusalNamesTheVisit(t *testing.T) {
	p := open(t)
	p.mustBook("bob", p.bob, p.slot(p.ben, p.at(1, 9, 0)))
	visits := []clinic.Visit{{Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.ann}, {Slot: p.slot(p.ben, p.at(1, 9, 0)), Patient: p.kid}}
	_, err := p.DB.BookAll(context.Background(), p.id, clinic.BookAllRequest{Key: "k", Visits: visits, Actor: as(p.ann)})
	refusal, ok := errors.AsType[*clinic.Error](err)
	if !ok || refusal.Code != clinic.CodeSlotTaken {
		t.Fatalf("refused with %v", err)
	}
	if want := "changing appointment: visit 2: " + refusal.Message; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
}

// Nobody keeps a time in the place of an appointment that is not theirs to move: they would be told that they have it.
func TestExcludingAnAppointment(t *testing.T) {
	t.Parallel()
	p := open(t)
	bobs := p.mustBook("bob", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
	kids := p.mustBook("kid", p.kid, p.slot(p.ada, p.at(1, 10, 0)))
	hold := func(slot clinic.Slot, exclude uuid.UUID) error {
		_, err := p.DB.Hold(t.Context(), p.id, clinic.HoldRequest{Slot: slot, Exclude: exclude, Expires: p.Clock.Now().Add(time.Minute), Actor: as(p.ann)})
		return err
	}
	wantCode(t, "somebody else's", hold(bobs.Slot, bobs.ID), clinic.CodeNotFound)
	wantCode(t, "one that there is not", hold(bobs.Slot, uuid.New()), clinic.CodeNotFound)
	wantCode(t, "her child's", hold(kids.Slot, kids.ID), "")
}

func TestNothingIsKeptForLong(t *testing.T) {
	t.Parallel()
	p := open(t)
	for after, code := range map[time.Duration]string{-time.Second: clinic.CodeInvalid, 0: clinic.CodeInvalid, 7 * 24 * time.Hour: "", 8 * 24 * time.Hour: clinic.CodeInvalid, 1 << 62: clinic.CodeInvalid} {
		_, err := p.DB.Hold(t.Context(), p.id, clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 0)), Expires: p.Clock.Now().Add(after), Actor: as(p.ann)})
		wantCode(t, "for "+after.String(), err, code)
	}
}
