package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/store/postgres/db"
)

// usualYears is how far back visits make a practitioner the usual one: whom somebody saw before that, they may have left.
const usualYears = 2

// Usual is the practitioner whom a patient sees most for visits of the service's specialty: by their visits of the last two
// years that took place, and those to come. It is zero when there is none who still provides the service.
// Whose visits these are is not checked: the caller answers for that, and tells nobody but the patient.
func (d *DB) Usual(ctx context.Context, clinicID, patient, service uuid.UUID) (uuid.UUID, error) {
	usual, err := d.queries(clinicID).UsualPractitioner(ctx, db.UsualPractitionerParams{
		ClinicID: clinicID, PatientID: patient, ServiceID: service, Since: d.now().AddDate(-usualYears, 0, 0),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("reading whom a patient usually sees: %w", err)
	}
	return usual, nil
}
