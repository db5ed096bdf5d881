package clinic

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

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

func TestAssignLanesOfAGroup(t *testing.T) {
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

// lanesTaken writes what is taken of a resource as its lanes.
func lanesTaken(takes []Busy, resource uuid.UUID) []int {
	var lanes []int
	for _, b := range takes {
		if b.Resource == resource {
			lanes = append(lanes, b.Lane)
		}
	}
	return lanes
}

// groupSchedule has Dr. Chen with two lanes: the checkup is for groups, the treatment is not and needs room A.
func groupSchedule(tb testing.TB) *Schedule {
	tb.Helper()
	d := testDirectory(tb)
	d.Practitioners[0].Lanes = 2
	d.Services[0].Group = true
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestAssignGroupsAndOthers(t *testing.T) {
	s := groupSchedule(t)
	class := slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30)
	alone := slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45)
	taken := func(lanes ...int) []Busy {
		var busy []Busy
		for _, lane := range lanes {
			busy = append(busy, busyAt(t, chen, lane, "2026-12-01 10:15", "2026-12-01 10:45"))
		}
		return busy
	}
	for _, tt := range []struct {
		name      string
		slot      Slot
		busy      []Busy
		overbook  bool
		lanes     []int
		wantsCode string
	}{
		{"first of a group", class, nil, false, []int{0}, ""},
		{"second of a group", class, taken(0), false, []int{1}, ""},
		{"second, when the first has left", class, taken(1), false, []int{0}, ""},
		{"third of two", class, taken(0, 1), false, nil, CodeSlotTaken},
		{"third of two, squeezed in", class, taken(0, 1), true, []int{-1}, ""},
		{"second of a group, by staff", class, taken(0), true, []int{1}, ""},
		{"alone", alone, nil, false, []int{0, 1}, ""},
		{"alone while one of a group is there", alone, taken(1), false, nil, CodeSlotTaken},
		{"alone while one of a group is there, squeezed in", alone, taken(1), true, []int{-1}, ""},
		{"alone, by staff", alone, nil, true, []int{0, 1}, ""},
		{"alone beside who was squeezed in", alone, taken(-1), false, []int{0, 1}, ""},
		{"squeezed in twice", alone, taken(-1, 0), true, nil, CodeSlotTaken},
		{"beside a lane that there is no more", alone, taken(2), false, []int{0, 1}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assign := s.Assign
			if tt.overbook {
				assign = s.AssignOverbooked
			}
			takes, err := assign(tt.slot, patientAna, tt.busy)
			wantRefusal(t, err, tt.wantsCode, "")
			if diff := cmp.Diff(tt.lanes, lanesTaken(takes, chen)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAssignOverbookedRooms(t *testing.T) {
	s := testSchedule(t, DateOverride{Resource: roomA, Day: mustDate(t, "2026-12-03"), Closed: true})
	ten := slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45)
	night := slotAt(t, treatment, chen, mainStreet, "2026-12-02 03:07", 45)
	for _, tt := range []struct {
		name         string
		slot         Slot
		busy         []Busy
		code         string
		roomA, laser int
	}{
		{"all is free", ten, nil, "", 0, 0},
		{"at night", night, nil, "", 0, 0},
		{"the room is taken", ten, []Busy{busyAt(t, roomA, 0, "2026-12-01 10:30", "2026-12-01 11:00")}, "", -1, 0},
		{"room and laser are taken", ten, []Busy{
			busyAt(t, roomA, 0, "2026-12-01 10:30", "2026-12-01 11:00"), busyAt(t, laser, 0, "2026-12-01 09:30", "2026-12-01 10:15"),
		}, "", -1, -1},
		{"the room is shared already", ten, []Busy{
			busyAt(t, roomA, 0, "2026-12-01 10:30", "2026-12-01 11:00"), busyAt(t, roomA, -1, "2026-12-01 10:40", "2026-12-01 11:00"),
		}, CodeSlotTaken, 0, 0},
		{"the room is closed", slotAt(t, treatment, chen, mainStreet, "2026-12-03 10:00", 45), nil, "", -1, 0},
		{"the patient is elsewhere", ten, []Busy{busyAt(t, patientAna, 0, "2026-12-01 10:30", "2026-12-01 11:00")}, CodePatientBusy, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			takes, err := s.AssignOverbooked(tt.slot, patientAna, tt.busy)
			wantRefusal(t, err, tt.code, "")
			if err != nil {
				return
			}
			want := []int{0, 0, tt.roomA, tt.laser}
			got := slices.Concat(lanesTaken(takes, chen), lanesTaken(takes, patientAna), lanesTaken(takes, roomA), lanesTaken(takes, laser))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("a place without such a room", func(t *testing.T) {
		d := testDirectory(t)
		d.Resources[1].Retired = true
		s, err := NewSchedule(d, testHours(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.AssignOverbooked(slotAt(t, treatment, chen, harbor, "2026-12-05 10:00", 45), patientAna, nil)
		wantRefusal(t, err, CodeSlotTaken, "")
	})
	t.Run("a service that is gone", func(t *testing.T) {
		_, err := s.AssignOverbooked(slotAt(t, oldService, chen, mainStreet, "2026-12-05 10:00", 60), patientAna, nil)
		wantRefusal(t, err, CodeNotOffered, "")
	})
}

// TestAssignOverbookedSharesTheLeast has one need whose room is taken, and two that one free room could serve.
func TestAssignOverbookedSharesTheLeast(t *testing.T) {
	d := testDirectory(t)
	d.Resources[1].Location = mainStreet
	d.Services[1].Needs = []Need{{"any room", []uuid.UUID{roomA, roomB}}, {"room A", []uuid.UUID{roomA}}}
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	slot := slotAt(t, treatment, chen, mainStreet, "2026-12-01 10:00", 45)
	for _, tt := range []struct {
		name   string
		taken  uuid.UUID
		lanesA []int
		lanesB []int
	}{
		{"nothing is taken", laser, []int{0}, []int{0}},
		{"room A is taken", roomA, []int{-1}, []int{0}},
		{"room B is taken", roomB, []int{0, -1}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			takes, err := s.AssignOverbooked(slot, uuid.Nil, []Busy{busyAt(t, tt.taken, 0, "2026-12-01 10:00", "2026-12-01 10:15")})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]int{tt.lanesA, tt.lanesB}, [][]int{lanesTaken(takes, roomA), lanesTaken(takes, roomB)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAssignByTelephone takes nobody's room.
func TestAssignByTelephone(t *testing.T) {
	d := testDirectory(t)
	d.Services[0].Mode = ModeTelephone
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	slot := slotAt(t, checkup, chen, mainStreet, "2026-12-01 10:00", 30)
	wantRefusal(t, s.CheckSlot(slot, asPatient, instant(t, rulesNow)), "", "")
	takes, err := s.Assign(slot, patientAna, []Busy{busyAt(t, roomA, 0, "2026-12-01 09:00", "2026-12-01 12:00")})
	if err != nil || len(takes) != 2 {
		t.Errorf("takes %v, %v, want the practitioner and the patient", takes, err)
	}
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
