package postgres_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

func TestJoinWaitlist(t *testing.T) {
	p := open(t)
	ann := p.onWeb(p.ann)
	wish := clinic.WaitlistWish{
		Practitioners: []uuid.UUID{p.ben, p.ada}, Location: p.place, From: localtime.Date{Year: 2026, Month: 3, Day: 3},
		Until: localtime.Date{Year: 2026, Month: 3, Day: 10}, DayFrom: 9 * 60, DayUntil: localtime.Noon, Weekdays: []time.Weekday{time.Friday, time.Tuesday},
	}
	appointment := p.mustBook("b", p.ann, p.slot(p.ada, p.at(9, 9, 0)))
	r := clinic.JoinRequest{Key: "k", Patient: p.ann, Service: p.visit, Wish: wish, Instead: appointment.ID, Actor: ann}
	joined, err := p.DB.JoinWaitlist(t.Context(), p.id, r)
	if err != nil {
		t.Fatal(err)
	}
	want := clinic.WaitlistEntry{
		ID: joined.ID, Patient: p.ann, Service: p.visit, Wish: wish.Normal(), Instead: appointment.ID,
		Conversation: ann.Conversation, State: clinic.WaitlistWaiting, Since: p.Clock.Now(),
	}
	if diff := cmp.Diff(want, joined); diff != "" {
		t.Errorf("joined:\n%s", diff)
	}
	again, err := p.DB.JoinWaitlist(t.Context(), p.id, r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(joined, again); diff != "" {
		t.Errorf("under the same key:\n%s", diff)
	}
	list, err := p.DB.Waitlist(t.Context(), p.id, p.ann, ann)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]clinic.WaitlistEntry{joined}, list); diff != "" {
		t.Errorf("the list:\n%s", diff)
	}
	r.Wish.Until = r.Wish.Until.AddDays(1)
	_, err = p.DB.JoinWaitlist(t.Context(), p.id, r)
	wantCode(t, "the key with another wish", err, clinic.CodeKeyReused)
}

func TestTheSameWishTwiceIsOneEntry(t *testing.T) {
	p := open(t)
	first := p.waits(p.ann, clinic.WaitlistWish{Practitioners: []uuid.UUID{p.ada, p.ben}, Weekdays: []time.Weekday{1, 2}})
	second := p.waits(p.ann, clinic.WaitlistWish{Practitioners: []uuid.UUID{p.ben, p.ada, p.ben}, Weekdays: []time.Weekday{2, 1}})
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("they differ:\n%s", diff)
	}
	if other := p.waits(p.ann, clinic.WaitlistWish{Practitioners: []uuid.UUID{p.ada}}); other.ID == first.ID {
		t.Error("another wish is the same entry")
	}
	if err := p.DB.LeaveWaitlist(t.Context(), p.id, first.ID, as(p.ann)); err != nil {
		t.Fatal(err)
	}
	if later := p.waits(p.ann, clinic.WaitlistWish{Practitioners: []uuid.UUID{p.ada, p.ben}, Weekdays: []time.Weekday{1, 2}}); later.ID == first.ID {
		t.Error("whoever left has their place still")
	}
}

