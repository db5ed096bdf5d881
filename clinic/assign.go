package clinic

import (
	"time"

	"github.com/google/uuid"
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

// Assign says what a slot takes: time of the practitioner and a lane of one resource for each need of the service, buffers
// included, and the patient's own time without them, unless patient is zero. A service for groups takes one of the
// practitioner's lanes, any other all of them, so that nobody is seen alone while a group is there.
//
// What is taken already makes it an [Error]: [CodePatientBusy] or [CodeSlotTaken]. Busy is of [Schedule.Candidates] over
// [Schedule.Reach], in any order; what may stay in the way (the appointment being moved, the asker's own hold) is left out
// of it.
func (s *Schedule) Assign(slot Slot, patient uuid.UUID, busy []Busy) ([]Busy, error) {
	return s.assign(slot, patient, busy, false)
}

// overbookedLane is where staff squeeze a visit in when no lane is free: one at a time, and in nobody's way.
const overbookedLane = -1

// AssignOverbooked is [Schedule.Assign] for what staff squeeze in: where nothing is free of the practitioner, or of any
// room or device that would do, the slot takes lane -1 of it, whatever its hours. A second one there at the same time is a
// [CodeSlotTaken]. Nobody is in two places: the patient's own time counts as always.
func (s *Schedule) AssignOverbooked(slot Slot, patient uuid.UUID, busy []Busy) ([]Busy, error) {
	return s.assign(slot, patient, busy, true)
}

func (s *Schedule) assign(slot Slot, patient uuid.UUID, busy []Busy, squeeze bool) ([]Busy, error) {
	service, err := s.offered(slot.Service)
	if err != nil {
		return nil, err
	}
	from, until := s.Reach(slot)
	v := visit{slot.Start.Unix(), ceilUnix(slot.End), from.Unix(), ceilUnix(until)}
	taken := newCalendar(busy)
	if patient != uuid.Nil && blocked(taken[patient].taken, 0, v.start, v.end) > 0 {
		return nil, Refuse(CodePatientBusy, messagePatientBusy)
	}
	own, ok := s.lanes(service, slot.Practitioner, taken, v, squeeze)
	if !ok {
		return nil, Refuse(CodeSlotTaken, messageTaken)
	}
	rooms, ok := s.roomsFor(service.Needs, slot.Location, taken, v, squeeze)
	if !ok {
		return nil, Refuse(CodeSlotTaken, messageTaken)
	}
	takes := make([]Busy, 0, len(own)+1+len(rooms))
	for _, lane := range own {
		takes = append(takes, Busy{slot.Practitioner, lane, from, until})
	}
	if patient != uuid.Nil {
		takes = append(takes, Busy{patient, 0, slot.Start, slot.End})
	}
	for _, r := range rooms {
		takes = append(takes, Busy{r.resource, r.lane, from, until})
	}
	return takes, nil
}

// lanes are those of the practitioner that a visit takes.
func (s *Schedule) lanes(service *Service, practitioner uuid.UUID, busy calendar, v visit, squeeze bool) ([]int, bool) {
	list, count := busy[practitioner].at(v.from), s.lanesOf(practitioner)
	switch {
	case !service.Group && occupied(list, count, v.from, v.until) == 0:
		all := make([]int, count)
		for lane := range all {
			all[lane] = lane
		}
		return all, true
	case service.Group:
		if lane, end := freeLane(list, count, v.from, v.until); end == 0 {
			return []int{lane}, true
		}
	}
	if squeeze && blocked(list, overbookedLane, v.from, v.until) == 0 {
		return []int{overbookedLane}, true
	}
	return nil, false
}

// needed are all resources that would do for some need of a service.
func needed(service *Service) []uuid.UUID {
	var ids []uuid.UUID
	for _, need := range service.Needs {
		ids = append(ids, need.Resources...)
	}
	return ids
}
