package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/worker"
)

// waitingRoom is a clinic that never closes, with one doctor and people who wait for the same half hour.
type waitingRoom struct {
	*house
	slot   clinic.Slot
	people []waiting
	taken  clinic.Appointment // of that half hour, by somebody else
}

// waiting is somebody in line, listening to their conversation.
type waiting struct {
	actor  clinic.Actor
	events <-chan chat.Event
}

func newWaitingRoom(t *testing.T, people int) *waitingRoom {
	t.Helper()
	h := newHouse(t)
	r := &waitingRoom{house: h}
	ctx := t.Context()
	patients := r.seed(people + 1)
	holder := clinic.Actor{Kind: clinic.ActorPatient, ID: patients[people], Channel: "web"}
	var err error
	r.taken, err = h.DB.Book(ctx, h.clinic, clinic.BookRequest{Key: "taken", Slot: r.slot, Patient: holder.ID, Actor: holder})
	if err != nil {
		t.Fatal(err)
	}
	day := localtime.DateOf(r.slot.Start, r.slot.Start.Location())
	for _, id := range patients[:people] {
		p := h.patient()
		actor := clinic.Actor{Kind: clinic.ActorPatient, ID: id, Channel: "web", Conversation: p.session.Conversation.ID}
		_, err := h.DB.JoinWaitlist(ctx, h.clinic, clinic.JoinRequest{
			Key: id.String(), Patient: id, Service: r.slot.Service, Actor: actor,
			Wish: clinic.WaitlistWish{From: day, Until: day, DayFrom: localtime.Noon, DayUntil: localtime.Noon + 30},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.people = append(r.people, waiting{actor: actor, events: p.events()})
	}
	return r
}

// seed loads the clinic with so many patients. The half hour is at noon in two days.
func (r *waitingRoom) seed(patients int) []uuid.UUID {
	r.t.Helper()
	doctor, visit, place := uuid.New(), uuid.New(), uuid.New()
	zone := r.noon()
	day := localtime.DateOf(time.Now(), zone).AddDays(2)
	start := localtime.Open(day, localtime.Noon, zone)
	r.slot = clinic.Slot{Service: visit, Practitioner: doctor, Location: place, Start: start, End: start.Add(30 * time.Minute)}
	data := clinic.Dataset{Directory: clinic.Directory{
		Clinic:        clinic.Clinic{ID: r.clinic, Slug: "harbor-view", Name: "Harbor View Clinic", Zone: zone, Language: "en", Region: "US"},
		Locations:     []clinic.Location{{ID: place, Name: "Here", Zone: zone}},
		Specialties:   []clinic.Specialty{{Code: "general", Name: "General", Title: "doctor"}},
		Practitioners: []clinic.Practitioner{{ID: doctor, GivenName: "Ada", FamilyName: "A", Specialties: []string{"general"}, Services: []uuid.UUID{visit}, Lanes: 1}},
		Services: []clinic.Service{{
			ID: visit, Code: "visit", Name: "Visit", Specialty: "general", Mode: clinic.ModeInPerson, For: clinic.ForAny,
			Duration: 30 * time.Minute, Grid: 30 * time.Minute, Window: 90 * 24 * time.Hour,
		}},
	}}
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		data.Weekly = append(data.Weekly, clinic.WeeklyHours{Resource: doctor, Location: place, Weekday: weekday, Closes: localtime.EndOfDay})
	}
	ids := make([]uuid.UUID, patients)
	for i := range ids {
		ids[i] = uuid.New()
		data.Patients = append(data.Patients, clinic.Patient{
			ID: ids[i], GivenName: "Secretname", FamilyName: "Patient", BirthDate: localtime.Date{Year: 1980, Month: 5, Day: 6}, Language: "en",
		})
	}
	if _, err := r.DB.Seed(r.t.Context(), data); err != nil {
		r.t.Fatal(err)
	}
	return ids
}

// noon is a zone where it is noon now: at night offers last into the morning.
func (r *waitingRoom) noon() *time.Location {
	r.t.Helper()
	zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12)) // its sign is the other way round
	if err != nil {
		r.t.Fatal(err)
	}
	return zone
}

// announcing says an offer with its id.
func announcing(_ context.Context, _ uuid.UUID, o clinic.WaitlistOffer, _ string, _ *time.Location) (chat.Body, error) {
	ref, err := json.Marshal(o.ID)
	return chat.Body{Text: "A time is free.", Options: []chat.Option{{Label: "Take it", Kind: chat.OptionConfirm, Ref: ref}}}, err
}

