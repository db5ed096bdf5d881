package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// written reports whether a line changes anything.
func written[T any](row *exchange.Row[T]) bool {
	return row.Is == exchange.Added || row.Is == exchange.Changed
}

// directory writes what is read often and changes rarely. Statements of the pipeline return their errors when it is sent.
func (i *importing) directory(ctx context.Context) error {
	p := newPipeline()
	if err := i.clinicItself(ctx, p.q); err != nil {
		return err
	}
	i.places(ctx, p.q)
	i.services(ctx, p.q)
	i.practitioners(ctx, p.q)
	i.hours(ctx, p.q)
	i.closures(ctx, p.q)
	if err := p.send(ctx, i.tx); err != nil {
		return fmt.Errorf("writing directory: %w", err)
	}
	return nil
}

func (i *importing) clinicItself(ctx context.Context, q *db.Queries) error {
	for _, row := range i.p.Files.Clinic.Rows {
		if !written(row) {
			continue
		}
		c, settings := row.T, i.settings
		said := c.Settings()
		settings.PrivacyURL, settings.EmergencyText = said.PrivacyURL, said.EmergencyText
		settings.PartsOfDay, settings.StaffedHours = said.PartsOfDay, said.StaffedHours
		encoded, err := json.Marshal(settings)
		if err != nil {
			return fmt.Errorf("encoding clinic's settings: %w", err)
		}
		_ = q.ImportClinic(ctx, db.ImportClinicParams{
			ClinicID: c.UUID, Slug: c.Slug, Name: c.Name, Zone: c.Zone, Language: c.Language, Region: c.Region, Phone: c.Phone, Settings: encoded,
		})
		_ = q.DropOrigins(ctx, c.UUID, list(c.Origins))
		for _, origin := range c.Origins {
			_ = q.ImportOrigin(ctx, c.UUID, newID(), originKey(origin))
		}
	}
	return nil
}

func (i *importing) places(ctx context.Context, q *db.Queries) {
	for _, row := range i.p.Locations.Rows {
		if l := row.T; written(row) {
			_ = q.ImportLocation(ctx, db.ImportLocationParams{ClinicID: i.clinic, ID: l.UUID, Key: &l.ID, Name: l.Name, Address: l.Address, Zone: l.Zone})
		}
	}
	for _, row := range i.p.Specialties.Rows {
		if s := row.T; written(row) {
			_ = q.ImportSpecialty(ctx, db.ImportSpecialtyParams{ClinicID: i.clinic, ID: s.UUID, Code: s.ID, Name: s.Name, Title: s.Title, Words: list(s.Words)})
		}
	}
	for _, row := range i.p.Rooms.Rows {
		if r := row.T; written(row) {
			i.resource(ctx, q, r.UUID, r.ID, r.Kind, r.Lanes, r.Retired)
			_ = q.ImportFacility(ctx, db.ImportFacilityParams{ClinicID: i.clinic, ID: r.UUID, LocationID: null(i.p.LocationID(r.Location)), Name: r.Name})
		}
	}
}

func (i *importing) resource(ctx context.Context, q *db.Queries, id uuid.UUID, key, kind string, lanes int, retired bool) {
	_ = q.ImportResource(ctx, db.ImportResourceParams{
		ClinicID: i.clinic, ID: id, Key: &key, Kind: kind, Lanes: int16(lanes), RetiredAt: i.retiredAt(retired), //nolint:gosec // at most 100
	})
}

func (i *importing) retiredAt(retired bool) *time.Time {
	if !retired {
		return nil
	}
	return &i.now
}

func (i *importing) services(ctx context.Context, q *db.Queries) {
	for _, row := range i.p.Services.Rows {
		if !written(row) {
			continue
		}
		s := row.T
		_ = q.ImportService(ctx, i.service(s))
		_ = q.DropNeeds(ctx, i.clinic, s.UUID)
		for _, need := range s.Needs {
			for _, room := range i.p.RoomIDs(need) {
				i.link(ctx, q, s.UUID, room, need.Name)
			}
		}
	}
}

