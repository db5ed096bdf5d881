package clinic

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// oracle finds free slots the slow way: it looks at every minute, and at what the clock on the wall says then.
// It shares no code with the search but the types.
type oracle struct {
	directory *Directory
	weekly    []WeeklyHours
	overrides []DateOverride
	busy      []Busy
	known     map[hoursKey][]wallRun
}

// hoursKey and wallRun keep what was found of a day, for its other minutes.
type hoursKey struct {
	resource, location uuid.UUID
	day                localtime.Date
}

type wallRun struct {
	opens, closes localtime.Clock
	start, end    time.Time
}

func (o oracle) free(q Query, now time.Time) []Slot {
	service := o.directory.Services[0]
	first, last := now.Add(service.Notice), now.Add(service.Window)
	if q.From.After(first) {
		first = q.From
	}
	var slots []Slot
	for t := first.Truncate(time.Minute); !t.After(last) && (q.Until.IsZero() || t.Before(q.Until)); t = t.Add(time.Minute) {
		if t.Before(first) {
			continue
		}
		slots = append(slots, o.freeAt(service, q, t)...)
	}
	return slots
}

// freeAt is the slots that start at t, in the order of practitioners.
func (o oracle) freeAt(service Service, q Query, t time.Time) []Slot {
	var slots []Slot
	for _, p := range o.directory.Practitioners {
		if p.Retired || !slices.Contains(p.Services, service.ID) || len(q.Practitioners) > 0 && !slices.Contains(q.Practitioners, p.ID) ||
			q.Language != "" && !slices.Contains(p.Languages, q.Language) {
			continue
		}
		for _, l := range o.directory.Locations {
			slot := Slot{service.ID, p.ID, l.ID, t, t.Add(service.Duration)}
			wanted := q.Location == uuid.Nil || q.Location == l.ID
			if wanted && wantedTime(t.In(l.Zone), q) && o.onGrid(slot, service, o.around(slot)) && o.inTheWay(slot, service, q.Patient) == "" {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}

// wantedTime is about the weekday and part of day that a query asks for.
func wantedTime(t time.Time, q Query) bool {
	wall := localtime.Clock(t.Hour()*60 + t.Minute())
	return (len(q.Weekdays) == 0 || slices.Contains(q.Weekdays, t.Weekday())) && wall >= q.DayFrom && (q.DayUntil == 0 || wall < q.DayUntil)
}

// around are the stretches of the practitioner that have all of a slot in them.
func (o oracle) around(slot Slot) []wallRun {
	zone := o.zone(slot.Location)
	runs := slices.Clone(o.stretches(hoursKey{slot.Practitioner, slot.Location, localtime.DateOf(slot.Start, zone)}, zone))
	return slices.DeleteFunc(runs, func(r wallRun) bool { return slot.Start.Before(r.start) || slot.End.After(r.end) })
}

// onGrid reports whether a slot begins on the grid of one of the stretches.
func (o oracle) onGrid(slot Slot, service Service, around []wallRun) bool {
	wall := localtime.ClockOf(slot.Start, o.zone(slot.Location))
	return slot.Start.Equal(slot.Start.Truncate(time.Minute)) && slices.ContainsFunc(around, func(r wallRun) bool {
		return wall >= r.opens && (wall-r.opens)%localtime.Clock(service.Grid/time.Minute) == 0
	})
}

func (o oracle) zone(location uuid.UUID) *time.Location {
	return o.directory.Locations[slices.IndexFunc(o.directory.Locations, func(l Location) bool { return l.ID == location })].Zone
}

// verdict is the code with which a slot is refused to somebody, "" when it is not.
func (o oracle) verdict(slot Slot, by Actor, patient uuid.UUID, now time.Time) string {
	service := o.directory.Services[0]
	who := slices.IndexFunc(o.directory.Practitioners, func(p Practitioner) bool { return p.ID == slot.Practitioner })
	lead := slot.Start.Sub(now)
	switch {
	case slot.Service != service.ID || who < 0:
		return CodeNotFound
	case o.directory.Practitioners[who].Retired:
		return CodeRetired
	case !slices.ContainsFunc(o.directory.Locations, func(l Location) bool { return l.ID == slot.Location }):
		return CodeNotFound
	case slot.End.IsZero() || slot.End.Sub(slot.Start) <= 0:
		return CodeInvalid
	case slot.End.Sub(slot.Start) != service.Duration:
		return CodeWrongLength
	case lead < 0 || by.Kind != ActorStaff && lead < service.Notice:
		return CodeTooSoon
	case by.Kind != ActorStaff && lead > service.Window:
		return CodeTooFar
	}
	around := o.around(slot)
	if len(around) == 0 {
		return CodeOutsideHours
	}
	if !o.onGrid(slot, service, around) {
		return CodeOffGrid
	}
	return o.inTheWay(slot, service, patient)
}

func (o oracle) stretches(key hoursKey, zone *time.Location) []wallRun {
	runs, known := o.known[key]
	if known {
		return runs
	}
	for _, run := range o.runs(key.resource, key.location, key.day) {
		if start, end, ok := stretchOnWall(key.day, run[0], run[1], zone); ok {
			runs = append(runs, wallRun{run[0], run[1], start, end})
		}
	}
	for i := range len(runs) - 1 { // a repeated hour can make them overlap
		if runs[i+1].start.Before(runs[i].end) {
			runs[i].end = runs[i+1].start
		}
	}
	o.known[key] = runs
	return runs
}

// stretchOnWall is the instants from the first minute at or after opening to the last minute that is the closing one;
// where no minute is, to the first one after it.
func stretchOnWall(day localtime.Date, opens, closes localtime.Clock, zone *time.Location) (start, end time.Time, ok bool) {
	noon := time.Date(day.Year, day.Month, day.Day, 12, 0, 0, 0, time.UTC)
	for t := noon.Add(-40 * time.Hour); t.Before(noon.Add(40 * time.Hour)); t = t.Add(time.Minute) {
		wall, today := localtime.ClockOf(t, zone), localtime.DateOf(t, zone)
		if start.IsZero() && today == day && wall >= opens {
			start = t
		}
		if today == day && wall == closes || end.IsZero() && (today == day && wall > closes || today.After(day)) {
			end = t
		}
	}
	return start, end, !start.IsZero() && start.Before(end)
}

// runs are the wall times at which somebody is at a location, as runs of minutes.
func (o oracle) runs(resource, location uuid.UUID, day localtime.Date) [][2]localtime.Clock {
	var runs [][2]localtime.Clock
	for c := range localtime.EndOfDay {
		if !o.there(resource, location, day, c) {
			continue
		}
		if last := len(runs) - 1; last >= 0 && runs[last][1] == c {
			runs[last][1] = c + 1
		} else {
			runs = append(runs, [2]localtime.Clock{c, c + 1})
		}
	}
	return runs
}

// there reports whether somebody is at a location in one minute.
func (o oracle) there(resource, location uuid.UUID, day localtime.Date, c localtime.Clock) bool {
	ownHours, clinicHours := false, false
	inOwnHours, inClinicHours := false, false
	for _, r := range o.overrides {
		here := r.Location == uuid.Nil || r.Location == location
		if r.Day != day || r.Resource != uuid.Nil && r.Resource != resource {
			continue
		}
		inside := !r.Closed && r.Opens <= c && c < r.Closes
		switch {
		case r.Resource == resource && r.Closed && here:
			return false
		case r.Resource == resource && !r.Closed:
			ownHours = true
			inOwnHours = inOwnHours || inside && r.Location == location
		case r.Resource == uuid.Nil && !r.Closed && here:
			clinicHours = true
			inClinicHours = inClinicHours || inside
		}
	}
	if ownHours {
		return inOwnHours
	}
	closed := slices.ContainsFunc(o.overrides, func(r DateOverride) bool {
		return r.Resource == uuid.Nil && r.Day == day && r.Closed && (r.Location == uuid.Nil || r.Location == location)
	})
	return !closed && (!clinicHours || inClinicHours) && slices.ContainsFunc(o.weekly, func(w WeeklyHours) bool {
		return w.Resource == resource && w.Location == location && w.Weekday == day.Weekday() && w.Opens <= c && c < w.Closes &&
			(w.ValidFrom.IsZero() || !w.ValidFrom.After(day)) && (w.ValidUntil.IsZero() || !w.ValidUntil.Before(day))
	})
}

// inTheWay is the code with which a slot is refused for what is taken: of the patient, of the practitioner's lanes, of rooms.
func (o oracle) inTheWay(slot Slot, service Service, patient uuid.UUID) string {
	from, until := slot.Start.Add(-service.BufferBefore), slot.End.Add(service.BufferAfter)
	if patient != uuid.Nil && !o.isFree(patient, 0, slot.Start, slot.End) {
		return CodePatientBusy
	}
	free, lanes := 0, o.lanes(slot.Practitioner)
	for lane := range lanes {
		if o.isFree(slot.Practitioner, lane, from, until) {
			free++
		}
	}
	if free == 0 || free < lanes && !service.Group {
		return CodeSlotTaken
	}
	var choices [][]room
	for _, need := range service.Needs {
		choices = append(choices, o.freeRooms(need, slot, from, until))
	}
	if !differentRooms(choices, nil) {
		return CodeSlotTaken
	}
	return ""
}

// freeRooms are the lanes that could serve a need.
func (o oracle) freeRooms(need Need, slot Slot, from, until time.Time) []room {
	var free []room
	for _, r := range o.directory.Resources {
		here := r.Location == uuid.Nil || r.Location == slot.Location
		if r.Retired || !here || !slices.Contains(need.Resources, r.ID) || !o.roomOpen(r.ID, slot) {
			continue
		}
		for lane := range o.lanes(r.ID) {
			if o.isFree(r.ID, lane, from, until) {
				free = append(free, room{r.ID, lane})
			}
		}
	}
	return free
}

// roomOpen is about a room's own hours, if it has any; else it is open unless it is closed.
func (o oracle) roomOpen(id uuid.UUID, slot Slot) bool {
	zone := o.zone(slot.Location)
	day := localtime.DateOf(slot.Start, zone)
	hasHours := slices.ContainsFunc(o.weekly, func(w WeeklyHours) bool { return w.Resource == id })
	for _, r := range o.overrides {
		if r.Resource == id && r.Day == day {
			hasHours = hasHours || !r.Closed
		}
	}
	if hasHours {
		at := slot
		at.Practitioner = id
		return len(o.around(at)) > 0
	}
	return !slices.ContainsFunc(o.overrides, func(r DateOverride) bool {
		return r.Resource == id && r.Day == day && (r.Location == uuid.Nil || r.Location == slot.Location)
	})
}

// differentRooms reports whether every need can have a choice of its own.
func differentRooms(choices [][]room, taken []room) bool {
	if len(choices) == 0 {
		return true
	}
	return slices.ContainsFunc(choices[0], func(r room) bool {
		return !slices.Contains(taken, r) && differentRooms(choices[1:], append(slices.Clone(taken), r))
	})
}

func (o oracle) lanes(resource uuid.UUID) int {
	for _, p := range o.directory.Practitioners {
		if p.ID == resource {
			return max(1, p.Lanes)
		}
	}
	for _, r := range o.directory.Resources {
		if r.ID == resource {
			return max(1, r.Lanes)
		}
	}
	return 1
}

func (o oracle) isFree(resource uuid.UUID, lane int, from, until time.Time) bool {
	return !slices.ContainsFunc(o.busy, func(b Busy) bool {
		return b.Resource == resource && b.Lane == lane && b.Start.Before(until) && from.Before(b.End)
	})
}

// sortSlots orders by start, practitioner and location, for comparing.
func sortSlots(slots []Slot) {
	slices.SortFunc(slots, func(a, b Slot) int {
		return cmp.Or(a.Start.Compare(b.Start), slices.Compare(a.Practitioner[:], b.Practitioner[:]), slices.Compare(a.Location[:], b.Location[:]))
	})
}
