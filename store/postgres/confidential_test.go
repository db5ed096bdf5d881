package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Ann may book for her child, and learns of nothing that is confidential between the child and the clinic.
func TestGuardiansAndWhatIsConfidential(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.exec("update service set confidential = true where id = $1", p.treatment)
	a := p.mustBook("secret", p.kid, p.roomSlot(p.ada, p.at(1, 14, 0)))
	p.mustBook("known", p.kid, p.slot(p.ada, p.at(1, 9, 0)))
	entry, err := p.DB.JoinWaitlist(t.Context(), p.id, clinic.JoinRequest{Key: "kid", Patient: p.kid, Service: p.treatment, Actor: p.onWeb(p.kid)})
	if err != nil {
		t.Fatal(err)
	}
	p.waits(p.kid, on(1))
	for who, want := range map[uuid.UUID]int{p.ann: 1, p.kid: 2} {
		upcoming, err := p.DB.Upcoming(t.Context(), p.id, p.kid, as(who))
		if err != nil || len(upcoming) != want {
			t.Errorf("%d appointments are seen, want %d, %v", len(upcoming), want, err)
		}
		waits, err := p.DB.Waitlist(t.Context(), p.id, p.kid, as(who))
		if err != nil || len(waits) != want {
			t.Errorf("%d waits are seen, want %d, %v", len(waits), want, err)
		}
	}
	before := p.record()
	_, err = p.DB.AppointmentHistory(t.Context(), p.id, a.ID, as(p.ann))
	wantCode(t, "its history", err, clinic.CodeNotFound)
	_, err = p.DB.Cancel(t.Context(), p.id, clinic.CancelRequest{Key: "c", Appointment: a.ID, Version: 1, Actor: as(p.ann)})
	wantCode(t, "cancelling it", err, clinic.CodeNotFound)
	_, err = p.DB.Move(t.Context(), p.id, clinic.MoveRequest{Key: "m", Appointment: a.ID, Version: 1, Slot: p.roomSlot(p.ada, p.at(2, 14, 0)), Actor: as(p.ann)})
	wantCode(t, "moving it", err, clinic.CodeNotFound)
	_, err = p.mark(a, clinic.StateConfirmed, as(p.ann))
	wantCode(t, "confirming it", err, clinic.CodeNotFound)
	wantCode(t, "ending the wait", p.DB.LeaveWaitlist(t.Context(), p.id, entry.ID, as(p.ann)), clinic.CodeNotFound)
	_, err = p.DB.JoinWaitlist(t.Context(), p.id, clinic.JoinRequest{Key: "ann", Patient: p.kid, Service: p.treatment, Actor: as(p.ann)})
	wantCode(t, "waiting for such a visit", err, clinic.CodeNotAllowed)
	if after := p.record(); after != before {
		t.Errorf("%d rows were written", after-before)
	}
	if _, err := p.mark(a, clinic.StateConfirmed, as(p.kid)); err != nil {
		t.Errorf("the child confirms: %v", err)
	}
}

// A child joined on a device on which Ann has said since who she is.
func TestConfidentialOffersAreNotToldToGuardians(t *testing.T) {
	t.Parallel()
	for _, confidential := range []bool{true, false} {
		p := open(t)
		p.exec("update service set confidential = $2 where id = $1", p.visit, confidential)
		taken := p.mustBook("taken", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
		by := p.onWeb(p.kid)
		if _, err := p.join(by, p.kid, on(1), uuid.Nil); err != nil {
			t.Fatal(err)
		}
		p.exec("update conversation set verified_id = $1 where id = $2", p.ann, by.Conversation)
		p.cancel(taken)
		told := p.offerAll()
		if told != 0 && confidential || told != 1 && !confidential {
			t.Errorf("confidential %v: told %d times", confidential, told)
		}
		if confidential {
			continue
		}
		p.exec("update service set confidential = true where id = $1", p.visit) // from now on
		p.Clock.Advance(10 * time.Second)
		_, err := p.accept("k", p.openOffer(), as(p.ann))
		wantCode(t, "taking it", err, clinic.CodeNotFound)
		wantCode(t, "declining it", p.decline(p.openOffer(), as(p.ann)), clinic.CodeNotFound)
	}
}
