package clinic

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Opening is a stretch of one local day in which a resource can be booked at a location.
type Opening struct {
	Location uuid.UUID
	Day      localtime.Date
	Opens    localtime.Clock // what the grid is counted from
	Closes   localtime.Clock
	Start    time.Time // Opens as an instant, in the location's zone
	End      time.Time
}

// Openings are the stretches in which a resource can be booked from the day first to the day last inclusive, in order of
// days and of wall time within them. A stretch that a clock change swallows is left out. Without weekly hours and
// overrides there are none.
func (s *Schedule) Openings(resource uuid.UUID, first, last localtime.Date) []Opening {
	h := s.hours[resource]
	if h == nil {
		return nil
	}
	var openings []Opening
	for day := first; !day.After(last); day = day.AddDays(1) {
		stretches := h.on(day, day.Weekday(), s.closures[day])
		for i, st := range stretches {
			if start, end, ok := st.on(localtime.NewDay(day, s.Zone(st.location)), stretches[i+1:]); ok {
				openings = append(openings, Opening{st.location, day, st.opens, st.closes, start, end})
			}
		}
	}
	return openings
}

// stretch is a part of a day on the wall of a location.
type stretch struct {
	location      uuid.UUID
	opens, closes localtime.Clock
}

// on is the stretch as instants of a day, unless a clock change swallows it. Rest are the stretches after it that day:
// one that closes in a repeated hour can reach into the next one, and ends where that begins.
func (st stretch) on(day localtime.Day, rest []stretch) (start, end time.Time, ok bool) {
	start, end, ok = day.Interval(st.opens, st.closes)
	if !ok || day.Steady() {
		return start, end, ok
	}
	for _, next := range rest {
		if next.location == st.location {
			end = earlier(end, day.Open(next.opens))
		}
	}
	return start, end, start.Before(end)
}

// resourceHours are the hours of one resource.
type resourceHours struct {
	rows      []WeeklyHours
	overrides map[localtime.Date][]DateOverride
	locations []uuid.UUID  // where it ever is
	always    [7]bool      // the rows of this weekday have no validity dates
	merged    [7][]stretch // of these weekdays
}

func (h *resourceHours) add(w WeeklyHours) {
	h.rows = append(h.rows, w)
	h.visits(w.Location)
}

func (h *resourceHours) override(o DateOverride) {
	if h.overrides == nil {
		h.overrides = map[localtime.Date][]DateOverride{}
	}
	h.overrides[o.Day] = append(h.overrides[o.Day], o)
	if !o.Closed {
		h.visits(o.Location)
	}
}

func (h *resourceHours) visits(location uuid.UUID) {
	if !slices.Contains(h.locations, location) {
		h.locations = append(h.locations, location)
	}
}

// finish prepares the weekdays that are the same every week, so that the search only reads them.
func (h *resourceHours) finish() {
	for day := range h.merged {
		h.always[day] = !slices.ContainsFunc(h.rows, func(w WeeklyHours) bool {
			return int(w.Weekday) == day && (!w.ValidFrom.IsZero() || !w.ValidUntil.IsZero())
		})
		if h.always[day] {
			h.merged[day] = merge(h.weekly(func(w WeeklyHours) bool { return int(w.Weekday) == day }))
		}
	}
}

// on is the hours of one day, in order. The result is shared and must not be changed.
func (h *resourceHours) on(day localtime.Date, weekday time.Weekday, closures []DateOverride) []stretch {
	own := h.overrides[day]
	if len(own) == 0 && len(closures) == 0 && h.always[weekday] {
		return h.merged[weekday]
	}
	stretches := ownHours(own)
	if len(stretches) == 0 {
		stretches = bound(h.weekly(func(w WeeklyHours) bool { return w.holdsOn(day) }), closures)
	}
	return merge(without(stretches, own))
}

func (h *resourceHours) weekly(want func(WeeklyHours) bool) []stretch {
	var stretches []stretch
	for _, w := range h.rows {
		if want(w) {
			stretches = append(stretches, stretch{w.Location, w.Opens, w.Closes})
		}
	}
	return stretches
}

// ownHours are the other hours that the resource has for the day.
func ownHours(own []DateOverride) []stretch {
	var stretches []stretch
	for _, o := range own {
		if o.Closed {
			continue
		}
		stretches = append(stretches, stretch{o.Location, o.Opens, o.Closes})
	}
	return stretches
}

func (w WeeklyHours) holdsOn(day localtime.Date) bool {
	return w.Weekday == day.Weekday() &&
		(w.ValidFrom.IsZero() || !day.Before(w.ValidFrom)) &&
		(w.ValidUntil.IsZero() || !day.After(w.ValidUntil))
}

func (o DateOverride) concerns(location uuid.UUID) bool {
	return o.Location == uuid.Nil || o.Location == location
}

// bound cuts stretches down to what the clinic's overrides of the day leave of them.
func bound(stretches []stretch, closures []DateOverride) []stretch {
	var kept []stretch
	for _, st := range without(stretches, closures) {
		bounded := false
		for _, o := range closures {
			if o.Closed || !o.concerns(st.location) {
				continue
			}
			bounded = true
			if opens, closes := max(st.opens, o.Opens), min(st.closes, o.Closes); opens < closes {
				kept = append(kept, stretch{st.location, opens, closes})
			}
		}
		if !bounded {
			kept = append(kept, st)
		}
	}
	return kept
}

// without drops the stretches at places that are closed.
func without(stretches []stretch, overrides []DateOverride) []stretch {
	return slices.DeleteFunc(stretches, func(st stretch) bool {
		return slices.ContainsFunc(overrides, func(o DateOverride) bool { return o.Closed && o.concerns(st.location) })
	})
}

// merge orders stretches and makes one of those that touch or overlap at the same location.
func merge(stretches []stretch) []stretch {
	slices.SortFunc(stretches, func(a, b stretch) int {
		return cmp.Or(slices.Compare(a.location[:], b.location[:]), cmp.Compare(a.opens, b.opens))
	})
	kept := stretches[:0]
	for _, st := range stretches {
		if last := len(kept) - 1; last >= 0 && kept[last].location == st.location && st.opens <= kept[last].closes {
			kept[last].closes = max(kept[last].closes, st.closes)
			continue
		}
		kept = append(kept, st)
	}
	slices.SortStableFunc(kept, func(a, b stretch) int { return cmp.Compare(a.opens, b.opens) })
	return kept
}
