package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// business is when everything is measured: Monday, 2 March 2026, 8:00 in New York, so that data which was loaded once stays
// right. The clocks there go forward within the first week.
var business = time.Date(2026, time.March, 2, 13, 0, 0, 0, time.UTC)

const (
	visitLength = 20 * time.Minute
	// A day has 27 visits: 8:00-12:20 and 13:00-17:40.
	morningVisits, visitsADay = 13, 27
	morning, afternoon        = localtime.Clock(8 * 60), localtime.Clock(13 * 60)
	practitionersASpecialty   = 50
	patientsAPractitioner     = 50
	// nearer days are fuller than those far off, by so much more and less than the average.
	slope = 0.12
)

// size is how large a network is.
type size struct {
	Practitioners int `default:"1000" help:"How many practitioners."`
	Allocations   int `default:"1000000" help:"How many times of practitioners and patients that are taken, about."`
	Days          int `default:"30" help:"From today, over how many days."`
}

// network is a made-up network of clinics with what is booked there. The same size gives the same network.
type network struct {
	size

	data      clinic.Dataset
	zone      *time.Location
	patients  []uuid.UUID
	specialty []specialty // the last one is fully booked
	checkUp   uuid.UUID   // the service that every practitioner provides
	occupancy float64     // of the others, on average
}

// specialty is a field with its default service and its practitioners.
type specialty struct {
	code    string
	service uuid.UUID
	members []member
}

// member is a practitioner where they work.
type member struct {
	id, location uuid.UUID
}

// visit is one booked visit.
type visit struct {
	number  int
	slot    clinic.Slot
	patient uuid.UUID
}

// kinds of ids.
const (
	idClinic = iota
	idLocation
	idService
	idPractitioner
	idPatient
	idVisit
	idPractitionersTime
	idPatientsTime
)

// idOf is a UUID of version 7 that is the same every time.
func idOf(kind, number int) uuid.UUID {
	var id uuid.UUID
	millis := business.UnixMilli() + int64(number)
	binary.BigEndian.PutUint64(id[:8], uint64(millis)<<16|7<<12|uint64(kind)) //nolint:gosec // all are positive
	binary.BigEndian.PutUint64(id[8:], 2<<62|uint64(number))                  //nolint:gosec // all are positive
	return id
}

func newNetwork(s size) (*network, error) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return nil, fmt.Errorf("loading time zone: %w", err)
	}
	n := &network{size: s, zone: zone}
	fields := min(20, max(2, s.Practitioners/practitionersASpecialty))
	if s.Practitioners < fields || s.Days < 1 || s.Days > 60 {
		return nil, fmt.Errorf("%d practitioners over %d days: want at least %d, over 1 to 60 days", s.Practitioners, s.Days, fields)
	}
	n.addDirectory(fields)
	if err := n.setOccupancy(); err != nil {
		return nil, err
	}
	for i := range s.Practitioners * patientsAPractitioner {
		n.addPatient(i)
	}
	return n, nil
}

// setOccupancy works out how full the practitioners are who are not fully booked. A visit takes two allocations.
func (n *network) setOccupancy() error {
	room := len(n.workingDays()) * visitsADay
	full := len(n.fullyBooked().members) * room
	open := n.Practitioners*room - full
	n.occupancy = float64(n.Allocations/2-full) / float64(open)
	least, most := 2*(full+open/10), 2*(full+open*(100-100*slope)/100)
	if n.Allocations < least || n.Allocations > most {
		return fmt.Errorf("%d allocations of %d practitioners in %d days: want %d to %d", n.Allocations, n.Practitioners, n.Days, least, most)
	}
	return nil
}

func (n *network) fullyBooked() specialty { return n.specialty[len(n.specialty)-1] }

func (n *network) addDirectory(fields int) {
	d := &n.data.Directory
	d.Clinic = clinic.Clinic{
		ID: idOf(idClinic, 0), Slug: "lakeside-network", Name: "Lakeside Network", Zone: n.zone, Language: "en", Region: "US", Phone: "+12125550150",
	}
	for i := range 6 {
		d.Locations = append(d.Locations, clinic.Location{ID: idOf(idLocation, i), Name: fmt.Sprint("Lakeside ", i+1), Zone: n.zone})
	}
	n.checkUp = idOf(idService, fields)
	for i := range fields {
		s := specialty{code: fmt.Sprintf("field-%02d", i+1), service: idOf(idService, i)}
		n.specialty = append(n.specialty, s)
		d.Specialties = append(d.Specialties, clinic.Specialty{Code: s.code, Name: s.code, Title: "doctor"})
		d.Services = append(d.Services, service(s.service, s.code, s.code, true))
	}
	d.Services = append(d.Services, service(n.checkUp, "check-up", n.specialty[0].code, false))
	for i := range n.Practitioners {
		n.addPractitioner(i, &n.specialty[i*fields/n.Practitioners])
	}
}

