package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// ExportRequest says what of a clinic to export.
type ExportRequest struct {
	Clinic string         // slug; "": the only clinic there is
	Kinds  []string       // of [exchange.Kinds]; none: all
	From   localtime.Date // the first day of appointments, in the clinic's zone; zero: all
	Until  localtime.Date // and the last
}

// cliActor is who works at the terminal of the server: the system itself, for all that is known.
var cliActor = clinic.Actor{Kind: clinic.ActorSystem, Channel: "cli"}

// Export writes a clinic's files as of one moment. It works as whoever the URL logs in, who must own the tables. What was
// read is audited before the files are written.
func (d *DB) Export(ctx context.Context, r ExportRequest, create exchange.Create) (exchange.Data, error) {
	var data exchange.Data
	var trail *auditTrail
	err := pgx.BeginTxFunc(ctx, d.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		q := db.New(tx)
		id, err := clinicBySlug(ctx, q, r.Clinic)
		if err != nil {
			return err
		}
		trail = &auditTrail{d: d, q: q, clinic: id}
		out := &exporting{d: d, q: q, clinic: id}
		if err := out.all(ctx, r); err != nil {
			return err
		}
		data = out.data
		return trail.add(ctx, auditEntry{actor: cliActor, action: "clinic.export", kind: "clinic", subject: id, detail: map[string]any{
			"kinds": r.Kinds, "patients": len(data.Patients), "appointments": len(data.Appointments),
		}})
	})
	if err != nil {
		return data, fmt.Errorf("exporting clinic: %w", err)
	}
	trail.log(ctx)
	err = exchange.Write(create, &data, r.Kinds...)
	return data, err
}

// clinicBySlug finds a clinic, or the only one.
func clinicBySlug(ctx context.Context, q *db.Queries, slug string) (uuid.UUID, error) {
	if slug == "" {
		slugs, err := q.ClinicSlugs(ctx)
		switch {
		case err != nil:
			return uuid.Nil, fmt.Errorf("looking which clinics there are: %w", err)
		case len(slugs) == 0:
			return uuid.Nil, clinic.Refuse(clinic.CodeNotFound, "There is no clinic yet: a clinic.csv makes one.")
		case len(slugs) > 1:
			return uuid.Nil, clinic.Refuse(clinic.CodeNotFound, fmt.Sprintf("There are several clinics: name one of %v with --clinic.", slugs))
		}
		slug = slugs[0]
	}
	id, err := q.ClinicIDBySlug(ctx, slug)
	if noRows(err) {
		return uuid.Nil, clinic.Refuse(clinic.CodeNotFound, fmt.Sprintf("There is no clinic %q: a clinic.csv makes it.", slug))
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("finding clinic: %w", err)
	}
	return id, nil
}

// exporting reads one clinic as its files have it.
type exporting struct {
	d      *DB
	q      *db.Queries
	clinic uuid.UUID
	zone   *time.Location
	keys   map[uuid.UUID]string         // of what there is in the directory
	zones  map[uuid.UUID]*time.Location // of locations
	data   exchange.Data
}

// all reads what is asked for. The directory is read in any case, for the rest speaks of it.
func (e *exporting) all(ctx context.Context, r ExportRequest) error {
	if err := e.directory(ctx); err != nil {
		return err
	}
	wanted := func(kind string) bool { return len(r.Kinds) == 0 || slices.Contains(r.Kinds, kind) }
	if wanted("patients") {
		if err := e.patients(ctx, db.ExportPatientsParams{ClinicID: e.clinic, Everybody: true, Keys: []string{}, Ids: []uuid.UUID{}}); err != nil {
			return err
		}
	}
	if !wanted("appointments") {
		return nil
	}
	since, before := time.Unix(0, 0).AddDate(-200, 0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if !r.From.IsZero() {
		since = localtime.Open(r.From, localtime.Midnight, e.zone)
	}
	if !r.Until.IsZero() {
		before = localtime.Open(r.Until.AddDays(1), localtime.Midnight, e.zone)
	}
	rows, err := e.q.ExportAppointments(ctx, e.clinic, since, before)
	if err != nil {
		return fmt.Errorf("reading appointments: %w", err)
	}
	for _, row := range rows {
		e.appointment(db.ImportedAppointmentsRow{
			ID: row.ID, Key: row.Key, Patient: row.Patient, ServiceID: row.ServiceID, PractitionerID: row.PractitionerID,
			LocationID: row.LocationID, State: row.State, Version: row.Version, StartsAt: row.StartsAt, EndsAt: row.EndsAt, Overbooked: row.Overbooked,
		})
	}
	return nil
}

func (e *exporting) directory(ctx context.Context) error {
	e.keys, e.zones = map[uuid.UUID]string{}, map[uuid.UUID]*time.Location{}
	for _, read := range []func(context.Context) error{
		e.clinicItself, e.locations, e.specialties, e.rooms, e.services, e.practitioners, e.links, e.hours, e.closures,
	} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporting) clinicItself(ctx context.Context) error {
	of, err := readClinic(ctx, e.q, e.clinic)
	if err != nil {
		return err
	}
	origins, err := e.q.ClinicOrigins(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading origins: %w", err)
	}
	row := exchange.Clinic{
		UUID: of.ID, Slug: of.Slug, Name: of.Name, Zone: of.Zone.String(), Language: of.Language, Region: of.Region, Phone: of.Phone, Origins: origins,
	}
	row.SetSettings(of.Settings)
	e.zone, e.data.Clinic = of.Zone, []exchange.Clinic{row}
	return nil
}

func (e *exporting) locations(ctx context.Context) error {
	rows, err := e.q.ExportLocations(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading locations: %w", err)
	}
	for _, r := range rows {
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			return fmt.Errorf("reading location's time zone: %w", err)
		}
		e.keys[r.ID], e.zones[r.ID] = r.Key, zone
		e.data.Locations = append(e.data.Locations, exchange.Location{UUID: r.ID, ID: r.Key, Name: r.Name, Address: r.Address, Zone: r.Zone})
	}
	return nil
}

