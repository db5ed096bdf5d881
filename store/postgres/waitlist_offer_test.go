package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

func TestACancellationIsOfferedToTheFirstWhomItFits(t *testing.T) {
	p := open(t)
	a := p.mustBook("a", p.crowd(1)[0], p.slot(p.ada, p.at(1, 9, 0)))
	p.waits(p.kid, on(2)) // another day
	ann := p.waits(p.ann, on(1))
	p.waits(p.bob, on(1))
	p.cancel(a)
	if n := p.offerAll(); n != 1 {
		t.Fatalf("%d offers", n)
	}
	p.wantOffers("Ann: Tue 09:00 open")
	if got := p.state(ann); got != "offered" {
		t.Errorf("her entry is %s", got)
	}
	if got := p.starts(p.visit, p.ada, 1); got[0] == "09:00" {
		t.Error("the time is still free for everybody")
	}
	if n := p.count("select count(*) from waitlist_offer where expires_at = $1", p.Clock.Now().Add(offerTTL)); n != 1 {
		t.Error("the offer ends at another time")
	}
	p.wantWaitlistConsistent()
}

// The patient is told in their conversation, and can choose.
func TestAnOfferIsSaid(t *testing.T) {
	p := open(t)
	e := p.waits(p.ann, on(1))
	offered, found, err := p.DB.OfferFreed(t.Context(), p.freed(p.slot(p.ada, p.at(1, 9, 0))), offerTTL, announce)
	if err != nil || !found || offered.Message == nil {
		t.Fatalf("offered %+v, %v, %v", offered, found, err)
	}
	messages, err := p.DB.After(t.Context(), p.id, e.Conversation, 1, 10)
	if err != nil || len(messages) != 1 {
		t.Fatalf("messages %v, %v", messages, err)
	}
	if diff := cmp.Diff(*offered.Message, messages[0]); diff != "" {
		t.Errorf("what is published is not what is written:\n%s", diff)
	}
	m := messages[0]
	if m.Seq != 2 || m.Role != chat.RoleAgent || m.Body.Text != "A time is free (en)." || offered.Conversation != e.Conversation {
		t.Errorf("message %+v in %v", m, offered.Conversation)
	}
	session := read[uuid.UUID](&chatClinic{Env: p.Env, t: t}, "select id from endpoint where conversation_id = $1", e.Conversation)
	accepted, err := p.DB.Put(t.Context(), chat.Inbound{
		Clinic: p.id, Conversation: e.Conversation, Endpoint: session, Channel: chat.Web, ExternalID: "1", Option: m.Body.Options[0].ID,
	})
	if err != nil || string(accepted.Message.Body.Chosen.Ref) != `"`+offered.Offer.String()+`"` {
		t.Errorf("choosing it: %+v, %v", accepted, err)
	}
}

// Whoever cannot be told is passed over: the conversation was ended, or somebody else has proven to be there now.
func TestWhoCannotBeToldIsPassedOver(t *testing.T) {
	p := open(t)
	ended, taken, last := p.waits(p.ann, on(1)), p.waits(p.kid, on(1)), p.waits(p.bob, on(1))
	for sql, id := range map[string]uuid.UUID{
		"update conversation set ended_at = now() where id = $1":                                                 ended.Conversation,
		fmt.Sprintf("update conversation set verified_id = '%s', patient_id = '%s' where id = $1", p.bob, p.bob): taken.Conversation,
	} {
		if _, err := p.Owner.Exec(t.Context(), sql, id); err != nil {
			t.Fatal(err)
		}
	}
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 9, 0))); !found {
		t.Fatal("nobody was offered it")
	}
	p.wantOffers("Bob: Tue 09:00 open")
	if got := p.state(ended) + p.state(taken) + p.state(last); got != "waitingwaitingoffered" {
		t.Errorf("the entries are %s", got)
	}
}

