package exchange

import (
	"fmt"
	"slices"
	"time"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// planPatients compares charts and holds who is whose guardian.
func (p *Plan) planPatients() {
	for _, row := range p.Patients.Rows {
		if row.T.Language == "" {
			row.T.Language = p.Clinic.Language
		}
	}
	before := map[string]*Patient{}
	for i := range p.there.Patients {
		before[p.there.Patients[i].ID] = &p.there.Patients[i]
	}
	for _, row := range p.Patients.Rows {
		if was := before[row.T.ID]; was != nil {
			p.keepHistory(&row.T, was)
		}
	}
	_, p.patients = merge(p, &patientTable, &p.Patients, p.there.Patients)
	for _, row := range p.Patients.Rows {
		for _, g := range row.T.Guardians {
			if !knows(p.patients, &p.Patients, g) {
				p.problems.wrong(patientTable.file(), row.Line, "guardian", "there is no patient of that id, neither here nor in the files")
			}
		}
	}
}

// keepHistory leaves a chart what a file of another day cannot take away: that the patient was seen since, and relations
// where the file has no column for them.
func (p *Plan) keepHistory(now, was *Patient) {
	if now.LastSeen.Before(was.LastSeen) {
		now.LastSeen = was.LastSeen
	}
	if p.Patients.has["relation"] {
		return
	}
	for i, g := range now.Guardians {
		if j := slices.Index(was.Guardians, g); j >= 0 {
			now.Relations[i] = was.Relations[j]
		}
	}
}

// planAppointments finds out when each visit is, and compares.
func (p *Plan) planAppointments() {
	if p.schedule == nil {
		return
	}
	there := map[string]*Appointment{}
	for i := range p.there.Appointments {
		there[p.there.Appointments[i].ID] = &p.there.Appointments[i]
	}
	p.Appointments.Rows = slices.DeleteFunc(once(p, &appointmentTable, &p.Appointments), func(row *Row[Appointment]) bool {
		return !p.resolve(row)
	})
	for _, row := range p.Appointments.Rows {
		p.compareAppointment(row, there[row.T.ID])
	}
}

func (p *Plan) compareAppointment(row *Row[Appointment], was *Appointment) {
	if was == nil {
		row.Is = Added
		row.T.UUID, row.T.Version = p.newID(), 1
		return
	}
	row.Was, row.T.UUID, row.T.Version = was, was.UUID, was.Version
	overbooked := row.T.Overbooked && p.Appointments.has["overbooked"]
	row.T.Overbooked = was.Overbooked // it says how to take the time, and nothing of a visit that has taken it
	different := row.differences(&appointmentTable)
	file := appointmentTable.file()
	switch {
	case len(different) == 0:
	case was.ChangedHere:
		row.Is = Kept
		p.problems.warn(file, row.Line, different[0], "was changed here since it was imported, so it stays as it is here")
	case was.Patient != row.T.Patient:
		p.problems.wrong(file, row.Line, "patient", "is another one here; an appointment never changes its patient")
	default:
		row.Is = Changed
		row.T.Overbooked = overbooked
		row.T.Version++
	}
}

// resolve turns ids and the time on the wall into a slot, and reports whether it could.
func (p *Plan) resolve(row *Row[Appointment]) bool {
	a, file := &row.T, appointmentTable.file()
	before := len(p.problems.list)
	if a.Location == "" {
		if a.Location = p.onlyLocation(); a.Location == "" {
			p.problems.wrong(file, row.Line, "location", "is empty, and there is more than one place")
		}
	} else if !knows(p.locations, &p.Locations, a.Location) {
		p.missing(file, row.Line, "location", "location", a.Location)
	}
	if !knows(p.practitioners, &p.Practitioners, a.Practitioner) {
		p.missing(file, row.Line, "practitioner", "practitioner", a.Practitioner)
	}
	if !knows(p.services, &p.Services, a.Service) {
		p.missing(file, row.Line, "service", "service", a.Service)
	}
	if !knows(p.patients, &p.Patients, a.Patient) {
		p.problems.wrong(file, row.Line, "patient", "there is no patient of that id, neither here nor in the files")
	}
	service, location := p.services[a.Service], p.locations[a.Location]
	if len(p.problems.list) > before || service == nil || location == nil || p.practitioners[a.Practitioner] == nil || p.patients[a.Patient] == nil {
		return false
	}
	if a.Duration == 0 {
		a.Duration = service.Duration
	}
	start, ok := p.start(row, p.days.on(a.Day, p.schedule.Zone(location.UUID)))
	a.Slot = clinic.Slot{
		Service: service.UUID, Practitioner: p.practitioners[a.Practitioner].UUID, Location: location.UUID,
		Start: start, End: start.Add(time.Duration(a.Duration) * time.Minute),
	}
	return ok
}

// start is the instant of a wall time. Where there is none or two, the line has to say what is meant.
func (p *Plan) start(row *Row[Appointment], day localtime.Day) (time.Time, bool) {
	a, file := &row.T, appointmentTable.file()
	first, last := day.Open(a.Clock), day.Close(a.Clock)
	if !day.Steady() && !localtime.Exists(a.Day, a.Clock, day.Zone()) {
		p.problems.wrong(file, row.Line, "start", "the clock skips that time; the next one that there is, is "+wallText(first))
		return first, false
	}
	if first.Equal(last) {
		if a.Offset != "" && a.Offset != offset(first) {
			p.problems.wrong(file, row.Line, "utc_offset", fmt.Sprintf("is not the offset at that time; that is %s, or leave it empty", offset(first)))
			return first, false
		}
		a.Offset = ""
		return first, true
	}
	switch a.Offset {
	case offset(first):
		return first, true
	case offset(last):
		return last, true
	}
	p.problems.wrong(file, row.Line, "utc_offset", fmt.Sprintf("the clock shows that time twice: want %s for the first or %s for the second", offset(first), offset(last)))
	return first, false
}

// SetTimes fills in what a line says of the slot: the start on the wall of a zone, with its offset where that alone would
// leave it open, and the duration in minutes.
func (a *Appointment) SetTimes(zone *time.Location) {
	start := a.Slot.Start
	a.Day, a.Clock, a.Offset = localtime.DateOf(start, zone), localtime.ClockOf(start, zone), ""
	if !localtime.Open(a.Day, a.Clock, zone).Equal(localtime.Close(a.Day, a.Clock, zone)) {
		a.Offset = offset(start.In(zone))
	}
	a.Duration = int(a.Slot.End.Sub(start) / time.Minute)
}

func offset(t time.Time) string { return t.Format("-07:00") }

func wallText(t time.Time) string { return t.Format("2006-01-02 15:04") }

// days remembers the clock changes of days, for there are many visits on one.
type days map[dayIn]localtime.Day

type dayIn struct {
	date localtime.Date
	zone *time.Location
}

func (d days) on(date localtime.Date, zone *time.Location) localtime.Day {
	day, ok := d[dayIn{date, zone}]
	if !ok {
		day = localtime.NewDay(date, zone)
		d[dayIn{date, zone}] = day
	}
	return day
}
