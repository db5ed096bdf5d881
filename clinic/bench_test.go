package clinic

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// hospital is a network of 1,000 practitioners in so many specialties who are booked so that every nth half hour is free,
// 0 for none, over days.
func hospital(tb testing.TB, days, specialties, nth int) (*Schedule, []Busy) {
	tb.Helper()
	d := &Directory{
		Clinic:    Clinic{Zone: newYork(tb)},
		Locations: []Location{{ID: mainStreet, Zone: newYork(tb)}},
	}
	for i := range specialties {
		d.Services = append(d.Services, Service{
			ID: testID(100 + i), Duration: 30 * time.Minute, Grid: 15 * time.Minute, Window: 30 * 24 * time.Hour,
		})
	}
	var weekly []WeeklyHours
	var busy []Busy
	start := instant(tb, "2026-12-01 00:00")
	for i := range 1000 {
		p := Practitioner{ID: testID(1000 + i), Services: []uuid.UUID{testID(100 + i%specialties)}}
		d.Practitioners = append(d.Practitioners, p)
		for day := range 7 {
			weekly = append(weekly,
				WeeklyHours{Resource: p.ID, Location: mainStreet, Weekday: time.Weekday(day), Opens: 8 * 60, Closes: 12 * 60},
				WeeklyHours{Resource: p.ID, Location: mainStreet, Weekday: time.Weekday(day), Opens: 13 * 60, Closes: 18 * 60})
		}
		for half := range days * 48 {
			from := start.Add(time.Duration(half) * 30 * time.Minute)
			if hour := from.Hour(); hour >= 8 && hour < 18 && (nth == 0 || (half+i)%nth != 0) {
				busy = append(busy, Busy{p.ID, 0, from, from.Add(30 * time.Minute)})
			}
		}
	}
	s, err := NewSchedule(d, weekly, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s, busy
}

func BenchmarkSearch(b *testing.B) {
	for _, bb := range []struct {
		name      string
		nth       int
		everybody bool // provides the service
	}{
		{"specialty", 20, false},
		{"specialty fully booked", 0, false},
		{"everybody", 20, true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			specialties := 20
			if bb.everybody {
				specialties = 1
			}
			s, busy := hospital(b, 30, specialties, bb.nth)
			benchmarkSearch(b, s, busy)
		})
	}
}

// benchmarkSearch leaves out what the database does: each stage gets a slice that is cut and ordered already.
func benchmarkSearch(b *testing.B, s *Schedule, busy []Busy) {
	b.Helper()
	now := instant(b, "2026-12-01 07:00")
	q := Query{Service: testID(100)}
	first, err := s.NewSearch(q, now)
	if err != nil {
		b.Fatal(err)
	}
	var read [][]Busy
	for stage := range first.Stages() {
		var near []Busy
		for _, t := range busy {
			_, wanted := slices.BinarySearchFunc(first.Resources(), t.Resource, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			if wanted && t.Start.Before(stage.BusyUntil) && stage.BusyFrom.Before(t.End) {
				near = append(near, t)
			}
		}
		read = append(read, near)
	}
	b.ReportAllocs()
	for b.Loop() {
		search, err := s.NewSearch(q, now)
		if err != nil {
			b.Fatal(err)
		}
		var slots []Slot
		i := 0
		for stage := range search.Stages() {
			if slots = search.Free(slots, stage, read[i]); search.Enough(slots) {
				break
			}
			i++
		}
	}
}
