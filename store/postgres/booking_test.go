package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

func TestSearchThenBookThenNoLongerFree(t *testing.T) {
	p := open(t)
	want := []string{"09:00", "09:30", "10:00", "10:30", "11:00", "11:30", "13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"}
	if diff := cmp.Diff(want, p.starts(p.visit, p.ada, 1)); diff != "" {
		t.Errorf("on an empty Tuesday (-want +got):\n%s", diff)
	}
	a := p.mustBook("k1", p.ann, p.slot(p.ada, p.at(1, 10, 0)))
	if a.State != clinic.StateBooked || a.Version != 1 || a.Zone != "America/New_York" || a.Slot.Start.Format("15:04 MST") != "10:00 EST" {
		t.Errorf("booked %+v", a)
	}
	// 30 minutes and 10 of buffer: 10:00 and 10:30 are gone, and 9:30 would need its buffer.
	want = slices.DeleteFunc(want, func(s string) bool { return s == "09:30" || s == "10:00" || s == "10:30" })
	if diff := cmp.Diff(want, p.starts(p.visit, p.ada, 1)); diff != "" {
		t.Errorf("after booking 10:00 (-want +got):\n%s", diff)
	}
	if len(p.starts(p.visit, p.ben, 1)) != 14 {
		t.Error("booking one practitioner took the other's time")
	}
	if closed := p.starts(p.visit, p.ada, 4); len(closed) > 0 {
		t.Errorf("free on a day when the clinic is closed: %v", closed)
	}
}

func TestBookWritesTheRecord(t *testing.T) {
	p := open(t)
	a := p.mustBook("k1", p.ann, p.slot(p.ada, p.at(7, 9, 0))) // the Monday after the clocks went forward
	var local, zone string
	var start time.Time
	row := p.Owner.QueryRow(context.Background(), "select local_start::text, zone, starts_at from appointment where id = $1", a.ID)
	if err := row.Scan(&local, &zone, &start); err != nil {
		t.Fatal(err)
	}
	if local != "2026-03-09 09:00:00" || zone != "America/New_York" || !start.Equal(time.Date(2026, 3, 9, 13, 0, 0, 0, time.UTC)) {
		t.Errorf("on the wall %s in %s, at %v", local, zone, start)
	}
	for what, query := range map[string]string{
		"the event":      "select count(*) from appointment_event where appointment_id = $1 and version = 1 and kind = 'booked' and actor_kind = 'patient' and was is null and now->>'state' = 'booked'",
		"the audit row":  "select count(*) from audit where subject_id = $1 and action = 'appointment.book'",
		"the stored key": "select count(*) from idempotency_key where key = 'k1' and response->>'id' = $1::uuid::text",
	} {
		if n := p.count(query, a.ID); n != 1 {
			t.Errorf("%s: %d rows", what, n)
		}
	}
	if n := p.count("select count(*) from allocation where appointment_id = $1 and state = 2", a.ID); n != 2 {
		t.Errorf("%d allocations, want the practitioner's and the patient's", n)
	}
}

