package clinic

import (
	"testing"
	"time"
)

func TestCheckChange(t *testing.T) {
	s := testSchedule(t)
	booked := Appointment{Slot: slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30), State: StateBooked, Version: 3}
	with := func(state AppointmentState, start string) Appointment {
		a := booked
		a.State, a.Slot = state, slotAt(t, checkup, chen, mainStreet, start, 30)
		return a
	}
	unknown := booked
	unknown.Slot.Service = testID(99)
	for _, tt := range []struct {
		name       string
		a          Appointment
		version    int
		by         Actor
		code, says string
	}{
		{"in time", booked, 3, asPatient, "", ""},
		{"confirmed", with(StateConfirmed, "2026-12-03 10:00"), 3, asPatient, "", ""},
		{"exactly at the notice", with(StateBooked, "2026-12-02 08:00"), 3, asPatient, "", ""},
		{"inside the notice", with(StateBooked, "2026-12-02 07:30"), 3, asPatient, CodeLateChange, "24 hours"},
		{"inside the notice, by staff", with(StateBooked, "2026-12-02 07:30"), 3, asStaff, "", ""},
		{"over", with(StateBooked, "2026-11-30 10:00"), 3, asPatient, CodeWrongState, "come or gone"},
		{"over, by staff", with(StateBooked, "2026-11-30 10:00"), 3, asStaff, "", ""},
		{"arrived", with(StateArrived, "2026-12-03 10:00"), 3, asPatient, CodeWrongState, "no longer be changed"},
		{"completed", with(StateCompleted, "2026-11-30 10:00"), 3, asStaff, CodeWrongState, "no longer be changed"},
		{"cancelled", with(StateCancelled, "2026-12-03 10:00"), 3, asPatient, CodeWrongState, "already been cancelled"},
		{"changed meanwhile", booked, 2, asPatient, CodeWrongState, "in the meantime"},
		{"of a service that is gone", unknown, 3, asPatient, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := instant(t, rulesNow)
			wantRefusal(t, s.CheckCancel(tt.a, tt.version, tt.by, now), tt.code, tt.says)
			free := slotAt(t, checkup, weiss, mainStreet, "2026-12-04 10:00", 30)
			wantRefusal(t, s.CheckMove(tt.a, tt.version, free, tt.by, now), tt.code, tt.says)
		})
	}
	t.Run("to a time outside hours", func(t *testing.T) {
		night := slotAt(t, checkup, weiss, mainStreet, "2026-12-04 22:00", 30)
		wantRefusal(t, s.CheckMove(booked, 3, night, asPatient, instant(t, rulesNow)), CodeOutsideHours, "does not see patients at that time")
	})
}

func TestCheckNotice(t *testing.T) {
	service := Service{ChangeNotice: 24 * time.Hour}
	start := instant(t, "2026-12-03 10:00")
	for _, tt := range []struct {
		name, now string
		by        Actor
		code      string
	}{
		{"in time", "2026-12-02 09:59", asPatient, ""},
		{"just in time", "2026-12-02 10:00", asPatient, ""},
		{"too late", "2026-12-02 10:01", asPatient, CodeLateChange},
		{"over", "2026-12-04 10:00", asPatient, CodeLateChange},
		{"by the front desk", "2026-12-03 09:59", asStaff, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, service.CheckNotice(start, tt.by, instant(t, tt.now)), tt.code, "24 hours")
		})
	}
	if err := (Service{}).CheckNotice(start, asPatient, start); err != nil {
		t.Errorf("a service without notice is too late at the last moment: %v", err)
	}
}