// A parent who has proven to be there is told about the child's.
func TestAGuardianIsTold(t *testing.T) {
	p := open(t)
	e := p.waits(p.kid, on(1))
	if _, err := p.Owner.Exec(t.Context(), "update conversation set verified_id = $1, patient_id = $1 where id = $2", p.ann, e.Conversation); err != nil {
		t.Fatal(err)
	}
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 9, 0))); !found {
		t.Fatal("nobody was offered it")
	}
	if a, err := p.accept("k", p.openOffer(), as(p.ann)); err != nil || a.Patient != p.kid {
		t.Errorf("accepting for the child: %+v, %v", a, err)
	}
}

const annsPhone, bobsPhone = "+16465550111", "+16465550112"

func TestATextGoesToWhoAgreedToTexts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setUp func(p *practice)
		who   func(p *practice) uuid.UUID
		to    string
		text  string
	}{
		{
			"agreed", func(p *practice) { p.agrees(p.ann, annsPhone, true) }, func(p *practice) uuid.UUID { return p.ann }, annsPhone,
			"Practice: a time for your Visit is free: Tue, Mar 3, 9:00 AM. We keep it for you until 8:30 AM. To take it, open our chat or call +12125550199.",
		},
		{
			"in Spanish", func(p *practice) { p.agrees(p.bob, bobsPhone, true) }, func(p *practice) uuid.UUID { return p.bob }, bobsPhone,
			"Practice: hay una hora libre para Visit: mar 3 mar, 9:00. Se la guardamos hasta las 8:30. Para aceptarla, abra nuestro chat o llame al +12125550199.",
		},
		{"to the parent", func(p *practice) { p.agrees(p.ann, annsPhone, true) }, func(p *practice) uuid.UUID { return p.kid }, annsPhone, ""},
		{
			"not to the parent about what is confidential", func(p *practice) {
				p.agrees(p.ann, annsPhone, true)
				p.confidential()
			}, func(p *practice) uuid.UUID { return p.kid }, "", "",
		},
		{
			"agreed and taken back", func(p *practice) {
				p.agrees(p.ann, annsPhone, true)
				p.agrees(p.ann, annsPhone, false)
			}, func(p *practice) uuid.UUID { return p.ann }, "", "",
		},
		{
			"taken back and agreed again", func(p *practice) {
				p.agrees(p.ann, annsPhone, false)
				p.agrees(p.ann, annsPhone, true)
			}, func(p *practice) uuid.UUID { return p.ann }, annsPhone, "",
		},
		{"never asked", func(*practice) {}, func(p *practice) uuid.UUID { return p.ann }, "", ""},
		{"about another number", func(p *practice) { p.agrees(p.ann, "+16465550199", true) }, func(p *practice) uuid.UUID { return p.ann }, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := open(t)
			tt.setUp(p)
			p.waits(tt.who(p), on(1))
			p.Clock.Set(monday)
			if found := p.offerOnce(p.slot(p.ada, p.at(1, 9, 0))); !found {
				t.Fatal("nobody was offered it")
			}
			sent := p.offerTexts()
			if tt.to == "" {
				if len(sent) != 0 {
					t.Errorf("texts %+v", sent)
				}
				return
			}
			if len(sent) != 1 || sent[0].To != tt.to || sent[0].Purpose != "waitlist" || sent[0].Channel != chat.SMS || tt.text != "" && sent[0].Text != tt.text {
				t.Errorf("texts %+v\nwant %q", sent, tt.text)
			}
		})
	}
}

// confidential makes visits something that guardians are not told of.
func (p *practice) confidential() {
	p.t.Helper()
	if _, err := p.Owner.Exec(context.Background(), "update service set confidential = true where id = $1", p.visit); err != nil {
		p.t.Fatal(err)
	}
	p.Clock.Set(p.Clock.Now().Add(time.Minute)) // the directory is read anew
}

