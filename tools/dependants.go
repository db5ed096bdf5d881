package tools

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Dependants lists for whom the caller may book besides themselves.
// It refuses with [clinic.CodeNotAllowed] whoever has not proven who they are.
func (d *Desk) Dependants(ctx context.Context, caller Caller) ([]clinic.Dependant, error) {
	if err := caller.mustBeVerified(); err != nil {
		return nil, err
	}
	dependants, err := d.config.Family.Dependants(ctx, caller.Clinic, caller.Patient, caller.actor())
	if err != nil {
		return nil, fmt.Errorf("listing dependants: %w", err)
	}
	return dependants, nil
}

// mayActFor refuses a caller who acts for somebody that they are not linked to.
func (d *Desk) mayActFor(ctx context.Context, caller Caller, patient uuid.UUID) error {
	if err := caller.mustBeVerified(); err != nil || patient == caller.Patient {
		return err
	}
	dependants, err := d.Dependants(ctx, caller)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(dependants, func(one clinic.Dependant) bool { return one.ID == patient }) {
		return clinic.Refuse(clinic.CodeNotAllowed, "This was proposed to somebody else.")
	}
	return nil
}