func (e *exporting) specialties(ctx context.Context) error {
	rows, err := e.q.ExportSpecialties(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading specialties: %w", err)
	}
	for _, r := range rows {
		e.data.Specialties = append(e.data.Specialties, exchange.Specialty{UUID: r.ID, ID: r.Code, Name: r.Name, Title: r.Title, Words: r.Words})
	}
	return nil
}

func (e *exporting) rooms(ctx context.Context) error {
	rows, err := e.q.ExportRooms(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading rooms and devices: %w", err)
	}
	for _, r := range rows {
		e.keys[r.ID] = r.Key
		e.data.Rooms = append(e.data.Rooms, exchange.Room{
			UUID: r.ID, ID: r.Key, Name: r.Name, Kind: r.Kind, Location: e.keys[r.LocationID.UUID], Lanes: int(r.Lanes), Retired: r.Retired,
		})
	}
	return nil
}

func (e *exporting) services(ctx context.Context) error {
	rows, err := e.q.Services(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading services: %w", err)
	}
	for _, r := range rows {
		e.keys[r.ID] = r.Code
		e.data.Services = append(e.data.Services, exchange.Service{
			UUID: r.ID, ID: r.Code, Name: r.Name, NeutralName: r.NeutralName, Specialty: r.Specialty,
			Duration: int(r.DurationMin), BufferBefore: int(r.BeforeMin), BufferAfter: int(r.AfterMin), Grid: int(r.GridMin),
			Notice: int(r.NoticeMin), WindowDays: int(r.WindowDays), ChangeNotice: int(r.ChangeMin), Default: r.IsDefault, Group: r.IsGroup,
			Mode: r.Mode, NewPatients: r.NewPatients, Confidential: r.Confidential, Words: r.Words, Retired: r.RetiredAt != nil,
		})
	}
	return nil
}

func (e *exporting) practitioners(ctx context.Context) error {
	rows, err := e.q.ExportPractitioners(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading practitioners: %w", err)
	}
	for _, r := range rows {
		e.keys[r.ID] = r.Key
		e.data.Practitioners = append(e.data.Practitioners, exchange.Practitioner{
			UUID: r.ID, ID: r.Key, Title: r.Title, GivenName: r.GivenName, FamilyName: r.FamilyName, Suffix: r.Suffix,
			Specialties: r.Specialties, Languages: r.Languages, Lanes: int(r.Lanes), About: r.About, Retired: r.Retired,
		})
	}
	return nil
}

// links fills in who offers what with what, in the order of keys.
func (e *exporting) links(ctx context.Context) error {
	rows, err := e.q.ServiceResources(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading what services need: %w", err)
	}
	provided, needs := sortLinks(rows)
	for i := range e.data.Practitioners {
		p := &e.data.Practitioners[i]
		p.Services = e.named(provided[p.UUID])
	}
	for i := range e.data.Services {
		s := &e.data.Services[i]
		for _, n := range needs[s.UUID] {
			s.Needs = append(s.Needs, exchange.Need{Name: n.Name, Rooms: e.named(n.Resources)})
		}
	}
	return nil
}

func (e *exporting) named(ids []uuid.UUID) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = e.keys[id]
	}
	slices.Sort(keys)
	return keys
}

func (e *exporting) hours(ctx context.Context) error {
	rows, err := e.q.WeeklyHours(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading weekly hours: %w", err)
	}
	for _, w := range toWeekly(rows) {
		e.data.Hours = append(e.data.Hours, exchange.Hours{
			Who: e.who(w.Resource), Location: e.keys[w.Location], Weekday: w.Weekday,
			Opens: w.Opens, Closes: w.Closes, ValidFrom: w.ValidFrom, ValidUntil: w.ValidUntil,
		})
	}
	return nil
}

// who tells practitioners from rooms.
func (e *exporting) who(id uuid.UUID) exchange.Who {
	if slices.ContainsFunc(e.data.Rooms, func(r exchange.Room) bool { return r.UUID == id }) {
		return exchange.Who{Room: e.keys[id]}
	}
	return exchange.Who{Practitioner: e.keys[id]}
}

func (e *exporting) closures(ctx context.Context) error {
	rows, err := e.q.ExportDateOverrides(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading hours of single days: %w", err)
	}
	for _, r := range rows {
		c := exchange.Closure{
			Who: e.who(r.ResourceID.UUID), Location: e.keys[r.LocationID.UUID], Day: toDate(&r.Day), Kind: exchange.DayClosed, Reason: r.Reason,
		}
		if !r.Closed { // the database holds the two together
			c.Kind, c.Opens, c.Closes = exchange.DayOpen, localtime.Clock(*r.OpensMin), localtime.Clock(*r.ClosesMin)
		}
		e.data.Closures = append(e.data.Closures, c)
	}
	return nil
}
