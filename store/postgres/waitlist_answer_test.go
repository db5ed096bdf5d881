package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

func TestAcceptingBooksExactlyThatTime(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	e := p.waits(p.ann, on(1))
	p.offerOnce(slot)
	offer := p.openOffer()
	_, err := p.accept("b", offer, as(p.bob))
	wantCode(t, "by a stranger", err, clinic.CodeNotFound)
	a, err := p.accept("k", offer, as(p.ann)) // in another conversation than the one where she was told
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slot, a.Slot); diff != "" || a.Patient != p.ann || a.State != clinic.StateBooked || a.Version != 1 {
		t.Errorf("appointment %+v\n%s", a, diff)
	}
	again, err := p.accept("k", offer, as(p.ann))
	if err != nil || again.ID != a.ID {
		t.Errorf("under the same key: %+v, %v", again, err)
	}
	_, err = p.accept("l", offer, as(p.ann))
	wantCode(t, "under another key", err, clinic.CodeWrongState)
	wantCode(t, "declining it then", p.decline(offer, as(p.ann)), clinic.CodeWrongState)
	wantCode(t, "leaving then", p.DB.LeaveWaitlist(t.Context(), p.id, e.ID, as(p.ann)), clinic.CodeWrongState)
	if got := p.state(e); got != "booked" {
		t.Errorf("the entry is %s", got)
	}
	if n := p.count("select count(*) from allocation where state = 1"); n != 0 {
		t.Errorf("%d holds are left", n)
	}
	p.wantWaitlistConsistent()
}

func TestAcceptingMovesTheAppointmentThatIsGivenUp(t *testing.T) {
	p := open(t)
	later := p.mustBook("a", p.ann, p.slot(p.ben, p.at(9, 9, 0)))
	e, err := p.join(p.onWeb(p.ann), p.ann, clinic.WaitlistWish{}, later.ID)
	if err != nil {
		t.Fatal(err)
	}
	bob := p.waits(p.bob, on(9)) // is glad of what she gives up
	slot := p.slot(p.ada, p.at(1, 9, 0))
	p.offerOnce(slot)
	moved, err := p.accept("k", p.openOffer(), as(p.ann))
	if err != nil {
		t.Fatal(err)
	}
	if moved.ID != later.ID || moved.Version != 2 || !moved.Slot.Start.Equal(slot.Start) || moved.Slot.Practitioner != p.ada {
		t.Errorf("appointment %+v", moved)
	}
	if n := p.count("select count(*) from appointment"); n != 1 || p.state(e) != "booked" {
		t.Errorf("%d appointments, the entry is %s", n, p.state(e))
	}
	if p.offerAll(); p.state(bob) != "offered" {
		t.Error("what she gave up is not offered")
	}
	p.wantWaitlistConsistent()
}

// Who cancels the visit wants no other time for it: what is kept for them goes to the next.
func TestCancellingEndsTheWaitForAnotherTime(t *testing.T) {
	p := open(t)
	later := p.mustBook("a", p.ann, p.slot(p.ben, p.at(9, 9, 0)))
	e, err := p.join(p.onWeb(p.ann), p.ann, clinic.WaitlistWish{}, later.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.waits(p.bob, on(1))
	p.offerOnce(p.slot(p.ada, p.at(1, 9, 0)))
	offer := p.openOffer()
	p.cancel(later)
	if got := p.state(e); got != "left" {
		t.Errorf("the entry is %s", got)
	}
	_, err = p.accept("k", offer, as(p.ann))
	wantCode(t, "accepting then", err, clinic.CodeWrongState)
	if n, err := p.DB.LapseOffers(t.Context()); n != 1 || err != nil {
		t.Errorf("%d offers ended, %v", n, err)
	}
	p.offerAll()
	p.wantOffers("Ann: Tue 09:00 lapsed", "Bob: Tue 09:00 open")
	p.wantWaitlistConsistent()
}

func TestNobodyElseGetsWhatIsOffered(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	p.waits(p.ann, on(1))
	p.offerOnce(slot)
	token := read[uuid.UUID](&chatClinic{Env: p.Env, t: t}, "select hold_token from waitlist_offer")
	_, err := p.book("b", p.bob, slot)
	wantCode(t, "booking it", err, clinic.CodeSlotTaken)
	_, err = p.DB.Book(t.Context(), p.id, clinic.BookRequest{Key: "h", Slot: slot, Hold: token, Patient: p.bob, Actor: as(p.bob)})
	wantCode(t, "booking it with the token", err, clinic.CodeNotYourHold)
	_, err = p.DB.Hold(t.Context(), p.id, clinic.HoldRequest{Slot: slot, Expires: p.Clock.Now().Add(offerTTL), Actor: as(p.bob)})
	wantCode(t, "holding it", err, clinic.CodeSlotTaken)
	if _, err := p.accept("k", p.openOffer(), as(p.ann)); err != nil {
		t.Errorf("accepting: %v", err)
	}
}

// Who is too late gets the time all the same while nobody else has it.
func TestALapsedOfferCanBeTakenWhileTheTimeIsFree(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 11, 0))
	ann, _ := p.waits(p.ann, on(1)), p.waits(p.bob, on(1))
	p.offerOnce(slot)
	offer := p.openOffer()
	p.lapse()
	p.offerAll()
	_, err := p.accept("k", offer, as(p.ann))
	wantCode(t, "while it is offered to the next", err, clinic.CodeSlotTaken)
	p.lapse()
	if a, err := p.accept("l", offer, as(p.ann)); err != nil || !a.Slot.Start.Equal(slot.Start) {
		t.Errorf("accepting: %+v, %v", a, err)
	}
	if got := p.state(ann); got != "booked" {
		t.Errorf("the entry is %s", got)
	}
	p.offerAll()
	p.wantWaitlistConsistent()
}

