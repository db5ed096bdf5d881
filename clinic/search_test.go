package clinic

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// searchAll runs a search as the store does, and returns the slots and how many stages it read.
func searchAll(search *Search, busy []Busy) (slots []Slot, stages int) {
	for stage := range search.Stages() {
		stages++
		var near []Busy
		for _, b := range busy {
			if b.Start.Before(stage.BusyUntil) && stage.BusyFrom.Before(b.End) && slices.Contains(search.Resources(), b.Resource) {
				near = append(near, b)
			}
		}
		if slots = search.Free(slots, stage, near); search.Enough(slots) {
			break
		}
	}
	return slots, stages
}

// whoAndWhen writes slots as "Tue 10:00 Chen".
func whoAndWhen(tb testing.TB, s *Schedule, slots []Slot) []string {
	tb.Helper()
	var out []string
	for _, slot := range slots {
		p, ok := s.Practitioner(slot.Practitioner)
		if !ok {
			tb.Errorf("slot of an unknown practitioner: %v", slot)
		}
		out = append(out, slot.Start.Format("Mon 15:04 ")+p.FamilyName)
	}
	return out
}

func TestSearch(t *testing.T) {
	now := instant(t, rulesNow)
	for _, tt := range []struct {
		name  string
		query Query
		busy  []Busy
		want  []string
	}{
		{
			"earliest first over all, and in the directory's order",
			Query{Service: checkup, Limit: 3},
			nil,
			[]string{"Tue 10:00 Chen", "Tue 10:00 Weiss", "Tue 10:30 Chen"},
		},
		{
			"five without a limit",
			Query{Service: checkup, Practitioners: []uuid.UUID{weiss}},
			nil,
			[]string{"Tue 10:00 Weiss", "Tue 10:30 Weiss", "Tue 11:00 Weiss", "Tue 11:30 Weiss", "Tue 13:00 Weiss"},
		},
		{
			"around what is taken, with the buffer after",
			Query{Service: checkup, Practitioners: []uuid.UUID{weiss}, Limit: 2},
			[]Busy{busyAt(t, weiss, 0, "2026-12-01 11:05", "2026-12-01 11:45"), busyAt(t, chen, 0, "2026-12-01 08:00", "2026-12-01 19:00")},
			[]string{"Tue 10:00 Weiss", "Tue 13:00 Weiss"},
		},
		{
			"a part of the day, on some weekdays",
			Query{Service: checkup, Practitioners: []uuid.UUID{chen}, DayFrom: 11 * 60, DayUntil: 13*60 + 30, Weekdays: []time.Weekday{time.Friday, time.Wednesday}, Limit: 4},
			nil,
			[]string{"Wed 11:00 Chen", "Wed 11:30 Chen", "Wed 13:00 Chen", "Fri 11:00 Chen"},
		},
		{
			"at one place",
			Query{Service: checkup, Location: harbor, Limit: 2},
			nil,
			[]string{"Sat 09:00 Chen", "Sat 09:30 Chen"},
		},
		{
			"in a range",
			Query{Service: checkup, From: instant(t, "2026-12-02 11:15"), Until: instant(t, "2026-12-02 13:30")},
			nil,
			[]string{"Wed 11:30 Chen", "Wed 11:30 Weiss", "Wed 13:00 Chen", "Wed 13:00 Weiss"},
		},
		{
			"when the patient is not elsewhere",
			Query{Service: checkup, Patient: patientAna, Limit: 2},
			[]Busy{busyAt(t, patientAna, 0, "2026-12-01 09:00", "2026-12-01 16:20")},
			[]string{"Tue 16:30 Chen", "Tue 16:30 Weiss"},
		},
		{
			"with a room and the laser",
			Query{Service: treatment, Limit: 2},
			[]Busy{
				busyAt(t, roomA, 0, "2026-12-01 08:00", "2026-12-01 10:05"), busyAt(t, laser, 0, "2026-12-01 11:10", "2026-12-01 13:20"),
			},
			[]string{"Tue 10:15 Chen", "Tue 13:30 Chen"},
		},
		{
			"by specialty: its usual service",
			Query{Specialty: "dermatology", Limit: 2},
			nil,
			[]string{"Tue 10:00 Chen", "Tue 10:00 Weiss"},
		},
		{
			"a service beats the specialty",
			Query{Service: treatment, Specialty: "dermatology", Limit: 2},
			nil,
			[]string{"Tue 09:00 Chen", "Tue 09:15 Chen"},
		},
		{
			"by who speaks the language",
			Query{Service: checkup, Language: "de", Limit: 2},
			nil,
			[]string{"Tue 10:00 Weiss", "Tue 10:30 Weiss"},
		},
		{
			"until the year 10,000",
			Query{Service: checkup, Until: now.AddDate(8000, 0, 0), Limit: 2},
			nil,
			[]string{"Tue 10:00 Chen", "Tue 10:00 Weiss"},
		},
		{
			"nothing on a day off",
			Query{Service: checkup, From: instant(t, "2026-12-06 00:00"), Until: instant(t, "2026-12-07 00:00")},
			nil,
			nil,
		},
		{
			"nothing today inside the notice",
			Query{Service: checkup, Until: instant(t, "2026-12-01 09:00")},
			nil,
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := testSchedule(t)
			search, err := s.NewSearch(tt.query, now)
			if err != nil {
				t.Fatal(err)
			}
			slots, _ := searchAll(search, tt.busy)
			if diff := cmp.Diff(tt.want, whoAndWhen(t, s, slots)); diff != "" {
				t.Error(diff)
			}
			for _, slot := range slots {
				if err := s.CheckSlot(slot, asPatient, now); err != nil {
					t.Errorf("%v is offered and refused: %v", slot.Start, err)
				}
			}
		})
	}
}

