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
	service := o.directory.Services[slices.IndexFunc(o.directory.Services, func(s Service) bool { return s.ID == q.Service })]
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
		if p.Retired || !slices.Contains(p.Services, service.ID) || len(q.Practitioners) > 0 && !slices.Contains(q.Practitioners, p.ID) {
			continue
		}
		for _, l := range o.directory.Locations {
			slot := Slot{service.ID, p.ID, l.ID, t, t.Add(service.Duration)}
			wanted := q.Location == uuid.Nil || q.Location == l.ID
			if wanted && o.startsOnGrid(slot, service, q, l.Zone) && o.nothingInTheWay(slot, service, q.Patient) {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}

// startsOnGrid is about hours, grid, weekday and part of day.
func (o oracle) startsOnGrid(slot Slot, service Service, q Query, zone *time.Location) bool {
	day, wall := localtime.DateOf(slot.Start, zone), localtime.ClockOf(slot.Start, zone)
	if len(q.Weekdays) > 0 && !slices.Contains(q.Weekdays, day.Weekday()) {
		return false
	}
	if wall < q.DayFrom || q.DayUntil != 0 && wall >= q.DayUntil {
		return false
	}
	return slices.ContainsFunc(o.stretches(hoursKey{slot.Practitioner, slot.Location, day}, zone), func(r wallRun) bool {
		return !slot.Start.Before(r.start) && !slot.End.After(r.end) && wall >= r.opens && (wall-r.opens)%localtime.Clock(service.Grid/time.Minute) == 0
	})
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

// nothingInTheWay is about the practitioner's lanes, the patient, and rooms: at most one need, so that the first free room does.
func (o oracle) nothingInTheWay(slot Slot, service Service, patient uuid.UUID) bool {
	from, until := slot.Start.Add(-service.BufferBefore), slot.End.Add(service.BufferAfter)
	lanes := 1
	for _, p := range o.directory.Practitioners {
		if p.ID == slot.Practitioner {
			lanes = max(1, p.Lanes)
		}
	}
	if !o.laneFree(slot.Practitioner, lanes, from, until) || patient != uuid.Nil && !o.laneFree(patient, 1, slot.Start, slot.End) {
		return false
	}
	for _, need := range service.Needs {
		if !slices.ContainsFunc(need.Resources, func(id uuid.UUID) bool {
			i := slices.IndexFunc(o.directory.Resources, func(r Resource) bool { return r.ID == id })
			r := o.directory.Resources[i]
			return (r.Location == uuid.Nil || r.Location == slot.Location) && o.laneFree(id, max(1, r.Lanes), from, until)
		}) {
			return false
		}
	}
	return true
}

func (o oracle) laneFree(resource uuid.UUID, lanes int, from, until time.Time) bool {
	for lane := range lanes {
		if !slices.ContainsFunc(o.busy, func(b Busy) bool {
			return b.Resource == resource && b.Lane == lane && b.Start.Before(until) && from.Before(b.End)
		}) {
			return true
		}
	}
	return false
}

// sortSlots orders by start, practitioner and location, for comparing.
func sortSlots(slots []Slot) {
	slices.SortFunc(slots, func(a, b Slot) int {
		return cmp.Or(a.Start.Compare(b.Start), slices.Compare(a.Practitioner[:], b.Practitioner[:]), slices.Compare(a.Location[:], b.Location[:]))
	})
}
