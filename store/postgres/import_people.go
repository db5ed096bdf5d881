package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// batchSize is how many statements go to the database in one round trip.
const batchSize = 1000

// patients copies those who are new, and updates those who changed.
func (i *importing) patients(ctx context.Context) error {
	var resources, patients, links [][]any
	var changed []exchange.Patient
	visits := i.lastVisits()
	for _, row := range i.p.Patients.Rows {
		p := row.T
		switch row.Is {
		case exchange.Added:
			resources = append(resources, []any{i.clinic, p.UUID, "patient"})
			patients = append(patients, i.patientRow(p, visits[p.UUID]))
		case exchange.Changed:
			changed = append(changed, p)
		default:
			continue
		}
		for n, guardian := range p.Guardians {
			links = append(links, []any{i.clinic, i.p.PatientID(guardian), p.UUID, p.Relations[n]})
		}
	}
	if err := i.copy(ctx, "resource", []string{"clinic_id", "id", "kind"}, resources); err != nil {
		return err
	}
	if err := i.copy(ctx, "patient", []string{
		"clinic_id", "id", "external_id", "given_name", "family_name", "language", "birth_date", "birth_date_index",
		"phone", "phone_index", "email", "email_index", "seen_at",
	}, patients); err != nil {
		return err
	}
	err := inBatches(ctx, i, "patient", changed, func(q *db.Queries, p exchange.Patient) {
		_ = q.ImportPatient(ctx, i.patientParams(p))
		_ = q.DropLinks(ctx, i.clinic, p.UUID)
	})
	if err != nil {
		return err
	}
	return i.copy(ctx, "patient_link", []string{"clinic_id", "guardian_id", "patient_id", "relation"}, links)
}

// patientRow is a new chart, with when its patient was at the clinic last, if an appointment of the same import says so.
func (i *importing) patientRow(p exchange.Patient, visit time.Time) []any {
	s := i.patientParams(p)
	if s.SeenAt == nil && !visit.IsZero() || s.SeenAt != nil && visit.After(*s.SeenAt) {
		s.SeenAt = &visit
	}
	return []any{
		i.clinic, p.UUID, p.ID, p.GivenName, p.FamilyName, p.Language, s.BirthDate, s.BirthDateIndex,
		s.Phone, s.PhoneIndex, s.Email, s.EmailIndex, s.SeenAt,
	}
}

// patientParams seals what is sealed.
func (i *importing) patientParams(p exchange.Patient) db.ImportPatientParams {
	birth := p.BirthDate.String()
	s := db.ImportPatientParams{
		ClinicID: i.clinic, ID: p.UUID, GivenName: p.GivenName, FamilyName: p.FamilyName, Language: p.Language,
		BirthDate: i.d.seal(i.clinic, columnBirthDate, p.UUID, []byte(birth)), BirthDateIndex: i.d.index(i.clinic, indexBirthDate, birth),
	}
	if p.Phone != "" {
		s.Phone, s.PhoneIndex = i.d.seal(i.clinic, columnPhone, p.UUID, []byte(p.Phone)), i.d.index(i.clinic, indexPhone, p.Phone)
	}
	if p.Email != "" {
		s.Email, s.EmailIndex = i.d.seal(i.clinic, columnEmail, p.UUID, []byte(p.Email)), i.d.index(i.clinic, indexEmail, strings.ToLower(p.Email))
	}
	if !p.LastSeen.IsZero() { // at noon: that is the same day wherever the clinic's places are
		at := localtime.Open(p.LastSeen, localtime.EndOfDay/2, i.zone())
		s.SeenAt = &at
	}
	return s
}