func TestWhoMayWait(t *testing.T) {
	p := open(t)
	other := anotherPractice(p)
	mine, cancelled := p.mustBook("a", p.ann, p.slot(p.ada, p.at(1, 9, 0))), p.mustBook("c", p.ann, p.slot(p.ada, p.at(1, 10, 0)))
	p.cancel(cancelled)
	treatment := p.mustBook("t", p.ann, p.roomSlot(p.ada, p.at(1, 14, 0)))
	bobs := p.mustBook("b", p.bob, p.slot(p.ben, p.at(1, 9, 0)))
	staff := clinic.Actor{Kind: clinic.ActorStaff, ID: uuid.New(), Channel: "console"}
	any := clinic.WaitlistWish{}
	for _, tt := range []struct {
		name    string
		by      clinic.Actor
		patient uuid.UUID
		wish    clinic.WaitlistWish
		instead uuid.UUID
		code    string
	}{
		{"for a child", as(p.ann), p.kid, any, uuid.Nil, ""},
		{"by staff", staff, p.bob, any, uuid.Nil, ""},
		{"instead of one's own", as(p.ann), p.ann, any, mine.ID, ""},
		{"for a stranger", as(p.bob), p.ann, any, uuid.Nil, clinic.CodeNotAllowed},
		{"a child for the parent", as(p.kid), p.ann, any, uuid.Nil, clinic.CodeNotAllowed},
		{"nobody in particular", as(p.ann), uuid.Nil, any, uuid.Nil, clinic.CodeNotAllowed},
		{"for nobody that is known", staff, uuid.New(), any, uuid.Nil, clinic.CodeNotFound},
		{"for a practitioner", staff, p.ada, any, uuid.Nil, clinic.CodeNotFound},
		{"for another clinic's patient", staff, other.ann, any, uuid.Nil, clinic.CodeNotFound},
		{"instead of a stranger's", as(p.ann), p.ann, any, bobs.ID, clinic.CodeNotFound},
		{"instead of another kind of visit", as(p.ann), p.ann, any, treatment.ID, clinic.CodeNotFound},
		{"instead of nothing that is known", as(p.ann), p.ann, any, uuid.New(), clinic.CodeNotFound},
		{"instead of what was cancelled", as(p.ann), p.ann, any, cancelled.ID, clinic.CodeWrongState},
		{"for days that are over", as(p.ann), p.ann, on(-1), uuid.Nil, clinic.CodeTooSoon},
		{"for a stranger as practitioner", as(p.ann), p.ann, clinic.WaitlistWish{Practitioners: []uuid.UUID{other.ada}}, uuid.Nil, clinic.CodeNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := p.count("select count(*) from waitlist_entry")
			_, err := p.join(tt.by, tt.patient, tt.wish, tt.instead)
			wantCode(t, "joining", err, tt.code)
			if added := p.count("select count(*) from waitlist_entry") - before; (added == 1) != (tt.code == "") {
				t.Errorf("%d entries were written", added)
			}
		})
	}
	_, err := p.DB.JoinWaitlist(t.Context(), p.id, clinic.JoinRequest{Patient: p.ann, Service: p.visit, Actor: as(p.ann)})
	wantCode(t, "without a key", err, clinic.CodeInvalid)
	_, err = p.DB.Waitlist(t.Context(), p.id, p.ann, as(p.bob))
	wantCode(t, "reading a stranger's list", err, clinic.CodeNotAllowed)
}

// anotherPractice is a second clinic in the same database, with people of the same names.
func anotherPractice(p *practice) *practice {
	p.t.Helper()
	other := &practice{Env: p.Env, t: p.t, zone: p.zone}
	other.load("other")
	return other
}

func TestNobodyWaitsForEverything(t *testing.T) {
	p := open(t)
	codes := map[string]int{}
	errs := make([]error, 12)
	together(len(errs), func(i int) {
		_, errs[i] = p.join(as(p.ann), p.ann, on(1+i), uuid.Nil)
	})
	for _, err := range errs {
		codes[clinic.CodeOf(err)]++
	}
	if diff := cmp.Diff(map[string]int{"": 5, clinic.CodeRateLimited: 7}, codes); diff != "" {
		t.Errorf("twelve wishes at once:\n%s", diff)
	}
}

func TestTheSameWishAtOnceIsOneEntry(t *testing.T) {
	p := open(t)
	entries := make([]clinic.WaitlistEntry, 16)
	together(len(entries), func(i int) {
		var err error
		key := strconv.Itoa(i % 4) // as a browser that sends again does
		entries[i], err = p.DB.JoinWaitlist(context.Background(), p.id, clinic.JoinRequest{Key: key, Patient: p.ann, Service: p.visit, Wish: on(1), Actor: as(p.ann)})
		if err != nil {
			t.Error(err)
		}
	})
	for _, e := range entries {
		if e.ID != entries[0].ID {
			t.Errorf("entries %v and %v", e.ID, entries[0].ID)
		}
	}
	p.wantNoDeadlock()
}

