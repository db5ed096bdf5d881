package clinic

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Schedule is a clinic's directory and hours, checked and indexed for the questions that scheduling asks:
// when is somebody there, what is free, why can this time not be booked, what would it take.
//
// It knows nothing of what is booked; that is handed in as [Busy]. A Schedule does not change and is safe for use by
// several goroutines, so one per clinic can be kept until the directory or the hours change.
type Schedule struct {
	directory     *Directory
	services      map[uuid.UUID]*Service
	practitioners map[uuid.UUID]*Practitioner
	resources     map[uuid.UUID]*Resource
	providers     map[uuid.UUID][]*Practitioner // of services, in the directory's order; the retired left out
	defaults      map[string]*Service           // of specialties
	zones         map[uuid.UUID]*time.Location  // of locations
	hours         map[uuid.UUID]*resourceHours
	closures      map[localtime.Date][]DateOverride // of the whole clinic
}

// NewSchedule checks and indexes. It refuses what no search could make sense of: hours at a location that is not in the
// directory, a service without a duration, grid or window, and stretches that close before they open.
// The directory is kept, and must not be changed afterwards.
func NewSchedule(d *Directory, weekly []WeeklyHours, overrides []DateOverride) (*Schedule, error) {
	s := &Schedule{
		directory:     d,
		services:      make(map[uuid.UUID]*Service, len(d.Services)),
		practitioners: make(map[uuid.UUID]*Practitioner, len(d.Practitioners)),
		resources:     make(map[uuid.UUID]*Resource, len(d.Resources)),
		providers:     make(map[uuid.UUID][]*Practitioner, len(d.Services)),
		defaults:      make(map[string]*Service, len(d.Specialties)),
		zones:         make(map[uuid.UUID]*time.Location, len(d.Locations)),
		hours:         make(map[uuid.UUID]*resourceHours, len(d.Practitioners)),
		closures:      map[localtime.Date][]DateOverride{},
	}
	if err := s.indexDirectory(); err != nil {
		return nil, err
	}
	if err := s.indexHours(weekly); err != nil {
		return nil, err
	}
	if err := s.indexOverrides(overrides); err != nil {
		return nil, err
	}
	for _, h := range s.hours {
		h.finish()
	}
	return s, nil
}

// Directory is what the schedule was made from.
func (s *Schedule) Directory() *Directory { return s.directory }

// Service finds a service, retired ones too.
func (s *Schedule) Service(id uuid.UUID) (Service, bool) {
	found, ok := s.services[id]
	if !ok {
		return Service{}, false
	}
	return *found, true
}

// Practitioner finds a practitioner, retired ones too.
func (s *Schedule) Practitioner(id uuid.UUID) (Practitioner, bool) {
	found, ok := s.practitioners[id]
	if !ok {
		return Practitioner{}, false
	}
	return *found, true
}

// Zone is where it is at a location: its own zone, else the clinic's.
func (s *Schedule) Zone(location uuid.UUID) *time.Location {
	if zone := s.zones[location]; zone != nil {
		return zone
	}
	if s.directory.Clinic.Zone != nil {
		return s.directory.Clinic.Zone
	}
	return time.UTC
}