// offerTexts are what the outbox has queued, as a worker reads it.
func (p *practice) offerTexts() []chat.Delivery {
	p.t.Helper()
	rows, err := p.Owner.Query(context.Background(), "select (args->>'delivery')::uuid from river_job where kind = 'deliver' order by id")
	if err != nil {
		p.t.Fatal(err)
	}
	var ids []uuid.UUID
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			p.t.Fatal(err)
		}
		ids = append(ids, uuid.MustParse(id))
	}
	var sent []chat.Delivery
	for _, id := range ids {
		delivery, err := p.DB.Delivery(context.Background(), chat.DeliverArgs{Clinic: p.id, Delivery: id})
		if err != nil {
			p.t.Fatal(err)
		}
		sent = append(sent, delivery)
	}
	return sent
}

// The name in a text is the one that others may read.
func TestATextNamesTheVisitNeutrally(t *testing.T) {
	p := open(t)
	p.agrees(p.ann, annsPhone, true)
	_, err := p.DB.JoinWaitlist(t.Context(), p.id, clinic.JoinRequest{Key: "k", Patient: p.ann, Service: p.treatment, Wish: on(1), Actor: as(p.ann)})
	if err != nil {
		t.Fatal(err)
	}
	p.offerOnce(p.roomSlot(p.ada, p.at(1, 9, 0)))
	for _, d := range p.offerTexts() {
		if got := d.Text; len(got) > 160 || !strings.Contains(got, "your Visit") || strings.Contains(got, "Treatment") {
			t.Errorf("text %q", got)
		}
	}
	if len(p.offerTexts()) != 1 {
		t.Errorf("%d texts, want one although there is no conversation", len(p.offerTexts()))
	}
}

func TestDeclinedAndLapsedOffersGoOn(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 11, 0))
	_, entries := p.waitingCrowd(3, func(int) clinic.WaitlistWish { return on(1) })
	p.offerOnce(slot)
	first := p.openOffer()
	wantCode(t, "declining a stranger's", p.decline(first, as(p.bob)), clinic.CodeNotFound)
	for range 2 {
		wantCode(t, "declining", p.decline(first, as(entries[0].Patient)), "")
	}
	if got := p.state(entries[0]); got != "waiting" {
		t.Errorf("who declined is %s", got)
	}
	p.offerAll()
	p.lapse()
	p.offerAll()
	p.wantOffers("P0: Tue 11:00 declined", "P1: Tue 11:00 lapsed", "P2: Tue 11:00 open")
	p.lapse()
	if n := p.offerAll(); n != 0 {
		t.Errorf("%d offers of what everybody had", n)
	}
	if !slices.Contains(p.starts(p.visit, p.ada, 1), "11:00") {
		t.Error("the time is not free again")
	}
	p.wantWaitlistConsistent()

	// Another time is offered in the same order again: nobody lost their place.
	p.offerOnce(p.slot(p.ben, p.at(1, 11, 0)))
	if got := p.offers(); got[len(got)-1] != "P0: Tue 11:00 open" {
		t.Errorf("offers %q", got)
	}
}

// Two wishes of one patient are no two places in line: what they turned down is not offered to them again, and nothing
// else while they decide.
func TestTwoWishesOfOnePatient(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 11, 0))
	patients := p.crowd(2)
	p.waits(patients[0], on(1))
	p.waits(patients[0], clinic.WaitlistWish{})
	p.waits(patients[1], on(1))
	p.offerOnce(slot)
	wantCode(t, "declining", p.decline(p.openOffer(), as(patients[0])), "")
	p.offerOnce(slot)
	p.wantOffers("P0: Tue 11:00 declined", "P1: Tue 11:00 open")
	p.offerOnce(p.slot(p.ben, p.at(1, 10, 0)))
	if p.offerOnce(p.slot(p.ben, p.at(1, 9, 0))) {
		t.Error("more is offered to those who decide")
	}
	p.wantOffers("P0: Tue 11:00 declined", "P1: Tue 11:00 open", "P0: Tue 10:00 open")
}

