package clinic

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// maxAhead is how far ahead anything can be booked, by staff too: what lies beyond it is a slip of the pen,
// and years of more than four digits are no times that a database or a calendar could keep.
const maxAhead = 5 * 365 * 24 * time.Hour

// Sentences that several rules say.
const (
	messagePast           = "That time has already passed."
	messageNoTime         = "That is no time: its beginning or its end is missing."
	messageNoDay          = "There is no such day."
	messageBackwardDays   = "That range of days ends before it starts."
	messageBackwards      = "That range of time ends before it starts."
	messageNoService      = "That kind of visit is not offered here."
	messageNoPractitioner = "There is no such practitioner here."
	messageNoLocation     = "The clinic has no such place."
	messageTaken          = "That time has just been taken."
	messagePatientBusy    = "There is already another appointment for you at that time."
)

// CheckSlot says why a slot cannot be booked at now, as an [Error]; nil when the rules allow it. It is the one place that
// decides so, for holding, booking and moving. What is taken already it does not know: [Schedule.Assign] does.
//
// The visit itself must lie inside one opening of the practitioner and begin on the grid, which is counted on the wall
// from that opening. Buffers may reach outside: somebody can prepare before the doors open and tidy up after they close.
// Staff are not bound by notice and window, but nobody books more than five years ahead.
func (s *Schedule) CheckSlot(slot Slot, by Actor, now time.Time) error {
	service, practitioner, err := s.checkParties(slot)
	if err != nil {
		return err
	}
	if err := checkTimes(service, slot); err != nil {
		return err
	}
	if err := checkLead(service, slot.Start, by, now); err != nil {
		return err
	}
	return s.checkHours(service, practitioner, slot)
}

// CheckOverbook says why staff cannot squeeze a slot in at now, as an [Error]. Hours and grid do not count, nor what is
// taken already ([Schedule.AssignOverbooked] sees to it); what cannot be at all still cannot: a practitioner who does not
// offer the service, another length, a time that has passed. Anybody else is a [CodeNotAllowed].
func (s *Schedule) CheckOverbook(slot Slot, by Actor, now time.Time) error {
	if by.Kind != ActorStaff {
		return Refuse(CodeNotAllowed, "Only the front desk can add a visit outside the free times.")
	}
	service, _, err := s.checkParties(slot)
	if err != nil {
		return err
	}
	if err := checkTimes(service, slot); err != nil {
		return err
	}
	if !slot.Start.Equal(slot.Start.Truncate(time.Minute)) {
		return &Error{Code: CodeOffGrid, Span: time.Minute, Message: "Visits start on a full minute."}
	}
	return checkLead(service, slot.Start, by, now)
}

// CheckPatient says why a service is not for somebody, as a [CodeNotForPatient]; seen is whether they were ever seen at
// the clinic. Staff, who know better, need not ask.
func (s *Schedule) CheckPatient(service uuid.UUID, seen bool) error {
	found, err := s.offered(service)
	switch {
	case err != nil:
		return err
	case found.For == ForNew && seen:
		return Refuse(CodeNotForPatient, "That visit is for new patients only. Please choose another kind of visit.")
	case found.For == ForKnown && !seen:
		return Refuse(CodeNotForPatient, "That visit is only for patients who have been here before. Please choose a first visit.")
	}
	return nil
}

// checkParties finds the service and the practitioner of a slot and says why they cannot be booked together, or there.
func (s *Schedule) checkParties(slot Slot) (*Service, *Practitioner, error) {
	service, err := s.offered(slot.Service)
	if err != nil {
		return nil, nil, err
	}
	practitioner := s.practitioners[slot.Practitioner]
	if practitioner == nil {
		return nil, nil, Refuse(CodeNotFound, messageNoPractitioner)
	}
	if err := provides(practitioner, service); err != nil {
		return nil, nil, err
	}
	if s.zones[slot.Location] == nil {
		return nil, nil, Refuse(CodeNotFound, messageNoLocation)
	}
	return service, practitioner, nil
}

// offered finds a service that can be booked.
func (s *Schedule) offered(id uuid.UUID) (*Service, error) {
	service := s.services[id]
	if service == nil {
		return nil, Refuse(CodeNotFound, messageNoService)
	}
	if service.Retired {
		return nil, Refuse(CodeNotOffered, "That kind of visit is no longer offered.")
	}
	return service, nil
}

