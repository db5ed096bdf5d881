package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/clinic"
)

// TestBookingMachine runs random sequences of changes against the record and against a model of a few lines,
// which must refuse the same for the same reason.
func TestBookingMachine(t *testing.T) {
	steps(t, 15)
	p := open(t)
	p.t = t
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		p.load(fmt.Sprintf("machine-%d", run)) // a clinic of its own: what earlier runs left is not seen
		p.Clock.Set(monday)
		m := &machine{p: p, rt: rt, now: monday, holds: map[uuid.UUID]*modelHold{}}
		rt.Repeat(map[string]func(*rapid.T){
			"hold": m.hold, "release": m.release, "book": m.book, "move": m.move, "cancel": m.cancel, "wait": m.wait, "": m.check,
		})
	})
	p.wantConsistent()
}

// steps sets how many sequences are tried.
func steps(t *testing.T, n int) {
	t.Helper()
	was := flag.Lookup("rapid.checks").Value.String()
	if was != "100" {
		return // somebody asked for another number
	}
	if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", was) })
}

// machine is the record with its model: visits of one Tuesday with two practitioners, for two patients.
type machine struct {
	p      *practice
	rt     *rapid.T
	now    time.Time
	keys   int
	visits []*modelVisit
	holds  map[uuid.UUID]*modelHold
	tokens []uuid.UUID // in order, so that a failure can be replayed
}

type modelVisit struct {
	is        clinic.Appointment
	cancelled bool
}

type modelHold struct {
	slot    clinic.Slot
	expires time.Time
}

const buffer = 10 * time.Minute

// clash is how the model sees that a slot is taken: by an interval of each practitioner and each patient.
func (m *machine) clash(slot clinic.Slot, patient, token uuid.UUID, except *modelVisit) string {
	overlap := func(a clinic.Slot, after time.Duration) bool {
		return slot.Start.Before(a.End.Add(after)) && a.Start.Before(slot.End.Add(after))
	}
	code := ""
	for _, v := range m.visits {
		if v.cancelled || v == except {
			continue
		}
		if v.is.Patient == patient && overlap(v.is.Slot, 0) {
			return clinic.CodePatientBusy
		}
		if v.is.Slot.Practitioner == slot.Practitioner && overlap(v.is.Slot, buffer) {
			code = clinic.CodeSlotTaken
		}
	}
	for t, h := range m.holds {
		if t != token && h.expires.After(m.now) && h.slot.Practitioner == slot.Practitioner && overlap(h.slot, buffer) {
			code = clinic.CodeSlotTaken
		}
	}
	return code
}

func (m *machine) key() string {
	m.keys++
	return fmt.Sprint("k", m.keys)
}

func (m *machine) drawSlot(t *rapid.T) clinic.Slot {
	who := rapid.SampledFrom([]uuid.UUID{m.p.ada, m.p.ben}).Draw(t, "who")
	return m.p.slot(who, m.p.at(1, 13, 30*rapid.IntRange(0, 5).Draw(t, "half hour")))
}

func (m *machine) drawPatient(t *rapid.T) uuid.UUID {
	return rapid.SampledFrom([]uuid.UUID{m.p.ann, m.p.bob}).Draw(t, "patient")
}

func (m *machine) drawHold(t *rapid.T) uuid.UUID {
	return rapid.SampledFrom(append([]uuid.UUID{uuid.Nil}, m.tokens...)).Draw(t, "hold")
}

func (m *machine) want(t *rapid.T, what string, err error, code string) {
	if clinic.CodeOf(err) != code || (code == "" && err != nil) {
		t.Fatalf("%s: %v, the model says %q", what, err, code)
	}
}

