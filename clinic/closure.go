package clinic

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// MaxClosureDays is how many days one [Closure] may have.
const MaxClosureDays = 732

// Closure is a time in which somebody is away, a room or device cannot be used, or a place or the whole clinic is closed:
// on each day from From to Until, all day or between two times on the wall.
type Closure struct {
	ID       uuid.UUID
	Resource uuid.UUID       // practitioner, room or device; zero: everybody
	Location uuid.UUID       // zero: everywhere
	From     localtime.Date  // first day, on the wall of each place
	Until    localtime.Date  // last day, inclusive
	DayFrom  localtime.Clock // closed from here on each day
	DayUntil localtime.Clock // up to here; zero: the end of the day
	Reason   string
}

// ClosedDay is what a [Closure] makes of one day of one resource, or of the whole clinic.
type ClosedDay struct {
	Resource  uuid.UUID // zero: the whole clinic
	Day       localtime.Date
	Replaces  bool           // the other hours that the resource, or the clinic, has for the day are put aside; closings stay
	Overrides []DateOverride // what holds besides
}

// Overlay are the overrides once closed days have joined them.
func Overlay(overrides []DateOverride, days []ClosedDay) []DateOverride {
	after := slices.Clone(overrides)
	for _, d := range days {
		if d.Replaces {
			after = slices.DeleteFunc(after, func(o DateOverride) bool { return o.Resource == d.Resource && o.Day == d.Day && !o.Closed })
		}
		after = append(after, d.Overrides...)
	}
	return after
}

// allDay reports whether nothing is left of a day.
func (c Closure) allDay() bool {
	return c.DayFrom == localtime.Midnight && c.until() == localtime.EndOfDay
}

func (c Closure) until() localtime.Clock {
	if c.DayUntil == localtime.Midnight {
		return localtime.EndOfDay
	}
	return c.DayUntil
}

func (c Closure) at(location uuid.UUID) bool {
	return c.Location == uuid.Nil || c.Location == location
}

// On is the closure's stretch of one day of its own as instants: from the first of two where the clock shows its
// beginning twice, until the last of two where it shows its end twice. Ok is false on other days, and where a clock change
// leaves nothing of it.
func (c Closure) On(day localtime.Date, zone *time.Location) (start, end time.Time, ok bool) {
	if day.Before(c.From) || day.After(c.Until) {
		return time.Time{}, time.Time{}, false
	}
	return localtime.Interval(day, c.DayFrom, c.until(), zone)
}

// Close works out how a closure changes the present hours, day by day. Afterwards nobody whom it is about can be booked in
// it, and everything else is as before. Where a part of the day is closed, what remains becomes the day's other hours, which
// the grid is counted from.
//
// A closure that begins or ends in an hour that comes round twice takes all of that hour, and the minute before it: hours
// on the wall cannot say which of the two is meant, and nobody shall be booked while away.
//
// An [Error] says when the closure makes no sense: [CodeInvalid], or [CodeNotFound] for what it is about.
func (s *Schedule) Close(c Closure) ([]ClosedDay, error) {
	if err := s.checkClosure(c); err != nil {
		return nil, err
	}
	var days []ClosedDay
	for day := c.From; !day.After(c.Until); day = day.AddDays(1) {
		if c.Resource != uuid.Nil {
			days = append(days, s.closeResource(c, c.Resource, day)...)
			continue
		}
		days = append(days, s.closeClinic(c, day))
		for _, id := range s.ownHoursOn(day) {
			days = append(days, s.closeResource(c, id, day)...)
		}
	}
	return days, nil
}

func (s *Schedule) checkClosure(c Closure) error {
	switch {
	case c.From.IsZero() || c.Until.IsZero():
		return Refuse(CodeInvalid, "A closing needs a first and a last day.")
	case !isDay(c.From), !isDay(c.Until):
		return Refuse(CodeInvalid, messageNoDay)
	case c.Until.Before(c.From):
		return Refuse(CodeInvalid, "That closing ends before it starts.")
	case c.From.DaysUntil(c.Until) >= MaxClosureDays:
		return Refuse(CodeInvalid, "That closing is longer than two years.")
	case checkClocks(c.DayFrom, c.until()) != nil:
		return Refuse(CodeInvalid, "The hours of a closing have to end after they start, on the same day.")
	case c.Location != uuid.Nil && s.zones[c.Location] == nil:
		return Refuse(CodeNotFound, "There is no such location here.")
	case c.Resource != uuid.Nil && s.practitioners[c.Resource] == nil && s.resources[c.Resource] == nil:
		return Refuse(CodeNotFound, messageNoPractitioner)
	}
	return nil
}

