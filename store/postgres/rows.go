package postgres

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// The rows of the database, turned into what the domain calls them.

func toPractitioner(p db.PractitionersRow, services []uuid.UUID) clinic.Practitioner {
	return clinic.Practitioner{
		ID:          p.ID,
		Title:       p.Title,
		GivenName:   p.GivenName,
		FamilyName:  p.FamilyName,
		Suffix:      p.Suffix,
		Specialties: p.Specialties,
		Languages:   p.Languages,
		Services:    services,
		Lanes:       int(p.Lanes),
		About:       p.About,
		Retired:     p.Retired,
	}
}

func toService(s db.Service, needs []clinic.Need) clinic.Service {
	return clinic.Service{
		ID:           s.ID,
		Code:         s.Code,
		Name:         s.Name,
		NeutralName:  s.NeutralName,
		Specialty:    s.Specialty,
		Duration:     minutes(s.DurationMin),
		BufferBefore: minutes(s.BeforeMin),
		BufferAfter:  minutes(s.AfterMin),
		Grid:         minutes(s.GridMin),
		Notice:       minutes(s.NoticeMin),
		Window:       time.Duration(s.WindowDays) * 24 * time.Hour,
		ChangeNotice: minutes(s.ChangeMin),
		Needs:        needs,
		Default:      s.IsDefault,
		Group:        s.IsGroup,
		Mode:         clinic.Mode(s.Mode),
		For:          clinic.Patients(s.NewPatients),
		Confidential: s.Confidential,
		Words:        s.Words,
		Retired:      s.RetiredAt != nil,
	}
}

func minutes(n int32) time.Duration { return time.Duration(n) * time.Minute }

func toWeekly(rows []db.WeeklyHoursRow) []clinic.WeeklyHours {
	weekly := make([]clinic.WeeklyHours, len(rows))
	for i, r := range rows {
		weekly[i] = clinic.WeeklyHours{
			Resource:   r.ResourceID,
			Location:   r.LocationID,
			Weekday:    time.Weekday(r.Weekday),
			Opens:      localtime.Clock(r.OpensMin),
			Closes:     localtime.Clock(r.ClosesMin),
			ValidFrom:  toDate(r.ValidFrom),
			ValidUntil: toDate(r.ValidUntil),
		}
	}
	return weekly
}

func toOverrides(rows []db.DateOverridesRow) []clinic.DateOverride {
	overrides := make([]clinic.DateOverride, len(rows))
	for i, r := range rows {
		overrides[i] = clinic.DateOverride{
			Resource: r.ResourceID.UUID,
			Location: r.LocationID.UUID,
			Day:      toDate(&r.Day),
			Closed:   r.Closed,
			Reason:   r.Reason,
		}
		if !r.Closed { // the database holds the two together
			overrides[i].Opens = localtime.Clock(*r.OpensMin)
			overrides[i].Closes = localtime.Clock(*r.ClosesMin)
		}
	}
	return overrides
}

// toDate turns what pgx makes of a date, midnight in UTC, into the day. Null is the zero day.
func toDate(t *time.Time) localtime.Date {
	if t == nil {
		return localtime.Date{}
	}
	return localtime.DateOf(*t, time.UTC)
}

// fromDate is the other way round.
func fromDate(d localtime.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
