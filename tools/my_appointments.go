package tools

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// MyAppointments lists the caller's own upcoming appointments, earliest first.
// It refuses with [clinic.CodeNotAllowed] whoever has not proven who they are.
func (d *Desk) MyAppointments(ctx context.Context, caller Caller) ([]clinic.Appointment, error) {
	if err := caller.mustBeVerified(); err != nil {
		return nil, err
	}
	list, err := d.config.Bookings.Upcoming(ctx, caller.Clinic, caller.Patient, caller.actor())
	if err != nil {
		return nil, fmt.Errorf("listing appointments: %w", err)
	}
	return list, nil
}

// own finds one of the caller's upcoming appointments; [clinic.CodeNotFound] for anybody else's, and for one that is over.
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
