package clinic

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const rulesNow = "2026-12-01 08:00" // a Tuesday

var (
	asPatient = Actor{Kind: ActorPatient}
	asStaff   = Actor{Kind: ActorStaff}
)

// wantRefusal checks code and sentence; code "" wants none.
func wantRefusal(t *testing.T, err error, code, says string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("error %v, want a %s", err, code)
		return
	}
	if !strings.Contains(refusal.Message, says) || !strings.HasSuffix(refusal.Message, ".") {
		t.Errorf("sentence %q, want one that says %q", refusal.Message, says)
	}
}

func TestCheckSlot(t *testing.T) {
	holiday := DateOverride{Day: mustDate(t, "2026-12-24"), Closed: true}
	s := testSchedule(t, holiday)
	now := instant(t, rulesNow)
	for _, tt := range []struct {
		name       string
		slot       Slot
		by         Actor
		code, says string
	}{
		{"fine", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30), asPatient, "", ""},
		{"the last before lunch, buffer reaching into it", slotAt(t, checkup, chen, mainStreet, "2026-12-01 11:30", 30), asPatient, "", ""},
		{"Saturday at the harbor", slotAt(t, checkup, chen, harbor, "2026-12-05 09:00", 30), asPatient, "", ""},
		{"in the past", slotAt(t, checkup, chen, mainStreet, "2026-11-30 10:00", 30), asPatient, CodeTooSoon, "already passed"},
		{"a minute ago", slotAt(t, checkup, chen, mainStreet, "2026-12-01 07:59", 30), asStaff, CodeTooSoon, "already passed"},
		{"inside notice", slotAt(t, checkup, chen, mainStreet, "2026-12-01 09:30", 30), asPatient, CodeTooSoon, "2 hours ahead"},
		{"inside notice, for staff", slotAt(t, checkup, chen, mainStreet, "2026-12-01 09:30", 30), asStaff, "", ""},
		{"the end of the window", slotAt(t, checkup, chen, mainStreet, "2027-01-29 16:30", 30), asPatient, "", ""},
		{"beyond the window", slotAt(t, checkup, chen, mainStreet, "2027-02-01 10:00", 30), asPatient, CodeTooFar, "60 days ahead"},
		{"beyond the window, for staff", slotAt(t, checkup, chen, mainStreet, "2027-02-01 10:00", 30), asStaff, "", ""},
		{"in the year 10000", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(8000), asPatient, CodeTooFar, "60 days ahead"},
		{"in the year 10000, for staff", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(8000), asStaff, CodeTooFar, "5 years ahead"},
		{"in the year 292 billion", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(290_000_000_000), asStaff, CodeTooFar, "5 years ahead"},
		{"in the year 1", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(-2025), asPatient, CodeTooSoon, "already passed"},
		{"in the year 1, for staff", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).shifted(-2025), asStaff, CodeTooSoon, "already passed"},
		{"just too far for staff", slotAt(t, checkup, chen, mainStreet, "2031-12-01 10:00", 30), asStaff, CodeTooFar, "5 years ahead"},
		{"almost too far for staff", slotAt(t, checkup, chen, mainStreet, "2031-11-28 10:00", 30), asStaff, "", ""},
		{"no times", Slot{Service: checkup, Practitioner: chen, Location: mainStreet}, asPatient, CodeInvalid, "missing"},
		{"no beginning", Slot{Service: checkup, Practitioner: chen, Location: mainStreet, End: now}, asStaff, CodeInvalid, "missing"},
		{"no end", Slot{Service: checkup, Practitioner: chen, Location: mainStreet, Start: now}, asStaff, CodeInvalid, "missing"},
		{"no length", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 0), asPatient, CodeInvalid, "before it starts"},
		{"said in another zone", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).in(time.FixedZone("", 20_700)), asPatient, "", ""},
		{"another day in another zone", slotAt(t, checkup, chen, mainStreet, "2026-12-01 16:30", 30).in(time.FixedZone("", 50_400)), asPatient, "", ""},
		{"ten o'clock in another zone", slotAt(t, checkup, chen, mainStreet, "2026-12-02 10:00", 30).later(-8 * time.Hour).in(time.FixedZone("", 10_800)), asPatient, CodeOutsideHours, "Chen"},
		{"outside hours", slotAt(t, checkup, chen, mainStreet, "2026-12-01 12:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"reaching into lunch", slotAt(t, treatment, chen, mainStreet, "2026-12-01 11:30", 45), asPatient, CodeOutsideHours, "takes 45 minutes, and Dr. Maya Chen is not there"},
		{"at night", slotAt(t, checkup, chen, mainStreet, "2026-12-02 03:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"on a holiday", slotAt(t, checkup, chen, mainStreet, "2026-12-24 10:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"at the other place", slotAt(t, checkup, chen, harbor, "2026-12-01 10:00", 30), asPatient, CodeOutsideHours, "does not see patients at that time"},
		{"off the grid", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:15", 30), asPatient, CodeOffGrid, "every 30 minutes"},
		{"off the grid by a second", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).later(time.Second), asPatient, CodeOffGrid, "do not start"},
		{"off the grid by less", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30).later(1), asPatient, CodeOffGrid, "do not start"},
		{"too long", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 60), asPatient, CodeWrongLength, "30 minutes"},
		{"ends before it starts", slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", -30), asPatient, CodeInvalid, "ends before it starts"},
		{"not this practitioner's", slotAt(t, treatment, weiss, mainStreet, "2026-12-01 10:00", 45), asPatient, CodeNotOffered, "Dr. Hannah Weiss does not"},
		{"retired practitioner", slotAt(t, checkup, retired, mainStreet, "2026-12-01 10:00", 30), asPatient, CodeRetired, "no longer sees"},
		{"another clinic's practitioner", slotAt(t, checkup, testID(99), mainStreet, "2026-12-01 10:00", 30), asPatient, CodeNotFound, "no such practitioner"},
		{"another clinic's service", slotAt(t, testID(99), chen, mainStreet, "2026-12-01 10:00", 30), asPatient, CodeNotFound, "not offered"},
		{"at another clinic's place", slotAt(t, checkup, chen, testID(99), "2026-12-01 10:00", 30), asPatient, CodeNotFound, "no such place"},
		{"nowhere", slotAt(t, checkup, chen, uuid.Nil, "2026-12-01 10:00", 30), asPatient, CodeNotFound, "no such place"},
		{"nothing at all", Slot{}, asPatient, CodeNotFound, "not offered here"},
		{"retired service", slotAt(t, oldService, chen, mainStreet, "2026-12-01 10:00", 60), asPatient, CodeNotOffered, "no longer offered"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckSlot(tt.slot, tt.by, now), tt.code, tt.says)
		})
	}
}

