package clinic

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// room is a lane of a room or device.
type room struct {
	resource uuid.UUID
	lane     int
}

// roomSearch looks for what a visit needs besides the practitioner.
type roomSearch struct {
	schedule *Schedule
	location uuid.UUID
	busy     calendar
	visit    visit
	share    bool // what is taken may be taken once more
}

// roomsFor finds a room for each need. With squeeze, they are shared where not all of them are free.
func (s *Schedule) roomsFor(needs []Need, location uuid.UUID, busy calendar, v visit, squeeze bool) ([]room, bool) {
	search := roomSearch{schedule: s, location: location, busy: busy, visit: v}
	rooms, ok := search.choose(needs, nil)
	if !ok && squeeze {
		search.share = true
		return search.choose(needs, nil)
	}
	return rooms, ok
}

// choose appends a room for each need to chosen. Where one resource could serve several needs, all combinations are tried;
// a free one comes before a shared one.
func (r *roomSearch) choose(needs []Need, chosen []room) ([]room, bool) {
	if len(needs) == 0 {
		return chosen, true
	}
	all, ok := r.chooseFirst(needs, chosen, false)
	if !ok && r.share {
		return r.chooseFirst(needs, chosen, true)
	}
	return all, ok
}

// chooseFirst serves the first need by what is free or by what is shared, and the others after it.
func (r *roomSearch) chooseFirst(needs []Need, chosen []room, shared bool) ([]room, bool) {
	laneOf := r.free
	if shared {
		laneOf = r.shared
	}
	for _, id := range needs[0].Resources {
		lane, ok := laneOf(id, chosen)
		if !ok {
			continue
		}
		if all, ok := r.choose(needs[1:], append(chosen, room{id, lane})); ok {
			return all, true
		}
	}
	return nil, false
}

// free finds a lane of a room or device that is neither taken nor chosen already.
func (r *roomSearch) free(id uuid.UUID, chosen []room) (lane int, ok bool) {
	if !r.usable(id) {
		return 0, false
	}
	list := r.busy[id].at(r.visit.from)
	for lane := range r.schedule.lanesOf(id) {
		if !slices.Contains(chosen, room{id, lane}) && blocked(list, lane, r.visit.from, r.visit.until) == 0 {
			return lane, true
		}
	}
	return 0, false
}

// shared is the lane for what staff squeeze in, unless that is taken too.
func (r *roomSearch) shared(id uuid.UUID, chosen []room) (lane int, ok bool) {
	if !r.isHere(id) || slices.Contains(chosen, room{id, overbookedLane}) {
		return 0, false
	}
	list := r.busy[id].at(r.visit.from)
	return overbookedLane, blocked(list, overbookedLane, r.visit.from, r.visit.until) == 0
}

// usable reports whether a room or device can serve the visit, whoever else wants it.
func (r *roomSearch) usable(id uuid.UUID) bool {
	if !r.isHere(id) {
		return false
	}
	start, end := time.Unix(r.visit.start, 0), time.Unix(r.visit.end, 0)
	if closed, always := r.schedule.alwaysOpen(id, r.location, start); always {
		return !closed
	}
	_, open := r.schedule.openingFor(id, r.location, start, end)
	return open
}

// isHere reports whether a room is at the location, or a device can be carried there.
func (r *roomSearch) isHere(id uuid.UUID) bool {
	found := r.schedule.resources[id]
	return found != nil && !found.Retired && (found.Location == uuid.Nil || found.Location == r.location)
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
