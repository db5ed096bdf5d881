package clinic

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

// rowsOf writes rows as "Tue 1 10:00 Chen, 11:00 Chen".
func rowsOf(tb testing.TB, r *record, rows []Row) []string {
	tb.Helper()
	var out []string
	for _, row := range rows {
		var visits []string
		for _, s := range row {
			p, _ := r.schedule.Practitioner(s.Practitioner)
			visits = append(visits, s.Start.Format("15:04 ")+p.FamilyName)
		}
		out = append(out, row[0].Start.Format("Mon 2 ")+strings.Join(visits, ", "))
	}
	return out
}

func TestRows(t *testing.T) {
	checkups := []RowVisit{{Service: checkup, Patient: testID(51)}, {Service: checkup, Patient: testID(52)}, {Service: checkup, Patient: testID(53)}}
	alternately := []Busy{ // a free hour each, one after the other
		busyAt(t, chen, 0, "2026-12-02 00:00", "2026-12-02 10:00"), busyAt(t, chen, 0, "2026-12-02 10:40", "2026-12-03 00:00"),
		busyAt(t, weiss, 0, "2026-12-02 00:00", "2026-12-02 10:30"), busyAt(t, weiss, 0, "2026-12-02 11:10", "2026-12-03 00:00"),
	}
	until := func(who uuid.UUID, at string) []Busy { // free on Wednesday from nine
		return []Busy{busyAt(t, who, 0, "2026-12-02 00:00", "2026-12-02 09:00"), busyAt(t, who, 0, "2026-12-02 "+at, "2026-12-03 00:00")}
	}
	first40 := slices.Concat(until(chen, "09:40"), until(weiss, "09:40"))
	for _, tt := range []struct {
		name   string
		visits []RowVisit
		wish   Wish
		busy   []Busy
		want   []string
	}{
		{
			"one after the other with one practitioner, on the grid after the buffer, spread",
			checkups,
			Wish{From: day(2), Until: day(2)},
			nil,
			[]string{"Wed 2 09:00 Chen, 10:00 Chen, 11:00 Chen", "Wed 2 13:00 Chen, 14:00 Chen, 15:00 Chen", "Wed 2 14:30 Weiss, 15:30 Weiss, 16:30 Weiss"},
		},
		{
			"different services in the order in which they are wanted",
			[]RowVisit{{Service: treatment}, {Service: checkup}},
			Wish{From: day(2), Until: day(2), Exact: true, At: 9 * 60},
			nil,
			[]string{"Wed 2 09:00 Chen, 10:00 Chen"},
		},
		{
			"each of the patients has time for theirs",
			checkups[:2],
			Wish{From: day(2), Until: day(2), DayUntil: 11 * 60},
			[]Busy{busyAt(t, checkups[1].Patient, 0, "2026-12-02 09:45", "2026-12-02 11:15")},
			[]string{"Wed 2 10:30 Chen, 11:30 Chen"},
		},
		{
			"with the usual practitioner",
			checkups[:2],
			Wish{From: day(2), Until: day(2), Usual: weiss, Limit: 1},
			nil,
			[]string{"Wed 2 09:00 Weiss, 10:00 Weiss"},
		},
		{
			"with several practitioners where one alone has no time",
			checkups[:2],
			Wish{From: day(2), Until: day(2)},
			alternately,
			[]string{"Wed 2 10:00 Chen, 10:30 Weiss"},
		},
		{
			"at the same time with several practitioners",
			checkups[:2],
			Wish{From: day(2), Until: day(2)},
			[]Busy{
				busyAt(t, chen, 0, "2026-12-02 00:00", "2026-12-02 10:00"), busyAt(t, chen, 0, "2026-12-02 10:40", "2026-12-03 00:00"),
				busyAt(t, weiss, 0, "2026-12-02 00:00", "2026-12-02 10:00"), busyAt(t, weiss, 0, "2026-12-02 10:40", "2026-12-03 00:00"),
			},
			[]string{"Wed 2 10:00 Chen, 10:00 Weiss"},
		},
		{
			"one practitioner within days, rather than several at once",
			checkups[:2],
			Wish{From: day(2), Limit: 1},
			alternately,
			[]string{"Thu 3 09:00 Chen, 10:00 Chen"},
		},
		{
			"of several at the same time, each takes what the others cannot",
			[]RowVisit{{Service: checkup}, {Service: treatment}},
			Wish{From: day(2), Until: day(2)},
			slices.Concat(until(chen, "09:45"), until(weiss, "09:40")),
			[]string{"Wed 2 09:00 Weiss, 09:00 Chen"},
		},
		{
			"nobody has two visits, or a visit and its buffer, at once",
			checkups,
			Wish{From: day(2), Until: day(2)},
			slices.Concat(until(chen, "10:10"), until(weiss, "09:40")),
			[]string{},
		},
		{
			"one patient cannot be with two practitioners at once",
			[]RowVisit{checkups[0], checkups[0]},
			Wish{From: day(2), Until: day(2)},
			first40,
			[]string{},
		},
		{
			"the first with the usual practitioner",
			checkups[:2],
			Wish{From: day(2), Until: day(2), Usual: weiss},
			first40,
			[]string{"Wed 2 09:00 Weiss, 09:00 Chen"},
		},
		{
			"without what was seen",
			checkups[:2],
			Wish{From: day(2), Until: day(2), DayUntil: 10 * 60, Seen: []time.Time{instant(t, "2026-12-02 09:00")}},
			nil,
			[]string{"Wed 2 09:30 Chen, 10:30 Chen"},
		},
		{
			"not before there is somebody",
			checkups[:2],
			Wish{Limit: 1},
			[]Busy{allDay(t, chen, "01", "14"), allDay(t, weiss, "01", "14")},
			[]string{"Mon 14 09:00 Chen, 10:00 Chen"},
		},
		{
			"none that day",
			checkups,
			Wish{From: day(6), Until: day(6)},
			nil,
			[]string{},
		},
		{
			"over",
			checkups,
			Wish{Until: day(1).AddDays(-1)},
			nil,
			[]string{},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := testRecord(t, tt.busy...)
			rows, err := r.finder(t).Rows(t.Context(), tt.visits, tt.wish)
			if err != nil {
				t.Fatal(err)
			}
			got := append([]string{}, rowsOf(t, r, rows)...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowsRefuse(t *testing.T) {
	f := testRecord(t).finder(t)
	for name, tt := range map[string]struct {
		visits []RowVisit
		code   string
	}{
		"none":             {nil, CodeInvalid},
		"too many":         {make([]RowVisit, MaxVisits+1), CodeInvalid},
		"a retired visit":  {[]RowVisit{{Service: checkup}, {Service: oldService}}, CodeNotFound},
		"an unknown visit": {[]RowVisit{{Service: testID(999)}}, CodeNotFound},
	} {
		if _, err := f.Rows(t.Context(), tt.visits, Wish{}); CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

// family is a drawn clinic of three practitioners, and visits in it.
type family struct {
	*record
	visits []RowVisit
}

func drawFamily(t *rapid.T, rooms bool) family {
	zone := time.UTC
	minutes := func(label string, of ...int) time.Duration {
		return time.Duration(rapid.SampledFrom(of).Draw(t, label)) * time.Minute
	}
	d := &Directory{
		Clinic:    Clinic{Zone: zone},
		Locations: []Location{{ID: mainStreet, Zone: zone}, {ID: harbor, Zone: zone}},
		Resources: []Resource{{ID: roomA, Kind: "room", Location: mainStreet}, {ID: laser, Kind: "device"}},
	}
	for i, id := range []uuid.UUID{checkup, treatment} {
		s := Service{
			ID: id, Duration: minutes("duration", 20, 30, 45), Grid: minutes("grid", 15, 20, 30), Window: 30 * 24 * time.Hour,
			BufferBefore: minutes("before", 0, 5, 10), BufferAfter: minutes("after", 0, 5, 15),
		}
		if rooms {
			s.Needs = []Need{{"room", []uuid.UUID{roomA, laser}[i : i+1]}}
		}
		d.Services = append(d.Services, s)
	}
	now := time.Date(2026, time.December, 1, 6, 0, 0, 0, zone)
	r := &record{now: now}
	for i := range 3 {
		p := Practitioner{ID: testID(60 + i), FamilyName: strconv.Itoa(i), Services: []uuid.UUID{checkup, treatment}}
		d.Practitioners = append(d.Practitioners, p)
		for range 3 {
			start := now.Add(time.Duration(rapid.IntRange(8, 20).Draw(t, "busy")) * 15 * time.Minute)
			r.busy = append(r.busy, Busy{p.ID, 0, start, start.Add(time.Duration(rapid.IntRange(1, 8).Draw(t, "length")) * 15 * time.Minute)})
		}
	}
	var weekly []WeeklyHours
	for _, p := range d.Practitioners {
		opens := localtime.Clock(rapid.IntRange(32, 36).Draw(t, "opens") * 15)
		weekly = append(weekly, WeeklyHours{
			Resource: p.ID, Location: rapid.SampledFrom(d.Locations).Draw(t, "place").ID, Weekday: now.Weekday(), Opens: opens, Closes: opens + 3*60,
		})
	}
	var err error
	if r.schedule, err = NewSchedule(d, weekly, nil); err != nil {
		t.Fatal(err)
	}
	visits := make([]RowVisit, rapid.IntRange(1, 4).Draw(t, "visits"))
	for i := range visits {
		visits[i] = RowVisit{rapid.SampledFrom([]uuid.UUID{checkup, treatment}).Draw(t, "visit"), testID(70 + i)}
	}
	start := now.Add(time.Duration(rapid.IntRange(8, 20).Draw(t, "patient busy")) * 15 * time.Minute)
	r.busy = append(r.busy, Busy{testID(70), 0, start, start.Add(time.Hour)})
	return family{r, visits}
}

// bookable says why a row cannot be booked, as booking all its visits one after the other finds out.
func (f family) bookable(row Row) error {
	busy := slices.Clone(f.busy)
	for i, slot := range row {
		if err := f.schedule.CheckSlot(slot, asPatient, f.now); err != nil {
			return fmt.Errorf("visit %d: %w", i, err)
		}
		takes, err := f.schedule.Assign(slot, f.visits[i].Patient, busy)
		if err != nil {
			return fmt.Errorf("visit %d: %w", i, err)
		}
		busy = append(busy, takes...)
	}
	return nil
}

// all are the rows that there are, the slow way: every combination of free slots at one place of which each begins at the
// first possible time after the one before, or at the same time, and that can be booked.
func (f family) all(t *rapid.T, alone bool) []Row {
	rows := []Row{nil}
	for i, v := range f.visits {
		free, err := f.search(context.Background(), Query{Service: v.Service, Patient: v.Patient, Until: f.now.Add(24 * time.Hour), Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var longer []Row
		for _, row := range rows {
			for _, s := range free {
				if next := append(slices.Clone(row), s); (i == 0 || f.follows(row[i-1], s, alone)) && f.bookable(next) == nil {
					longer = append(longer, next)
				}
			}
		}
		rows = longer
	}
	return rows
}

func (f family) follows(last, s Slot, alone bool) bool {
	if last.Location != s.Location || alone && last.Practitioner != s.Practitioner {
		return false
	}
	if !alone && last.Practitioner != s.Practitioner && last.Start.Equal(s.Start) {
		return true
	}
	before, _ := f.schedule.Service(last.Service)
	service, _ := f.schedule.Service(s.Service)
	earliest := last.End
	if last.Practitioner == s.Practitioner {
		earliest = last.End.Add(before.BufferAfter + service.BufferBefore)
	}
	return !s.Start.Before(earliest) && s.Start.Before(earliest.Add(service.Grid))
}

func firstStarts(rows []Row) []int64 {
	var starts []int64
	for _, row := range rows {
		starts = append(starts, row[0].Start.Unix())
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// TestRowsAgainstAllCombinations: every start at which a row can begin is found, with one practitioner if that is possible
// at all, and what is found can be booked.
func TestRowsAgainstAllCombinations(t *testing.T) {
	alone, several := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		f := drawFamily(t, false)
		rows, err := f.finder(t).Rows(context.Background(), f.visits, Wish{Until: day(1), Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		want := f.all(t, true)
		alone += len(want)
		if len(want) == 0 {
			want = f.all(t, false)
			several += len(want)
		}
		if diff := cmp.Diff(firstStarts(want), firstStarts(rows)); diff != "" {
			t.Fatalf("starts of rows (-want +got):\n%s", diff)
		}
		for _, row := range rows {
			if err := f.bookable(row); err != nil {
				t.Fatalf("%v cannot be booked: %v", row, err)
			}
		}
	})
	if alone == 0 || several == 0 {
		t.Errorf("%d rows of one practitioner and %d of several were drawn: the test shows nothing", alone, several)
	}
}

// TestRowsDoNotShareRooms: visits that want a room or device are found so that all of them can be booked.
func TestRowsDoNotShareRooms(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		f := drawFamily(t, true)
		rows, err := f.finder(t).Rows(context.Background(), f.visits, Wish{Until: day(1), Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		found += len(rows)
		for _, row := range rows {
			if err := f.bookable(row); err != nil {
				t.Fatalf("%v cannot be booked: %v", row, err)
			}
		}
	})
	if found == 0 {
		t.Error("no row was found in any clinic: the test shows nothing")
	}
}

// TestRowsWaitForTheRoom: who wants the same room begins when it is ready, also with another practitioner.
func TestRowsWaitForTheRoom(t *testing.T) {
	d := testDirectory(t)
	d.Practitioners[1].Services = append(d.Practitioners[1].Services, treatment)
	d.Services[1].BufferAfter = 15 * time.Minute
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow), busy: []Busy{
		busyAt(t, chen, 0, "2026-12-02 10:00", "2026-12-03 00:00"), busyAt(t, weiss, 0, "2026-12-02 11:00", "2026-12-03 00:00"),
		busyAt(t, weiss, 0, "2026-12-02 00:00", "2026-12-02 10:00"),
	}}
	rows, err := r.finder(t).Rows(t.Context(), []RowVisit{{Service: treatment}, {Service: treatment}}, Wish{From: day(2), Until: day(2)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Wed 2 09:00 Chen, 10:00 Weiss"}, rowsOf(t, r, rows)); diff != "" {
		t.Error(diff)
	}
}

// TestRowsAmongMany: where the days have more slots than are looked at, rows are found on later ones too.
func TestRowsAmongMany(t *testing.T) {
	d := testDirectory(t)
	d.Services[0].Grid, d.Services[0].Duration, d.Services[0].BufferAfter = time.Minute, 2*time.Minute, 0
	s, err := NewSchedule(d, testHours(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &record{schedule: s, now: instant(t, rulesNow)}
	rows, err := r.finder(t).Rows(t.Context(), []RowVisit{{Service: checkup}, {Service: checkup}}, Wish{From: day(2), Exact: true, At: 9 * 60})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Wed 2 09:00 Chen, 09:02 Chen", "Thu 3 09:00 Weiss, 09:02 Weiss", "Fri 4 09:00 Chen, 09:02 Chen"}
	if diff := cmp.Diff(want, rowsOf(t, r, rows)); diff != "" {
		t.Error(diff)
	}
}
