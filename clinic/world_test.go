package clinic

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/agentcare/agentcare/localtime"
)

// oracleZones are ordinary ones, one a quarter of an hour off, one that changes by half an hour, one that changes for
// Ramadan, and those where midnight does not exist or comes twice.
var oracleZones = []string{
	"America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca",
	"America/Santiago", "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo", "America/Havana",
}

// checkWorlds is rapid.Check over a few hundred worlds, whatever -rapid.checks says of each round.
func checkWorlds(t *testing.T, check func(*rapid.T)) {
	t.Helper()
	for range 2 {
		rapid.Check(t, check)
	}
}

// world is a drawn clinic with a query.
type world struct {
	oracle
	query Query
	now   time.Time
}

func drawWorld(t *rapid.T) world {
	zone := drawZone(t, "zone")
	places := []Location{{ID: mainStreet, Zone: zone}}
	switch evenly(0, 3).Draw(t, "places") {
	case 0:
		places = append(places, Location{ID: harbor, Zone: drawZone(t, "zone of the harbor")})
	case 1:
		places = append(places, Location{ID: harbor, Zone: zone})
	}
	now := drawNow(t, zone)
	w := world{now: now, oracle: oracle{known: map[hoursKey][]wallRun{}, directory: &Directory{
		Clinic:        Clinic{Zone: zone},
		Locations:     places,
		Practitioners: []Practitioner{drawPractitioner(t, chen), drawPractitioner(t, weiss)},
		Services:      []Service{drawService(t)},
		Resources:     drawRooms(t, places),
	}}}
	left := drawPractitioner(t, retired)
	left.Retired = true
	w.directory.Practitioners = append(w.directory.Practitioners, left)
	today := localtime.DateOf(now, zone)
	for range evenly(4, 24).Draw(t, "weekly rows") {
		w.weekly = append(w.weekly, drawWeekly(t, today, places))
	}
	for range evenly(0, 4).Draw(t, "overrides") {
		w.overrides = append(w.overrides, drawOverride(t, today, places))
	}
	for range evenly(0, 16).Draw(t, "busy") {
		w.busy = append(w.busy, drawBusy(t, now))
	}
	w.query = drawQuery(t, now, places)
	return w
}

// evenly is least to most, all alike: rapid's own ranges prefer small numbers, and hardly any drawn clinic would be open.
func evenly(least, most int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		n := 0
		for range 24 {
			n *= 2
			if rapid.Bool().Draw(t, "") {
				n++
			}
		}
		return least + n%(most-least+1)
	})
}

// anyOf is any of these, all alike.
func anyOf[T any](these []T) *rapid.Generator[T] {
	return rapid.Map(evenly(0, len(these)-1), func(i int) T { return these[i] })
}

func drawZone(t *rapid.T, label string) *time.Location {
	zone, err := time.LoadLocation(anyOf(oracleZones).Draw(t, label))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// drawNow is some time since 2016, mostly within two days before a clock change.
func drawNow(t *rapid.T, zone *time.Location) time.Time {
	now := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(evenly(0, 12*365*24*60).Draw(t, "now")) * time.Minute)
	_, change := now.In(zone).ZoneBounds()
	if evenly(0, 3).Draw(t, "at a change") > 0 && !change.IsZero() {
		now = change.UTC().Add(-time.Duration(evenly(0, 2*24*60).Draw(t, "before the change")) * time.Minute)
	}
	return now.Add(drawOdd(t, "odd seconds of now"))
}

// drawOdd is mostly nothing, else less than a minute.
func drawOdd(t *rapid.T, label string) time.Duration {
	return anyOf([]time.Duration{0, 0, 0, 1, time.Second, 30*time.Second + 1, time.Minute - 1}).Draw(t, label)
}

func drawPractitioner(t *rapid.T, id uuid.UUID) Practitioner {
	return Practitioner{
		ID:        id,
		Services:  []uuid.UUID{checkup},
		Lanes:     anyOf([]int{0, 1, 1, 2, 3}).Draw(t, "lanes"),
		Languages: anyOf([][]string{nil, {"en"}, {"en", "es"}}).Draw(t, "languages"),
	}
}