func service(id uuid.UUID, code, field string, usual bool) clinic.Service {
	return clinic.Service{
		ID: id, Code: code, Name: code, Specialty: field, Default: usual, Mode: clinic.ModeInPerson, For: clinic.ForAny,
		Duration: visitLength, Grid: visitLength, Notice: 2 * time.Hour, Window: 365 * 24 * time.Hour, ChangeNotice: 2 * time.Hour,
	}
}

func (n *network) addPractitioner(i int, s *specialty) {
	d := &n.data.Directory
	m := member{id: idOf(idPractitioner, i), location: d.Locations[i%len(d.Locations)].ID}
	s.members = append(s.members, m)
	d.Practitioners = append(d.Practitioners, clinic.Practitioner{
		ID: m.id, Title: "Dr.", GivenName: "Practitioner", FamilyName: fmt.Sprint("No. ", i+1), Lanes: 1,
		Specialties: []string{s.code}, Languages: []string{"en"}, Services: []uuid.UUID{s.service, n.checkUp},
	})
	for weekday := time.Monday; weekday <= time.Friday; weekday++ {
		for _, part := range [][2]localtime.Clock{{morning, morning + 20*morningVisits}, {afternoon, afternoon + 20*(visitsADay-morningVisits)}} {
			n.data.Weekly = append(n.data.Weekly, clinic.WeeklyHours{
				Resource: m.id, Location: m.location, Weekday: weekday, Opens: part[0], Closes: part[1],
			})
		}
	}
}

func (n *network) addPatient(i int) {
	id := idOf(idPatient, i)
	n.patients = append(n.patients, id)
	n.data.Patients = append(n.data.Patients, clinic.Patient{
		ID: id, GivenName: "Patient", FamilyName: fmt.Sprint("No. ", i+1), Language: "en",
		BirthDate: localtime.Date{Year: 1930, Month: 1, Day: 1}.AddDays(i % 30000),
	})
}

// workingDays are those of the network's days on which people work.
func (n *network) workingDays() []localtime.Date {
	var days []localtime.Date
	first := localtime.DateOf(business, n.zone)
	for i := range n.Days {
		if day := first.AddDays(i); day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			days = append(days, day)
		}
	}
	return days
}

// start is when the nth visit of a day begins.
func (n *network) start(day localtime.Date, nth int) time.Time {
	clock := morning + localtime.Clock(20*nth)
	if nth >= morningVisits {
		clock = afternoon + localtime.Clock(20*(nth-morningVisits))
	}
	return localtime.Open(day, clock, n.zone)
}

// visits are all that is booked, in order of time.
func (n *network) visits(yield func(visit) bool) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time is what is wanted
	days := n.workingDays()
	number, everybody := 0, n.members()
	for i, day := range days {
		fill := n.occupancy + slope*(1-2*float64(i)/float64(max(1, len(days)-1)))
		for nth := range visitsADay {
			start := n.start(day, nth)
			for j, m := range everybody {
				if !m.full && random.Float64() >= fill {
					continue
				}
				v := visit{number, n.slot(m, start), n.patients[(j+number)%len(n.patients)]}
				number++
				if !yield(v) {
					return
				}
			}
		}
	}
}

// colleague is a member with what they do.
type colleague struct {
	member

	service uuid.UUID
	full    bool
}

// members are all practitioners.
func (n *network) members() []colleague {
	all := make([]colleague, 0, n.Practitioners)
	for i, s := range n.specialty {
		for _, m := range s.members {
			all = append(all, colleague{m, s.service, i == len(n.specialty)-1})
		}
	}
	return all
}

func (n *network) slot(c colleague, start time.Time) clinic.Slot {
	return clinic.Slot{Service: c.service, Practitioner: c.id, Location: c.location, Start: start, End: start.Add(visitLength)}
}

// until is where what is booked ends. What the benchmark books itself comes after it.
func (n *network) until() time.Time {
	return localtime.Open(localtime.DateOf(business, n.zone).AddDays(n.Days), localtime.Midnight, n.zone)
}