func (s Slot) shifted(years int) Slot {
	s.Start, s.End = s.Start.AddDate(years, 0, 0), s.End.AddDate(years, 0, 0)
	return s
}

func (s Slot) in(zone *time.Location) Slot {
	s.Start, s.End = s.Start.In(zone), s.End.In(zone)
	return s
}

func (s Slot) later(d time.Duration) Slot {
	s.Start, s.End = s.Start.Add(d), s.End.Add(d)
	return s
}

func TestCheckSlotOnClockChangeNights(t *testing.T) {
	rows := []WeeklyHours{{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 0, Closes: 6 * 60}}
	s, err := NewSchedule(testDirectory(t), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	utc := func(text string) Slot {
		start, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return Slot{checkup, chen, mainStreet, start, start.Add(30 * time.Minute)}
	}
	for _, tt := range []struct {
		name, start, now, code string
	}{
		{"last before the gap", "2026-03-08T01:30:00-05:00", "2026-03-07 12:00", ""},
		{"first after the gap", "2026-03-08T03:00:00-04:00", "2026-03-07 12:00", ""},
		{"01:30 for the first time", "2026-11-01T01:30:00-04:00", "2026-10-31 12:00", ""},
		{"01:30 for the second time", "2026-11-01T01:30:00-05:00", "2026-10-31 12:00", ""},
		{"01:15 for the second time", "2026-11-01T01:15:00-05:00", "2026-10-31 12:00", CodeOffGrid},
		{"closing is after the change", "2026-11-01T05:30:00-05:00", "2026-10-31 12:00", ""},
		{"and not an hour later", "2026-11-01T06:00:00-05:00", "2026-10-31 12:00", CodeOutsideHours},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantRefusal(t, s.CheckSlot(utc(tt.start), asPatient, instant(t, tt.now)), tt.code, "")
		})
	}
}

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