func (r *waitingRoom) config() worker.Config {
	cfg := r.house.config(agenttest.New())
	cfg.Waitlist, cfg.Announce = r.DB, announcing
	return cfg
}

// cancel gives the half hour up.
func (r *waitingRoom) cancel() {
	r.t.Helper()
	_, err := r.DB.Cancel(r.t.Context(), r.clinic, clinic.CancelRequest{
		Key: uuid.NewString(), Appointment: r.taken.ID, Version: r.taken.Version, Actor: clinic.Actor{Kind: clinic.ActorPatient, ID: r.taken.Patient, Channel: "web"},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// offered waits until the i-th in line is told of an offer, and returns its id.
func (r *waitingRoom) offered(i int) uuid.UUID {
	r.t.Helper()
	e := receive(r.t, "an offer", r.people[i].events)
	if e.Type != chat.EventMessage || e.Message.Role != chat.RoleAgent || len(e.Message.Body.Options) != 1 {
		r.t.Fatalf("an event of another kind: %+v", e)
	}
	var id uuid.UUID
	if err := json.Unmarshal(e.Message.Body.Options[0].Ref, &id); err != nil {
		r.t.Fatal(err)
	}
	return id
}

// keep runs a scheduler that ends what has lapsed.
func (r *waitingRoom) keep() {
	r.t.Helper()
	s, err := worker.NewScheduler(worker.SchedulerConfig{
		Pool: pool(r.t, r.URL), Logger: quiet(), Now: time.Now, Grace: time.Second,
		Chores: []worker.Chore{{Name: "offers", Every: time.Second, Do: r.DB.LapseOffers}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := receive(r.t, "the scheduler's end", stopped); err != nil {
			r.t.Error(err)
		}
	})
}

func TestACancellationReachesWhoWaits(t *testing.T) {
	t.Parallel()
	r := newWaitingRoom(t, 3)
	logged := &ledger{}
	cfg := r.config()
	cfg.Logger = slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	running := r.work(cfg)
	r.cancel()

	first, ctx := r.offered(0), t.Context()
	if err := r.DB.DeclineOffer(ctx, r.clinic, clinic.OfferAnswer{Key: "d", Offer: first, Actor: r.people[0].actor}); err != nil {
		t.Fatal(err)
	}
	second := r.offered(1)
	a, err := r.DB.AcceptOffer(ctx, r.clinic, clinic.OfferAnswer{Key: "a", Offer: second, Actor: r.people[1].actor})
	if err != nil || !a.Slot.Start.Equal(r.slot.Start) || a.Patient != r.people[1].actor.ID {
		t.Fatalf("accepting: %+v, %v", a, err)
	}
	running.stop()
	if n := len(r.people[2].events); n != 0 {
		t.Errorf("the third in line heard of it: %d events", n)
	}
	for _, secret := range []string{"Secretname", "A time is free"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !strings.Contains(logged.String(), "freed time offered") {
		t.Error("the offers are not in the log")
	}
}

// Nobody has to do anything for an offer to go on to the next.
func TestALapsedOfferGoesOnByItself(t *testing.T) {
	t.Parallel()
	r := newWaitingRoom(t, 2)
	cfg := r.config()
	cfg.OfferTTL = time.Second
	r.work(cfg)
	r.keep()
	r.cancel()
	if first, second := r.offered(0), r.offered(1); first == second {
		t.Error("it is the same offer")
	}
}

// A job that fails is tried again: the scheduler that leads knows its kind.
func TestFreedTimeIsNotLostWhenAnOfferFails(t *testing.T) {
	t.Parallel()
	r := newWaitingRoom(t, 1)
	var failed atomic.Bool
	cfg := r.config()
	cfg.Announce = func(ctx context.Context, clinicID uuid.UUID, o clinic.WaitlistOffer, language string, zone *time.Location) (chat.Body, error) {
		if failed.CompareAndSwap(false, true) {
			return chat.Body{}, errors.New("no words")
		}
		return announcing(ctx, clinicID, o, language, zone)
	}
	r.work(cfg)
	r.keep()
	r.cancel()
	r.offered(0)
	if n := read[int](r.house, "select count(*) from waitlist_offer"); n != 1 {
		t.Errorf("%d offers", n)
	}
}

func TestOffersNeedWords(t *testing.T) {
	r := &waitingRoom{house: newHouse(t)}
	cfg := r.config()
	cfg.Announce = nil
	if _, err := worker.New(cfg); err == nil || !strings.Contains(err.Error(), "Announce") {
		t.Errorf("error %v", err)
	}
}
