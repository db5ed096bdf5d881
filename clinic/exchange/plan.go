package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Plan is what an import does: every line of the files with its [Fate], and everything that is wrong.
//
// Make it with [NewPlan], hand it what is taken of [Plan.Resources] with [Plan.Place], and look at [Plan.Report].
type Plan struct {
	*Files
	Clinic Clinic // as it will be

	HoursOf    map[Who][]Hours             // all hours of those whose hours change
	ClosuresOf map[Day][]Closure           // all that is said of the days that change
	Placed     map[uuid.UUID][]clinic.Busy // what visits to come take, by appointment

	now   time.Time
	newID func() uuid.UUID
	there *Data
	after Data // the directory and its hours as they will be

	locations     map[string]*Location
	specialties   map[string]*Specialty
	rooms         map[string]*Room
	services      map[string]*Service
	practitioners map[string]*Practitioner
	patients      map[string]*Patient
	days          days
	removed       map[string]int // by file

	schedule *clinic.Schedule // with all rules; nil when the directory does not make one
	frame    *clinic.Schedule // without hours, and nothing is retired
	bare     *clinic.Schedule // and without time before and after visits
}

// NewPlan compares files with what is there: the whole directory and its hours, and of patients and appointments those that
// the files speak of. NewID makes the ids of what is new.
func NewPlan(files *Files, there *Data, now time.Time, newID func() uuid.UUID) *Plan {
	p := &Plan{
		Files: files, now: now, newID: newID, there: there, days: days{}, removed: map[string]int{},
		HoursOf: map[Who][]Hours{}, ClosuresOf: map[Day][]Closure{}, Placed: map[uuid.UUID][]clinic.Busy{},
	}
	p.planClinic()
	for _, row := range p.Locations.Rows {
		row.T.Zone = cmp.Or(row.T.Zone, p.Clinic.Zone)
	}
	p.after.Locations, p.locations = merge(p, &locationTable, &files.Locations, there.Locations)
	p.after.Specialties, p.specialties = merge(p, &specialtyTable, &files.Specialties, there.Specialties)
	p.after.Rooms, p.rooms = merge(p, &roomTable, &files.Rooms, there.Rooms)
	p.after.Services, p.services = merge(p, &serviceTable, &files.Services, there.Services)
	p.after.Practitioners, p.practitioners = merge(p, &practitionerTable, &files.Practitioners, there.Practitioners)
	p.checkDirectory()
	p.planHours()
	p.planClosures()
	p.makeSchedule()
	p.planPatients()
	p.planAppointments()
	return p
}

func (p *Plan) planClinic() {
	after, _ := merge(p, &clinicTable, &p.Files.Clinic, p.there.Clinic)
	if len(after) > 0 {
		p.Clinic = after[0]
	}
}

// Report is what the plan does, and what is wrong with it.
func (p *Plan) Report() Report {
	r := Report{Clinic: p.Clinic.Slug, Problems: p.problems.sorted()}
	r.Files = slices.Concat(
		count(p, &clinicTable, &p.Files.Clinic), count(p, &locationTable, &p.Locations), count(p, &specialtyTable, &p.Specialties),
		count(p, &roomTable, &p.Rooms), count(p, &serviceTable, &p.Services), count(p, &practitionerTable, &p.Practitioners),
		count(p, &hoursTable, &p.Hours), count(p, &closureTable, &p.Closures), count(p, &patientTable, &p.Patients),
		count(p, &appointmentTable, &p.Appointments))
	return r
}

// OriginTaken says that a website belongs to another clinic already.
func (p *Plan) OriginTaken(line int, origin string) {
	p.problems.wrong(clinicTable.file(), line, "origins", fmt.Sprintf("%q belongs to another clinic here", origin))
}

// count is of one file, or nothing when it was not given.
func count[T any](p *Plan, t *table[T], s *Sheet[T]) []Count {
	if !s.Given {
		return nil
	}
	c := Count{File: t.file(), Lines: len(s.Rows), Removed: p.removed[t.name]}
	for _, row := range s.Rows {
		switch row.Is {
		case Added:
			c.Added++
		case Changed:
			c.Changed++
		case Kept:
			c.Kept++
		case Unchanged:
			c.Unchanged++
		}
	}
	return []Count{c}
}

// merge decides the fate of each line, and returns all that will be there, and by its key.
func merge[T any](p *Plan, t *table[T], s *Sheet[T], there []T) (after []T, by map[string]*T) {
	before := make(map[string]int, len(there))
	for i := range there {
		before[t.key(&there[i])] = i
	}
	after = slices.Clone(there)
	for _, row := range once(p, t, s) {
		if i, ok := before[t.key(&row.T)]; ok {
			row.compare(t, s, &there[i], p.locale)
			after[i] = row.T
			continue
		}
		row.Is = Added
		*t.uuid(&row.T) = p.newID()
		after = append(after, row.T)
	}
	by = make(map[string]*T, len(after))
	for i := range after {
		by[t.key(&after[i])] = &after[i]
	}
	return after, by
}

