package exchange

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// patientTable has private columns alone: in a line that has slipped a name can be anywhere.
var patientTable = table[Patient]{
	name: "patients", help: "Charts, as far as scheduling needs them.",
	key: func(p *Patient) string { return p.ID }, uuid: func(p *Patient) *uuid.UUID { return &p.UUID },
	columns: []column[Patient]{
		id("id", func(p *Patient) *string { return &p.ID }).needed().private().say("P-1001", "the chart's number in your other system; no name"),
		text("given_name", func(p *Patient) *string { return &p.GivenName }).needed().private().say("Alex", ""),
		text("family_name", func(p *Patient) *string { return &p.FamilyName }).needed().private().say("Example", ""),
		birthDate("birth_date", func(p *Patient) *localtime.Date { return &p.BirthDate }).needed().private().say("1980-05-06", "YYYY-MM-DD"),
		phone("phone", func(p *Patient) *string { return &p.Phone }).private().say("(646) 555-0111", "as it is written in the clinic's region, or with + and country code"),
		email("email", func(p *Patient) *string { return &p.Email }).private().say("alex@example.com", ""),
		language("language", func(p *Patient) *string { return &p.Language }).private().say("en", "two letters; empty: the clinic's"),
		ids("guardian", func(p *Patient) *[]string { return &p.Guardians }).private().say("", "ids of patients who may book for this one, separated by ;"),
		list("relation", func(p *Patient) *[]string { return &p.Relations }).private().say("", "of each guardian to this patient, in the same order; empty: parent"),
		date("last_seen", func(p *Patient) *localtime.Date { return &p.LastSeen }).private().say("2025-11-03", "YYYY-MM-DD; who was never seen is a new patient. It only moves forward"),
	},
	check: checkPatient,
}

func checkPatient(p *Patient, wrong func(column, message string)) {
	if slices.Contains(p.Guardians, p.ID) {
		wrong("guardian", "nobody is their own guardian")
	}
	if len(p.Relations) > len(p.Guardians) {
		wrong("relation", "there are more relations than guardians")
	}
	p.SortGuardians()
}

// SortGuardians puts them into the order of their ids, each with its relation, and fills in relations that are not said.
func (p *Patient) SortGuardians() {
	type link struct{ guardian, relation string }
	links := make([]link, len(p.Guardians))
	for i, g := range p.Guardians {
		links[i] = link{g, parent}
		if i < len(p.Relations) {
			links[i].relation = p.Relations[i]
		}
	}
	slices.SortStableFunc(links, func(a, b link) int { return strings.Compare(a.guardian, b.guardian) })
	links = slices.CompactFunc(links, func(a, b link) bool { return a.guardian == b.guardian })
	p.Guardians, p.Relations = nil, nil
	for _, l := range links {
		p.Guardians, p.Relations = append(p.Guardians, l.guardian), append(p.Relations, l.relation)
	}
}

var appointmentTable = table[Appointment]{
	name: "appointments", help: "Visits: those to come, and the past ones that tell who was seen.",
	key: func(a *Appointment) string { return a.ID }, uuid: func(a *Appointment) *uuid.UUID { return &a.UUID },
	columns: []column[Appointment]{
		id("id", func(a *Appointment) *string { return &a.ID }).needed().say("A-5001", "of your other systems; it never changes"),
		id("patient", func(a *Appointment) *string { return &a.Patient }).needed().private().say("P-1001", "id of the patient; it never changes"),
		id("practitioner", func(a *Appointment) *string { return &a.Practitioner }).needed().say("chen", "id"),
		id("service", func(a *Appointment) *string { return &a.Service }).needed().say("skin-check", "id"),
		id("location", func(a *Appointment) *string { return &a.Location }).say("main", "id; empty: the only one there is"),
		startColumn,
		matching("utc_offset", "an offset; want it such as -05:00", offsetText, func(a *Appointment) *string { return &a.Offset }).
			say("", "offset from UTC such as -05:00; only where the clock is set back and the start comes round twice"),
		minutesOrNone("duration", func(a *Appointment) *int { return &a.Duration }).say("30", "minutes; empty: as the service takes"),
		oneOf("state", func(a *Appointment) *clinic.AppointmentState { return &a.State }, clinic.StateBooked, clinic.StateConfirmed,
			clinic.StateArrived, clinic.StateCompleted, clinic.StateCancelled, clinic.StateNoShow).or(string(clinic.StateBooked)).
			say("booked", "booked, confirmed, arrived, completed, cancelled or no_show"),
		yesNo("overbooked", func(a *Appointment) *bool { return &a.Overbooked }).say("no", "yes: squeezed in by staff, beside another visit of the practitioner"),
	},
}

// minutesOrNone are minutes of which none are said by an empty cell.
func minutesOrNone[T any](name string, at func(*T) *int) column[T] {
	c := number(name, 1, 1440, at)
	format := c.format
	c.format = func(row *T) string {
		if *at(row) == 0 {
			return ""
		}
		return format(row)
	}
	return c
}

// startColumn is two values of a line.
var startColumn = column[Appointment]{
	name: "start", what: "a start; want YYYY-MM-DD HH:MM", required: true,
	example: "2026-12-01 09:00", help: "YYYY-MM-DD HH:MM on the wall of the location",
	parse: func(_ Locale, text string, a *Appointment) bool {
		if len(text) < 11 || text[10] != ' ' && text[10] != 'T' {
			return false
		}
		day, err := localtime.ParseDate(text[:10])
		clock, ok := parseClock(strings.TrimSpace(text[11:]))
		a.Day, a.Clock = day, clock
		return err == nil && ok && clock < localtime.EndOfDay && day.Year >= 1900 && day.Year < 10000
	},
	format: func(a *Appointment) string { return a.Day.String() + " " + a.Clock.String() },
}
