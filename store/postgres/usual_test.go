package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

func TestUsual(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.data.Directory.Clinic.Slug = "usual"
	cleaning := uuid.New()
	p.data.Directory.Specialties = append(p.data.Directory.Specialties, clinic.Specialty{Code: "dentistry", Name: "Dentistry", Title: "dentist", Words: []string{}})
	p.data.Directory.Services = append(p.data.Directory.Services, clinic.Service{
		ID: cleaning, Code: "cleaning", Name: "Cleaning", Specialty: "dentistry", Mode: clinic.ModeInPerson, For: clinic.ForAny,
		Duration: 30 * time.Minute, Grid: 30 * time.Minute, Window: 90 * 24 * time.Hour, Words: []string{},
	})
	visit := func(patient, who, service uuid.UUID, day int, state clinic.AppointmentState) {
		start := p.at(day, 9+len(p.data.Appointments)%3, 0)
		minutes := 30
		if service == p.treatment {
			minutes = 60
		}
		p.data.Appointments = append(p.data.Appointments, clinic.Appointment{
			ID: uuid.New(), Patient: patient, State: state, Version: 1, Zone: p.zone.String(),
			Slot: clinic.Slot{Service: service, Practitioner: who, Location: p.place, Start: start, End: start.Add(time.Duration(minutes) * time.Minute)},
		})
	}
	years := func(n int) int { return -364 * n }
	for i := range 3 {
		visit(p.ann, p.ada, p.visit, years(3)+7*i, clinic.StateCompleted) // too long ago
	}
	for i := range 2 {
		visit(p.ann, p.ada, p.visit, years(1)+7*i, clinic.StateCancelled) // did not take place
		visit(p.ann, p.ada, p.visit, years(1)+28+7*i, clinic.StateNoShow)
	}
	visit(p.ann, p.ada, p.visit, -7, clinic.StateCompleted)
	visit(p.ann, p.ben, p.treatment, -14, clinic.StateCompleted) // of the same specialty
	visit(p.ann, p.ben, p.visit, 7, clinic.StateBooked)
	visit(p.kid, p.ada, p.visit, -21, clinic.StateCompleted)
	visit(p.kid, p.ben, p.visit, -22, clinic.StateCompleted)
	p.seed()

	for name, tt := range map[string]struct{ patient, service, want uuid.UUID }{
		"most visits":                     {p.ann, p.visit, p.ben},
		"for another service":             {p.ann, p.treatment, p.ben},
		"of another specialty":            {p.ann, cleaning, uuid.Nil},
		"as many with both: the last one": {p.kid, p.visit, p.ada},
		"never here":                      {p.bob, p.visit, uuid.Nil},
	} {
		if got, err := p.DB.Usual(t.Context(), p.id, tt.patient, tt.service); err != nil || got != tt.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tt.want)
		}
	}
	if _, err := p.Owner.Exec(t.Context(), fmt.Sprintf("update resource set retired_at = now() where id = '%s'", p.ben)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.DB.Usual(t.Context(), p.id, p.ann, p.visit); err != nil || got != p.ada {
		t.Errorf("after the usual one retired: %v, %v", got, err)
	}
	if got, err := p.DB.Usual(t.Context(), uuid.New(), p.ann, p.visit); err != nil || got != uuid.Nil {
		t.Errorf("in another clinic: %v, %v", got, err)
	}
}
