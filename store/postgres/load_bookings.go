package postgres

import (
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

const (
	indexEmail  = "email" // in lower case
	columnEmail = "patient.email"
)

// patients copies those who are not there yet.
func (l *loading) patients(ctx context.Context) error {
	ids, err := l.q.PatientIDs(ctx, l.clinic)
	if err != nil {
		return fmt.Errorf("reading patients: %w", err)
	}
	there := setOf(ids)
	var resources, rows, links [][]any
	for _, p := range l.data.Patients {
		if there[p.ID] {
			continue
		}
		resources = append(resources, []any{l.clinic, p.ID, "patient"})
		rows = append(rows, l.patient(p))
		if p.Guardian != uuid.Nil {
			links = append(links, []any{l.clinic, p.Guardian, p.ID, "parent"})
		}
	}
	l.added.Patients = len(rows)
	return l.copy(ctx,
		copied{"resource", []string{"clinic_id", "id", "kind"}, resources},
		copied{"patient", []string{
			"clinic_id", "id", "given_name", "family_name", "birth_date", "birth_date_index",
			"phone", "phone_index", "email", "email_index", "language",
		}, rows},
		copied{"patient_link", []string{"clinic_id", "guardian_id", "patient_id", "relation"}, links})
}

func (l *loading) patient(p clinic.Patient) []any {
	birth := p.BirthDate.String()
	row := []any{
		l.clinic, p.ID, p.GivenName, p.FamilyName,
		l.d.seal(l.clinic, columnBirthDate, p.ID, []byte(birth)), l.d.index(l.clinic, indexBirthDate, birth),
		nil, nil, nil, nil, p.Language,
	}
	if p.Phone != "" {
		row[6], row[7] = l.d.seal(l.clinic, columnPhone, p.ID, []byte(p.Phone)), l.d.index(l.clinic, indexPhone, p.Phone)
	}
	if p.Email != "" {
		row[8], row[9] = l.d.seal(l.clinic, columnEmail, p.ID, []byte(p.Email)), l.d.index(l.clinic, indexEmail, strings.ToLower(p.Email))
	}
	return row
}

// appointments copies those that are not there yet and whose time is free.
func (l *loading) appointments(ctx context.Context) error {
	fresh, err := l.freshAppointments(ctx)
	if err != nil || len(fresh) == 0 {
		return err
	}
	busy, err := l.lockAndReadBusy(ctx, fresh)
	if err != nil {
		return err
	}
	var appointments, allocations, events [][]any
	for _, a := range fresh {
		day := localtime.DateOf(a.Slot.Start, time.UTC)
		takes, err := l.schedule.Assign(a.Slot, a.Patient, busy[day])
		if clinic.CodeOf(err) != "" {
			l.added.Skipped++
			continue
		}
		if err != nil {
			return fmt.Errorf("finding room for appointment: %w", err)
		}
		addByDay(busy, takes)
		was, err := json.Marshal(a)
		if err != nil {
			return fmt.Errorf("encoding event: %w", err)
		}
		appointments = append(appointments, l.appointment(a))
		allocations = append(allocations, l.allocations(a.ID, takes)...)
		events = append(events, []any{l.clinic, newID(), a.ID, int32(1), l.now, "booked", clinic.ActorSystem, "cli", was})
	}
	l.added.Appointments = len(appointments)
	return l.copy(ctx,
		copied{"appointment", []string{
			"clinic_id", "id", "service_id", "practitioner_id", "location_id", "patient_id",
			"state", "starts_at", "ends_at", "local_start", "zone",
		}, appointments},
		copied{"allocation", []string{
			"clinic_id", "id", "resource_id", "lane", "appointment_id", "state", "starts_at", "ends_at",
		}, allocations},
		copied{"appointment_event", []string{
			"clinic_id", "id", "appointment_id", "version", "at", "kind", "actor_kind", "channel", "now",
		}, events})
}

func (l *loading) freshAppointments(ctx context.Context) ([]clinic.Appointment, error) {
	ids := make([]uuid.UUID, len(l.data.Appointments))
	for i, a := range l.data.Appointments {
		ids[i] = a.ID
	}
	existing, err := l.q.AppointmentIDs(ctx, l.clinic, ids)
	if err != nil {
		return nil, fmt.Errorf("reading appointments: %w", err)
	}
	there := setOf(existing)
	var fresh []clinic.Appointment
	for _, a := range l.data.Appointments {
		if !there[a.ID] {
			fresh = append(fresh, a)
		}
	}
	return fresh, nil
}

// lockAndReadBusy keeps everybody else from booking what these appointments may take, and reads by day what is taken.
func (l *loading) lockAndReadBusy(ctx context.Context, fresh []clinic.Appointment) (map[localtime.Date][]clinic.Busy, error) {
	var ids []uuid.UUID
	from, until := fresh[0].Slot.Start, fresh[0].Slot.End
	for _, a := range fresh {
		ids = append(ids, l.schedule.Candidates(a.Slot, a.Patient)...)
		reachFrom, reachUntil := l.schedule.Reach(a.Slot)
		if reachFrom.Before(from) {
			from = reachFrom
		}
		if reachUntil.After(until) {
			until = reachUntil
		}
	}
	ids = sorted(ids)
	if _, err := l.q.LockResources(ctx, l.clinic, ids); err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	rows, err := l.q.Busy(ctx, db.BusyParams{
		ClinicID: l.clinic, Resources: ids, Earliest: from.Add(-longestAllocation), Since: from, Until: until,
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is taken: %w", err)
	}
	busy := map[localtime.Date][]clinic.Busy{}
	addByDay(busy, toBusy(rows))
	return busy, nil
}

// addByDay files what is taken under its day in UTC and the days beside it, which a visit can reach into.
func addByDay(busy map[localtime.Date][]clinic.Busy, takes []clinic.Busy) {
	for _, b := range takes {
		first, last := localtime.DateOf(b.Start, time.UTC).AddDays(-1), localtime.DateOf(b.End, time.UTC).AddDays(1)
		for day := first; !day.After(last); day = day.AddDays(1) {
			busy[day] = append(busy[day], b)
		}
	}
}

func (l *loading) appointment(a clinic.Appointment) []any {
	start := a.Slot.Start.In(l.schedule.Zone(a.Slot.Location))
	return []any{
		l.clinic, a.ID, a.Slot.Service, a.Slot.Practitioner, a.Slot.Location, a.Patient,
		string(a.State), a.Slot.Start, a.Slot.End, wall(start), start.Location().String(),
	}
}

func (l *loading) allocations(appointment uuid.UUID, takes []clinic.Busy) [][]any {
	rows := make([][]any, len(takes))
	for i, t := range takes {
		rows[i] = []any{l.clinic, newID(), t.Resource, int16(t.Lane), appointment, int16(stateBooked), t.Start, t.End} //nolint:gosec // at most 100
	}
	return rows
}

// copied is what goes into one table.
type copied struct {
	table   string
	columns []string
	rows    [][]any
}

func (l *loading) copy(ctx context.Context, tables ...copied) error {
	for _, t := range tables {
		if _, err := l.tx.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("copying into %s: %w", t.table, err)
		}
	}
	return nil
}

func setOf(ids []uuid.UUID) map[uuid.UUID]bool {
	set := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
