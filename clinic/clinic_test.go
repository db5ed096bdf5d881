package clinic

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// testID is a stable id; a smaller n sorts first.
func testID(n int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// Ids of the small clinic that most tests use.
var (
	mainStreet = testID(1)
	harbor     = testID(2)
	chen       = testID(11)
	weiss      = testID(12)
	retired    = testID(13)
	roomA      = testID(21)
	roomB      = testID(22)
	laser      = testID(23)
	checkup    = testID(31)
	treatment  = testID(32)
	oldService = testID(33)
	patientAna = testID(41)
)

func newYork(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func mustDate(tb testing.TB, s string) localtime.Date {
	tb.Helper()
	d, err := localtime.ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func mustClock(tb testing.TB, s string) localtime.Clock {
	tb.Helper()
	c, err := localtime.ParseClock(s)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// instant reads a wall time in New York.
func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, newYork(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// testDirectory is two dermatologists and one who left, at two places in New York; one service needs a room and the laser.
func testDirectory(tb testing.TB) *Directory {
	tb.Helper()
	zone := newYork(tb)
	return &Directory{
		Clinic:    Clinic{ID: testID(1000), Zone: zone},
		Locations: []Location{{ID: mainStreet, Zone: zone}, {ID: harbor, Zone: zone}},
		Practitioners: []Practitioner{
			{ID: chen, Title: "Dr.", GivenName: "Maya", FamilyName: "Chen", Services: []uuid.UUID{checkup, treatment, oldService}},
			{ID: weiss, Title: "Dr.", GivenName: "Hannah", FamilyName: "Weiss", Languages: []string{"en", "de"}, Services: []uuid.UUID{checkup}},
			{ID: retired, Title: "Dr.", GivenName: "Otto", FamilyName: "Gone", Services: []uuid.UUID{checkup}, Retired: true},
		},
		Services: []Service{
			{
				ID: checkup, Code: "checkup", Specialty: "dermatology", Default: true, Duration: 30 * time.Minute, Grid: 30 * time.Minute, BufferAfter: 10 * time.Minute,
				Notice: 2 * time.Hour, Window: 60 * 24 * time.Hour, ChangeNotice: 24 * time.Hour,
			},
			{
				ID: treatment, Code: "treatment", Duration: 45 * time.Minute, Grid: 15 * time.Minute, Window: 60 * 24 * time.Hour,
				Needs: []Need{{"room", []uuid.UUID{roomA, roomB}}, {"laser", []uuid.UUID{laser}}},
			},
			{ID: oldService, Code: "old", Specialty: "dentistry", Default: true, Duration: time.Hour, Grid: time.Hour, Window: time.Hour, Retired: true},
		},
		Resources: []Resource{
			{ID: roomA, Kind: "room", Location: mainStreet},
			{ID: roomB, Kind: "room", Location: harbor},
			{ID: laser, Kind: "device"},
		},
	}
}

// testHours are 9 to 12 and 13 to 17 on weekdays at Main Street for both, and Dr. Chen's Saturday mornings at the harbor.
func testHours() []WeeklyHours {
	var rows []WeeklyHours
	for _, who := range []uuid.UUID{chen, weiss} {
		for day := time.Monday; day <= time.Friday; day++ {
			rows = append(rows,
				WeeklyHours{Resource: who, Location: mainStreet, Weekday: day, Opens: 9 * 60, Closes: 12 * 60},
				WeeklyHours{Resource: who, Location: mainStreet, Weekday: day, Opens: 13 * 60, Closes: 17 * 60})
		}
	}
	return append(rows, WeeklyHours{Resource: chen, Location: harbor, Weekday: time.Saturday, Opens: 9 * 60, Closes: 12 * 60})
}

func testSchedule(tb testing.TB, overrides ...DateOverride) *Schedule {
	tb.Helper()
	s, err := NewSchedule(testDirectory(tb), testHours(), overrides)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func slotAt(tb testing.TB, service, practitioner, location uuid.UUID, start string, minutes int) Slot {
	tb.Helper()
	from := instant(tb, start)
	return Slot{service, practitioner, location, from, from.Add(time.Duration(minutes) * time.Minute)}
}

func busyAt(tb testing.TB, resource uuid.UUID, lane int, from, until string) Busy {
	tb.Helper()
	return Busy{resource, lane, instant(tb, from), instant(tb, until)}
}

func TestDisplayNames(t *testing.T) {
	for want, p := range map[string]Practitioner{
		"Dr. Maya Chen":  {Title: "Dr.", GivenName: "Maya", FamilyName: "Chen"},
		"Tom Becker, PT": {GivenName: "Tom", FamilyName: "Becker", Suffix: "PT"},
	} {
		if got := p.DisplayName(); got != want {
			t.Errorf("DisplayName = %q, want %q", got, want)
		}
	}
	if got := (Service{Name: "STI test", NeutralName: "Lab visit"}).DisplayName(); got != "Lab visit" {
		t.Errorf("DisplayName = %q, want the neutral one", got)
	}
	if got := (Service{Name: "Cleaning"}).DisplayName(); got != "Cleaning" {
		t.Errorf("DisplayName = %q", got)
	}
}
