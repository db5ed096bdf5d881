package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Loaded says what [DB.Seed] has added.
type Loaded struct {
	Patients     int
	Appointments int
	Skipped      int // appointments whose time is taken by now
}

// Seed loads a clinic. What is there already, by its id, stays as it is; appointments whose time was taken meanwhile are
// left out. It works as whoever the URL logs in, who must own the tables, in one transaction.
func (d *DB) Seed(ctx context.Context, data clinic.Dataset) (Loaded, error) {
	schedule, err := clinic.NewSchedule(&data.Directory, data.Weekly, data.Overrides)
	if err != nil {
		return Loaded{}, fmt.Errorf("checking the clinic to load: %w", err)
	}
	l := &loading{d: d, data: &data, clinic: data.Directory.Clinic.ID, schedule: schedule, now: d.now()}
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		l.tx, l.q, l.added = tx, db.New(tx), Loaded{}
		return l.all(ctx)
	})
	if err != nil {
		return Loaded{}, fmt.Errorf("loading clinic: %w", err)
	}
	d.forget(l.clinic)
	return l.added, nil
}

// loading is one run of [DB.Seed].
type loading struct {
	d        *DB
	data     *clinic.Dataset
	clinic   uuid.UUID
	schedule *clinic.Schedule
	now      time.Time
	tx       pgx.Tx
	q        *db.Queries
	added    Loaded
}

func (l *loading) all(ctx context.Context) error {
	if err := l.q.LoadingAlone(ctx, l.clinic.String()); err != nil {
		return fmt.Errorf("waiting for another run: %w", err)
	}
	p := newPipeline()
	if err := l.directory(ctx, p.q); err != nil {
		return err
	}
	l.offers(ctx, p.q)
	l.hours(ctx, p.q)
	if err := p.send(ctx, l.tx); err != nil {
		return fmt.Errorf("loading directory: %w", err)
	}
	if err := l.patients(ctx); err != nil {
		return err
	}
	return l.appointments(ctx)
}

// The statements of a pipeline return their errors when it is sent.

func (l *loading) directory(ctx context.Context, q *db.Queries) error {
	c := l.data.Directory.Clinic
	settings, err := json.Marshal(c.Settings)
	if err != nil {
		return fmt.Errorf("encoding clinic's settings: %w", err)
	}
	_ = q.LoadClinic(ctx, db.LoadClinicParams{
		ClinicID: c.ID, Slug: c.Slug, Name: c.Name, Zone: c.Zone.String(), Language: c.Language, Region: c.Region,
		Phone: c.Phone, Settings: settings,
	})
	for _, at := range l.data.Directory.Locations {
		_ = q.LoadLocation(ctx, db.LoadLocationParams{
			ClinicID: c.ID, ID: at.ID, Name: at.Name, Address: at.Address, Zone: l.schedule.Zone(at.ID).String(),
		})
	}
	for _, s := range l.data.Directory.Specialties {
		_ = q.LoadSpecialty(ctx, db.LoadSpecialtyParams{
			ClinicID: c.ID, ID: l.named("specialty", s.Code), Code: s.Code, Name: s.Name, Title: s.Title, Words: list(s.Words),
		})
	}
	for _, r := range l.data.Directory.Resources {
		_ = q.LoadResource(ctx, l.resource(r.ID, r.Kind, r.Lanes, r.Retired))
		_ = q.LoadFacility(ctx, db.LoadFacilityParams{ClinicID: c.ID, ID: r.ID, LocationID: null(r.Location), Name: r.Name})
	}
	return nil
}

func (l *loading) offers(ctx context.Context, q *db.Queries) {
	for _, p := range l.data.Directory.Practitioners {
		_ = q.LoadResource(ctx, l.resource(p.ID, practitionerNeed, p.Lanes, p.Retired))
		_ = q.LoadPractitioner(ctx, db.LoadPractitionerParams{
			ClinicID: l.clinic, ID: p.ID, Title: p.Title, GivenName: p.GivenName, FamilyName: p.FamilyName, Suffix: p.Suffix,
			Specialties: list(p.Specialties), Languages: list(p.Languages), About: p.About,
		})
	}
	for _, s := range l.data.Directory.Services {
		_ = q.LoadService(ctx, l.service(s))
		for _, need := range s.Needs {
			for _, r := range need.Resources {
				l.link(ctx, q, s.ID, r, need.Name)
			}
		}
	}
	for _, p := range l.data.Directory.Practitioners {
		for _, s := range p.Services {
			l.link(ctx, q, s, p.ID, practitionerNeed)
		}
	}
}