// provides says why a practitioner cannot be booked for a service.
func provides(p *Practitioner, service *Service) error {
	who := p.DisplayName()
	if p.Retired {
		return &Error{Code: CodeRetired, Who: who, Message: who + " no longer sees patients here."}
	}
	if !slices.Contains(p.Services, service.ID) {
		return &Error{Code: CodeNotOffered, Who: who, Message: who + " does not offer this kind of visit."}
	}
	return nil
}

// checkTimes is about a slot that is no stretch of time, or one of another length than its service.
func checkTimes(service *Service, slot Slot) error {
	switch {
	case slot.Start.IsZero() || slot.End.IsZero():
		return Refuse(CodeInvalid, messageNoTime)
	case !slot.End.After(slot.Start):
		return Refuse(CodeInvalid, messageBackwards)
	case !slot.End.Equal(slot.Start.Add(service.Duration)):
		return &Error{
			Code: CodeWrongLength, Span: service.Duration,
			Message: "This visit takes " + humanDuration(service.Duration) + ", no more and no less.",
		}
	}
	return nil
}

// checkLead is about how far ahead a start may be.
func checkLead(service *Service, start time.Time, by Actor, now time.Time) error {
	notice, window := service.Notice, min(service.Window, maxAhead)
	if by.Kind == ActorStaff {
		notice, window = 0, maxAhead
	}
	switch {
	case start.Before(now):
		return Refuse(CodeTooSoon, messagePast)
	case start.Before(now.Add(notice)):
		return &Error{
			Code: CodeTooSoon, Span: notice,
			Message: "That is too soon: this visit has to be booked at least " + humanDuration(notice) + " ahead.",
		}
	case start.After(now.Add(window)):
		return tooFar(window)
	}
	return nil
}

func tooFar(window time.Duration) error {
	return &Error{
		Code: CodeTooFar, Span: window,
		Message: "That is too far ahead: this visit can be booked up to " + humanDuration(window) + " ahead.",
	}
}

// checkHours is about opening hours and the grid.
func (s *Schedule) checkHours(service *Service, p *Practitioner, slot Slot) error {
	opening, ok := s.openingFor(slot.Practitioner, slot.Location, slot.Start, slot.End)
	if !ok {
		return s.outsideHours(service, p, slot)
	}
	grid := localtime.NewDay(opening.Day, s.Zone(opening.Location)).Grid(opening.Opens, service.Grid)
	if start := slot.Start.Unix(); slot.Start.Nanosecond() != 0 || grid.Next(start) != start {
		return &Error{
			Code: CodeOffGrid, Span: service.Grid,
			Message: "Visits of this kind do not start at that minute, but every " + humanDuration(service.Grid) + ".",
		}
	}
	return nil
}

// outsideHours says whether nobody is there at the start, or not for all of the visit.
func (s *Schedule) outsideHours(service *Service, p *Practitioner, slot Slot) error {
	who := p.DisplayName()
	if _, begins := s.openingFor(p.ID, slot.Location, slot.Start, slot.Start.Add(1)); begins {
		return &Error{
			Code: CodeOutsideHours, Who: who, Span: service.Duration,
			Message: "This visit takes " + humanDuration(service.Duration) + ", and " + who + " is not there for so long after that time.",
		}
	}
	return &Error{Code: CodeOutsideHours, Who: who, Message: who + " does not see patients at that time and place."}
}

// openingFor is the opening of a resource at a location that has all of start to end in it.
func (s *Schedule) openingFor(resource, location uuid.UUID, start, end time.Time) (Opening, bool) {
	day := localtime.DateOf(start, s.Zone(location))
	for _, o := range s.Openings(resource, day, day) {
		if o.Location == location && !start.Before(o.Start) && !end.After(o.End) {
			return o, true
		}
	}
	return Opening{}, false
}

// humanDuration is a duration as people say it: "90 minutes", "2 hours", "3 days", "5 years".
func humanDuration(d time.Duration) string {
	const day = 24 * time.Hour
	unit, n := "minute", int64(d/time.Minute)
	switch {
	case d >= 2*365*day && d%(365*day) == 0:
		unit, n = "year", int64(d/(365*day))
	case d >= 2*day && d%day == 0:
		unit, n = "day", int64(d/day)
	case d >= time.Hour && d%time.Hour == 0:
		unit, n = "hour", int64(d/time.Hour)
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