func TestOffersOfAnotherClinicAreNotThere(t *testing.T) {
	p := open(t)
	p.waits(p.ann, on(1))
	p.offerOnce(p.slot(p.ada, p.at(1, 9, 0)))
	other, staff := anotherPractice(p), clinic.Actor{Kind: clinic.ActorStaff, ID: uuid.New(), Channel: "console"}
	answer := clinic.OfferAnswer{Key: "k", Offer: p.openOffer(), Actor: staff}
	_, err := p.DB.AcceptOffer(t.Context(), other.id, answer)
	wantCode(t, "accepting", err, clinic.CodeNotFound)
	wantCode(t, "declining", p.DB.DeclineOffer(t.Context(), other.id, answer), clinic.CodeNotFound)
	if _, err := p.DB.AcceptOffer(t.Context(), p.id, answer); err != nil {
		t.Errorf("staff for the patient: %v", err)
	}
}

// Two browsers accept, another declines, and the offer lapses: whatever comes first, it is one thing that happened.
func TestAnswersMeet(t *testing.T) {
	p := open(t)
	patients := p.crowd(2)
	const rounds = 12
	var accepted int
	for round := range rounds {
		day := 1 + round%3
		slot := p.slot([]uuid.UUID{p.ada, p.ben}[round%2], p.at(day, []int{9, 10, 11, 14}[round/3], 0))
		e, next := p.waits(patients[0], on(day)), p.waits(patients[1], on(day))
		p.offerOnce(slot)
		offer := p.openOffer()
		p.Clock.Set(p.Clock.Now().Add(offerTTL)) // it has lapsed, though nobody has looked yet; the time is kept a moment longer
		var won atomic.Int32
		together(5, func(i int) {
			ctx := context.Background()
			var err error
			switch i {
			case 0, 1:
				if _, err = p.accept(fmt.Sprint(round, "/", i), offer, as(patients[0])); err == nil {
					won.Add(1)
				}
			case 2:
				if round%2 == 0 {
					err = p.decline(offer, as(patients[0]))
				}
			case 3:
				_, err = p.DB.LapseOffers(ctx)
			case 4:
				_, _, err = p.DB.OfferFreed(ctx, p.freed(slot), offerTTL, announce)
			}
			switch clinic.CodeOf(err) {
			case clinic.CodeSlotTaken, clinic.CodeWrongState, clinic.CodePatientBusy:
			case "":
				if err != nil {
					t.Errorf("round %d, %d: %v", round, i, err)
				}
			default:
				t.Errorf("round %d, %d: %v", round, i, err)
			}
		})
		if n := won.Load(); n > 1 || (n == 1) != (p.state(e) == "booked") {
			t.Errorf("round %d: accepted %d times, and the entry is %s", round, n, p.state(e))
		}
		accepted += int(won.Load())
		p.wantWaitlistConsistent()
		for _, w := range []clinic.WaitlistEntry{e, next} {
			if err := p.DB.LeaveWaitlist(t.Context(), p.id, w.ID, as(w.Patient)); err != nil && clinic.CodeOf(err) != clinic.CodeWrongState {
				t.Fatal(err)
			}
		}
		p.offerAll()
	}
	t.Logf("accepted in %d of %d rounds", accepted, rounds)
	p.wantNoDeadlock()
}

