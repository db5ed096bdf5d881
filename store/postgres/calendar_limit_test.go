package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// visitor opens a conversation from an address and holds in it, as somebody who is not known.
func (p *practice) visitor(address string) (s chat.Session, hold func(slot clinic.Slot) error) {
	p.t.Helper()
	s, err := p.DB.OpenSession(context.Background(), chat.SessionRequest{Clinic: p.id, Address: address})
	if err != nil {
		p.t.Fatal(err)
	}
	return s, func(slot clinic.Slot) error {
		_, err := p.DB.Hold(context.Background(), p.id, clinic.HoldRequest{
			Slot: slot, Token: clinic.HoldToken(s.Conversation.ID), Expires: p.Clock.Now().Add(5 * time.Minute),
			Actor: clinic.Actor{Kind: clinic.ActorPatient, Channel: "web", Conversation: s.Conversation.ID},
		})
		return err
	}
}

func TestAnAddressHoldsOnlySoMuch(t *testing.T) {
	t.Parallel()
	p := open(t)
	const address = "192.0.2.7"
	var first func(clinic.Slot) error
	for i := range 10 {
		_, hold := p.visitor(address)
		wantCode(t, "one of ten", hold(p.slot(p.ada, p.at(1+i/4, []int{9, 10, 11, 13}[i%4], 0))), "")
		if i == 0 {
			first = hold
		}
	}
	one, more := p.visitor(address)
	free := p.slot(p.ben, p.at(1, 9, 0))
	wantCode(t, "an eleventh", more(free), clinic.CodeRateLimited)
	wantCode(t, "another time for the first", first(p.slot(p.ben, p.at(1, 10, 0))), "")

	_, elsewhere := p.visitor("192.0.2.8")
	wantCode(t, "another address", elsewhere(p.slot(p.ben, p.at(1, 11, 0))), "")
	_, unknown := p.visitor("")
	wantCode(t, "an address that is not known", unknown(p.slot(p.ben, p.at(1, 13, 0))), "")

	if _, err := p.Owner.Exec(context.Background(), "update endpoint set level = 2, patient_id = $2 where id = $1", one.Endpoint.ID, p.ann); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "somebody who has proven who they are", more(free), "")
	p.Clock.Advance(5 * time.Minute)
	_, later := p.visitor(address)
	wantCode(t, "when the others have lapsed", later(p.slot(p.ada, p.at(2, 9, 0))), "")
}

func TestHoldsOfAnAddressAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	p := open(t)
	var holds [14]func(clinic.Slot) error
	for i := range holds {
		_, holds[i] = p.visitor("192.0.2.7")
	}
	var errs [14]error
	together(len(holds), func(i int) {
		who := []uuid.UUID{p.ada, p.ben}[i%2]
		errs[i] = holds[i](p.slot(who, p.at(1+i/8, 13+i%8/2, 0)))
	})
	for _, err := range errs {
		if err != nil && clinic.CodeOf(err) != clinic.CodeRateLimited {
			t.Error(err)
		}
	}
	if n := p.count("select count(distinct hold_token) from allocation where state = 1"); n != 10 {
		t.Errorf("%d times are held, want 10", n)
	}
}

func TestSeveralTimesUnderOneTokenCountAsMany(t *testing.T) {
	t.Parallel()
	p := open(t)
	hold := func(day int, who uuid.UUID, code string) {
		t.Helper()
		s, _ := p.visitor("192.0.2.7")
		r := clinic.HoldRequest{
			Slot: p.slot(who, p.at(day, 9, 0)), Expires: p.Clock.Now().Add(time.Minute),
			Actor: clinic.Actor{Kind: clinic.ActorPatient, Channel: "web", Conversation: s.Conversation.ID},
		}
		for _, hour := range []int{10, 11, 13, 14, 15} {
			r.Also = append(r.Also, p.slot(who, p.at(day, hour, 0)))
		}
		_, err := p.DB.Hold(t.Context(), p.id, r)
		wantCode(t, "six times", err, code)
	}
	hold(1, p.ada, "")
	hold(1, p.ben, clinic.CodeRateLimited)
	for i := range 4 {
		_, one := p.visitor("192.0.2.7")
		wantCode(t, "what is left of ten", one(p.slot(p.ben, p.at(2, []int{9, 10, 11, 13}[i], 0))), "")
	}
	_, more := p.visitor("192.0.2.7")
	wantCode(t, "an eleventh", more(p.slot(p.ben, p.at(2, 14, 0))), clinic.CodeRateLimited)
}