func (i *importing) zone() *time.Location {
	if zone, err := time.LoadLocation(i.p.Clinic.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// appointments copies those that are new and changes the others, each with its event and with what it takes.
func (i *importing) appointments(ctx context.Context) error {
	var fresh, events [][]any
	var takes []take
	var changed []*exchange.Row[exchange.Appointment]
	for _, row := range i.p.Appointments.Rows {
		switch row.Is {
		case exchange.Added:
			fresh = append(fresh, i.appointmentRow(row.T))
		case exchange.Changed:
			changed = append(changed, row)
		default:
			continue
		}
		event, err := i.event(row)
		if err != nil {
			return err
		}
		events = append(events, event)
		for _, t := range i.p.Placed[row.T.UUID] {
			takes = append(takes, take{t, row.T.UUID})
		}
	}
	if err := i.copy(ctx, "appointment", []string{
		"clinic_id", "id", "external_id", "service_id", "practitioner_id", "location_id", "patient_id",
		"state", "starts_at", "ends_at", "local_start", "zone",
	}, fresh); err != nil {
		return err
	}
	if err := i.change(ctx, changed); err != nil {
		return err
	}
	if err := i.allocate(ctx, takes); err != nil {
		return err
	}
	if err := i.copy(ctx, "appointment_event", []string{
		"clinic_id", "id", "appointment_id", "version", "at", "kind", "actor_kind", "channel", "was", "now",
	}, events); err != nil {
		return err
	}
	return i.seen(ctx)
}

// take is what an appointment takes of somebody's time.
type take struct {
	clinic.Busy
	appointment uuid.UUID
}

// allocate copies what appointments take, in the order in which the index keeps it.
func (i *importing) allocate(ctx context.Context, takes []take) error {
	slices.SortFunc(takes, func(a, b take) int {
		return cmp.Or(bytes.Compare(a.Resource[:], b.Resource[:]), a.Start.Compare(b.Start))
	})
	rows := make([][]any, len(takes))
	for n, t := range takes {
		rows[n] = []any{i.clinic, newID(), t.Resource, int16(t.Lane), t.appointment, int16(stateBooked), t.Start, t.End} //nolint:gosec // at most 100
	}
	return i.copy(ctx, "allocation", []string{
		"clinic_id", "id", "resource_id", "lane", "appointment_id", "state", "starts_at", "ends_at",
	}, rows)
}

func (i *importing) appointmentRow(a exchange.Appointment) []any {
	zone := i.p.Zone(a.Slot.Location)
	return []any{
		i.clinic, a.UUID, a.ID, a.Slot.Service, a.Slot.Practitioner, a.Slot.Location, i.p.PatientID(a.Patient),
		string(a.State), a.Slot.Start, a.Slot.End, wallOf(a), zone,
	}
}

// wallOf is the start as the line has it.
func wallOf(a exchange.Appointment) time.Time {
	return time.Date(a.Day.Year, a.Day.Month, a.Day.Day, 0, int(a.Clock), 0, 0, time.UTC)
}

// event is the step that an import makes in an appointment's history.
func (i *importing) event(row *exchange.Row[exchange.Appointment]) ([]any, error) {
	now, err := json.Marshal(i.appointment(row.T))
	if err != nil {
		return nil, fmt.Errorf("encoding event: %w", err)
	}
	var was []byte
	kind := string(row.T.State)
	if row.Was != nil {
		if was, err = json.Marshal(i.appointment(*row.Was)); err != nil {
			return nil, fmt.Errorf("encoding event: %w", err)
		}
		if row.Was.State == row.T.State || row.T.State == clinic.StateBooked {
			kind = "moved"
		}
	}
	return []any{
		i.clinic, newID(), row.T.UUID, int32(row.T.Version), i.now, kind, clinic.ActorSystem, cliActor.Channel, was, now, //nolint:gosec // counts changes
	}, nil
}

func (i *importing) appointment(a exchange.Appointment) clinic.Appointment {
	return clinic.Appointment{
		ID: a.UUID, Slot: a.Slot, Patient: i.p.PatientID(a.Patient), State: a.State, Version: a.Version, Zone: i.p.Zone(a.Slot.Location),
	}
}

// change updates appointments that are there, gives up what they took, and tells who waits for it.
func (i *importing) change(ctx context.Context, rows []*exchange.Row[exchange.Appointment]) error {
	if len(rows) == 0 {
		return nil
	}
	for _, row := range rows {
		a := row.T
		n, err := i.q.ImportAppointment(ctx, db.ImportAppointmentParams{
			ClinicID: i.clinic, ID: a.UUID, WasVersion: int32(row.Was.Version), ServiceID: a.Slot.Service, PractitionerID: a.Slot.Practitioner, //nolint:gosec // counts changes
			LocationID: a.Slot.Location, State: string(a.State), StartsAt: a.Slot.Start, EndsAt: a.Slot.End,
			LocalStart: wallOf(a), Zone: i.p.Zone(a.Slot.Location), At: i.now,
		})
		if err != nil {
			return fmt.Errorf("changing appointment: %w", err)
		}
		if n == 0 {
			return clinic.Refuse(clinic.CodeWrongState, fmt.Sprintf("Appointment %q was changed by somebody in this very moment; run the import again.", a.ID))
		}
	}
	if err := i.q.Release(ctx, i.clinic, i.changed()); err != nil {
		return fmt.Errorf("giving up what appointments took: %w", err)
	}
	for _, row := range rows {
		if row.Was.Slot.Start.After(i.now) && (row.T.State == clinic.StateCancelled || row.T.Slot != row.Was.Slot) {
			if err := i.d.freed(ctx, i.tx, i.clinic, row.Was.Slot); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastVisits are when patients were at the clinic last, as far as the import brings it.
func (i *importing) lastVisits() map[uuid.UUID]time.Time {
	last := map[uuid.UUID]time.Time{}
	for _, row := range i.p.Appointments.Rows {
		if a := row.T; written(row) && (a.State == clinic.StateCompleted || a.State == clinic.StateArrived) {
			if id := i.p.PatientID(a.Patient); a.Slot.Start.After(last[id]) {
				last[id] = a.Slot.Start
			}
		}
	}
	return last
}

// seen notes on charts that were there who was at the clinic.
func (i *importing) seen(ctx context.Context) error {
	last := i.lastVisits()
	for _, row := range i.p.Patients.Rows {
		if row.Is == exchange.Added {
			delete(last, row.T.UUID)
		}
	}
	patients, times := make([]uuid.UUID, 0, len(last)), make([]time.Time, 0, len(last))
	for id, at := range last {
		patients, times = append(patients, id), append(times, at)
	}
	if err := i.q.PatientsSeen(ctx, i.clinic, patients, times); err != nil {
		return fmt.Errorf("noting who was seen: %w", err)
	}
	return nil
}

// copy puts rows into a table, and tells how far it is.
func (i *importing) copy(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	n := 0
	source := pgx.CopyFromFunc(func() ([]any, error) {
		if n == len(rows) {
			return nil, nil
		}
		if n%batchSize == 0 {
			i.progress(table, n, len(rows))
		}
		n++
		return rows[n-1], nil
	})
	if _, err := i.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, source); err != nil {
		return fmt.Errorf("copying into %s: %w", table, err)
	}
	i.progress(table, n, len(rows))
	return nil
}

// inBatches runs statements for each of many, so many in a round trip.
func inBatches[T any](ctx context.Context, i *importing, table string, all []T, write func(q *db.Queries, one T)) error {
	for done := 0; done < len(all); done += batchSize {
		i.progress(table, done, len(all))
		p := newPipeline()
		for _, one := range all[done:min(done+batchSize, len(all))] {
			write(p.q, one)
		}
		if err := p.send(ctx, i.tx); err != nil {
			return fmt.Errorf("changing %s: %w", table, err)
		}
	}
	return nil
}
