package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// offerTTL is how long offers of these tests are open.
const offerTTL = 30 * time.Minute

// announce says an offer so that tests can recognise it.
func announce(_ context.Context, _ uuid.UUID, o clinic.WaitlistOffer, language string, _ *time.Location) (chat.Body, error) {
	ref, err := json.Marshal(o.ID)
	return chat.Body{
		Text: "A time is free (" + language + ").",
		Options: []chat.Option{
			{Label: "Take it", Kind: chat.OptionConfirm, Ref: ref}, {Label: "No, thank you", Kind: chat.OptionDecline, Ref: ref},
		},
	}, err
}

// onWeb is a patient with a conversation that there is.
func (p *practice) onWeb(patient uuid.UUID) clinic.Actor {
	p.t.Helper()
	s, err := p.DB.OpenSession(context.Background(), chat.SessionRequest{
		Clinic: p.id, Language: "en", Idle: time.Hour, Greeting: chat.Body{Text: "Hello, I am the assistant."},
	})
	if err != nil {
		p.t.Fatalf("opening session: %v", err)
	}
	return clinic.Actor{Kind: clinic.ActorPatient, ID: patient, Channel: "web", Conversation: s.Conversation.ID}
}

func (p *practice) join(by clinic.Actor, patient uuid.UUID, wish clinic.WaitlistWish, instead uuid.UUID) (clinic.WaitlistEntry, error) {
	return p.DB.JoinWaitlist(context.Background(), p.id, clinic.JoinRequest{
		Key: uuid.NewString(), Patient: patient, Service: p.visit, Wish: wish, Instead: instead, Actor: by,
	})
}

// waits puts a patient on the list for a visit, a second after whoever came before.
func (p *practice) waits(patient uuid.UUID, wish clinic.WaitlistWish) clinic.WaitlistEntry {
	p.t.Helper()
	e, err := p.join(p.onWeb(patient), patient, wish, uuid.Nil)
	if err != nil {
		p.t.Fatalf("joining: %v", err)
	}
	p.Clock.Set(p.Clock.Now().Add(time.Second))
	return e
}

// on is the wish for a day of the week of [monday].
func on(day int) clinic.WaitlistWish {
	d := localtime.Date{Year: 2026, Month: 3, Day: 2}.AddDays(day)
	return clinic.WaitlistWish{From: d, Until: d}
}

func (p *practice) freed(slot clinic.Slot) chat.FreedArgs {
	return chat.FreedArgs{Clinic: p.id, Practitioner: slot.Practitioner, From: slot.Start, Until: slot.End}
}

// offerOnce makes at most one offer of freed time.
func (p *practice) offerOnce(slot clinic.Slot) (found bool) {
	p.t.Helper()
	_, found, err := p.DB.OfferFreed(context.Background(), p.freed(slot), offerTTL, announce)
	if err != nil {
		p.t.Errorf("offering: %v", err)
	}
	return found
}

// offerAll does the jobs that are queued, as a worker does, until none is left. It returns how many offers were made.
func (p *practice) offerAll() int {
	p.t.Helper()
	offers := 0
	for {
		var id int64
		var args []byte
		err := p.Owner.QueryRow(context.Background(), `update river_job set state = 'completed', finalized_at = now()
			where id = (select id from river_job where kind = 'freed' and state = 'available' order by id limit 1) returning id, args`).Scan(&id, &args)
		if err != nil {
			return offers
		}
		var freed chat.FreedArgs
		if err := json.Unmarshal(args, &freed); err != nil {
			p.t.Fatal(err)
		}
		for {
			_, found, err := p.DB.OfferFreed(context.Background(), freed, offerTTL, announce)
			if err != nil {
				p.t.Fatalf("offering: %v", err)
			}
			if !found {
				break
			}
			offers++
		}
	}
}

// offers is who was offered what: "Ann: 09:00 open", in the order in which the offers were made.
func (p *practice) offers() []string {
	p.t.Helper()
	rows, err := p.Owner.Query(context.Background(), `select p.given_name, o.slot, o.state from waitlist_offer o
		join waitlist_entry e on e.id = o.entry_id join patient p on p.id = e.patient_id order by o.id`)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var name, state string
		var raw []byte
		if err := rows.Scan(&name, &raw, &state); err != nil {
			p.t.Fatal(err)
		}
		var slot clinic.Slot
		if err := json.Unmarshal(raw, &slot); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s: %s %s", name, slot.Start.In(p.zone).Format("Mon 15:04"), state))
	}
	return all
}

// openOffer is the id of the only open offer.
func (p *practice) openOffer() uuid.UUID {
	p.t.Helper()
	return read[uuid.UUID](&chatClinic{Env: p.Env, t: p.t}, "select id from waitlist_offer where state = 'open'")
}