func TestLeaveWaitlist(t *testing.T) {
	p := open(t)
	e := p.waits(p.ann, on(1))
	ctx := t.Context()
	wantCode(t, "by a stranger", p.DB.LeaveWaitlist(ctx, p.id, e.ID, as(p.bob)), clinic.CodeNotFound)
	wantCode(t, "what is not there", p.DB.LeaveWaitlist(ctx, p.id, uuid.New(), as(p.ann)), clinic.CodeNotFound)
	wantCode(t, "at another clinic", p.DB.LeaveWaitlist(ctx, anotherPractice(p).id, e.ID, as(p.ann)), clinic.CodeNotFound)
	if got := p.state(e); got != "waiting" {
		t.Fatalf("the entry is %s", got)
	}
	for range 2 {
		wantCode(t, "leaving", p.DB.LeaveWaitlist(ctx, p.id, e.ID, as(p.ann)), "")
	}
	if got := p.state(e); got != "left" {
		t.Errorf("the entry is %s", got)
	}
	if list, err := p.DB.Waitlist(ctx, p.id, p.ann, as(p.ann)); err != nil || len(list) != 0 {
		t.Errorf("the list is %v, %v", list, err)
	}
}

// Whoever leaves while something is kept for them makes room for the next.
func TestLeavingPassesAnOfferOn(t *testing.T) {
	p := open(t)
	slot := p.slot(p.ada, p.at(1, 9, 0))
	ann, _ := p.waits(p.ann, on(1)), p.waits(p.bob, on(1))
	p.offerOnce(slot)
	if err := p.DB.LeaveWaitlist(t.Context(), p.id, ann.ID, as(p.ann)); err != nil {
		t.Fatal(err)
	}
	if n := p.offerAll(); n != 1 {
		t.Errorf("%d offers", n)
	}
	p.wantOffers("Ann: Tue 09:00 declined", "Bob: Tue 09:00 open")
	p.wantWaitlistConsistent()
}

func TestTheWaitlistIsAudited(t *testing.T) {
	p := open(t)
	e := p.waits(p.ann, on(1))
	if _, err := p.DB.Waitlist(t.Context(), p.id, p.ann, as(p.ann)); err != nil {
		t.Fatal(err)
	}
	p.offerOnce(p.slot(p.ada, p.at(1, 9, 0)))
	if _, err := p.accept("k", p.openOffer(), as(p.ann)); err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"waitlist.join", "waitlist.accept"} {
		if n := p.count("select count(*) from audit where action = $1 and subject_id = $2", action, e.ID); n != 1 {
			t.Errorf("%d audit rows for %s", n, action)
		}
	}
	if n := p.count("select count(*) from audit where action = 'waitlist.list' and subject_id = $1", p.ann); n != 1 {
		t.Errorf("%d audit rows for the read", n)
	}
}

// What nobody waits for any more ends, whether or not time becomes free.
func TestEntriesThatAreOverEnd(t *testing.T) {
	p := open(t)
	tuesday, any := p.waits(p.ann, on(1)), p.waits(p.ann, clinic.WaitlistWish{})
	appointment := p.mustBook("i", p.bob, p.slot(p.ben, p.at(9, 9, 0)))
	instead, err := p.join(p.onWeb(p.bob), p.bob, on(3), appointment.ID)
	if err != nil {
		t.Fatal(err)
	}
	thursday, friday := p.waits(p.kid, on(3)), p.waits(p.kid, on(4))
	p.mustBook("k", p.kid, p.slot(p.ada, p.at(3, 9, 0)))
	tidy := func(want int64) {
		t.Helper()
		if n, err := p.DB.TidyWaitlists(t.Context()); err != nil || n != want {
			t.Errorf("%d ended, %v, want %d", n, err, want)
		}
	}
	tidy(1) // the child's Thursday, which is booked
	p.Clock.Set(p.at(2, 8, 0))
	tidy(1) // Tuesday is over
	p.cancel(appointment)
	tidy(0)
	for e, want := range map[*clinic.WaitlistEntry]string{&tuesday: "left", &any: "waiting", &instead: "left", &thursday: "left", &friday: "waiting"} {
		if got := p.state(*e); got != want {
			t.Errorf("the wish %v is %s, want %s", e.Wish, got, want)
		}
	}
}
