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
			"hold two": m.holdTwo, "book two": m.bookTwo, "confirm": m.confirm, "squeeze in": m.squeezeIn,
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
	squeezed  bool // in a lane of its own beside the practitioner's
}

type modelHold struct {
	slots   []clinic.Slot
	expires time.Time
	by      uuid.UUID // the patient in whose conversation it was made
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
		if !v.squeezed && v.is.Slot.Practitioner == slot.Practitioner && overlap(v.is.Slot, buffer) {
			code = clinic.CodeSlotTaken
		}
	}
	for t, h := range m.holds {
		if t == token || !h.expires.After(m.now) {
			continue
		}
		for _, held := range h.slots {
			if held.Practitioner == slot.Practitioner && overlap(held, buffer) {
				code = clinic.CodeSlotTaken
			}
		}
	}
	return code
}

// foreign is how the model sees that a live hold is somebody else's.
func (m *machine) foreign(token, patient uuid.UUID) bool {
	h := m.holds[token]
	return h != nil && h.expires.After(m.now) && h.by != patient
}

// clashWith is clash for the second of two visits of one request.
func (m *machine) clashWith(first, second clinic.Visit, token uuid.UUID) string {
	m.visits = append(m.visits, &modelVisit{is: clinic.Appointment{Slot: first.Slot, Patient: first.Patient}})
	defer func() { m.visits = m.visits[:len(m.visits)-1] }()
	return m.clash(second.Slot, second.Patient, token, nil)
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

func (m *machine) hold(t *rapid.T) { m.holdSlots(t, m.drawSlot(t)) }

func (m *machine) holdTwo(t *rapid.T) { m.holdSlots(t, m.drawSlot(t), m.drawSlot(t)) }

func (m *machine) holdSlots(t *rapid.T, slots ...clinic.Slot) {
	expires, by := m.now.Add(5*time.Minute), m.drawPatient(t)
	code := m.clash(slots[0], uuid.Nil, uuid.Nil, nil)
	if code == "" && len(slots) > 1 {
		code = m.clashWith(clinic.Visit{Slot: slots[0], Patient: m.p.kid}, clinic.Visit{Slot: slots[1]}, uuid.Nil)
	}
	h, err := m.p.DB.Hold(context.Background(), m.p.id, clinic.HoldRequest{Slot: slots[0], Also: slots[1:], Expires: expires, Actor: as(by)})
	m.want(t, "hold", err, code)
	if err == nil {
		m.holds[h.Token] = &modelHold{slots, expires, by}
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
	if m.foreign(token, patient) {
		code = clinic.CodeNotYourHold
	}
	a, err := m.p.DB.Book(context.Background(), m.p.id, clinic.BookRequest{Key: m.key(), Slot: slot, Hold: token, Patient: patient, Actor: as(patient)})
	m.want(t, "book", err, code)
	if err == nil {
		delete(m.holds, token)
		m.visits = append(m.visits, &modelVisit{is: a})
	}
}

// bookTwo books for two patients, which the front desk does.
func (m *machine) bookTwo(t *rapid.T) {
	token := m.drawHold(t)
	visits := []clinic.Visit{{Slot: m.drawSlot(t), Patient: m.drawPatient(t)}, {Slot: m.drawSlot(t), Patient: m.drawPatient(t)}}
	code := m.clash(visits[0].Slot, visits[0].Patient, token, nil)
	if code == "" {
		code = m.clashWith(visits[0], visits[1], token)
	}
	made, err := m.p.DB.BookAll(context.Background(), m.p.id, clinic.BookAllRequest{Key: m.key(), Visits: visits, Hold: token, Actor: frontDesk})
	m.want(t, "book two", err, code)
	if err == nil {
		delete(m.holds, token)
		for _, a := range made {
			m.visits = append(m.visits, &modelVisit{is: a})
		}
	}
}

// squeezeIn takes a free time as usual, else the place beside it, which only one can have.
func (m *machine) squeezeIn(t *rapid.T) {
	slot, patient := m.drawSlot(t), m.drawPatient(t)
	code := m.clash(slot, patient, uuid.Nil, nil)
	beside := code == clinic.CodeSlotTaken
	if beside && !m.squeezable(slot) {
		code = clinic.CodeSlotTaken
	} else if beside {
		code = ""
	}
	a, err := m.p.DB.Book(context.Background(), m.p.id, clinic.BookRequest{Key: m.key(), Slot: slot, Patient: patient, Actor: frontDesk, Overbook: true})
	m.want(t, "squeeze in", err, code)
	if err == nil {
		m.visits = append(m.visits, &modelVisit{is: a, squeezed: beside})
	}
}

// squeezable reports whether nobody has the place beside a slot.
func (m *machine) squeezable(slot clinic.Slot) bool {
	return !slices.ContainsFunc(m.visits, func(v *modelVisit) bool {
		return !v.cancelled && v.squeezed && v.is.Slot.Practitioner == slot.Practitioner &&
			slot.Start.Before(v.is.Slot.End.Add(buffer)) && v.is.Slot.Start.Before(slot.End.Add(buffer))
	})
}

func (m *machine) confirm(t *rapid.T) {
	v := m.drawVisit(t)
	code := ""
	if v.cancelled || v.is.State == clinic.StateConfirmed {
		code = clinic.CodeWrongState
	}
	a, err := m.p.mark(v.is, clinic.StateConfirmed, as(v.is.Patient))
	m.want(t, "confirm", err, code)
	if err == nil {
		v.is = a
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
	if m.foreign(token, v.is.Patient) {
		code = clinic.CodeNotYourHold
	}
	a, err := m.p.DB.Move(context.Background(), m.p.id, clinic.MoveRequest{
		Key: m.key(), Appointment: v.is.ID, Version: v.is.Version, Slot: slot, Hold: token, Actor: as(v.is.Patient),
	})
	m.want(t, "move", err, code)
	if err == nil {
		delete(m.holds, token)
		v.is, v.squeezed = a, false
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