func (p *practice) accept(key string, offer uuid.UUID, by clinic.Actor) (clinic.Appointment, error) {
	return p.DB.AcceptOffer(context.Background(), p.id, clinic.OfferAnswer{Key: key, Offer: offer, Actor: by})
}

func (p *practice) decline(offer uuid.UUID, by clinic.Actor) error {
	return p.DB.DeclineOffer(context.Background(), p.id, clinic.OfferAnswer{Key: uuid.NewString(), Offer: offer, Actor: by})
}

// lapse lets time pass until every offer that is open now has lapsed.
func (p *practice) lapse() {
	p.t.Helper()
	p.Clock.Set(p.Clock.Now().Add(offerTTL))
	if _, err := p.DB.LapseOffers(context.Background()); err != nil {
		p.t.Fatalf("lapsing: %v", err)
	}
}

func (p *practice) state(entry clinic.WaitlistEntry) string {
	p.t.Helper()
	return read[string](&chatClinic{Env: p.Env, t: p.t}, "select state from waitlist_entry where id = $1", entry.ID)
}

func (p *practice) cancel(a clinic.Appointment) {
	p.t.Helper()
	_, err := p.DB.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: uuid.NewString(), Appointment: a.ID, Version: a.Version, Actor: as(a.Patient)})
	if err != nil {
		p.t.Fatalf("cancelling: %v", err)
	}
}

// agrees records what somebody says to texts to their number.
func (p *practice) agrees(patient uuid.UUID, phone string, given bool) {
	p.t.Helper()
	_, err := p.Owner.Exec(context.Background(), `insert into consent (clinic_id, id, patient_id, phone_index, purpose, wording, source, given, at)
		values ($1, $2, $3, $4, 'appointment_texts', 'Text me about my visits', 'web_form', $5, $6)`,
		p.id, uuid.New(), patient, p.Keys.Index("phone/"+p.id.String(), phone), given, p.Clock.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	p.Clock.Set(p.Clock.Now().Add(time.Second))
}

// wantOffers compares who was offered what.
func (p *practice) wantOffers(want ...string) {
	p.t.Helper()
	if got := p.offers(); fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Errorf("offers %q, want %q", got, want)
	}
}

// wantWaitlistConsistent asks the database itself, in other words than the program's.
func (p *practice) wantWaitlistConsistent() {
	p.t.Helper()
	for what, query := range map[string]string{
		"slots that two are offered at once": `
			select count(*) from waitlist_offer a join waitlist_offer b on a.id < b.id and a.state = 'open' and b.state = 'open'
			where a.slot->>'practitioner' = b.slot->>'practitioner'
			  and (a.slot->>'start')::timestamptz < (b.slot->>'end')::timestamptz and (b.slot->>'start')::timestamptz < (a.slot->>'end')::timestamptz`,
		"open offers that keep nothing": `
			select count(*) from waitlist_offer o where o.state = 'open' and not exists (
				select from allocation a where a.hold_token = o.hold_token and a.state = 1 and a.resource_id = (o.slot->>'practitioner')::uuid)`,
		"offers that are over and still keep something": `
			select count(*) from waitlist_offer o join allocation a on a.hold_token = o.hold_token and a.state = 1 where o.state <> 'open'`,
		"entries that are offered nothing": `
			select count(*) from waitlist_entry e where e.state = 'offered' and not exists (select from waitlist_offer o where o.entry_id = e.id and o.state = 'open')`,
		"open offers to those who are not waiting for the answer": `
			select count(*) from waitlist_offer o join waitlist_entry e on e.id = o.entry_id where o.state = 'open' and e.state <> 'offered'`,
		"entries that are booked without an offer that was accepted": `
			select count(*) from waitlist_entry e where (e.state = 'booked') <> exists (select from waitlist_offer o where o.entry_id = e.id and o.state = 'accepted')`,
		"accepted offers without the appointment": `
			select count(*) from waitlist_offer o join waitlist_entry e on e.id = o.entry_id where o.state = 'accepted' and not exists (
				select from appointment a where a.patient_id = e.patient_id and a.state = 'booked' and a.service_id = e.service_id
				and a.practitioner_id = (o.slot->>'practitioner')::uuid and a.starts_at = (o.slot->>'start')::timestamptz)`,
		"answers without their time": `select count(*) from waitlist_offer where (state = 'open') <> (answered_at is null)`,
	} {
		if n := p.count(query); n != 0 {
			p.t.Errorf("%s: %d", what, n)
		}
	}
	p.wantConsistent()
}

// waitingCrowd adds so many patients, who wait for a visit in this order.
func (p *practice) waitingCrowd(n int, wish func(i int) clinic.WaitlistWish) ([]uuid.UUID, []clinic.WaitlistEntry) {
	p.t.Helper()
	patients := p.crowd(n)
	entries := make([]clinic.WaitlistEntry, n)
	for i, id := range patients {
		entries[i] = p.waits(id, wish(i))
	}
	return patients, entries
}