func (m *machine) hold(t *rapid.T) {
	slot := m.drawSlot(t)
	expires := m.now.Add(5 * time.Minute)
	code := m.clash(slot, uuid.Nil, uuid.Nil, nil)
	h, err := m.p.DB.Hold(context.Background(), m.p.id, clinic.HoldRequest{Slot: slot, Expires: expires, Actor: as(m.p.ann)})
	m.want(t, "hold", err, code)
	if err == nil {
		m.holds[h.Token] = &modelHold{slot, expires}
		m.tokens = append(m.tokens, h.Token)
	}
}

func (m *machine) release(t *rapid.T) {
	token := m.drawHold(t)
	m.want(t, "release", m.p.DB.Release(context.Background(), m.p.id, token), "")
	delete(m.holds, token)
}

func (m *machine) book(t *rapid.T) {
	slot, patient, token := m.drawSlot(t), m.drawPatient(t), m.drawHold(t)
	code := m.clash(slot, patient, token, nil)
	a, err := m.p.DB.Book(context.Background(), m.p.id, clinic.BookRequest{Key: m.key(), Slot: slot, Hold: token, Patient: patient, Actor: as(patient)})
	m.want(t, "book", err, code)
	if err == nil {
		delete(m.holds, token)
		m.visits = append(m.visits, &modelVisit{is: a})
	}
}

func (m *machine) drawVisit(t *rapid.T) *modelVisit {
	if len(m.visits) == 0 {
		t.Skip("nothing is booked")
	}
	return rapid.SampledFrom(m.visits).Draw(t, "visit")
}

func (m *machine) move(t *rapid.T) {
	v, slot, token := m.drawVisit(t), m.drawSlot(t), m.drawHold(t)
	code := m.clash(slot, v.is.Patient, token, v)
	if v.cancelled {
		code = clinic.CodeWrongState
	}
	a, err := m.p.DB.Move(context.Background(), m.p.id, clinic.MoveRequest{
		Key: m.key(), Appointment: v.is.ID, Version: v.is.Version, Slot: slot, Hold: token, Actor: as(v.is.Patient),
	})
	m.want(t, "move", err, code)
	if err == nil {
		delete(m.holds, token)
		v.is = a
	}
}

func (m *machine) cancel(t *rapid.T) {
	v := m.drawVisit(t)
	code := ""
	if v.cancelled {
		code = clinic.CodeWrongState
	}
	a, err := m.p.DB.Cancel(context.Background(), m.p.id, clinic.CancelRequest{Key: m.key(), Appointment: v.is.ID, Version: v.is.Version, Actor: as(v.is.Patient)})
	m.want(t, "cancel", err, code)
	if err == nil {
		v.is, v.cancelled = a, true
	}
}

func (m *machine) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 4).Draw(t, "minutes")) * time.Minute)
	m.p.Clock.Set(m.now)
}

// check compares what each patient and each practitioner has with the model.
func (m *machine) check(t *rapid.T) {
	for _, patient := range []uuid.UUID{m.p.ann, m.p.bob} {
		got, err := m.p.DB.Upcoming(context.Background(), m.p.id, patient, as(patient))
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, v := range m.visits {
			if v.is.Patient == patient && !v.cancelled {
				want++
				if !slices.ContainsFunc(got, func(a clinic.Appointment) bool { return cmp.Equal(a, v.is) }) {
					t.Fatalf("%+v is not among %+v", v.is, got)
				}
			}
		}
		if len(got) != want {
			t.Fatalf("%d appointments, the model has %d", len(got), want)
		}
	}
	for _, who := range []uuid.UUID{m.p.ada, m.p.ben} {
		var want []string
		for n := range 6 {
			if slot := m.p.slot(who, m.p.at(1, 13, 30*n)); m.clash(slot, uuid.Nil, uuid.Nil, nil) == "" {
				want = append(want, slot.Start.Format("15:04"))
			}
		}
		got := slices.DeleteFunc(m.p.starts(m.p.visit, who, 1), func(s string) bool { return s < "13:00" || s > "15:30" })
		if !slices.Equal(got, want) {
			t.Fatalf("free are %v, the model says %v", got, want)
		}
	}
}