func TestSearchRefuses(t *testing.T) {
	s := testSchedule(t)
	for _, tt := range []struct {
		name       string
		query      Query
		code, says string
	}{
		{"neither service nor specialty", Query{}, CodeInvalid, "what kind of visit"},
		{"another clinic's service", Query{Service: testID(99)}, CodeNotFound, "not offered here"},
		{"a specialty without a usual service", Query{Specialty: "dentistry"}, CodeNotOffered, "no usual visit"},
		{"another clinic's place", Query{Service: checkup, Location: testID(99)}, CodeNotFound, "no such place"},
		{"a language that nobody speaks", Query{Service: checkup, Language: "tlh"}, CodeNotOffered, "Nobody who offers this visit speaks"},
		{"a language that they do not speak", Query{Service: checkup, Language: "de", Practitioners: []uuid.UUID{chen}}, CodeNotOffered, "Chen does not speak"},
		{"a part of the day that ends before it starts", Query{Service: checkup, DayFrom: 600, DayUntil: 540}, CodeInvalid, "before it starts"},
		{"a part of the day that is empty", Query{Service: checkup, DayFrom: 600, DayUntil: 600}, CodeInvalid, "before it starts"},
		{"after midnight", Query{Service: checkup, DayUntil: 25 * 60}, CodeInvalid, "time of day"},
		{"before midnight", Query{Service: checkup, DayFrom: -1}, CodeInvalid, "time of day"},
		{"an eighth weekday", Query{Service: checkup, Weekdays: []time.Weekday{time.Monday, 7}}, CodeInvalid, "day of the week"},
		{"retired service", Query{Service: oldService}, CodeNotOffered, "no longer offered"},
		{"another clinic's practitioner", Query{Service: checkup, Practitioners: []uuid.UUID{testID(99)}}, CodeNotFound, "no such practitioner"},
		{"retired practitioner", Query{Service: checkup, Practitioners: []uuid.UUID{retired}}, CodeRetired, "no longer sees"},
		{"not theirs", Query{Service: treatment, Practitioners: []uuid.UUID{weiss}}, CodeNotOffered, "Weiss does not"},
		{
			"ends before it starts",
			Query{Service: checkup, From: instant(t, "2026-12-05 00:00"), Until: instant(t, "2026-12-04 00:00")},
			CodeInvalid, "before it starts",
		},
		{"in the past", Query{Service: checkup, Until: instant(t, "2026-11-30 00:00")}, CodeTooSoon, "already passed"},
		{
			"in the past from its start",
			Query{Service: checkup, From: instant(t, "2026-11-20 00:00"), Until: instant(t, "2026-11-30 00:00")},
			CodeTooSoon, "already passed",
		},
		{"in the year 1", Query{Service: checkup, From: time.Time{}.Add(1), Until: time.Time{}.Add(2)}, CodeTooSoon, "already passed"},
		{"beyond the window", Query{Service: checkup, From: instant(t, "2027-03-01 00:00")}, CodeTooFar, "60 days"},
		{"in the year 10000", Query{Service: checkup, From: instant(t, "2026-12-01 00:00").AddDate(8000, 0, 0)}, CodeTooFar, "60 days"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.NewSearch(tt.query, instant(t, rulesNow))
			wantRefusal(t, err, tt.code, tt.says)
		})
	}
}