func TestBookRefuses(t *testing.T) {
	p := open(t)
	p.mustBook("taken", p.ann, p.slot(p.ada, p.at(1, 10, 0)))
	stranger := uuid.New()
	for name, test := range map[string]struct {
		code   string
		change func(r *clinic.BookRequest)
	}{
		"taken":                     {clinic.CodeSlotTaken, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(1, 10, 0)) }},
		"inside the other's buffer": {clinic.CodeSlotTaken, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(1, 10, 30)) }},
		"patient elsewhere": {clinic.CodePatientBusy, func(r *clinic.BookRequest) {
			r.Slot, r.Patient, r.Actor = p.slot(p.ben, p.at(1, 10, 0)), p.ann, as(p.ann)
		}},
		"in the past":             {clinic.CodeTooSoon, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(-3, 10, 0)) }},
		"inside the notice":       {clinic.CodeTooSoon, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(0, 9, 30)) }},
		"beyond the window":       {clinic.CodeTooFar, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(140, 10, 0)) }},
		"year 10,000":             {clinic.CodeTooFar, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, time.Date(10000, 1, 3, 10, 0, 0, 0, p.zone)) }},
		"lunch":                   {clinic.CodeOutsideHours, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(1, 12, 30)) }},
		"off the grid":            {clinic.CodeOffGrid, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(1, 9, 10)) }},
		"closed day":              {clinic.CodeOutsideHours, func(r *clinic.BookRequest) { r.Slot = p.slot(p.ada, p.at(4, 9, 0)) }},
		"too long":                {clinic.CodeWrongLength, func(r *clinic.BookRequest) { r.Slot.End = r.Slot.End.Add(time.Hour) }},
		"unknown service":         {clinic.CodeNotFound, func(r *clinic.BookRequest) { r.Slot.Service = stranger }},
		"unknown practitioner":    {clinic.CodeNotFound, func(r *clinic.BookRequest) { r.Slot.Practitioner = stranger }},
		"unknown location":        {clinic.CodeNotFound, func(r *clinic.BookRequest) { r.Slot.Location = stranger }},
		"room as a practitioner":  {clinic.CodeNotFound, func(r *clinic.BookRequest) { r.Slot.Practitioner = p.room }},
		"unknown patient":         {clinic.CodeNotFound, func(r *clinic.BookRequest) { r.Patient, r.Actor = stranger, as(stranger) }},
		"a doctor as the patient": {clinic.CodeNotFound, func(r *clinic.BookRequest) { r.Patient, r.Actor = p.ben, as(p.ben) }},
		"for somebody else":       {clinic.CodeNotAllowed, func(r *clinic.BookRequest) { r.Actor = as(p.ann) }},
		"for one's guardian":      {clinic.CodeNotAllowed, func(r *clinic.BookRequest) { r.Patient, r.Actor = p.ann, as(p.kid) }},
		"by nobody":               {clinic.CodeNotAllowed, func(r *clinic.BookRequest) { r.Patient, r.Actor = uuid.Nil, as(uuid.Nil) }},
		"without a key":           {clinic.CodeInvalid, func(r *clinic.BookRequest) { r.Key = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := clinic.BookRequest{Key: "refused: " + name, Slot: p.slot(p.ada, p.at(1, 14, 0)), Patient: p.bob, Actor: as(p.bob)}
			test.change(&r)
			before := p.count("select count(*) from allocation") + p.count("select count(*) from appointment_event") + p.count("select count(*) from idempotency_key")
			_, err := p.DB.Book(context.Background(), p.id, r)
			wantCode(t, name, err, test.code)
			if after := p.count("select count(*) from allocation") + p.count("select count(*) from appointment_event") + p.count("select count(*) from idempotency_key"); after != before {
				t.Errorf("%d rows were written all the same", after-before)
			}
		})
	}
}

func TestGuardianBooksForTheChild(t *testing.T) {
	p := open(t)
	r := clinic.BookRequest{Key: "k", Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.kid, Actor: as(p.ann)}
	a, err := p.DB.Book(context.Background(), p.id, r)
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.DB.Upcoming(context.Background(), p.id, p.kid, as(p.ann))
	if err != nil || len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("the child's appointments: %v, %v", list, err)
	}
	if _, err := p.DB.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: "c", Appointment: a.ID, Version: 1, Actor: as(p.bob)}); clinic.CodeOf(err) != clinic.CodeNotFound {
		t.Errorf("a stranger cancels: %v", err)
	}
	if _, err := p.DB.Upcoming(context.Background(), p.id, p.kid, as(p.bob)); clinic.CodeOf(err) != clinic.CodeNotAllowed {
		t.Errorf("a stranger reads: %v", err)
	}
}

func TestTheSameKeyAgain(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	first := p.mustBook("k", p.ann, slot)
	p.Clock.Advance(time.Hour)
	slot.Start, slot.End = slot.Start.UTC(), slot.End.UTC() // the same instants
	again, err := p.book("k", p.ann, slot)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("another answer (-first +again):\n%s", diff)
	}
	if n := p.count("select count(*) from appointment"); n != 1 {
		t.Errorf("%d appointments", n)
	}
	_, err = p.book("k", p.ann, p.slot(p.ada, p.at(1, 14, 0)))
	wantCode(t, "the key with another slot", err, clinic.CodeKeyReused)
	_, err = p.DB.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: "k", Appointment: first.ID, Version: 1, Actor: as(p.ann)})
	wantCode(t, "the key with another operation", err, clinic.CodeKeyReused)

	// After it was cancelled, the old key still answers what it did then.
	if _, err := p.DB.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: "c", Appointment: first.ID, Version: 1, Actor: as(p.ann)}); err != nil {
		t.Fatal(err)
	}
	if again, err := p.book("k", p.ann, slot); err != nil || again.ID != first.ID || again.State != clinic.StateBooked {
		t.Errorf("the old key answers %+v, %v", again, err)
	}
}

