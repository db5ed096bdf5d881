package clinic

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

// placedAt is a check-up with Dr. Chen at Main Street.
func placedAt(tb testing.TB, start string) Placed {
	tb.Helper()
	slot := slotAt(tb, checkup, chen, mainStreet, start, 30)
	return Placed{Appointment: Appointment{ID: testID(50), Slot: slot, Patient: patientAna, State: StateBooked, Version: 1, Zone: "America/New_York"}}
}

func TestWhatDisplacesAnAppointment(t *testing.T) {
	day := mustDate(t, tuesday)
	closure := func(c Closure) []Closure {
		c.From, c.Until = day, day
		return []Closure{c}
	}
	squeezed := func(p Placed) Placed {
		p.Overbooked = true
		return p
	}
	with := func(p Placed, change func(*Slot)) Placed {
		change(&p.Appointment.Slot)
		return p
	}
	inRoom := func(p Placed, rooms ...uuid.UUID) Placed {
		p.Rooms = rooms
		return p
	}
	for _, tt := range []struct {
		name      string
		placed    Placed
		overrides []DateOverride
		closures  []Closure
		want      DisplacedWhy
	}{
		{"as agreed", placedAt(t, tuesday+" 09:30"), nil, nil, ""},
		{"off the grid, which binds new visits only", placedAt(t, tuesday+" 09:17"), nil, nil, ""},
		{"longer than visits are by now", with(placedAt(t, tuesday+" 09:30"), func(s *Slot) { s.End = s.End.Add(time.Hour) }), nil, nil, ""},
		{"into the break", placedAt(t, tuesday+" 11:45"), nil, nil, WhyAway},
		{"elsewhere", with(placedAt(t, tuesday+" 09:30"), func(s *Slot) { s.Location = harbor }), nil, nil, WhyAway},
		{"on a holiday", placedAt(t, tuesday+" 09:30"), []DateOverride{{Day: day, Closed: true}}, nil, WhyAway},
		{"retired", with(placedAt(t, tuesday+" 09:30"), func(s *Slot) { s.Practitioner = retired }), nil, nil, WhyRetired},
		{"nobody", with(placedAt(t, tuesday+" 09:30"), func(s *Slot) { s.Practitioner = testID(99) }), nil, nil, WhyRetired},
		{"squeezed in after hours", squeezed(placedAt(t, tuesday+" 18:00")), nil, nil, ""},
		{"squeezed in, and the practitioner is away then", squeezed(placedAt(t, tuesday+" 18:00")), nil, closure(Closure{Resource: chen, DayFrom: 17 * 60}), WhyAway},
		{"squeezed in, and somebody else is away", squeezed(placedAt(t, tuesday+" 18:00")), nil, closure(Closure{Resource: weiss}), ""},
		{"squeezed in, and away before", squeezed(placedAt(t, tuesday+" 18:00")), nil, closure(Closure{Resource: chen, DayUntil: 18 * 60}), ""},
		{"squeezed in, and closed elsewhere", squeezed(placedAt(t, tuesday+" 18:00")), nil, closure(Closure{Location: harbor}), ""},
		{"squeezed in on a day on which nobody comes", squeezed(placedAt(t, tuesday+" 18:00")), []DateOverride{{Resource: chen, Day: day, Closed: true}}, nil, WhyAway},
		{"with a room", inRoom(placedAt(t, tuesday+" 09:30"), roomA, laser), nil, nil, ""},
		{"with a room that is closed", inRoom(placedAt(t, tuesday+" 09:30"), roomA, laser), []DateOverride{{Resource: laser, Day: day, Closed: true}}, nil, WhyRoom},
		{"with a room of other hours", inRoom(placedAt(t, tuesday+" 09:30"), roomA), []DateOverride{{Resource: roomA, Location: mainStreet, Day: day, Opens: 13 * 60, Closes: 17 * 60}}, nil, WhyRoom},
		{"with a room that is gone", inRoom(placedAt(t, tuesday+" 09:30"), testID(99)), nil, nil, WhyRoom},
	} {
		t.Run(tt.name, func(t *testing.T) {
			why, ok := testSchedule(t, tt.overrides...).Displaces(tt.placed, tt.closures)
			if why != tt.want || ok != (tt.want != "") {
				t.Errorf("displaced: %v, %q, want %q", ok, why, tt.want)
			}
		})
	}
}