func TestSearchLeavesOutWhoCannotBeAsked(t *testing.T) {
	s := testSchedule(t)
	search, err := s.NewSearch(Query{Service: treatment, Practitioners: []uuid.UUID{weiss, chen}, Patient: patientAna}, instant(t, rulesNow))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]uuid.UUID{chen, roomA, roomB, laser, patientAna}, search.Resources()); diff != "" {
		t.Errorf("reads what is busy of %s", diff)
	}
	if search.Limit() != DefaultLimit {
		t.Errorf("limit %d", search.Limit())
	}
}

func TestSearchWithoutHoursFindsNothing(t *testing.T) {
	s, err := NewSchedule(testDirectory(t), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	search, err := s.NewSearch(Query{Service: checkup}, instant(t, rulesNow))
	if err != nil {
		t.Fatal(err)
	}
	if slots, _ := searchAll(search, nil); len(slots) != 0 {
		t.Errorf("found %v", slots)
	}
}

func TestSearchForWhatNobodyProvidesFindsNothing(t *testing.T) {
	d := testDirectory(t)
	d.Practitioners = d.Practitioners[1:] // without Dr. Chen
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	search, err := s.NewSearch(Query{Service: treatment}, instant(t, rulesNow))
	if err != nil {
		t.Fatal(err)
	}
	if slots, stages := searchAll(search, nil); len(slots) != 0 || stages != 0 {
		t.Errorf("found %v in %d stages", slots, stages)
	}
}

func TestStages(t *testing.T) {
	s := testSchedule(t)
	for _, tt := range []struct {
		name  string
		query Query
		want  []string
	}{
		{
			"the whole window",
			Query{Service: checkup},
			[]string{"12-01 10:00 to 12-02 19:20", "12-03 09:00 to 12-08 22:20", "12-09 09:00 to 12-31 14:20", "12-31 14:30 to 01-30 08:00"},
		},
		{
			"from a day on",
			Query{Service: checkup, From: instant(t, "2027-01-20 00:00")},
			[]string{"01-20 09:00 to 01-21 18:20", "01-22 09:00 to 01-27 22:20", "01-28 09:00 to 01-30 08:00"},
		},
		{
			"one day",
			Query{Service: checkup, From: instant(t, "2026-12-10 00:00"), Until: instant(t, "2026-12-11 00:00")},
			[]string{"12-10 09:00 to 12-11 00:00"},
		},
		{"nothing left of today", Query{Service: checkup, Until: instant(t, "2026-12-01 09:00")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			search, err := s.NewSearch(tt.query, instant(t, rulesNow))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for stage := range search.Stages() {
				got = append(got, stage.From.Format("01-02 15:04")+" to "+stage.Until.Format("01-02 15:04"))
				if stage.From.Sub(stage.BusyFrom) != 0 || stage.BusyUntil.Sub(stage.Until) != 40*time.Minute {
					t.Errorf("busy from %v until %v does not reach over the buffers", stage.BusyFrom, stage.BusyUntil)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSearchStopsAtTheFirstStageThatHasEnough(t *testing.T) {
	search, err := testSchedule(t).NewSearch(Query{Service: checkup}, instant(t, rulesNow))
	if err != nil {
		t.Fatal(err)
	}
	if _, stages := searchAll(search, nil); stages != 1 {
		t.Errorf("read %d stages", stages)
	}
	full := []Busy{
		busyAt(t, chen, 0, "2026-12-01 00:00", "2026-12-05 00:00"), busyAt(t, weiss, 0, "2026-12-01 00:00", "2026-12-05 00:00"),
	}
	if slots, stages := searchAll(search, full); stages != 2 || slots[0].Start.Format("Mon") != "Sat" {
		t.Errorf("read %d stages, found %v", stages, slots)
	}
}

func TestSearchOnClockChangeNights(t *testing.T) {
	rows := []WeeklyHours{
		{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 2 * 60, Closes: 2*60 + 30}, // gone in March
		{Resource: chen, Location: mainStreet, Weekday: time.Sunday, Opens: 0, Closes: 60 + 45},
	}
	s, err := NewSchedule(testDirectory(t), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, now string
		query     Query
		want      []string
	}{
		{
			"forward", "2026-03-07 12:00",
			Query{Service: checkup, Until: instant(t, "2026-03-08 12:00")},
			[]string{"00:00 EST", "00:30 EST", "01:00 EST"},
		},
		{
			"back", "2026-10-31 12:00",
			Query{Service: checkup, Limit: 9, Until: instant(t, "2026-11-01 12:00")},
			[]string{"00:00 EDT", "00:30 EDT", "01:00 EDT", "01:30 EDT", "01:00 EST", "02:00 EST"},
		},
		{
			"back, from one o'clock on", "2026-10-31 12:00",
			Query{Service: checkup, Limit: 9, Until: instant(t, "2026-11-01 12:00"), DayFrom: 61, DayUntil: 2 * 60},
			[]string{"01:30 EDT"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			search, err := s.NewSearch(tt.query, instant(t, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			slots, _ := searchAll(search, nil)
			var got []string
			for _, slot := range slots {
				got = append(got, slot.Start.Format("15:04 MST"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSearchOffersNothingThatBeganThisSecond(t *testing.T) {
	s := testSchedule(t)
	now := instant(t, "2026-12-01 10:00").Add(time.Nanosecond)
	search, err := s.NewSearch(Query{Service: treatment, Limit: 1}, now)
	if err != nil {
		t.Fatal(err)
	}
	busy := Busy{chen, 0, instant(t, "2026-12-01 10:15"), instant(t, "2026-12-01 10:30").Add(time.Nanosecond)}
	slots, _ := searchAll(search, []Busy{busy})
	if diff := cmp.Diff([]string{"Tue 10:45 Chen"}, whoAndWhen(t, s, slots)); diff != "" {
		t.Error(diff)
	}
}

func TestSearchEndsWithTheWindowToTheSecond(t *testing.T) {
	d := testDirectory(t)
	d.Services[0].Window = 3 * time.Hour
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration][]string{
		-time.Nanosecond: nil,
		0:                {"Tue 11:00 Chen", "Tue 11:00 Weiss"},
		time.Nanosecond:  {"Tue 11:00 Chen", "Tue 11:00 Weiss"},
	} {
		now := instant(t, rulesNow).Add(after)
		search, err := s.NewSearch(Query{Service: checkup, From: instant(t, "2026-12-01 10:45")}, now)
		if err != nil {
			t.Fatal(err)
		}
		slots, _ := searchAll(search, nil)
		if diff := cmp.Diff(want, whoAndWhen(t, s, slots)); diff != "" {
			t.Errorf("at %v: %s", now, diff)
		}
	}
}

// FuzzNewSearch is every range and part of a day there is: refused with a code and a sentence, or searched to its end, and
// what is found is what was asked for.
func FuzzNewSearch(f *testing.F) {
	s := testSchedule(f)
	now := instant(f, rulesNow)
	f.Add(int64(0), int64(0), 0, 0, 2)
	f.Add(now.Unix(), now.Unix()+86_400, 9*60, 12*60, 2)
	f.Add(int64(math.MinInt64), int64(math.MaxInt64), -1, 1441, 7)
	f.Add(int64(math.MaxInt64), int64(math.MinInt64), 1440, 0, -1)
	f.Fuzz(func(t *testing.T, from, until int64, dayFrom, dayUntil, weekday int) {
		q := Query{
			Service: checkup, From: time.Unix(from, 0), Until: time.Unix(until, 0),
			DayFrom: localtime.Clock(dayFrom), DayUntil: localtime.Clock(dayUntil), Weekdays: []time.Weekday{time.Weekday(weekday)},
		}
		search, err := s.NewSearch(q, now)
		wantRefusalOrNothing(t, err)
		if err != nil {
			return
		}
		slots, _ := searchAll(search, nil)
		for _, slot := range slots {
			if slot.Start.Before(q.From) || !slot.Start.Before(q.Until) || slot.Start.Weekday() != time.Weekday(weekday) || s.CheckSlot(slot, asPatient, now) != nil {
				t.Errorf("%+v finds %v", q, slot.Start)
			}
		}
	})
}
