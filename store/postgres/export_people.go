package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/exchange"
	"github.com/agentcare/agentcare/localtime"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// patients reads charts, opened, and their guardians.
func (e *exporting) patients(ctx context.Context, which db.ExportPatientsParams) error {
	rows, err := e.q.ExportPatients(ctx, which)
	if err != nil {
		return fmt.Errorf("reading patients: %w", err)
	}
	at := make(map[uuid.UUID]int, len(rows))
	e.data.Patients = make([]exchange.Patient, len(rows))
	for i, r := range rows {
		at[r.ID] = i
		if e.data.Patients[i], err = e.patient(r); err != nil {
			return err
		}
	}
	links, err := e.q.ExportPatientLinks(ctx, e.clinic)
	if err != nil {
		return fmt.Errorf("reading guardians: %w", err)
	}
	for _, l := range links {
		if i, ok := at[l.PatientID]; ok {
			p := &e.data.Patients[i]
			p.Guardians, p.Relations = append(p.Guardians, l.Guardian), append(p.Relations, l.Relation)
		}
	}
	for i := range e.data.Patients {
		e.data.Patients[i].SortGuardians()
	}
	return nil
}

func (e *exporting) patient(r db.ExportPatientsRow) (exchange.Patient, error) {
	p := exchange.Patient{UUID: r.ID, ID: r.Key, GivenName: r.GivenName, FamilyName: r.FamilyName, Language: r.Language}
	birth, err := e.d.open(e.clinic, columnBirthDate, r.ID, r.BirthDate)
	if err != nil {
		return p, fmt.Errorf("opening date of birth of patient %s: %w", r.ID, err)
	}
	if p.BirthDate, err = localtime.ParseDate(string(birth)); err != nil {
		return p, fmt.Errorf("date of birth of patient %s is none", r.ID) // the error quotes it
	}
	number, err := e.d.open(e.clinic, columnPhone, r.ID, r.Phone)
	if err != nil {
		return p, fmt.Errorf("opening number of patient %s: %w", r.ID, err)
	}
	mail, err := e.d.open(e.clinic, columnEmail, r.ID, r.Email)
	if err != nil {
		return p, fmt.Errorf("opening mail address of patient %s: %w", r.ID, err)
	}
	p.Phone, p.Email = string(number), string(mail)
	if r.SeenAt != nil {
		p.LastSeen = localtime.DateOf(*r.SeenAt, e.zone)
	}
	return p, nil
}

func (e *exporting) appointment(r db.ImportedAppointmentsRow) {
	zone := e.zones[r.LocationID]
	a := exchange.Appointment{
		UUID: r.ID, ID: r.Key, Patient: r.Patient, Practitioner: e.keys[r.PractitionerID], Service: e.keys[r.ServiceID], Location: e.keys[r.LocationID],
		State: clinic.AppointmentState(r.State), Overbooked: r.Overbooked, Version: int(r.Version), ChangedHere: r.ChangedHere,
		Slot: clinic.Slot{
			Service: r.ServiceID, Practitioner: r.PractitionerID, Location: r.LocationID, Start: r.StartsAt.In(zone), End: r.EndsAt.In(zone),
		},
	}
	a.SetTimes(zone)
	e.data.Appointments = append(e.data.Appointments, a)
}