func (s *Schedule) indexDirectory() error {
	for i := range s.directory.Locations {
		l := &s.directory.Locations[i]
		zone := l.Zone
		if zone == nil {
			zone = s.Zone(uuid.Nil)
		}
		s.zones[l.ID] = zone
	}
	for i := range s.directory.Practitioners {
		s.indexPractitioner(&s.directory.Practitioners[i])
	}
	for i := range s.directory.Resources {
		s.resources[s.directory.Resources[i].ID] = &s.directory.Resources[i]
	}
	for i := range s.directory.Services {
		if err := s.indexService(&s.directory.Services[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schedule) indexPractitioner(p *Practitioner) {
	s.practitioners[p.ID] = p
	if p.Retired {
		return
	}
	for _, service := range p.Services {
		s.providers[service] = append(s.providers[service], p)
	}
}

func (s *Schedule) indexService(service *Service) error {
	for _, d := range []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"duration", service.Duration, time.Minute},
		{"grid", service.Grid, time.Minute},
		{"window", service.Window, time.Minute},
		{"buffer before", service.BufferBefore, 0},
		{"buffer after", service.BufferAfter, 0},
		{"notice", service.Notice, 0},
		{"change notice", service.ChangeNotice, 0},
	} {
		if d.value < d.least || d.value%time.Minute != 0 {
			return fmt.Errorf("service %q: %s is %v, want whole minutes and at least %v", service.Code, d.name, d.value, d.least)
		}
	}
	for _, need := range service.Needs {
		for _, id := range need.Resources {
			if s.resources[id] == nil {
				return fmt.Errorf("service %q needs %q: no such resource %v", service.Code, need.Name, id)
			}
		}
	}
	s.services[service.ID] = service
	if service.Default && !service.Retired && s.defaults[service.Specialty] == nil {
		s.defaults[service.Specialty] = service
	}
	return nil
}

func (s *Schedule) indexHours(weekly []WeeklyHours) error {
	for _, w := range weekly {
		if err := s.checkStretch(w.Location, w.Opens, w.Closes); err != nil {
			return fmt.Errorf("weekly hours of %v on %v: %w", w.Resource, w.Weekday, err)
		}
		if w.Weekday < time.Sunday || w.Weekday > time.Saturday {
			return fmt.Errorf("weekly hours of %v: no weekday %d", w.Resource, int(w.Weekday))
		}
		s.hoursOf(w.Resource).add(w)
	}
	return nil
}

func (s *Schedule) indexOverrides(overrides []DateOverride) error {
	for _, o := range overrides {
		if o.Resource != uuid.Nil && o.Location == uuid.Nil && !o.Closed {
			o.Location = s.usualLocation(o.Resource, o.Day.Weekday())
		}
		if err := s.checkOverride(o); err != nil {
			return fmt.Errorf("other hours on %v: %w", o.Day, err)
		}
		if o.Resource == uuid.Nil {
			s.closures[o.Day] = append(s.closures[o.Day], o)
			continue
		}
		s.hoursOf(o.Resource).override(o)
	}
	return nil
}

// usualLocation is where the resource is on this weekday, else where it is on any, else the clinic's first.
func (s *Schedule) usualLocation(resource uuid.UUID, weekday time.Weekday) uuid.UUID {
	usual := uuid.Nil
	if len(s.directory.Locations) > 0 {
		usual = s.directory.Locations[0].ID
	}
	rows := s.hoursOf(resource).rows
	if len(rows) > 0 {
		usual = rows[0].Location
	}
	if i := slices.IndexFunc(rows, func(w WeeklyHours) bool { return w.Weekday == weekday }); i >= 0 {
		usual = rows[i].Location
	}
	return usual
}

func (s *Schedule) checkOverride(o DateOverride) error {
	if o.Location != uuid.Nil && s.zones[o.Location] == nil {
		return fmt.Errorf("no such location %v", o.Location)
	}
	if o.Closed {
		return nil
	}
	return checkClocks(o.Opens, o.Closes)
}

func (s *Schedule) checkStretch(location uuid.UUID, opens, closes localtime.Clock) error {
	if s.zones[location] == nil {
		return fmt.Errorf("no such location %v", location)
	}
	return checkClocks(opens, closes)
}

func checkClocks(opens, closes localtime.Clock) error {
	if opens < localtime.Midnight || closes > localtime.EndOfDay || opens >= closes {
		return fmt.Errorf("opens at %v and closes at %v: want an opening before the closing, within one day", opens, closes)
	}
	return nil
}

func (s *Schedule) hoursOf(resource uuid.UUID) *resourceHours {
	h := s.hours[resource]
	if h == nil {
		h = &resourceHours{}
		s.hours[resource] = h
	}
	return h
}

// lanesOf is how many appointments a resource takes at once.
func (s *Schedule) lanesOf(resource uuid.UUID) int {
	lanes := 1
	if p := s.practitioners[resource]; p != nil {
		lanes = p.Lanes
	} else if r := s.resources[resource]; r != nil {
		lanes = r.Lanes
	}
	return max(1, lanes)
}

// sortIDs orders ids as Postgres does, which is the order in which rows are locked.
func sortIDs(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