// closeResource is one day of somebody, of a room or a device; none where nothing changes.
func (s *Schedule) closeResource(c Closure, id uuid.UUID, day localtime.Date) []ClosedDay {
	closed := ClosedDay{Resource: id, Day: day}
	if c.allDay() {
		closed.Overrides = []DateOverride{{Resource: id, Location: c.Location, Day: day, Closed: true, Reason: c.Reason}}
		return []ClosedDay{closed}
	}
	present := s.wallHours(id, day)
	left := s.cutAll(c, present, day)
	switch {
	case slices.Equal(present, left):
		return nil
	case len(left) == 0:
		closed.Overrides = []DateOverride{{Resource: id, Day: day, Closed: true, Reason: c.Reason}}
	default:
		closed.Replaces, closed.Overrides = true, otherHours(id, day, left, c.Reason)
	}
	return []ClosedDay{closed}
}

// wallHours are the hours of a day on the wall. What is there whenever somebody uses it has the whole day.
func (s *Schedule) wallHours(id uuid.UUID, day localtime.Date) []stretch {
	var hours []stretch
	for _, o := range s.Openings(id, day, day) {
		hours = append(hours, stretch{o.Location, o.Opens, o.Closes})
	}
	room := s.resources[id]
	if room == nil {
		return hours
	}
	for _, l := range s.directory.Locations {
		if room.Location != uuid.Nil && room.Location != l.ID {
			continue
		}
		if closed, always := s.alwaysOpen(id, l.ID, localtime.Open(day, localtime.Noon, s.Zone(l.ID))); always && !closed {
			hours = append(hours, stretch{l.ID, localtime.Midnight, localtime.EndOfDay})
		}
	}
	return hours
}

// closeClinic is one day of a place or of all of them. It bounds weekly hours; who has other hours that day is not bound.
func (s *Schedule) closeClinic(c Closure, day localtime.Date) ClosedDay {
	closed := ClosedDay{Day: day}
	if c.allDay() {
		closed.Overrides = []DateOverride{{Location: c.Location, Day: day, Closed: true, Reason: c.Reason}}
		return closed
	}
	closed.Replaces = true
	for _, l := range s.directory.Locations {
		bounds := s.boundsOn(l.ID, day)
		if !c.at(l.ID) {
			closed.Overrides = append(closed.Overrides, otherHours(uuid.Nil, day, bounds, c.Reason)...)
			continue
		}
		if bounds == nil {
			bounds = []stretch{{l.ID, localtime.Midnight, localtime.EndOfDay}}
		}
		left := s.cutAll(c, bounds, day)
		closed.Overrides = append(closed.Overrides, otherHours(uuid.Nil, day, left, c.Reason)...)
		if len(left) == 0 {
			closed.Overrides = append(closed.Overrides, DateOverride{Location: l.ID, Day: day, Closed: true, Reason: c.Reason})
		}
	}
	return closed
}

// boundsOn are the clinic's other hours at a place; nil where it has none that day.
func (s *Schedule) boundsOn(location uuid.UUID, day localtime.Date) []stretch {
	var bounds []stretch
	for _, o := range s.closures[day] {
		if !o.Closed && o.concerns(location) {
			bounds = append(bounds, stretch{location, o.Opens, o.Closes})
		}
	}
	return merge(bounds)
}

// ownHoursOn is who has other hours on a day, in the order of ids.
func (s *Schedule) ownHoursOn(day localtime.Date) []uuid.UUID {
	var ids []uuid.UUID
	for id, h := range s.hours {
		if len(ownHours(h.overrides[day])) > 0 {
			ids = append(ids, id)
		}
	}
	return sortIDs(ids)
}

func otherHours(id uuid.UUID, day localtime.Date, hours []stretch, reason string) []DateOverride {
	var rows []DateOverride
	for _, st := range hours {
		rows = append(rows, DateOverride{Resource: id, Location: st.location, Day: day, Opens: st.opens, Closes: st.closes, Reason: reason})
	}
	return rows
}

// cutAll is what a closure leaves of a day's hours.
func (s *Schedule) cutAll(c Closure, hours []stretch, day localtime.Date) []stretch {
	var left []stretch
	for _, st := range hours {
		if !c.at(st.location) {
			left = append(left, st)
			continue
		}
		left = append(left, c.cut(st, localtime.NewDay(day, s.Zone(st.location)))...)
	}
	return left
}

// cut is what is left of a stretch: the part before the closure and the part after it.
func (c Closure) cut(st stretch, day localtime.Day) []stretch {
	start, end, ok := day.Interval(c.DayFrom, c.until())
	opens, closes := day.Open(st.opens), day.Close(st.closes)
	if !ok || !start.Before(closes) || !opens.Before(end) {
		return []stretch{st}
	}
	var left []stretch
	before := c.DayFrom
	for before > st.opens && day.Close(before).After(start) {
		before--
	}
	if before > st.opens {
		left = append(left, stretch{st.location, st.opens, before})
	}
	after := c.until()
	for after < st.closes && day.Open(after).Before(end) {
		after++
	}
	if after < st.closes {
		left = append(left, stretch{st.location, after, st.closes})
	}
	return left
}