func (l *loading) link(ctx context.Context, q *db.Queries, service, resource uuid.UUID, need string) {
	_ = q.LoadServiceResource(ctx, db.LoadServiceResourceParams{
		ClinicID: l.clinic, ServiceID: service, ResourceID: resource, Need: need,
	})
}

func (l *loading) resource(id uuid.UUID, kind string, lanes int, retired bool) db.LoadResourceParams {
	return db.LoadResourceParams{
		ClinicID: l.clinic, ID: id, Kind: kind, Lanes: int16(max(1, lanes)), RetiredAt: l.retiredAt(retired), //nolint:gosec // checked by the database
	}
}

func (l *loading) retiredAt(retired bool) *time.Time {
	if !retired {
		return nil
	}
	return &l.now
}

func (l *loading) service(s clinic.Service) db.LoadServiceParams {
	return db.LoadServiceParams{
		ClinicID: l.clinic, ID: s.ID, Code: s.Code, Name: s.Name, NeutralName: s.NeutralName, Specialty: s.Specialty,
		DurationMin: inMinutes(s.Duration), BeforeMin: inMinutes(s.BufferBefore), AfterMin: inMinutes(s.BufferAfter),
		GridMin: inMinutes(s.Grid), NoticeMin: inMinutes(s.Notice), WindowDays: inMinutes(s.Window) / (24 * 60),
		ChangeMin: inMinutes(s.ChangeNotice), IsDefault: s.Default, IsGroup: s.Group,
		Mode: string(cmp.Or(s.Mode, clinic.ModeInPerson)), NewPatients: string(cmp.Or(s.For, clinic.ForAny)), Confidential: s.Confidential, Words: list(s.Words),
		RetiredAt: l.retiredAt(s.Retired),
	}
}

func (l *loading) hours(ctx context.Context, q *db.Queries) {
	for _, w := range l.data.Weekly {
		_ = q.LoadWeeklyHours(ctx, db.LoadWeeklyHoursParams{
			ClinicID: l.clinic, ID: l.named("weekly_hours", w.Resource, w.Location, w.Weekday, w.Opens, w.ValidFrom),
			ResourceID: w.Resource, LocationID: w.Location, Weekday: int16(w.Weekday), //nolint:gosec // checked by the schedule
			OpensMin: int16(w.Opens), ClosesMin: int16(w.Closes), //nolint:gosec // checked by the schedule
			ValidFrom: dateOrNull(w.ValidFrom), ValidUntil: dateOrNull(w.ValidUntil),
		})
	}
	for _, o := range l.data.Overrides {
		row := db.LoadDateOverrideParams{
			ClinicID: l.clinic, ID: l.named("date_override", o.Resource, o.Location, o.Day, o.Opens),
			ResourceID: null(o.Resource), LocationID: null(o.Location), Day: fromDate(o.Day), Closed: o.Closed, Reason: o.Reason,
		}
		if !o.Closed {
			opens, closes := int16(o.Opens), int16(o.Closes) //nolint:gosec // checked by the schedule
			row.OpensMin, row.ClosesMin = &opens, &closes
		}
		_ = q.LoadDateOverride(ctx, row)
	}
}

// named is the id of what has none of its own: the same every time (UUID version 5).
func (l *loading) named(table string, parts ...any) uuid.UUID {
	var name strings.Builder
	name.WriteString(table)
	for _, part := range parts {
		fmt.Fprintf(&name, "/%v", part)
	}
	return uuid.NewSHA1(l.clinic, []byte(name.String()))
}

func inMinutes(d time.Duration) int32 {
	return int32(d / time.Minute) //nolint:gosec // four thousand years are fewer
}

func dateOrNull(d localtime.Date) *time.Time {
	if d.IsZero() {
		return nil
	}
	t := fromDate(d)
	return &t
}

// list is never nil: the columns are arrays without null.
func list(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}