// Freed time is worth something to other visits than the one that was cancelled, and no more than it is.
func TestOtherVisitsFitIntoFreedTime(t *testing.T) {
	p := open(t)
	long := p.roomSlot(p.ada, p.at(1, 9, 0))
	p.mustBook("after", p.crowd(1)[0], p.slot(p.ada, p.at(1, 10, 0)))
	p.waits(p.ann, on(1))
	p.waits(p.bob, on(1))
	for range 3 {
		p.offerOnce(long)
	}
	p.wantOffers("Ann: Tue 09:00 open") // with the 10 minutes after it, another visit of 30 would not be over at 10

	p.lapse()
	if _, err := p.DB.JoinWaitlist(t.Context(), p.id, clinic.JoinRequest{Key: "t", Patient: p.kid, Service: p.treatment, Wish: on(1), Actor: p.onWeb(p.kid)}); err != nil {
		t.Fatal(err)
	}
	p.offerOnce(p.slot(p.ben, p.at(1, 13, 30))) // and the half hours beside it are free anyway: a longer visit finds room
	if got := p.offers(); got[len(got)-1] != "Ann: Tue 13:30 open" {
		t.Errorf("offers %q", got)
	}
	p.offerOnce(p.slot(p.ben, p.at(1, 15, 30)))
	p.offerOnce(p.slot(p.ben, p.at(1, 15, 30)))
	if got := p.offers(); got[len(got)-1] != "Bob: Tue 15:30 open" {
		t.Errorf("offers %q", got)
	}
	p.offerOnce(p.slot(p.ada, p.at(1, 15, 30)))
	if got := p.offers(); got[len(got)-1] != "Kid: Tue 15:00 open" {
		t.Errorf("offers %q", got)
	}
	p.wantWaitlistConsistent()
}

// Who is somewhere else at the time, is not offered it; who would give that up for it, is.
func TestThePatientHasToBeFree(t *testing.T) {
	p := open(t)
	annsOwn := p.mustBook("a", p.ann, p.slot(p.ben, p.at(1, 9, 0)))
	p.waits(p.ann, on(1))
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 9, 0))); found {
		t.Error("she is offered a time at which she is somewhere else")
	}
	bobs := p.mustBook("b", p.bob, p.slot(p.ben, p.at(1, 10, 0)))
	if _, err := p.join(p.onWeb(p.bob), p.bob, on(1), bobs.ID); err != nil {
		t.Fatal(err)
	}
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 11, 0))); !found { // Ann, for whom any time is good
		t.Error("nobody is offered a later time")
	}
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 14, 0))); found {
		t.Error("Bob is offered a time after the one he has")
	}
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 9, 30))); !found {
		t.Error("Bob is not offered an earlier time")
	}
	p.wantOffers("Ann: Tue 11:00 open", "Bob: Tue 09:30 open")
	_ = annsOwn
}

