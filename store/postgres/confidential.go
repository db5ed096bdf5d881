package postgres

import (
	"context"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// mayKnow is [DB.mayActFor] of one visit: guardians neither see nor change what is confidential.
func (d *DB) mayKnow(ctx context.Context, clinicID uuid.UUID, actor clinic.Actor, patient, service uuid.UUID) error {
	if err := d.mayActFor(ctx, clinicID, actor, patient); err != nil {
		return err
	}
	hidden, err := d.hiddenFrom(ctx, clinicID, actor, patient)
	if err == nil && hidden(service) {
		return refuseNotYours()
	}
	return err
}

// hiddenFrom says which services of a patient somebody who may act for them is not to know of.
func (d *DB) hiddenFrom(ctx context.Context, clinicID uuid.UUID, actor clinic.Actor, patient uuid.UUID) (hidden func(service uuid.UUID) bool, err error) {
	if actor.Kind == clinic.ActorStaff || actor.Kind == clinic.ActorSystem || actor.ID == patient {
		return func(uuid.UUID) bool { return false }, nil
	}
	schedule, err := d.schedule(ctx, clinicID)
	if err != nil {
		return nil, err
	}
	return func(id uuid.UUID) bool {
		service, ok := schedule.Service(id)
		return ok && service.Confidential
	}, nil
}