// Twenty wait and five times become free at once, for four workers; then everybody answers at once, until nobody is left.
func TestFiveTimesForTwentyAtOnce(t *testing.T) {
	const people, times, workers = 20, 5, 4
	p := open(t)
	patients, entries := p.waitingCrowd(people, func(int) clinic.WaitlistWish { return on(1) })
	byEntry := map[uuid.UUID]uuid.UUID{}
	for i, e := range entries {
		byEntry[e.ID] = patients[i]
	}
	var freed []chat.FreedArgs
	for i := range times {
		freed = append(freed, p.freed(p.slot([]uuid.UUID{p.ada, p.ben}[i%2], p.at(1, 9+i/2, 0))))
	}
	var accepted int
	for round := 0; ; round++ {
		var made atomic.Int32
		together(workers*len(freed), func(i int) { // every job is done by all workers at once, as if each had been given up for dead
			for {
				_, found, err := p.DB.OfferFreed(context.Background(), freed[i%len(freed)], offerTTL, announce)
				if err != nil {
					t.Errorf("offering: %v", err)
				}
				if !found {
					return
				}
				made.Add(1)
			}
		})
		p.wantWaitlistConsistent()
		if open := p.count("select count(*) from waitlist_offer where state = 'open'"); open != int(made.Load()) || open != min(times-accepted, people-accepted) && open > 0 {
			t.Fatalf("round %d: %d offers were made, %d are open, %d times are free", round, made.Load(), open, times-accepted)
		} else if open == 0 {
			break
		}
		accepted += p.answerAll(round, byEntry)
	}
	if accepted != times {
		t.Errorf("%d of %d times were taken", accepted, times)
	}
	if n := p.count("select count(*) from waitlist_offer o join waitlist_offer q on o.entry_id = q.entry_id and o.slot = q.slot and o.id < q.id"); n != 0 {
		t.Errorf("%d times somebody was offered the same twice", n)
	}
	p.wantNoDeadlock()
}

// answerAll answers every open offer at once: every third patient accepts, the others decline. It returns how many accepted.
func (p *practice) answerAll(round int, patients map[uuid.UUID]uuid.UUID) int {
	p.t.Helper()
	rows, err := p.Owner.Query(context.Background(), "select id::text, entry_id::text from waitlist_offer where state = 'open' order by id")
	if err != nil {
		p.t.Fatal(err)
	}
	var offers, entries []uuid.UUID
	for rows.Next() {
		var offer, entry string
		if err := rows.Scan(&offer, &entry); err != nil {
			p.t.Fatal(err)
		}
		offers, entries = append(offers, uuid.MustParse(offer)), append(entries, uuid.MustParse(entry))
	}
	var accepted atomic.Int32
	together(len(offers), func(i int) {
		by := as(patients[entries[i]])
		if (round+i)%3 != 0 {
			if err := p.decline(offers[i], by); err != nil {
				p.t.Errorf("declining: %v", err)
			}
			return
		}
		if _, err := p.accept(offers[i].String(), offers[i], by); err != nil {
			p.t.Errorf("accepting: %v", err)
		}
		accepted.Add(1)
	})
	return int(accepted.Load())
}

// While the only one who waits decides about one time, another becomes free that suits them better: it is looked at again
// when they should have decided.
func TestTimeThatBecomesFreeWhileSomebodyDecides(t *testing.T) {
	t.Parallel()
	p := open(t)
	morning := p.mustBook("morning", p.bob, p.slot(p.ada, p.at(1, 9, 0)))
	afternoon := p.mustBook("afternoon", p.bob, p.slot(p.ada, p.at(1, 14, 0)))
	elsewhere := p.mustBook("another day", p.bob, p.slot(p.ada, p.at(2, 14, 0)))
	p.waits(p.ann, on(1))
	p.cancel(morning)
	p.offerAll()
	p.cancel(afternoon)
	p.cancel(elsewhere)
	p.offerAll()
	p.wantOffers("Ann: Tue 09:00 open")
	if n := p.count("select count(*) from river_job where kind = 'freed' and state = 'scheduled' and scheduled_at > $1", p.Clock.Now().Add(offerTTL-time.Minute)); n != 1 {
		t.Errorf("%d looks are to come, want one at what suits her", n)
	}
	if err := p.decline(p.openOffer(), as(p.ann)); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(offerTTL + time.Minute)
	p.exec("update river_job set state = 'available' where state = 'scheduled' and scheduled_at <= $1", p.Clock.Now())
	p.offerAll()
	p.wantOffers("Ann: Tue 09:00 declined", "Ann: Tue 14:00 open")
	p.wantWaitlistConsistent()
}