func TestHoldKeepsTheSlot(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	slot := p.slot(p.ada, p.at(1, 9, 0))
	hold := p.mustHold(clinic.HoldRequest{Slot: slot, Actor: as(p.ann)})

	if free := p.starts(p.visit, p.ada, 1); slices.Contains(free, "09:00") {
		t.Errorf("a held slot is offered: %v", free)
	}
	own, err := p.DB.Search(ctx, p.id, clinic.Query{Service: p.visit, Practitioners: []uuid.UUID{p.ada}, From: p.at(1, 0, 0), Hold: hold.Token, Limit: 1})
	if err != nil || len(own) != 1 || !own[0].Start.Equal(slot.Start) {
		t.Errorf("the holder is offered %v, %v, and not what they hold", own, err)
	}
	_, err = p.book("bob", p.bob, slot)
	wantCode(t, "booking what another holds", err, clinic.CodeSlotTaken)
	_, err = p.DB.Hold(ctx, p.id, clinic.HoldRequest{Slot: slot, Expires: p.Clock.Now().Add(time.Minute), Actor: as(p.bob)})
	wantCode(t, "holding what another holds", err, clinic.CodeSlotTaken)

	r := clinic.BookRequest{Key: "ann", Slot: slot, Hold: hold.Token, Patient: p.ann, Actor: as(p.ann)}
	if _, err := p.DB.Book(ctx, p.id, r); err != nil {
		t.Fatalf("booking with the hold: %v", err)
	}
	if n := p.count("select count(*) from allocation where state = 1"); n != 0 {
		t.Errorf("%d allocations are still held", n)
	}
	r.Key, r.Patient, r.Actor = "bob2", p.bob, as(p.bob)
	_, err = p.DB.Book(ctx, p.id, r)
	wantCode(t, "the hold a second time", err, clinic.CodeSlotTaken)
}

func TestLapsedHold(t *testing.T) {
	p := open(t)
	ctx := context.Background()
	slot := p.slot(p.ada, p.at(1, 9, 0))
	hold := p.mustHold(clinic.HoldRequest{Slot: slot, Actor: as(p.ann)})
	other := p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 14, 0)), Actor: as(p.ann)})
	p.Clock.Advance(5 * time.Minute)

	if free := p.starts(p.visit, p.ada, 1); !slices.Contains(free, "09:00") {
		t.Errorf("a lapsed hold is still in the way: %v", free)
	}
	p.mustBook("bob", p.bob, slot)
	_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "a", Slot: slot, Hold: hold.Token, Patient: p.ann, Actor: as(p.ann)})
	wantCode(t, "a lapsed hold whose slot went", err, clinic.CodeSlotTaken)
	_, err = p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "b", Slot: other.Slot, Hold: other.Token, Patient: p.ann, Actor: as(p.ann)})
	wantCode(t, "a lapsed hold whose slot is free", err, "")
}

// The notice is two hours. Who held the slot in time keeps it while they decide.
func TestNoticeIsJudgedByWhenTheSlotWasHeld(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(0, 10, 30))
	p.Clock.Set(p.at(0, 8, 29))
	hold := p.mustHold(clinic.HoldRequest{Slot: slot, Actor: as(p.ann)})
	p.Clock.Set(p.at(0, 8, 32))
	_, err := p.book("late", p.ann, p.slot(p.ben, p.at(0, 10, 30)))
	wantCode(t, "without a hold", err, clinic.CodeTooSoon)
	_, err = p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "k", Slot: slot, Hold: hold.Token, Patient: p.ann, Actor: as(p.ann)})
	wantCode(t, "with a hold", err, "")
}

// A conversation holds one slot under its own token: asking again, for the same slot or another, replaces the hold.
func TestHoldUnderTheSameToken(t *testing.T) {
	p := open(t)
	token := uuid.New()
	for _, start := range []time.Time{p.at(1, 9, 0), p.at(1, 9, 0), p.at(1, 9, 30)} {
		p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, start), Token: token, Actor: as(p.ann)})
	}
	if n := p.count("select count(*) from allocation where state = 1"); n != 1 {
		t.Errorf("%d slots are held", n)
	}
	next := p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ben, p.at(1, 9, 0)), Replace: token, Actor: as(p.ann)})
	if next.Token == token || next.Token == uuid.Nil {
		t.Errorf("token %v", next.Token)
	}
	if n := p.count("select count(*) from allocation where state = 1 and hold_token = $1", token); n != 0 {
		t.Error("the replaced hold is still there")
	}
	if err := p.DB.Release(context.Background(), p.id, next.Token); err != nil {
		t.Fatal(err)
	}
	if err := p.DB.Release(context.Background(), p.id, next.Token); err != nil {
		t.Errorf("releasing what is gone: %v", err)
	}
	if free := p.starts(p.visit, p.ben, 1); len(free) != 14 {
		t.Errorf("after the release only %v are free", free)
	}
}