func TestAssign(t *testing.T) {
	s := testSchedule(t)
	check := slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30)
	treat := slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45)
	overbooked := busyAt(t, chen, -1, "2026-12-01 10:00", "2026-12-01 10:30")
	for _, tt := range []struct {
		name    string
		slot    Slot
		patient uuid.UUID
		busy    []Busy
		code    string
		takes   int
	}{
		{"free", check, uuid.Nil, nil, "", 1},
		{"free, for somebody", check, patientAna, nil, "", 2},
		{"ends as it begins", check, patientAna, []Busy{busyAt(t, chen, 0, "2026-12-01 09:30", "2026-12-01 10:00")}, "", 2},
		{"begins as its buffer ends", check, patientAna, []Busy{busyAt(t, chen, 0, "2026-12-01 10:40", "2026-12-01 11:00")}, "", 2},
		{"in its buffer", check, patientAna, []Busy{busyAt(t, chen, 0, "2026-12-01 10:39", "2026-12-01 11:00")}, CodeSlotTaken, 0},
		{"taken since long", check, patientAna, []Busy{busyAt(t, chen, 0, "2026-11-01 10:00", "2026-12-01 10:01")}, CodeSlotTaken, 0},
		{"squeezed in beside it", check, patientAna, []Busy{overbooked}, "", 2},
		{"the patient is elsewhere", check, patientAna, []Busy{busyAt(t, patientAna, 0, "2026-12-01 09:00", "2026-12-01 10:01")}, CodePatientBusy, 0},
		{"the patient comes from elsewhere", check, patientAna, []Busy{busyAt(t, patientAna, 0, "2026-12-01 09:00", "2026-12-01 10:00")}, "", 2},
		{"the patient goes on as the buffer runs", check, patientAna, []Busy{busyAt(t, patientAna, 0, "2026-12-01 10:30", "2026-12-01 11:00")}, "", 2},
		{"another patient is elsewhere", check, uuid.Nil, []Busy{busyAt(t, patientAna, 0, "2026-12-01 09:00", "2026-12-01 10:01")}, "", 1},
		{"with a room and the laser", treat, patientAna, nil, "", 4},
		{"the laser is in use", treat, patientAna, []Busy{busyAt(t, laser, 0, "2026-12-01 10:30", "2026-12-01 11:00")}, CodeSlotTaken, 0},
		{"the only room here is in use", treat, patientAna, []Busy{busyAt(t, roomA, 0, "2026-12-01 10:30", "2026-12-01 11:00")}, CodeSlotTaken, 0},
		{"a room elsewhere is in use", treat, patientAna, []Busy{busyAt(t, roomB, 0, "2026-12-01 10:30", "2026-12-01 11:00")}, "", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			takes, err := s.Assign(tt.slot, tt.patient, tt.busy)
			wantRefusal(t, err, tt.code, "")
			if len(takes) != tt.takes {
				t.Fatalf("takes %v, want %d", takes, tt.takes)
			}
			for _, b := range takes {
				checkTaken(t, s, tt.slot, tt.patient, b)
			}
		})
	}
	if _, err := s.Assign(slotAt(t, oldService, chen, mainStreet, "2026-12-01 10:00", 60), uuid.Nil, nil); CodeOf(err) != CodeNotOffered {
		t.Errorf("a retired service takes something: %v", err)
	}
}

// checkTaken checks that the time is the slot's, with buffers for all but the patient.
func checkTaken(t *testing.T, s *Schedule, slot Slot, patient uuid.UUID, b Busy) {
	t.Helper()
	from, until := s.Reach(slot)
	if b.Resource == patient {
		from, until = slot.Start, slot.End
	}
	if !b.Start.Equal(from) || !b.End.Equal(until) || b.Lane != 0 {
		t.Errorf("takes %v, want %v to %v", b, from, until)
	}
}

func TestAssignLanes(t *testing.T) {
	d := testDirectory(t)
	d.Practitioners[0].Lanes = 3
	d.Services[0].Group = true
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	slot := slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30)
	busy := []Busy{
		busyAt(t, chen, 2, "2026-12-01 09:00", "2026-12-01 12:00"),
		busyAt(t, chen, 0, "2026-12-01 10:30", "2026-12-01 11:00"),
	}
	takes, err := s.Assign(slot, uuid.Nil, busy)
	if err != nil || takes[0].Lane != 1 {
		t.Fatalf("takes %v, %v, want lane 1", takes, err)
	}
	_, err = s.Assign(slot, uuid.Nil, append(busy, takes...))
	wantRefusal(t, err, CodeSlotTaken, "just been taken")
}

