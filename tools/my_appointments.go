package tools

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// MyAppointments lists the upcoming appointments of the caller and of those they may book for, earliest first. What is
// confidential between a dependant and the clinic is left out.
// It refuses with [clinic.CodeNotAllowed] whoever has not proven who they are.
func (d *Desk) MyAppointments(ctx context.Context, caller Caller) ([]clinic.Appointment, error) {
	dependants, err := d.Dependants(ctx, caller)
	if err != nil {
		return nil, err
	}
	list, err := d.upcoming(ctx, caller, caller.Patient)
	if err != nil || len(dependants) == 0 {
		return list, err
	}
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return nil, err
	}
	for _, one := range dependants {
		theirs, err := d.upcoming(ctx, caller, one.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(theirs, func(a clinic.Appointment) bool {
			return isConfidential(directory, a.Slot.Service)
		})...)
	}
	slices.SortStableFunc(list, func(a, b clinic.Appointment) int { return a.Slot.Start.Compare(b.Slot.Start) })
	return list, nil
}

func (d *Desk) upcoming(ctx context.Context, caller Caller, patient uuid.UUID) ([]clinic.Appointment, error) {
	list, err := d.config.Bookings.Upcoming(ctx, caller.Clinic, patient, caller.actor())
	if err != nil {
		return nil, fmt.Errorf("listing appointments: %w", err)
	}
	return list, nil
}

func isConfidential(directory *clinic.Directory, service uuid.UUID) bool {
	return slices.ContainsFunc(directory.Services, func(s clinic.Service) bool { return s.ID == service && s.Confidential })
}

// own finds one of the upcoming appointments that the caller may change; [clinic.CodeNotFound] for anybody else's, and
// for one that is over.
func (d *Desk) own(ctx context.Context, caller Caller, id uuid.UUID) (clinic.Appointment, error) {
	list, err := d.MyAppointments(ctx, caller)
	if err != nil {
		return clinic.Appointment{}, err
	}
	i := slices.IndexFunc(list, func(a clinic.Appointment) bool { return a.ID == id })
	if i < 0 {
		return clinic.Appointment{}, clinic.Refuse(clinic.CodeNotFound, "I can't find that appointment among your upcoming ones.")
	}
	return list[i], nil
}