func drawService(t *rapid.T) Service {
	minutes := func(label string, least, most int) time.Duration {
		return time.Duration(evenly(least, most).Draw(t, label)) * time.Minute
	}
	s := Service{
		ID:           checkup,
		Specialty:    "dermatology",
		Default:      true,
		Group:        rapid.Bool().Draw(t, "group"),
		Duration:     anyOf([]time.Duration{15 * time.Minute, 30 * time.Minute, minutes("duration", 5, 150)}).Draw(t, "usual duration"),
		Grid:         anyOf([]time.Duration{5 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute, 45 * time.Minute, time.Hour}).Draw(t, "grid"),
		BufferBefore: anyOf([]time.Duration{0, 5 * time.Minute, minutes("before", 0, 30)}).Draw(t, "usual before"),
		BufferAfter:  anyOf([]time.Duration{0, 5 * time.Minute, minutes("after", 0, 30)}).Draw(t, "usual after"),
		Notice:       anyOf([]time.Duration{0, minutes("notice", 0, 300)}).Draw(t, "usual notice"),
		Window:       minutes("window", 6*60, 4*24*60),
	}
	for range anyOf([]int{0, 0, 0, 1, 1, 2, 3}).Draw(t, "needs") {
		s.Needs = append(s.Needs, Need{Resources: anyOf([][]uuid.UUID{
			{roomA}, {roomB}, {laser}, {roomA, roomB}, {roomB, roomA}, {roomA, roomB, laser}, {},
		}).Draw(t, "need")})
	}
	return s
}

// drawRooms is two rooms and a device that is carried about.
func drawRooms(t *rapid.T, places []Location) []Resource {
	lanes := evenly(0, 2)
	return []Resource{
		{ID: roomA, Location: mainStreet, Lanes: lanes.Draw(t, "lanes of room A")},
		{
			ID: roomB, Lanes: lanes.Draw(t, "lanes of room B"), Location: anyOf(places).Draw(t, "place of room B").ID,
			Retired: evenly(0, 4).Draw(t, "room B retired") == 0,
		},
		{ID: laser, Lanes: lanes.Draw(t, "lanes of the laser")},
	}
}

// drawStretch is mostly at night, where clocks change.
func drawStretch(t *rapid.T) (opens, closes localtime.Clock) {
	opens = localtime.Clock(anyOf([]int{0, 0, 30, 60, 90, 120, 135, 150, 180, 9 * 60, 22 * 60, 23 * 60}).Draw(t, "opens"))
	closes = opens + localtime.Clock(anyOf([]int{15, 75, 4 * 60, 8 * 60, evenly(15, 8*60).Draw(t, "length")}).Draw(t, "usual length"))
	return opens, min(closes, localtime.EndOfDay)
}

func drawWeekly(t *rapid.T, today localtime.Date, places []Location) WeeklyHours {
	opens, closes := drawStretch(t)
	w := WeeklyHours{
		Resource: anyOf([]uuid.UUID{chen, chen, weiss, weiss, retired, roomA}).Draw(t, "who"),
		Location: anyOf(places).Draw(t, "place").ID,
		Weekday:  today.AddDays(evenly(0, 4).Draw(t, "weekday")).Weekday(),
		Opens:    opens, Closes: closes,
	}
	switch evenly(0, 5).Draw(t, "validity") {
	case 0:
		w.ValidFrom = today.AddDays(evenly(0, 3).Draw(t, "valid from"))
	case 1:
		w.ValidUntil = today.AddDays(evenly(0, 3).Draw(t, "valid until"))
	}
	return w
}

func drawOverride(t *rapid.T, today localtime.Date, places []Location) DateOverride {
	o := DateOverride{
		Resource: anyOf([]uuid.UUID{uuid.Nil, chen, weiss, roomA, laser}).Draw(t, "whose"),
		Day:      today.AddDays(evenly(0, 4).Draw(t, "day")),
		Closed:   rapid.Bool().Draw(t, "closed"),
	}
	if o.Resource != uuid.Nil && !o.Closed || rapid.Bool().Draw(t, "at a place") {
		o.Location = anyOf(places).Draw(t, "place").ID
	}
	if !o.Closed {
		o.Opens, o.Closes = drawStretch(t)
	}
	return o
}