// TestAssignTriesOtherCombinations has two needs that one room could serve, of which the other need has no alternative.
func TestAssignTriesOtherCombinations(t *testing.T) {
	d := testDirectory(t)
	d.Resources[1].Location = mainStreet
	d.Services[1].Needs = []Need{{"any room", []uuid.UUID{roomA, roomB}}, {"room A", []uuid.UUID{roomA}}}
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	slot := slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45)
	takes, err := s.Assign(slot, uuid.Nil, nil)
	if err != nil || len(takes) != 3 || takes[1].Resource != roomB || takes[2].Resource != roomA {
		t.Fatalf("takes %v, %v", takes, err)
	}
	_, err = s.Assign(slot, uuid.Nil, []Busy{busyAt(t, roomB, 0, "2026-12-01 10:00", "2026-12-01 10:15")})
	wantRefusal(t, err, CodeSlotTaken, "")
}

func TestAssignRoomsInTheirOwnHours(t *testing.T) {
	day := mustDate(t, "2026-12-01")
	mornings := WeeklyHours{Resource: roomA, Location: mainStreet, Weekday: time.Tuesday, Opens: 9 * 60, Closes: 12 * 60}
	for _, tt := range []struct {
		name      string
		weekly    []WeeklyHours
		overrides []DateOverride
		start     string
		code      string
	}{
		{"no hours", nil, nil, "2026-12-01 14:00", ""},
		{"inside", []WeeklyHours{mornings}, nil, "2026-12-01 11:00", ""},
		{"outside", []WeeklyHours{mornings}, nil, "2026-12-01 14:00", CodeSlotTaken},
		{"no hours, closed", nil, []DateOverride{{Resource: roomA, Day: day, Closed: true}}, "2026-12-01 14:00", CodeSlotTaken},
		{"no hours, closed another day", nil, []DateOverride{{Resource: roomA, Day: day.AddDays(1), Closed: true}}, "2026-12-01 14:00", ""},
		{"no hours, closed elsewhere", nil, []DateOverride{{Resource: roomA, Location: harbor, Day: day, Closed: true}}, "2026-12-01 14:00", ""},
		{"no hours but that day", nil, []DateOverride{{Resource: roomA, Day: day, Opens: 9 * 60, Closes: 12 * 60}}, "2026-12-01 14:00", CodeSlotTaken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := NewSchedule(testDirectory(t), append(testHours(), tt.weekly...), tt.overrides)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Assign(slotAt(t, treatment, chen, mainStreet, tt.start, 45), uuid.Nil, nil)
			wantRefusal(t, err, tt.code, "")
		})
	}
	t.Run("retired", func(t *testing.T) {
		d := testDirectory(t)
		d.Resources[0].Retired = true
		s, err := NewSchedule(d, testHours(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Assign(slotAt(t, treatment, chen, mainStreet, "2026-12-01 14:00", 45), uuid.Nil, nil)
		wantRefusal(t, err, CodeSlotTaken, "")
	})
}

func TestCandidates(t *testing.T) {
	s := testSchedule(t)
	slot := slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45)
	got := s.Candidates(slot, patientAna)
	want := []uuid.UUID{chen, roomA, roomB, laser, patientAna}
	if len(got) != len(want) {
		t.Fatalf("Candidates = %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("candidate %d is %v, want %v", i, got[i], want[i])
		}
	}
	slot.Service = testID(99)
	if got := s.Candidates(slot, uuid.Nil); len(got) != 1 {
		t.Errorf("an unknown service needs %v", got)
	}
	if from, until := s.Reach(slot); !from.Equal(slot.Start) || !until.Equal(slot.End) {
		t.Errorf("an unknown service has buffers: %v to %v", from, until)
	}
}

func TestHumanDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: "1 minute", 90 * time.Minute: "90 minutes", time.Hour: "1 hour", 24 * time.Hour: "24 hours",
		48 * time.Hour: "2 days", 49 * time.Hour: "49 hours", 60 * 24 * time.Hour: "60 days",
		365 * 24 * time.Hour: "365 days", 730 * 24 * time.Hour: "2 years", maxAhead: "5 years",
	} {
		if got := humanDuration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
