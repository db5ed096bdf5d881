package clinic

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Candidates are all resources that a slot may take, in the order in which Postgres sorts them: the practitioner, every
// room and device that would do, and the patient unless zero. Booking locks them all before it reads what is busy.
func (s *Schedule) Candidates(slot Slot, patient uuid.UUID) []uuid.UUID {
	ids := []uuid.UUID{slot.Practitioner}
	if service := s.services[slot.Service]; service != nil {
		ids = append(ids, needed(service)...)
	}
	if patient != uuid.Nil {
		ids = append(ids, patient)
	}
	return sortIDs(ids)
}

// Reach is the slot with its service's buffers: what is busy in it can be in the slot's way.
func (s *Schedule) Reach(slot Slot) (from, until time.Time) {
	service := s.services[slot.Service]
	if service == nil {
		return slot.Start, slot.End
	}
	return slot.Start.Add(-service.BufferBefore), slot.End.Add(service.BufferAfter)
}

// Assign says what a slot takes: a lane of the practitioner and of one resource for each need of the service, buffers
// included, and the patient's own time without them, unless patient is zero. What is taken already makes it an [Error]:
// [CodePatientBusy] or [CodeSlotTaken]. Busy is of [Schedule.Candidates] over [Schedule.Reach], in any order; what may
// stay in the way (the appointment being moved, the asker's own hold) is left out of it.
func (s *Schedule) Assign(slot Slot, patient uuid.UUID, busy []Busy) ([]Busy, error) {
	service, err := s.offered(slot.Service)
	if err != nil {
		return nil, err
	}
	from, until := s.Reach(slot)
	v := visit{slot.Start.Unix(), ceilUnix(slot.End), from.Unix(), ceilUnix(until)}
	taken := newCalendar(busy)
	if blocked(taken[patient].taken, 0, v.start, v.end) > 0 {
		return nil, Refuse(CodePatientBusy, messagePatientBusy)
	}
	lane, end := freeLane(taken[slot.Practitioner].taken, s.lanesOf(slot.Practitioner), v.from, v.until)
	if end > 0 {
		return nil, Refuse(CodeSlotTaken, messageTaken)
	}
	takes := []Busy{{slot.Practitioner, lane, from, until}}
	if patient != uuid.Nil {
		takes = append(takes, Busy{patient, 0, slot.Start, slot.End})
	}
	rooms, ok := s.rooms(service.Needs, slot.Location, taken, v, nil)
	if !ok {
		return nil, Refuse(CodeSlotTaken, messageTaken)
	}
	for _, r := range rooms {
		takes = append(takes, Busy{r.resource, r.lane, from, until})
	}
	return takes, nil
}

// room is a lane of a room or device.
type room struct {
	resource uuid.UUID
	lane     int
}

// rooms appends a room for each need to chosen. Where one resource could serve several needs, all combinations are tried.
func (s *Schedule) rooms(needs []Need, location uuid.UUID, busy calendar, v visit, chosen []room) ([]room, bool) {
	if len(needs) == 0 {
		return chosen, true
	}
	for _, id := range needs[0].Resources {
		if !s.usable(id, location, v) {
			continue
		}
		lane, ok := s.freeRoom(id, busy[id].at(v.from), v, chosen)
		if !ok {
			continue
		}
		if all, ok := s.rooms(needs[1:], location, busy, v, append(chosen, room{id, lane})); ok {
			return all, true
		}
	}
	return nil, false
}

// freeRoom finds a free lane of a room or device that is not chosen already.
func (s *Schedule) freeRoom(id uuid.UUID, list []taken, v visit, chosen []room) (lane int, ok bool) {
	for lane := range s.lanesOf(id) {
		if !slices.Contains(chosen, room{id, lane}) && blocked(list, lane, v.from, v.until) == 0 {
			return lane, true
		}
	}
	return 0, false
}

// usable reports whether a room or device can serve a visit at a location, whoever else wants it.
func (s *Schedule) usable(id, location uuid.UUID, v visit) bool {
	r := s.resources[id]
	if r == nil || r.Retired || r.Location != uuid.Nil && r.Location != location {
		return false
	}
	start, end := time.Unix(v.start, 0), time.Unix(v.end, 0)
	if closed, always := s.alwaysOpen(id, location, start); always {
		return !closed
	}
	_, open := s.openingFor(id, location, start, end)
	return open
}

// alwaysOpen is about a room or device that has no hours of its own on the day: always there, unless it is closed.
func (s *Schedule) alwaysOpen(id, location uuid.UUID, at time.Time) (closed, always bool) {
	h := s.hours[id]
	if h == nil {
		return false, true
	}
	own := h.overrides[localtime.DateOf(at, s.Zone(location))]
	if len(h.rows) > 0 || len(ownHours(own)) > 0 {
		return false, false
	}
	return slices.ContainsFunc(own, func(o DateOverride) bool { return o.concerns(location) }), true
}

// needed are all resources that would do for some need of a service.
func needed(service *Service) []uuid.UUID {
	var ids []uuid.UUID
	for _, need := range service.Needs {
		ids = append(ids, need.Resources...)
	}
	return ids
}
