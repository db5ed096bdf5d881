package clinic

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// DisplacedWhy says why the present hours no longer allow an appointment.
type DisplacedWhy string

// Why appointments are displaced.
const (
	WhyRetired DisplacedWhy = "retired" // the practitioner sees nobody here any more
	WhyAway    DisplacedWhy = "away"    // nobody is there for it at that time, or not for all of it
	WhyRoom    DisplacedWhy = "room"    // a room or device that it takes cannot be used then
)

// Displaced is an appointment that was agreed and that the present hours no longer allow.
type Displaced struct {
	Appointment Appointment
	Why         DisplacedWhy
	Name        string // of the patient: for staff alone
	Language    string // the patient's, ISO 639-1
	Proposal    *Slot  // the nearest equal slot; nil: there is none, or it was not asked for
}

// DisplacedFilter narrows which displaced appointments are meant. The zero filter is all that are to come.
type DisplacedFilter struct {
	Practitioner uuid.UUID      // zero: any
	Location     uuid.UUID      // zero: any
	From         localtime.Date // first day on the wall of the place; zero: today
	Until        localtime.Date // last day, inclusive; zero: no end
}

// Check says that there are no such days, as a [CodeInvalid].
func (f DisplacedFilter) Check() error {
	switch {
	case !isDay(f.From), !isDay(f.Until):
		return Refuse(CodeInvalid, messageNoDay)
	case !f.Until.IsZero() && f.Until.Before(f.From):
		return Refuse(CodeInvalid, messageBackwardDays)
	}
	return nil
}

// Wants reports whether an appointment is meant; its times are in the zone that it was agreed in.
func (f DisplacedFilter) Wants(a Appointment) bool {
	day := localtime.DateOf(a.Slot.Start, a.Slot.Start.Location())
	return (f.Practitioner == uuid.Nil || f.Practitioner == a.Slot.Practitioner) &&
		(f.Location == uuid.Nil || f.Location == a.Slot.Location) &&
		(f.From.IsZero() || !day.Before(f.From)) && (f.Until.IsZero() || !day.After(f.Until))
}

// Placed is an appointment with what it takes.
type Placed struct {
	Appointment Appointment
	Rooms       []uuid.UUID // and devices
	Overbooked  bool        // staff squeezed it in, perhaps outside the hours
}

// Displaces says why the present hours no longer allow an appointment; ok is false when they do.
//
// Hours count, and who and what has to be there; the grid, the length and the notice do not, for they bind new visits only.
// What staff squeezed in outside the hours stays, unless a closure takes its time or nobody comes that day.
func (s *Schedule) Displaces(p Placed, closures []Closure) (why DisplacedWhy, ok bool) {
	slot := p.Appointment.Slot
	who := s.practitioners[slot.Practitioner]
	if who == nil || who.Retired {
		return WhyRetired, true
	}
	if !s.sees(slot, p.Overbooked, closures) {
		return WhyAway, true
	}
	if slices.ContainsFunc(p.Rooms, func(id uuid.UUID) bool { return !s.there(id, slot) }) {
		return WhyRoom, true
	}
	return "", false
}

// sees reports whether the practitioner is there for a slot.
func (s *Schedule) sees(slot Slot, overbooked bool, closures []Closure) bool {
	if _, open := s.openingFor(slot.Practitioner, slot.Location, slot.Start, slot.End); open || !overbooked {
		return open
	}
	zone := s.Zone(slot.Location)
	day := localtime.DateOf(slot.Start, zone)
	if slices.ContainsFunc(closures, func(c Closure) bool { return c.takes(slot, day, zone) }) {
		return false
	}
	return slices.ContainsFunc(s.Openings(slot.Practitioner, day, day), func(o Opening) bool { return o.Location == slot.Location })
}

// takes reports whether a closure has some of the slot's time.
func (c Closure) takes(slot Slot, day localtime.Date, zone *time.Location) bool {
	if c.Resource != uuid.Nil && c.Resource != slot.Practitioner || !c.at(slot.Location) {
		return false
	}
	start, end, ok := c.On(day, zone)
	return ok && start.Before(slot.End) && slot.Start.Before(end)
}