func TestMovesAreRankedByWhatChanges(t *testing.T) {
	a := placedAt(t, tuesday+" 10:00").Appointment
	slot := func(who, where uuid.UUID, start string) Slot { return slotAt(t, checkup, who, where, start, 30) }
	ranked := []Slot{ // least change first
		slot(chen, mainStreet, "2026-12-02 10:00"),
		slot(chen, mainStreet, "2026-12-02 15:00"),
		slot(weiss, mainStreet, "2026-12-01 10:00"),
		slot(weiss, mainStreet, "2026-12-01 11:00"),
		slot(chen, harbor, "2026-12-02 11:00"),
		slot(chen, mainStreet, "2026-12-04 14:30"),
		slot(chen, mainStreet, "2026-11-27 14:30"), // four days too, but sooner
		slot(chen, mainStreet, "2026-12-10 10:00"),
	}
	shuffled := []Slot{ranked[5], ranked[2], ranked[7], ranked[0], ranked[4], ranked[6], ranked[1], ranked[3]}
	if diff := cmp.Diff(ranked, testSchedule(t).RankMoves(a, "en", shuffled)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	german := a // Weiss speaks it, Chen does not
	german.Slot.Practitioner = weiss
	near, far := slot(chen, mainStreet, "2026-12-01 10:00"), slot(weiss, mainStreet, "2026-12-06 10:00")
	if got := testSchedule(t).RankMoves(german, "de", []Slot{near, far}); got[0] != far {
		t.Error("somebody who does not speak the patient's language comes before waiting five days")
	}
	if got := testSchedule(t).RankMoves(german, "fr", []Slot{far, near}); got[0] != near {
		t.Error("waiting five days comes before somebody else")
	}
}

func TestMovedFrom(t *testing.T) {
	now := instant(t, tuesday+" 09:00")
	for start, want := range map[string]string{
		tuesday + " 10:00": tuesday + " 10:00", "2026-12-03 10:00": "2026-12-02 09:00", tuesday + " 08:00": tuesday + " 09:00",
	} {
		if got := MovedFrom(placedAt(t, start).Appointment, now); !got.Equal(instant(t, want)) {
			t.Errorf("one at %s is moved from %v on, want %s", start, got, want)
		}
	}
}

func TestDisplacedFilter(t *testing.T) {
	a, day := placedAt(t, tuesday+" 23:30").Appointment, mustDate(t, tuesday)
	for name, tt := range map[string]struct {
		filter DisplacedFilter
		want   bool
	}{
		"all":             {DisplacedFilter{}, true},
		"that day":        {DisplacedFilter{From: day, Until: day}, true},
		"the day after":   {DisplacedFilter{From: day.AddDays(1)}, false},
		"the day before":  {DisplacedFilter{Until: day.AddDays(-1)}, false},
		"that place":      {DisplacedFilter{Location: mainStreet}, true},
		"another place":   {DisplacedFilter{Location: harbor}, false},
		"somebody else's": {DisplacedFilter{Practitioner: weiss}, false},
	} {
		if got := tt.filter.Wants(a); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestPractitionersByName(t *testing.T) {
	d := testDirectory(t)
	d.Practitioners = append(d.Practitioners, Practitioner{ID: testID(14), Title: "Dr.", GivenName: "Li", FamilyName: "Chen"})
	for text, want := range map[string][]uuid.UUID{
		"weiss": {weiss}, "Dr. Hannah Weiss": {weiss}, "maya chen": {chen}, "Chen": {chen, testID(14)}, "Chen, Maya": {chen}, "li": {testID(14)},
		weiss.String(): {weiss}, "Weis": nil, "": nil, "Dr.": {chen, weiss, retired, testID(14)}, "Maya Weiss": nil,
	} {
		var got []uuid.UUID
		for _, p := range d.MatchPractitioners(text) {
			got = append(got, p.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	for text, want := range map[string]uuid.UUID{"Wiess": weiss, "Hanna": weiss, "cehn": chen, "Otto Gon": retired} {
		if got := d.ClosestPractitioners(text); len(got) != 3 || got[0].ID != want {
			t.Errorf("%q is nearest to %v", text, got[0].DisplayName())
		}
	}
	if got := (&Directory{}).ClosestPractitioners("x"); len(got) != 0 {
		t.Errorf("a clinic without practitioners has %v", got)
	}
}

func TestEditDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"weiss", "weis", 1}, {"é", "e", 1}} {
		if got := editDistance([]rune(tt.a), []rune(tt.b)); got != tt.want {
			t.Errorf("%q and %q are %d apart, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestWhatAClosureTakesIsDisplaced holds displacing to closing: an appointment that was allowed is displaced if and only if the
// closure has some of its time.
func TestWhatAClosureTakesIsDisplaced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawClosing(t)
		before, err := NewSchedule(c.directory, c.weekly, c.overrides)
		if err != nil {
			t.Fatal(err)
		}
		days, err := before.Close(c.closure)
		if err != nil {
			t.Fatal(err)
		}
		after, err := NewSchedule(c.directory, c.weekly, Overlay(c.overrides, days))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.directory.Practitioners {
			for _, o := range before.Openings(p.ID, c.closure.From.AddDays(-1), c.closure.Until.AddDays(1)) {
				for at := o.Start; !at.Add(20 * time.Minute).After(o.End); at = at.Add(15 * time.Minute) {
					slot := Slot{Practitioner: p.ID, Location: o.Location, Start: at, End: at.Add(20 * time.Minute)}
					_, displaced := after.Displaces(Placed{Appointment: Appointment{Slot: slot}}, nil)
					taken := c.closure.takes(slot, localtime.DateOf(at, at.Location()), at.Location())
					if displaced != taken && !nearRepeat(at) {
						t.Fatalf("the visit at %v is displaced: %v, taken: %v", at, displaced, taken)
					}
				}
			}
		}
	})
}

// nearRepeat reports whether a visit of 20 minutes touches an hour that comes round twice.
func nearRepeat(at time.Time) bool {
	for n := range 22 {
		if twice(at.Add(time.Duration(n) * time.Minute)) {
			return true
		}
	}
	return false
}
