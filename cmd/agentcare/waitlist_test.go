package main

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// Somebody cancels, and who waits for such a time sees it in the chat at once, takes it with one button, and has it.
func TestACancellationComesUpInTheChatOfWhoWaits(t *testing.T) {
	server := startServer(t, nil)
	p := newPatient(t, server.base, "")
	p.reply()
	p.book(t, "+12125550161") // so that it is known who is there
	ctx := t.Context()
	clinicID, me := p.whoAmI(server)
	staff := clinic.Actor{Kind: clinic.ActorStaff, ID: uuid.New(), Channel: "cli"}

	var service, somebodyElse uuid.UUID
	err := server.Owner.QueryRow(ctx, `select s.id, (select p.id from patient p where p.clinic_id = s.clinic_id and p.id <> $1 limit 1)
		from service s where s.code = 'skin-check'`, me).Scan(&service, &somebodyElse)
	if err != nil {
		t.Fatal(err)
	}
	free, err := server.DB.Search(ctx, clinicID, clinic.Query{Service: service, From: time.Now().Add(10 * 24 * time.Hour), Limit: 1})
	if err != nil || len(free) != 1 {
		t.Fatalf("free times %v, %v", free, err)
	}
	slot := free[0]
	taken, err := server.DB.Book(ctx, clinicID, clinic.BookRequest{Key: "taken", Slot: slot, Patient: somebodyElse, Actor: staff})
	if err != nil {
		t.Fatal(err)
	}
	zone := slot.Start.Location()
	day, clock := localtime.DateOf(slot.Start, zone), localtime.ClockOf(slot.Start, zone)
	_, err = server.DB.JoinWaitlist(ctx, clinicID, clinic.JoinRequest{
		Key: "waits", Patient: me, Service: service, Actor: clinic.Actor{Kind: clinic.ActorPatient, ID: me, Channel: "web", Conversation: uuid.MustParse(p.session.Conversation)},
		Wish: clinic.WaitlistWish{Practitioners: []uuid.UUID{slot.Practitioner}, From: day, Until: day, DayFrom: clock, DayUntil: clock + 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.DB.Cancel(ctx, clinicID, clinic.CancelRequest{Key: "cancel", Appointment: taken.ID, Version: taken.Version, Actor: staff}); err != nil {
		t.Fatal(err)
	}

	answer := p.choose(p.reply(), "confirm", "")
	if answer.Appointment == nil || answer.Appointment.State != "booked" || !answer.Appointment.StartsAt.Equal(slot.Start) {
		t.Fatalf("not booked for %v:\n%s", slot.Start, p.transcript())
	}
	var state string
	if err := server.Owner.QueryRow(ctx, "select o.state || ' ' || e.state from waitlist_offer o join waitlist_entry e on e.id = o.entry_id").Scan(&state); err != nil || state != "accepted booked" {
		t.Errorf("the offer and the entry are %q, %v", state, err)
	}
}

// whoAmI is the clinic of a conversation, and the patient who has proven to be there.
func (p *patient) whoAmI(server *testServer) (clinicID, me uuid.UUID) {
	p.t.Helper()
	err := server.Owner.QueryRow(p.t.Context(), "select clinic_id, verified_id from conversation where id = $1", p.session.Conversation).Scan(&clinicID, &me)
	if err != nil {
		p.t.Fatal(err)
	}
	return clinicID, me
}