// there reports whether a room or device that a slot has can be used in it. One that is gone from the directory cannot.
func (s *Schedule) there(id uuid.UUID, slot Slot) bool {
	room := s.resources[id]
	if room == nil || room.Retired {
		return false
	}
	if closed, always := s.alwaysOpen(id, slot.Location, slot.Start); always {
		return !closed
	}
	_, open := s.openingFor(id, slot.Location, slot.Start, slot.End)
	return open
}

// What moving a displaced appointment costs, in points. A practitioner whom the patient chose is worth some days of waiting,
// the day that they have planned with is worth another time of day.
const (
	costDay        = 10 // of each day that it is moved by
	costHour       = 2  // of each hour that the time of day is another
	costSomebody   = 25 // another practitioner
	costElsewhere  = 20 // another place
	costStranger   = 30 // another practitioner, who does not speak the patient's language as the first one did
	costSooner     = 5  // an earlier day: it may be missed
	noticeOfMoving = 24 * time.Hour
)

// MovedFrom is the first time that a displaced appointment can be moved to at now without taking its patient by surprise:
// a day ahead, or its own time when that is nearer.
func MovedFrom(a Appointment, now time.Time) time.Time {
	return later(now, earlier(a.Slot.Start, now.Add(noticeOfMoving)))
}

// RankMoves orders slots by how little they change for the patient of a displaced appointment, the least first: the same
// practitioner, place, day and time of day, each weighed against the others. Language is the patient's, ISO 639-1.
// What is equal is in order of start.
func (s *Schedule) RankMoves(a Appointment, language string, slots []Slot) []Slot {
	type priced struct {
		slot Slot
		cost int
	}
	all := make([]priced, len(slots))
	for i, slot := range slots {
		all[i] = priced{slot, s.costOfMove(a.Slot, language, slot)}
	}
	slices.SortStableFunc(all, func(x, y priced) int {
		return cmp.Or(cmp.Compare(x.cost, y.cost), x.slot.Start.Compare(y.slot.Start))
	})
	ranked := make([]Slot, len(all))
	for i, p := range all {
		ranked[i] = p.slot
	}
	return ranked
}

func (s *Schedule) costOfMove(was Slot, language string, slot Slot) int {
	from, to := s.Zone(was.Location), s.Zone(slot.Location)
	days := localtime.DateOf(was.Start, from).DaysUntil(localtime.DateOf(slot.Start, to))
	minutes := int(localtime.ClockOf(slot.Start, to) - localtime.ClockOf(was.Start, from))
	cost := costDay*abs(days) + costHour*abs(minutes)/60
	if days < 0 {
		cost += costSooner
	}
	if slot.Location != was.Location {
		cost += costElsewhere
	}
	if slot.Practitioner == was.Practitioner {
		return cost
	}
	if s.speaks(was.Practitioner, language) && !s.speaks(slot.Practitioner, language) {
		cost += costStranger
	}
	return cost + costSomebody
}

func (s *Schedule) speaks(id uuid.UUID, language string) bool {
	p := s.practitioners[id]
	return p != nil && slices.Contains(p.Languages, language)
}

func abs(n int) int { return max(n, -n) }

// SettleWay is what becomes of a displaced appointment.
type SettleWay string

// Ways to settle.
const (
	SettleMove   SettleWay = "move" // to the proposal
	SettleCancel SettleWay = "cancel"
)

// Told is how a patient learns what became of their appointment.
type Told string

// How patients are told.
const (
	ToldByText    Told = "text"      // to a number for which they agreed to texts
	ToldByTask    Told = "task"      // staff call them back
	ToldOvertaken Told = "overtaken" // it was changed again before they were told, by somebody who knew
)

// SettleRequest settles one displaced appointment.
type SettleRequest struct {
	Displaced Displaced
	Way       SettleWay
	Texts     bool // texts can be sent; else staff get a task in every case
	Actor     Actor
}

// Settled is what became of a displaced appointment.
type Settled struct {
	Appointment Appointment // as it is now
	Way         SettleWay
	Told        Told
}
