package exchange

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// makeSchedule makes the rules of the clinic as it will be. Where lines are wrong it may fail, and then nothing is placed.
func (p *Plan) makeSchedule() {
	d := p.directory()
	var err error
	if p.schedule, err = clinic.NewSchedule(d, p.weekly(), p.overrides()); err != nil {
		p.schedule = nil
		if (Report{Problems: p.problems.list}).Errors() == 0 {
			p.problems.wrong(serviceTable.file(), 0, "", "does not make a schedule: "+err.Error())
		}
		return
	}
	p.frame, err = p.lenient(func(s *clinic.Service) { s.Retired = false })
	if err == nil {
		p.bare, err = p.lenient(func(s *clinic.Service) { s.Retired, s.BufferBefore, s.BufferAfter = false, 0, 0 })
	}
	if err != nil { // what makes a schedule makes one without hours
		p.schedule = nil
	}
}

// lenient is a schedule without hours: staff may do what patients may not.
func (p *Plan) lenient(change func(*clinic.Service)) (*clinic.Schedule, error) {
	d := p.directory()
	for i := range d.Services {
		change(&d.Services[i])
	}
	return clinic.NewSchedule(d, nil, nil)
}

// directory is what the clinic will be.
func (p *Plan) directory() *clinic.Directory {
	zone := zoneOf(p.Clinic.Zone, time.UTC)
	d := &clinic.Directory{Clinic: clinic.Clinic{
		ID: p.Clinic.UUID, Slug: p.Clinic.Slug, Name: p.Clinic.Name, Zone: zone, Language: p.Clinic.Language,
		Region: p.Clinic.Region, Phone: p.Clinic.Phone, Settings: p.Clinic.Settings(),
	}}
	for _, l := range p.after.Locations {
		d.Locations = append(d.Locations, clinic.Location{ID: l.UUID, Name: l.Name, Address: l.Address, Zone: zoneOf(l.Zone, zone)})
	}
	for _, s := range p.after.Specialties {
		d.Specialties = append(d.Specialties, clinic.Specialty{Code: s.ID, Name: s.Name, Title: s.Title, Words: s.Words})
	}
	for _, r := range p.after.Rooms {
		d.Resources = append(d.Resources, clinic.Resource{
			ID: r.UUID, Kind: r.Kind, Name: r.Name, Location: uuidOf(p.locations, r.Location), Lanes: r.Lanes, Retired: r.Retired,
		})
	}
	for i := range p.after.Practitioners {
		d.Practitioners = append(d.Practitioners, p.practitioner(&p.after.Practitioners[i]))
	}
	for i := range p.after.Services {
		d.Services = append(d.Services, p.service(&p.after.Services[i]))
	}
	return d
}

// zoneOf is a zone by its name; the names were checked when they were read.
func zoneOf(name string, otherwise *time.Location) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		return zone
	}
	return otherwise
}

func (p *Plan) practitioner(r *Practitioner) clinic.Practitioner {
	return clinic.Practitioner{
		ID: r.UUID, Title: r.Title, GivenName: r.GivenName, FamilyName: r.FamilyName, Suffix: r.Suffix,
		Specialties: r.Specialties, Languages: r.Languages, Services: p.ServiceIDs(r), Lanes: r.Lanes, About: r.About, Retired: r.Retired,
	}
}

func (p *Plan) service(r *Service) clinic.Service {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	s := clinic.Service{
		ID: r.UUID, Code: r.ID, Name: r.Name, NeutralName: r.NeutralName, Specialty: r.Specialty,
		Duration: minutes(r.Duration), BufferBefore: minutes(r.BufferBefore), BufferAfter: minutes(r.BufferAfter),
		Grid: minutes(r.Grid), Notice: minutes(r.Notice), Window: time.Duration(r.WindowDays) * 24 * time.Hour,
		ChangeNotice: minutes(r.ChangeNotice), Default: r.Default, Group: r.Group, Mode: clinic.Mode(r.Mode),
		For: clinic.Patients(r.NewPatients), Confidential: r.Confidential, Words: r.Words, Retired: r.Retired,
	}
	for _, need := range r.Needs {
		s.Needs = append(s.Needs, clinic.Need{Name: need.Name, Resources: p.RoomIDs(need)})
	}
	return s
}

// ServiceIDs are the services that somebody offers.
func (p *Plan) ServiceIDs(r *Practitioner) []uuid.UUID { return uuidsOf(p.services, r.Services) }

// RoomIDs are the rooms and devices that would do.
func (p *Plan) RoomIDs(n Need) []uuid.UUID { return uuidsOf(p.rooms, n.Rooms) }

// LocationID is the place of this key; zero for none.
func (p *Plan) LocationID(key string) uuid.UUID { return uuidOf(p.locations, key) }

// PatientID is the patient of this key; zero for none.
func (p *Plan) PatientID(key string) uuid.UUID { return uuidOf(p.patients, key) }

// ResourceID is the practitioner or room; zero for the whole clinic.
func (p *Plan) ResourceID(w Who) uuid.UUID {
	if w.Practitioner != "" {
		return uuidOf(p.practitioners, w.Practitioner)
	}
	return uuidOf(p.rooms, w.Room)
}

// Zone is where it is at a place, by its IANA name.
func (p *Plan) Zone(location uuid.UUID) string { return p.schedule.Zone(location).String() }

// keyed is what has an id of ours.
type keyed interface{ id() uuid.UUID }

func (l *Location) id() uuid.UUID     { return l.UUID }
func (r *Room) id() uuid.UUID         { return r.UUID }
func (s *Service) id() uuid.UUID      { return s.UUID }
func (p *Practitioner) id() uuid.UUID { return p.UUID }
func (p *Patient) id() uuid.UUID      { return p.UUID }

func uuidOf[K keyed](by map[string]K, key string) uuid.UUID {
	if found, ok := by[key]; ok {
		return found.id()
	}
	return uuid.Nil
}

func uuidsOf[K keyed](by map[string]K, keys []string) []uuid.UUID {
	var all []uuid.UUID
	for _, key := range keys {
		if found := uuidOf(by, key); found != uuid.Nil {
			all = append(all, found)
		}
	}
	return slices.Compact(all)
}

func (p *Plan) weekly() []clinic.WeeklyHours {
	rows := make([]clinic.WeeklyHours, len(p.after.Hours))
	for i, h := range p.after.Hours {
		rows[i] = clinic.WeeklyHours{
			Resource: p.ResourceID(h.Who), Location: uuidOf(p.locations, h.Location), Weekday: h.Weekday,
			Opens: h.Opens, Closes: h.Closes, ValidFrom: h.ValidFrom, ValidUntil: h.ValidUntil,
		}
	}
	return rows
}

func (p *Plan) overrides() []clinic.DateOverride {
	rows := make([]clinic.DateOverride, len(p.after.Closures))
	for i, c := range p.after.Closures {
		rows[i] = clinic.DateOverride{
			Resource: p.ResourceID(c.Who), Location: uuidOf(p.locations, c.Location), Day: c.Day,
			Closed: c.Kind == DayClosed, Opens: c.Opens, Closes: c.Closes, Reason: c.Reason,
		}
	}
	return rows
}