func TestCheckMark(t *testing.T) {
	s := testSchedule(t)
	at := func(state AppointmentState) Appointment {
		return Appointment{Slot: slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30), State: state, Version: 3}
	}
	const before, eve, today, start = "2026-12-01 08:00", "2026-12-02 23:59", "2026-12-03 00:00", "2026-12-03 10:00"
	for _, tt := range []struct {
		name       string
		a          Appointment
		next       AppointmentState
		by         Actor
		now        string
		code, says string
	}{
		{"patient confirms", at(StateBooked), StateConfirmed, asPatient, before, "", ""},
		{"patient confirms at the last minute", at(StateBooked), StateConfirmed, asPatient, "2026-12-03 09:59", "", ""},
		{"patient confirms too late", at(StateBooked), StateConfirmed, asPatient, start, CodeWrongState, "come or gone"},
		{"front desk confirms", at(StateBooked), StateConfirmed, asStaff, before, "", ""},
		{"confirms twice", at(StateConfirmed), StateConfirmed, asPatient, before, CodeWrongState, "already"},
		{"confirms what is cancelled", at(StateCancelled), StateConfirmed, asPatient, before, CodeWrongState, "been cancelled"},
		{"confirms having come", at(StateArrived), StateConfirmed, asPatient, before, CodeWrongState, "come or gone"},
		{"patient says they are here", at(StateBooked), StateArrived, asPatient, start, CodeNotAllowed, "front desk"},
		{"patient says it is over", at(StateArrived), StateCompleted, asPatient, start, CodeNotAllowed, "front desk"},
		{"patient says they did not come", at(StateBooked), StateNoShow, asPatient, start, CodeNotAllowed, "front desk"},
		{"the system says they did not come", at(StateBooked), StateNoShow, Actor{Kind: ActorSystem}, start, CodeNotAllowed, "front desk"},
		{"arrived the day before", at(StateBooked), StateArrived, asStaff, eve, CodeTooSoon, "another day"},
		{"arrived early", at(StateConfirmed), StateArrived, asStaff, today, "", ""},
		{"arrived the day after", at(StateBooked), StateArrived, asStaff, "2026-12-04 09:00", "", ""},
		{"came after all", at(StateNoShow), StateArrived, asStaff, "2026-12-03 10:45", "", ""},
		{"completed before it starts", at(StateArrived), StateCompleted, asStaff, "2026-12-03 09:59", CodeTooSoon, "not started"},
		{"completed", at(StateArrived), StateCompleted, asStaff, start, "", ""},
		{"completed without an arrival", at(StateBooked), StateCompleted, asStaff, start, "", ""},
		{"not shown before it starts", at(StateBooked), StateNoShow, asStaff, "2026-12-03 09:59", CodeTooSoon, "not started"},
		{"not shown", at(StateConfirmed), StateNoShow, asStaff, start, "", ""},
		{"not shown and yet here", at(StateArrived), StateNoShow, asStaff, start, CodeWrongState, "come or gone"},
		{"not shown and yet completed", at(StateCompleted), StateNoShow, asStaff, start, CodeWrongState, "come or gone"},
		{"cancelled", at(StateBooked), StateCancelled, asStaff, before, CodeInvalid, "moved or cancelled"},
		{"booked", at(StateConfirmed), StateBooked, asStaff, before, CodeInvalid, "moved or cancelled"},
		{"lost", at(StateBooked), "lost", asStaff, before, CodeInvalid, "such a state"},
		{"nothing", at(StateBooked), "", asStaff, before, CodeInvalid, "such a state"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckMark(tt.a, 3, tt.next, tt.by, instant(t, tt.now)), tt.code, tt.says)
		})
	}
	t.Run("changed meanwhile", func(t *testing.T) {
		wantRefusal(t, s.CheckMark(at(StateBooked), 2, StateConfirmed, asPatient, instant(t, before)), CodeWrongState, "in the meantime")
	})
}

// TestArrivalGoesByTheDayWhereTheVisitIs has a place where it is tomorrow already.
func TestArrivalGoesByTheDayWhereTheVisitIs(t *testing.T) {
	d := testDirectory(t)
	d.Locations[1].Zone = time.FixedZone("far east", 13*3600)
	s, err := NewSchedule(d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := Appointment{Slot: Slot{Location: harbor, Start: instant(t, "2026-12-02 10:00")}, State: StateBooked}
	for now, code := range map[string]string{"2026-12-01 10:00": CodeTooSoon, "2026-12-02 05:59": CodeTooSoon, "2026-12-02 06:00": ""} {
		wantRefusal(t, s.CheckMark(a, 0, StateArrived, asStaff, instant(t, now)), code, "another day")
	}
}

// TestMarksFollowTheTransitions tries every mark of every state by everybody at any time: what is allowed is a transition,
// and everything that staff can say of an appointment can be said at some time.
func TestMarksFollowTheTransitions(t *testing.T) {
	s := testSchedule(t)
	a := Appointment{Slot: slotAt(t, checkup, chen, mainStreet, "2026-12-03 10:00", 30)}
	for _, from := range allStates {
		for _, next := range allStates {
			a.State = from
			allowed := false
			for _, by := range []Actor{asPatient, asStaff, {Kind: ActorSystem}, {}} {
				for _, now := range []string{"2026-12-01 08:00", "2026-12-03 09:00", "2026-12-03 10:10", "2026-12-09 08:00"} {
					err := s.CheckMark(a, 0, next, by, instant(t, now))
					if err == nil && by.Kind != ActorStaff && (by.Kind != ActorPatient || next != StateConfirmed) {
						t.Errorf("%q notes that %s is %s", by.Kind, from, next)
					}
					allowed = allowed || err == nil
				}
			}
			if want := from.CanBecome(next) && next != StateBooked && next != StateCancelled; allowed != want {
				t.Errorf("that %s is %s can be noted: %v, want %v", from, next, allowed, want)
			}
		}
	}
}
