package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

func (p *practice) mark(a clinic.Appointment, state clinic.AppointmentState, by clinic.Actor) (clinic.Appointment, error) {
	return p.DB.Mark(context.Background(), p.id, clinic.MarkRequest{
		Key: fmt.Sprint("mark", a.ID, a.Version, state), Appointment: a.ID, Version: a.Version, State: state, Actor: by,
	})
}

func TestMarks(t *testing.T) {
	p := open(t)
	a := p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	confirmed, err := p.mark(a, clinic.StateConfirmed, as(p.ann))
	if err != nil || confirmed.State != clinic.StateConfirmed || confirmed.Version != 2 {
		t.Fatalf("confirmed %+v, %v", confirmed, err)
	}
	if again, err := p.mark(a, clinic.StateConfirmed, as(p.ann)); err != nil || !cmp.Equal(confirmed, again) {
		t.Errorf("the same key answers %+v, %v", again, err)
	}
	if n := p.count("select count(*) from patient where id = $1 and seen_at is not null", p.ann); n != 0 {
		t.Error("who confirms was seen already")
	}
	p.Clock.Set(p.at(1, 8, 55))
	arrived, err := p.mark(confirmed, clinic.StateArrived, frontDesk)
	if err != nil || arrived.State != clinic.StateArrived || arrived.Version != 3 {
		t.Fatalf("arrived %+v, %v", arrived, err)
	}
	if n := p.count("select count(*) from patient where id = $1 and seen_at = $2", p.ann, p.at(1, 8, 55)); n != 1 {
		t.Error("it is not kept when the patient was here")
	}
	p.Clock.Set(p.at(1, 9, 40))
	completed, err := p.mark(arrived, clinic.StateCompleted, frontDesk)
	if err != nil || completed.State != clinic.StateCompleted {
		t.Fatalf("completed %+v, %v", completed, err)
	}
	if n := p.count("select count(*) from allocation where appointment_id = $1 and state = 2", a.ID); n != 2 {
		t.Errorf("%d allocations of a visit that took place", n)
	}
	p.wantConsistent()
}