func TestAnOfferEndsBeforeItIsTooLateToBook(t *testing.T) {
	p := open(t)
	p.waits(p.ann, on(0))
	for _, tt := range []struct {
		name   string
		now    time.Time
		starts time.Time
		want   time.Time // zero: no offer
	}{
		{"enough time", p.at(0, 8, 0), p.at(0, 11, 0), p.at(0, 8, 30)},
		{"to the minute", p.at(0, 8, 0), p.at(0, 10, 30), p.at(0, 8, 30)},
		{"little time", p.at(0, 8, 30), p.at(0, 11, 0), p.at(0, 9, 0)},
		{"less", p.at(0, 9, 20), p.at(0, 11, 30), p.at(0, 9, 30)},
		{"too little", p.at(0, 9, 26), p.at(0, 11, 30), time.Time{}},
		{"too late to book", p.at(0, 9, 31), p.at(0, 11, 30), time.Time{}},
		{"over", p.at(0, 13, 0), p.at(0, 11, 30), time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p.Clock.Set(tt.now)
			found := p.offerOnce(p.slot(p.ada, tt.starts))
			if found != !tt.want.IsZero() {
				t.Fatalf("offered: %v", found)
			}
			if !found {
				return
			}
			offer := p.openOffer()
			if ends := read[time.Time](&chatClinic{Env: p.Env, t: t}, "select expires_at from waitlist_offer where id = $1", offer); !ends.Equal(tt.want) {
				t.Errorf("it ends at %v", ends.In(p.zone))
			}
			wantCode(t, "declining", p.decline(offer, as(p.ann)), "")
			if _, err := p.Owner.Exec(t.Context(), "delete from waitlist_offer"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestNothingIsOfferedOfWhatIsNotFree(t *testing.T) {
	p := open(t)
	p.waits(p.ann, clinic.WaitlistWish{})
	p.mustBook("b", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 10, 0)), Actor: as(p.bob)})
	for what, slot := range map[string]clinic.Slot{
		"what was booked again": p.slot(p.ada, p.at(1, 9, 0)),
		"what somebody holds":   p.slot(p.ada, p.at(1, 10, 0)),
		"a closed day":          p.slot(p.ada, p.at(4, 9, 0)),
		"the night":             p.slot(p.ada, p.at(1, 3, 0)),
		"a stranger's time":     p.slot(uuid.New(), p.at(1, 9, 0)),
	} {
		if found := p.offerOnce(slot); found {
			t.Errorf("%s is offered", what)
		}
	}
}

// A job that breaks in the middle leaves nothing behind, and the next attempt makes the offer; one that runs again after it was
// through makes none.
func TestAJobThatRunsAgain(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	p.waits(p.ann, on(1))
	p.waits(p.bob, on(1))
	broken := errors.New("broken")
	_, _, err := p.DB.OfferFreed(t.Context(), p.freed(slot), offerTTL, func(context.Context, uuid.UUID, clinic.WaitlistOffer, string, *time.Location) (chat.Body, error) {
		return chat.Body{}, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	_, _, err = p.DB.OfferFreed(t.Context(), p.freed(slot), offerTTL, func(context.Context, uuid.UUID, clinic.WaitlistOffer, string, *time.Location) (chat.Body, error) {
		return chat.Body{Options: []chat.Option{{ID: "no id", Kind: chat.OptionConfirm}}}, nil // cannot be written, late in the transaction
	})
	if err == nil {
		t.Error("an option without an id was written")
	}
	if n := p.count("select count(*) from waitlist_offer") + p.count("select count(*) from allocation") + p.count("select count(*) from waitlist_entry where state <> 'waiting'"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	for range 3 {
		p.offerOnce(slot)
	}
	p.wantOffers("Ann: Tue 09:00 open")
	if n := p.count("select count(*) from message where role = 'agent' and seq > 1"); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// Whatever they wait for, the first in line whom a time fits is offered it.
func TestTheOrderOfTheLine(t *testing.T) {
	p := open(t)
	const most = 6
	patients := p.crowd(most)
	conversations := make([]clinic.Actor, most)
	for i, id := range patients {
		conversations[i] = p.onWeb(id)
	}
	start := p.Clock.Now()
	rapid.Check(t, func(t *rapid.T) {
		for _, sql := range []string{"delete from waitlist_offer", "delete from waitlist_entry", "delete from allocation"} {
			if _, err := p.Owner.Exec(context.Background(), sql); err != nil {
				t.Fatal(err)
			}
		}
		p.Clock.Set(start)
		slot := p.slot(rapid.SampledFrom([]uuid.UUID{p.ada, p.ben}).Draw(t, "who"), p.at(rapid.IntRange(1, 3).Draw(t, "day"), rapid.IntRange(9, 11).Draw(t, "hour"), 0))
		want := ""
		for i := range rapid.IntRange(0, most).Draw(t, "people") {
			wish := clinic.WaitlistWish{
				DayFrom:  localtime.Clock(60 * rapid.IntRange(8, 11).Draw(t, "day from")),
				Weekdays: rapid.SliceOfN(rapid.SampledFrom([]time.Weekday{time.Tuesday, time.Wednesday, time.Thursday}), 0, 2).Draw(t, "weekdays"),
			}
			if rapid.Bool().Draw(t, "particular") {
				wish.Practitioners = []uuid.UUID{rapid.SampledFrom([]uuid.UUID{p.ada, p.ben}).Draw(t, "wanted")}
			}
			e, err := p.join(conversations[i], patients[i], wish, uuid.Nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Clock.Set(p.Clock.Now().Add(time.Second))
			if want == "" && e.Fits(slot, p.zone) {
				want = fmt.Sprintf("P%d: %s open", i, slot.Start.Format("Mon 15:04"))
			}
		}
		p.offerOnce(slot)
		if got := p.offers(); len(got) > 1 || len(got) == 1 && got[0] != want || len(got) == 0 && want != "" {
			t.Errorf("offers %q, want %q", got, want)
		}
	})
}

// At night the offer is in the conversation at once, and the text waits for the morning, unless it is answered before.
func TestNobodyIsTextedAtNight(t *testing.T) {
	for _, tt := range []struct {
		name   string
		now    time.Duration // after midnight of Tuesday
		starts int           // hour of Wednesday
		ends   string
		texted string // "": not at all
	}{
		{"at three in the morning", 3 * time.Hour, 11, "Tue 08:30", "Tue 08:00"},
		{"a minute before eight", 8*time.Hour - time.Minute, 11, "Tue 08:30", "Tue 08:00"},
		{"at eight", 8 * time.Hour, 11, "Tue 08:30", "Tue 08:00"},
		{"before nine in the evening", 21*time.Hour - time.Minute, 13, "Tue 21:29", "Tue 20:59"},
		{"at nine in the evening", 21 * time.Hour, 13, "Wed 08:30", "Wed 08:00"},
		{"when it is too late in the morning", 21 * time.Hour, 9, "Wed 07:00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := open(t)
			p.agrees(p.ann, annsPhone, true)
			p.Clock.Set(p.at(1, 0, 0).Add(tt.now - time.Second))
			p.waits(p.ann, on(2))
			p.offerOnce(p.slot(p.ada, p.at(2, tt.starts, 0)))
			c := &chatClinic{Env: p.Env, t: t}
			if ends := read[time.Time](c, "select expires_at from waitlist_offer"); ends.In(p.zone).Format("Mon 15:04") != tt.ends {
				t.Errorf("the offer ends at %v", ends.In(p.zone))
			}
			if tt.texted == "" {
				if n := p.count("select count(*) from river_job where kind = 'deliver'"); n != 0 {
					t.Errorf("%d texts", n)
				}
				return
			}
			if at := read[time.Time](c, "select scheduled_at from river_job where kind = 'deliver'"); at.In(p.zone).Format("Mon 15:04") != tt.texted {
				t.Errorf("the text goes at %v", at.In(p.zone))
			}
			if _, err := p.accept("k", p.openOffer(), as(p.ann)); err != nil {
				t.Fatal(err)
			}
			if got := read[string](c, "select state from delivery"); got != "suppressed" {
				t.Errorf("the text about what was answered is %s", got)
			}
		})
	}
}

// Whoever can only be texted is passed over when the text would come too late.
func TestWhoWouldBeTextedTooLateIsPassedOver(t *testing.T) {
	p := open(t)
	p.agrees(p.ann, annsPhone, true)
	if _, err := p.join(as(p.ann), p.ann, on(1), uuid.Nil); err != nil { // in no conversation
		t.Fatal(err)
	}
	p.Clock.Set(p.at(0, 22, 0))
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 9, 0))); found {
		t.Error("she is offered what she cannot take in time")
	}
	if found := p.offerOnce(p.slot(p.ada, p.at(1, 11, 0))); !found {
		t.Error("she is not offered what she can take in the morning")
	}
}
