package clinic

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Sentences that several rules say.
const (
	messagePast           = "That time has already passed."
	messageNoService      = "That kind of visit is not offered here."
	messageNoPractitioner = "There is no such practitioner here."
	messageTaken          = "That time has just been taken."
	messagePatientBusy    = "There is already another appointment for you at that time."
	messageOutsideHours   = "That time is outside the hours when this visit is offered."
	messageOffGrid        = "Visits of this kind do not start at that time."
)

// CheckSlot says why a slot cannot be booked at now, as an [Error]; nil when the rules allow it. It is the one place that
// decides so, for holding, booking and moving. What is taken already it does not know: [Schedule.Assign] does.
//
// The visit itself must lie inside one opening of the practitioner and begin on the grid, which is counted on the wall
// from that opening. Buffers may reach outside: somebody can prepare before the doors open and tidy up after they close.
// Staff are not bound by notice and window.
func (s *Schedule) CheckSlot(slot Slot, by Actor, now time.Time) error {
	service, err := s.offered(slot.Service)
	if err != nil {
		return err
	}
	practitioner := s.practitioners[slot.Practitioner]
	if practitioner == nil {
		return Refuse(CodeNotFound, messageNoPractitioner)
	}
	if err := provides(practitioner, service); err != nil {
		return err
	}
	if !slot.End.Equal(slot.Start.Add(service.Duration)) {
		return Refuse(CodeInvalid, "That is not how long this visit takes: "+humanDuration(service.Duration)+".")
	}
	if err := checkLead(service, slot.Start, by, now); err != nil {
		return err
	}
	return s.checkHours(service, slot)
}

// CheckMove says why an appointment cannot be given another slot at now, as an [Error].
// Version is the one that whoever asks has seen.
func (s *Schedule) CheckMove(a Appointment, version int, slot Slot, by Actor, now time.Time) error {
	if err := s.checkChange(a, version, by, now); err != nil {
		return err
	}
	return s.CheckSlot(slot, by, now)
}

// CheckCancel says why an appointment cannot be cancelled at now, as an [Error].
// Version is the one that whoever asks has seen.
func (s *Schedule) CheckCancel(a Appointment, version int, by Actor, now time.Time) error {
	return s.checkChange(a, version, by, now)
}

// checkChange is what moving and cancelling have in common: both give the old time up.
func (s *Schedule) checkChange(a Appointment, version int, by Actor, now time.Time) error {
	switch {
	case a.State == StateCancelled:
		return Refuse(CodeWrongState, "That appointment has already been cancelled.")
	case a.State != StateBooked && a.State != StateConfirmed, !a.Slot.Start.After(now) && by.Kind != ActorStaff:
		return Refuse(CodeWrongState, "That appointment can no longer be changed: its time has come or gone.")
	case a.Version != version:
		return Refuse(CodeWrongState, "That appointment was changed in the meantime.")
	}
	return s.checkChangeNotice(a, by, now)
}

func (s *Schedule) checkChangeNotice(a Appointment, by Actor, now time.Time) error {
	service := s.services[a.Slot.Service]
	if service == nil || by.Kind == ActorStaff || !a.Slot.Start.Before(now.Add(service.ChangeNotice)) {
		return nil
	}
	return Refuse(CodeLateChange, "It is too late to change that appointment here: that takes at least "+
		humanDuration(service.ChangeNotice)+" of notice. Please call the clinic.")
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
	if p.Retired {
		return Refuse(CodeNotOffered, p.DisplayName()+" no longer sees patients here.")
	}
	if !slices.Contains(p.Services, service.ID) {
		return Refuse(CodeNotOffered, p.DisplayName()+" does not offer this kind of visit.")
	}
	return nil
}

// checkLead is about how far ahead a start may be.
func checkLead(service *Service, start time.Time, by Actor, now time.Time) error {
	if start.Before(now) {
		return Refuse(CodeTooSoon, messagePast)
	}
	if by.Kind == ActorStaff {
		return nil
	}
	if start.Before(now.Add(service.Notice)) {
		return Refuse(CodeTooSoon, "That is too soon: this visit has to be booked at least "+humanDuration(service.Notice)+" ahead.")
	}
	if start.After(now.Add(service.Window)) {
		return Refuse(CodeTooFar, messageTooFar(service))
	}
	return nil
}

func messageTooFar(service *Service) string {
	return "That is too far ahead: this visit can be booked up to " + humanDuration(service.Window) + " ahead."
}

// checkHours is about opening hours and the grid.
func (s *Schedule) checkHours(service *Service, slot Slot) error {
	opening, ok := s.openingFor(slot.Practitioner, slot.Location, slot.Start, slot.End)
	if !ok {
		return Refuse(CodeNotOffered, messageOutsideHours)
	}
	grid := localtime.NewDay(opening.Day, s.Zone(opening.Location)).Grid(opening.Opens, service.Grid)
	if start := slot.Start.Unix(); slot.Start.Nanosecond() != 0 || grid.Next(start) != start {
		return Refuse(CodeNotOffered, messageOffGrid)
	}
	return nil
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

// humanDuration is a duration as people say it: "90 minutes", "2 hours", "3 days".
func humanDuration(d time.Duration) string {
	unit, n := "minute", int64(d/time.Minute)
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		unit, n = "day", int64(d/(24*time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		unit, n = "hour", int64(d/time.Hour)
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