func TestMarkRefuses(t *testing.T) {
	p := open(t)
	a := p.mustBook("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	before := p.record()
	other := a
	other.Version = 7
	for name, test := range map[string]struct {
		code  string
		a     clinic.Appointment
		state clinic.AppointmentState
		by    clinic.Actor
	}{
		"arrived, by the patient":  {clinic.CodeNotAllowed, a, clinic.StateArrived, as(p.ann)},
		"confirmed, by a stranger": {clinic.CodeNotFound, a, clinic.StateConfirmed, as(p.bob)},
		"of another version":       {clinic.CodeWrongState, other, clinic.StateConfirmed, as(p.ann)},
		"cancelled":                {clinic.CodeInvalid, a, clinic.StateCancelled, frontDesk},
		"no show before it starts": {clinic.CodeTooSoon, a, clinic.StateNoShow, frontDesk},
		"of nothing":               {clinic.CodeNotFound, clinic.Appointment{ID: uuid.New(), Version: 1}, clinic.StateArrived, frontDesk},
	} {
		_, err := p.mark(test.a, test.state, test.by)
		wantCode(t, name, err, test.code)
	}
	_, err := p.DB.Mark(context.Background(), p.id, clinic.MarkRequest{Appointment: a.ID, Version: 1, State: clinic.StateConfirmed, Actor: as(p.ann)})
	wantCode(t, "without a key", err, clinic.CodeInvalid)
	if after := p.record(); after != before {
		t.Errorf("%d rows were written", after-before)
	}
}

// What remains of a visit that nobody came to is free; what is over stays taken, so that the past does not change.
func TestNoShowFreesTheRest(t *testing.T) {
	p := open(t)
	running := p.mustBook("running", p.ann, p.roomSlot(p.ada, p.at(1, 9, 0)))
	over := p.mustBook("over", p.bob, p.slot(p.ben, p.at(1, 9, 0)))
	p.Clock.Set(p.at(1, 9, 45))
	for _, a := range []clinic.Appointment{running, over} {
		if _, err := p.mark(a, clinic.StateNoShow, frontDesk); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.count("select count(*) from allocation where appointment_id = $1 and state = 2", running.ID); n != 0 {
		t.Errorf("%d allocations of a visit that is not over", n)
	}
	if n := p.count("select count(*) from allocation where appointment_id = $1 and state = 2", over.ID); n != 2 {
		t.Errorf("%d allocations of a visit that is over", n)
	}
	running.Version = 2
	_, err := p.mark(running, clinic.StateArrived, frontDesk)
	wantCode(t, "coming late after all", err, "")
	p.wantConsistent()
}

func TestServicesForNewAndKnownPatients(t *testing.T) {
	p := open(t)
	set := func(service uuid.UUID, who clinic.Patients) {
		t.Helper()
		if _, err := p.Owner.Exec(context.Background(), "update service set new_patients = $2 where id = $1", service, string(who)); err != nil {
			t.Fatal(err)
		}
	}
	set(p.visit, clinic.ForKnown)
	set(p.treatment, clinic.ForNew)
	before := p.record()
	_, err := p.book("known", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	wantCode(t, "a new patient in a visit for known ones", err, clinic.CodeNotForPatient)
	_, err = p.bookAll("both", as(p.ann), clinic.Visit{Slot: p.roomSlot(p.ada, p.at(1, 9, 0)), Patient: p.ann}, clinic.Visit{Slot: p.slot(p.ben, p.at(1, 9, 0)), Patient: p.kid})
	wantCode(t, "the second of two", err, clinic.CodeNotForPatient)
	if after := p.record(); after != before {
		t.Errorf("%d rows were written", after-before)
	}
	first := p.mustBook("new", p.ann, p.roomSlot(p.ada, p.at(1, 9, 0)))
	_, err = p.DB.Move(context.Background(), p.id, clinic.MoveRequest{Key: "m", Appointment: first.ID, Version: 1, Slot: p.slot(p.ada, p.at(1, 9, 0)), Actor: as(p.ann)})
	wantCode(t, "moving to the other kind of visit", err, clinic.CodeNotForPatient)

	p.Clock.Set(p.at(1, 9, 0))
	if _, err := p.mark(first, clinic.StateArrived, frontDesk); err != nil {
		t.Fatal(err)
	}
	p.mustBook("known now", p.ann, p.slot(p.ada, p.at(2, 9, 0)))
	_, err = p.book("new again", p.ann, p.roomSlot(p.ada, p.at(2, 14, 0)))
	wantCode(t, "who was here in a visit for new ones", err, clinic.CodeNotForPatient)
	_, err = p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "staff", Slot: p.roomSlot(p.ada, p.at(2, 14, 0)), Patient: p.ann, Actor: frontDesk})
	wantCode(t, "by staff, who know better", err, "")
}

// Whoever waits is offered what is given up: one job each, in the transaction that gives it up, and none where nobody waits.
func TestWhatIsGivenUpIsOffered(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	offers := func() int {
		return p.count("select count(*) from river_job where kind = 'freed'")
	}
	first := p.mustBook("1", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	if _, err := p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "c1", Appointment: first.ID, Version: 1, Actor: as(p.ann)}); err != nil {
		t.Fatal(err)
	}
	if n := offers(); n != 0 {
		t.Fatalf("%d jobs where nobody waits", n)
	}
	if _, err := p.Owner.Exec(ctx, "insert into waitlist_entry (clinic_id, id, patient_id, service_id) values ($1, $2, $3, $4)", p.id, uuid.New(), p.bob, p.visit); err != nil {
		t.Fatal(err)
	}
	second := p.mustBook("2", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	moved, err := p.DB.Move(ctx, p.id, clinic.MoveRequest{Key: "m", Appointment: second.ID, Version: 1, Slot: p.slot(p.ben, p.at(2, 9, 0)), Actor: as(p.ann)})
	if err != nil {
		t.Fatal(err)
	}
	if n := offers(); n != 1 {
		t.Errorf("%d jobs after a move", n)
	}
	if _, err := p.DB.Cancel(ctx, p.id, clinic.CancelRequest{Key: "c2", Appointment: moved.ID, Version: 2, Actor: as(p.ann)}); err != nil {
		t.Fatal(err)
	}
	if n := p.count("select count(*) from river_job where (args->>'practitioner')::uuid = $1 and (args->>'from')::timestamptz = $2 and (args->>'until')::timestamptz = $3",
		p.ben, p.at(2, 9, 0), p.at(2, 9, 30)); n != 1 {
		t.Errorf("%d jobs for the cancelled visit", n)
	}
	if n := p.count("select count(*) from audit where action = 'appointment.cancel'"); n != 2 {
		t.Errorf("%d cancellations are audited", n)
	}
}

func TestHistory(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	a, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "k", Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.kid, Actor: as(p.ann)})
	if err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(time.Hour)
	moved, err := p.DB.Move(ctx, p.id, clinic.MoveRequest{Key: "m", Appointment: a.ID, Version: 1, Slot: p.slot(p.ben, p.at(2, 14, 0)), Actor: frontDesk})
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := p.mark(moved, clinic.StateConfirmed, as(p.kid))
	if err != nil {
		t.Fatal(err)
	}
	want := []clinic.Event{
		{Version: 1, At: monday, Kind: "booked", Actor: as(p.ann), Now: a},
		{Version: 2, At: monday.Add(time.Hour), Kind: "moved", Actor: frontDesk, Was: &a, Now: moved},
		{Version: 3, At: monday.Add(time.Hour), Kind: "confirmed", Actor: as(p.kid), Was: &moved, Now: confirmed},
	}
	for _, who := range []clinic.Actor{as(p.kid), as(p.ann), frontDesk} {
		got, err := p.DB.AppointmentHistory(ctx, p.id, a.ID, who)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s sees %v (-want +got):\n%s", who.Kind, err, diff)
		}
	}
	if n := p.count("select count(*) from audit where action = 'appointment.history' and subject_id = $1", a.ID); n != 3 {
		t.Errorf("three reads have %d audit rows", n)
	}
	_, err = p.DB.AppointmentHistory(ctx, p.id, a.ID, as(p.bob))
	wantCode(t, "a stranger", err, clinic.CodeNotFound)
	_, err = p.DB.AppointmentHistory(ctx, p.id, uuid.New(), frontDesk)
	wantCode(t, "of nothing", err, clinic.CodeNotFound)
}

func TestDependants(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	got, err := p.DB.Dependants(ctx, p.id, p.ann, as(p.ann))
	if err != nil || len(got) != 1 || got[0].ID != p.kid || got[0].GivenName != "Kid" || got[0].Relation == "" {
		t.Errorf("Ann's are %+v, %v", got, err)
	}
	if none, err := p.DB.Dependants(ctx, p.id, p.kid, frontDesk); err != nil || len(none) != 0 {
		t.Errorf("the child's are %+v, %v", none, err)
	}
	if n := p.count("select count(*) from audit where action = 'patient.dependants'"); n != 2 {
		t.Errorf("two reads have %d audit rows", n)
	}
	for _, who := range []uuid.UUID{p.bob, p.kid, uuid.Nil} {
		_, err = p.DB.Dependants(ctx, p.id, p.ann, as(who))
		wantCode(t, "somebody else", err, clinic.CodeNotAllowed)
	}
	if _, err := p.Owner.Exec(ctx, "update patient_link set may_book = false"); err != nil {
		t.Fatal(err)
	}
	if none, err := p.DB.Dependants(ctx, p.id, p.ann, as(p.ann)); err != nil || len(none) != 0 {
		t.Errorf("whom she may not book for any more: %+v, %v", none, err)
	}
}