func TestHoldRefuses(t *testing.T) {
	p := open(t)
	_, err := p.DB.Hold(context.Background(), p.id, clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 0)), Expires: p.Clock.Now(), Actor: as(p.ann)})
	wantCode(t, "until now", err, clinic.CodeInvalid)
	_, err = p.DB.Hold(context.Background(), p.id, clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 10)), Expires: p.at(1, 0, 0), Actor: as(p.ann)})
	wantCode(t, "off the grid", err, clinic.CodeOffGrid)
	_, err = p.DB.Hold(context.Background(), uuid.New(), clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 0)), Expires: p.at(1, 0, 0), Actor: as(p.ann)})
	wantCode(t, "in no clinic", err, clinic.CodeNotFound)
}

func TestTwoServicesShareARoom(t *testing.T) {
	p := open(t)
	p.mustBook("a", p.ann, p.roomSlot(p.ada, p.at(1, 9, 0)))
	_, err := p.book("b", p.bob, p.roomSlot(p.ben, p.at(1, 9, 30)))
	wantCode(t, "the room is taken", err, clinic.CodeSlotTaken)
	if free := p.starts(p.treatment, p.ben, 1); slices.Contains(free, "09:00") || !slices.Contains(free, "10:30") {
		t.Errorf("treatments of the other practitioner: %v", free)
	}
	p.mustBook("c", p.bob, p.slot(p.ben, p.at(1, 9, 30)))
}

// A group takes a lane each, and whoever is seen alone takes all of them.
func TestLanes(t *testing.T) {
	p := open(t)
	p.offerGroups()
	group := p.groupSlot(p.ada, p.at(1, 9, 0))
	p.mustBook("a", p.ann, group)
	_, err := p.book("alone", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
	wantCode(t, "alone while a group is there", err, clinic.CodeSlotTaken)
	p.mustBook("b", p.bob, group)
	_, err = p.DB.Book(context.Background(), p.id, clinic.BookRequest{Key: "c", Slot: group, Patient: p.kid, Actor: as(p.ann)})
	wantCode(t, "a third in two lanes", err, clinic.CodeSlotTaken)
	p.mustBook("d", p.bob, p.slot(p.ada, p.at(1, 10, 0)))
	_, err = p.book("e", p.ann, p.groupSlot(p.ada, p.at(1, 10, 0)))
	wantCode(t, "a group while somebody is seen alone", err, clinic.CodeSlotTaken)
}

// offerGroups makes treatments visits for groups, of which each practitioner and the room take two at once.
func (p *practice) offerGroups() {
	p.t.Helper()
	for _, change := range []string{
		"update resource set lanes = 2 where kind in ('practitioner', 'room')",
		"update service set is_group = true where code = 'treatment'",
	} {
		if _, err := p.Owner.Exec(context.Background(), change); err != nil {
			p.t.Fatal(err)
		}
	}
}

// groupSlot is a treatment once groups are offered.
func (p *practice) groupSlot(who uuid.UUID, start time.Time) clinic.Slot {
	return p.roomSlot(who, start)
}

// Bookings see new rules at once, however long searches keep the old ones.
func TestChangedHoursBindTheNextBooking(t *testing.T) {
	p := open(t)
	if len(p.starts(p.visit, p.ada, 1)) == 0 {
		t.Fatal("nothing is free")
	}
	if _, err := p.Owner.Exec(context.Background(), "delete from weekly_hours where resource_id = $1 and weekday = 2", p.ada); err != nil {
		t.Fatal(err)
	}
	_, err := p.book("k", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
	wantCode(t, "on a day off", err, clinic.CodeOutsideHours)
	if free := p.starts(p.visit, p.ada, 1); len(free) > 0 {
		t.Errorf("after the booking found out, a search still offers %v", free)
	}
}