func (i *importing) service(s exchange.Service) db.ImportServiceParams {
	n := func(n int) int32 { return int32(n) } //nolint:gosec // the files' columns have bounds
	return db.ImportServiceParams{
		ClinicID: i.clinic, ID: s.UUID, Code: s.ID, Name: s.Name, NeutralName: s.NeutralName, Specialty: s.Specialty,
		DurationMin: n(s.Duration), BeforeMin: n(s.BufferBefore), AfterMin: n(s.BufferAfter), GridMin: n(s.Grid),
		NoticeMin: n(s.Notice), WindowDays: n(s.WindowDays), ChangeMin: n(s.ChangeNotice), IsDefault: s.Default, IsGroup: s.Group,
		Mode: s.Mode, NewPatients: s.NewPatients, Confidential: s.Confidential, Words: list(s.Words), RetiredAt: i.retiredAt(s.Retired),
	}
}

func (i *importing) link(ctx context.Context, q *db.Queries, service, resource uuid.UUID, need string) {
	_ = q.LoadServiceResource(ctx, db.LoadServiceResourceParams{ClinicID: i.clinic, ServiceID: service, ResourceID: resource, Need: need})
}

func (i *importing) practitioners(ctx context.Context, q *db.Queries) {
	for _, row := range i.p.Practitioners.Rows {
		if !written(row) {
			continue
		}
		p := row.T
		i.resource(ctx, q, p.UUID, p.ID, practitionerNeed, p.Lanes, p.Retired)
		_ = q.ImportPractitioner(ctx, db.ImportPractitionerParams{
			ClinicID: i.clinic, ID: p.UUID, Title: p.Title, GivenName: p.GivenName, FamilyName: p.FamilyName, Suffix: p.Suffix,
			Specialties: list(p.Specialties), Languages: list(p.Languages), About: p.About,
		})
		_ = q.DropOffers(ctx, i.clinic, p.UUID)
		for _, service := range i.p.ServiceIDs(&p) {
			i.link(ctx, q, service, p.UUID, practitionerNeed)
		}
	}
}

func (i *importing) hours(ctx context.Context, q *db.Queries) {
	for who, lines := range i.p.HoursOf {
		resource := i.p.ResourceID(who)
		_ = q.DropHours(ctx, i.clinic, resource)
		for _, h := range lines {
			_ = q.LoadWeeklyHours(ctx, db.LoadWeeklyHoursParams{
				ClinicID: i.clinic, ID: newID(), ResourceID: resource, LocationID: i.p.LocationID(h.Location), Weekday: int16(h.Weekday), //nolint:gosec // seven
				OpensMin: int16(h.Opens), ClosesMin: int16(h.Closes), //nolint:gosec // of one day
				ValidFrom: dateOrNull(h.ValidFrom), ValidUntil: dateOrNull(h.ValidUntil),
			})
		}
	}
}

func (i *importing) closures(ctx context.Context, q *db.Queries) {
	for day, lines := range i.p.ClosuresOf {
		resource, location := null(i.p.ResourceID(day.Who)), null(i.p.LocationID(day.Location))
		_ = q.DropOverrides(ctx, db.DropOverridesParams{ClinicID: i.clinic, Resource: resource, Location: location, Day: fromDate(day.Day)})
		for _, c := range lines {
			row := db.LoadDateOverrideParams{
				ClinicID: i.clinic, ID: newID(), ResourceID: resource, LocationID: location, Day: fromDate(c.Day),
				Closed: c.Kind == exchange.DayClosed, Reason: c.Reason,
			}
			if !row.Closed {
				opens, closes := int16(c.Opens), int16(c.Closes) //nolint:gosec // of one day
				row.OpensMin, row.ClosesMin = &opens, &closes
			}
			_ = q.LoadDateOverride(ctx, row)
		}
	}
}