// once leaves out lines whose id came before.
func once[T any](p *Plan, t *table[T], s *Sheet[T]) []*Row[T] {
	first := make(map[string]int, len(s.Rows))
	s.Rows = slices.DeleteFunc(s.Rows, func(row *Row[T]) bool {
		line, again := first[t.key(&row.T)]
		if again {
			p.problems.wrong(t.file(), row.Line, t.columns[0].name, fmt.Sprintf("the same id is in line %d already", line))
			return true
		}
		first[t.key(&row.T)] = row.Line
		return false
	})
	return s.Rows
}

// compare fills in from what is there what the file has no column for, and looks whether the rest is different.
func (row *Row[T]) compare(t *table[T], s *Sheet[T], was *T, l Locale) {
	row.Was = was
	*t.uuid(&row.T) = *t.uuid(was)
	for _, c := range t.columns {
		if !s.has[c.name] {
			c.parse(l, c.format(was), &row.T)
		}
	}
	if len(row.differences(t)) > 0 {
		row.Is = Changed
	}
}

// differences are the columns whose cells are other than what is there.
func (row *Row[T]) differences(t *table[T]) []string {
	var names []string
	for _, c := range t.columns {
		if c.format(&row.T) != c.format(row.Was) {
			names = append(names, c.name)
		}
	}
	return names
}

// missing says that a cell names something that neither the files nor the record has.
func (p *Plan) missing(file string, line int, column, kind, key string) {
	p.problems.wrong(file, line, column, fmt.Sprintf("there is no %s %q, neither here nor in the files", kind, key))
}

// knows reports whether a key is known, or was in a line or a file that has its own problem.
func knows[T any](by map[string]*T, s *Sheet[T], key string) bool {
	return by[key] != nil || s.broken[key] || s.unread
}

// checkDirectory holds the references between the files of the directory.
func (p *Plan) checkDirectory() {
	for _, row := range p.Rooms.Rows {
		if l := row.T.Location; l != "" && !knows(p.locations, &p.Locations, l) {
			p.missing(roomTable.file(), row.Line, "location", "location", l)
		}
		if row.Was != nil && row.Was.Kind != row.T.Kind {
			p.problems.wrong(roomTable.file(), row.Line, "kind", "is another one here; what changes its kind needs another id")
		}
	}
	for _, row := range p.Services.Rows {
		p.checkService(row)
	}
	for _, row := range p.Practitioners.Rows {
		for _, s := range row.T.Specialties {
			if !knows(p.specialties, &p.Specialties, s) {
				p.missing(practitionerTable.file(), row.Line, "specialties", "specialty", s)
			}
		}
		for _, s := range row.T.Services {
			if !knows(p.services, &p.Services, s) {
				p.missing(practitionerTable.file(), row.Line, "services", "service", s)
			}
		}
	}
}

func (p *Plan) checkService(row *Row[Service]) {
	if s := row.T.Specialty; !knows(p.specialties, &p.Specialties, s) {
		p.missing(serviceTable.file(), row.Line, "specialty", "specialty", s)
	}
	for _, need := range row.T.Needs {
		for _, room := range need.Rooms {
			if !knows(p.rooms, &p.Rooms, room) {
				p.missing(serviceTable.file(), row.Line, "needs", "room", room)
			}
		}
	}
}

// checkWho holds what hours and closures refer to, and reports whether all of it is known for sure.
func (p *Plan) checkWho(file string, line int, who Who, location *string) bool {
	before := len(p.problems.list)
	if who.Practitioner != "" && !knows(p.practitioners, &p.Practitioners, who.Practitioner) {
		p.missing(file, line, "practitioner", "practitioner", who.Practitioner)
	}
	if who.Room != "" && !knows(p.rooms, &p.Rooms, who.Room) {
		p.missing(file, line, "room", "room", who.Room)
	}
	if *location != "" && !knows(p.locations, &p.Locations, *location) {
		p.missing(file, line, "location", "location", *location)
	}
	return len(p.problems.list) == before &&
		(who.Practitioner == "" || p.practitioners[who.Practitioner] != nil) && (who.Room == "" || p.rooms[who.Room] != nil) &&
		(*location == "" || p.locations[*location] != nil)
}

// onlyLocation is the id of the only place there is, which lines need not name.
func (p *Plan) onlyLocation() string {
	if len(p.after.Locations) == 1 {
		return p.after.Locations[0].ID
	}
	return ""
}

func sortedNeeds(needs []Need) []Need {
	slices.SortStableFunc(needs, func(a, b Need) int { return strings.Compare(a.Name, b.Name) })
	for i := range needs {
		slices.Sort(needs[i].Rooms)
	}
	return needs
}