func drawBusy(t *rapid.T, now time.Time) Busy {
	start := now.Truncate(time.Minute).Add(time.Duration(evenly(-120, 3*24*60).Draw(t, "busy from"))*time.Minute + drawOdd(t, "odd start"))
	length := time.Duration(evenly(1, 600).Draw(t, "busy minutes"))*time.Minute + drawOdd(t, "odd length")
	if evenly(0, 2).Draw(t, "busy as planned") > 0 {
		start, length = start.Truncate(5*time.Minute), length.Truncate(5*time.Minute)+5*time.Minute
	}
	return Busy{
		Resource: anyOf([]uuid.UUID{chen, weiss, roomA, roomB, laser, patientAna}).Draw(t, "busy resource"),
		Lane:     anyOf([]int{-1, 0, 0, 0, 1, 2}).Draw(t, "busy lane"),
		Start:    start,
		End:      start.Add(length),
	}
}

func drawQuery(t *rapid.T, now time.Time, places []Location) Query {
	q := Query{Service: checkup}
	if rapid.Bool().Draw(t, "by specialty") {
		q = Query{Specialty: "dermatology"}
	}
	if rapid.Bool().Draw(t, "for somebody") {
		q.Patient = patientAna
	}
	asks := map[string]func(){
		"practitioner": func() {
			q.Practitioners = anyOf([][]uuid.UUID{{weiss}, {retired, chen}}).Draw(t, "practitioners")
		},
		"language": func() { q.Language = anyOf([]string{"en", "es"}).Draw(t, "language") },
		"place":    func() { q.Location = anyOf(places).Draw(t, "place").ID },
		"part of day": func() {
			q.DayFrom = localtime.Clock(evenly(0, 180).Draw(t, "day from"))
			q.DayUntil = q.DayFrom + localtime.Clock(evenly(1, 600).Draw(t, "day until"))
		},
		"weekday": func() {
			q.Weekdays = []time.Weekday{localtime.DateOf(now, time.UTC).AddDays(evenly(0, 3).Draw(t, "wanted weekday")).Weekday()}
		},
		"range": func() {
			q.From = now.Add(time.Duration(evenly(0, 3*24*60).Draw(t, "from")) * time.Minute)
			q.Until = q.From.Add(time.Duration(evenly(1, 3*24*60).Draw(t, "until")) * time.Minute)
		},
	}
	for _, ask := range slices.Sorted(maps.Keys(asks)) {
		if evenly(0, 7).Draw(t, ask) == 0 {
			asks[ask]()
		}
	}
	return q
}

// drawSlot is a slot that is fine, or wrong in some way: mostly at an edge of what somebody's hours leave.
func (w world) drawSlot(t *rapid.T) Slot {
	service := w.directory.Services[0]
	start := w.now.Truncate(time.Minute).Add(time.Duration(evenly(-60, int(service.Window/time.Minute)+60).Draw(t, "start")) * time.Minute)
	slot := Slot{Service: checkup, Practitioner: chen, Location: mainStreet}
	if edges := w.edges(start); len(edges) > 0 && evenly(0, 3).Draw(t, "at an edge") > 0 {
		edge := anyOf(edges).Draw(t, "edge")
		slot, start = edge, edge.Start.Add(service.Grid*time.Duration(evenly(-1, 8).Draw(t, "steps")))
	}
	switch evenly(0, 20).Draw(t, "flaw") {
	case 0:
		slot.Practitioner = anyOf([]uuid.UUID{retired, testID(99)}).Draw(t, "who")
	case 1:
		slot.Location = anyOf([]uuid.UUID{harbor, testID(99), uuid.Nil}).Draw(t, "where")
	case 2:
		slot.Service = testID(99)
	case 3:
		start = start.Add(drawOdd(t, "odd start"))
	case 4:
		start = start.Add(time.Duration(evenly(-20, 20).Draw(t, "off")) * time.Minute)
	}
	slot.Start, slot.End = start, start.Add(service.Duration)
	switch evenly(0, 20).Draw(t, "flaw of the end") {
	case 0:
		slot.End = slot.End.Add(time.Duration(evenly(-200, 200).Draw(t, "longer")) * time.Minute)
	case 1:
		slot.End = time.Time{}
	}
	return slot
}

// edges are where somebody's hours begin on the day of at, as slots without an end.
func (w world) edges(at time.Time) []Slot {
	var edges []Slot
	for _, l := range w.directory.Locations {
		for _, p := range []uuid.UUID{chen, weiss} {
			for _, run := range w.stretches(hoursKey{p, l.ID, localtime.DateOf(at, l.Zone)}, l.Zone) {
				edges = append(edges, Slot{Service: checkup, Practitioner: p, Location: l.ID, Start: run.start})
			}
		}
	}
	return edges
}
