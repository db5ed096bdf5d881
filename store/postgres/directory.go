package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// practitionerNeed is the need of a service that its practitioners meet; all others are rooms and devices.
const practitionerNeed = "practitioner"

// Directory is the clinic's practitioners, services and places, retired ones too. It may be as old as Config.DirectoryTTL
// and is shared: it must not be changed. [clinic.CodeNotFound] when there is no such clinic.
func (d *DB) Directory(ctx context.Context, clinicID uuid.UUID) (*clinic.Directory, error) {
	v, err := d.schedule(ctx, clinicID)
	if err != nil {
		return nil, err
	}
	return v.Directory(), nil
}

// FindClinic goes by slug when there is one, else by the origin of the page ("https://example.org"), else takes the only
// clinic there is; a [clinic.CodeNotFound] otherwise.
func (d *DB) FindClinic(ctx context.Context, slug, origin string) (clinic.Clinic, error) {
	id, err := d.findClinic(ctx, slug, origin)
	if noRows(err) {
		return clinic.Clinic{}, clinic.Refuse(clinic.CodeNotFound, "There is no such clinic here.")
	}
	if err != nil {
		return clinic.Clinic{}, fmt.Errorf("finding clinic: %w", err)
	}
	v, err := d.schedule(ctx, id)
	if err != nil {
		return clinic.Clinic{}, err
	}
	return v.Directory().Clinic, nil
}

func (d *DB) findClinic(ctx context.Context, slug, origin string) (uuid.UUID, error) {
	q := d.anyClinic()
	if slug != "" {
		return q.FindClinic(ctx, "slug", slug)
	}
	if key := originKey(origin); key != "" {
		if id, err := q.FindClinic(ctx, "origin", key); !noRows(err) {
			return id, err
		}
	}
	return q.FindClinic(ctx, "only", "")
}

// readSchedule reads all of a clinic that is read often and changes rarely. The queries are those of one transaction.
func readSchedule(ctx context.Context, q *db.Queries, clinicID uuid.UUID, now time.Time) (*clinic.Schedule, error) {
	directory, err := readDirectory(ctx, q, clinicID)
	if err != nil {
		return nil, err
	}
	weekly, err := q.WeeklyHours(ctx, clinicID)
	if err != nil {
		return nil, fmt.Errorf("reading weekly hours: %w", err)
	}
	since := localtime.DateOf(now, directory.Clinic.Zone).AddDays(-2)
	overrides, err := q.DateOverrides(ctx, clinicID, fromDate(since))
	if err != nil {
		return nil, fmt.Errorf("reading hours of single days: %w", err)
	}
	schedule, err := clinic.NewSchedule(directory, toWeekly(weekly), toOverrides(overrides))
	if err != nil {
		return nil, fmt.Errorf("making schedule: %w", err)
	}
	return schedule, nil
}

func readDirectory(ctx context.Context, q *db.Queries, clinicID uuid.UUID) (*clinic.Directory, error) {
	of, err := readClinic(ctx, q, clinicID)
	if err != nil {
		return nil, err
	}
	directory := &clinic.Directory{Clinic: of}
	if directory.Locations, err = readLocations(ctx, q, clinicID); err != nil {
		return nil, err
	}
	specialties, err := q.Specialties(ctx, clinicID)
	if err != nil {
		return nil, fmt.Errorf("reading specialties: %w", err)
	}
	for _, s := range specialties {
		directory.Specialties = append(directory.Specialties, clinic.Specialty(s))
	}
	facilities, err := q.Facilities(ctx, clinicID)
	if err != nil {
		return nil, fmt.Errorf("reading rooms and devices: %w", err)
	}
	for _, f := range facilities {
		directory.Resources = append(directory.Resources, clinic.Resource{
			ID: f.ID, Kind: f.Kind, Name: f.Name, Location: f.LocationID.UUID, Lanes: int(f.Lanes), Retired: f.Retired,
		})
	}
	return directory, readOffers(ctx, q, directory)
}

// readOffers reads who offers what with what.
func readOffers(ctx context.Context, q *db.Queries, directory *clinic.Directory) error {
	clinicID := directory.Clinic.ID
	practitioners, err := q.Practitioners(ctx, clinicID)
	if err != nil {
		return fmt.Errorf("reading practitioners: %w", err)
	}
	services, err := q.Services(ctx, clinicID)
	if err != nil {
		return fmt.Errorf("reading services: %w", err)
	}
	links, err := q.ServiceResources(ctx, clinicID)
	if err != nil {
		return fmt.Errorf("reading what services need: %w", err)
	}
	provided, needs := sortLinks(links)
	for _, p := range practitioners {
		directory.Practitioners = append(directory.Practitioners, toPractitioner(p, provided[p.ID]))
	}
	for _, s := range services {
		directory.Services = append(directory.Services, toService(s, needs[s.ID]))
	}
	return nil
}

// sortLinks tells services by practitioner from needs by service. The links come ordered by service and need.
func sortLinks(links []db.ServiceResourcesRow) (provided map[uuid.UUID][]uuid.UUID, needs map[uuid.UUID][]clinic.Need) {
	provided, needs = map[uuid.UUID][]uuid.UUID{}, map[uuid.UUID][]clinic.Need{}
	for _, l := range links {
		if l.Need == practitionerNeed {
			provided[l.ResourceID] = append(provided[l.ResourceID], l.ServiceID)
			continue
		}
		of := needs[l.ServiceID]
		if len(of) == 0 || of[len(of)-1].Name != l.Need {
			of = append(of, clinic.Need{Name: l.Need})
		}
		of[len(of)-1].Resources = append(of[len(of)-1].Resources, l.ResourceID)
		needs[l.ServiceID] = of
	}
	return provided, needs
}

func readClinic(ctx context.Context, q *db.Queries, clinicID uuid.UUID) (clinic.Clinic, error) {
	row, err := q.Clinic(ctx, clinicID)
	if noRows(err) {
		return clinic.Clinic{}, clinic.Refuse(clinic.CodeNotFound, "There is no such clinic here.")
	}
	if err != nil {
		return clinic.Clinic{}, fmt.Errorf("reading clinic: %w", err)
	}
	zone, err := time.LoadLocation(row.Zone)
	if err != nil {
		return clinic.Clinic{}, fmt.Errorf("reading clinic's time zone: %w", err)
	}
	of := clinic.Clinic{
		ID: row.ClinicID, Slug: row.Slug, Name: row.Name, Zone: zone,
		Language: row.Language, Region: row.Region, Phone: row.Phone,
	}
	if err := json.Unmarshal(row.Settings, &of.Settings); err != nil {
		return clinic.Clinic{}, fmt.Errorf("reading clinic's settings: %w", err)
	}
	return of, nil
}

func readLocations(ctx context.Context, q *db.Queries, clinicID uuid.UUID) ([]clinic.Location, error) {
	rows, err := q.Locations(ctx, clinicID)
	if err != nil {
		return nil, fmt.Errorf("reading locations: %w", err)
	}
	locations := make([]clinic.Location, len(rows))
	for i, r := range rows {
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			return nil, fmt.Errorf("reading location's time zone: %w", err)
		}
		locations[i] = clinic.Location{ID: r.ID, Name: r.Name, Address: r.Address, Zone: zone}
	}
	return locations, nil
}
