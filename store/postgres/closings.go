package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// Closings lists the days from a day on, by the clinic's calendar, on which the clinic is closed or has other hours than
// usual, in order. What holds for one practitioner or room alone is left out.
func (d *DB) Closings(ctx context.Context, clinicID uuid.UUID, from localtime.Date) ([]clinic.DateOverride, error) {
	rows, err := d.queries(clinicID).DateOverrides(ctx, clinicID, fromDate(from))
	if err != nil {
		return nil, fmt.Errorf("reading closings: %w", err)
	}
	return slices.DeleteFunc(toOverrides(rows), func(o clinic.DateOverride) bool { return o.Resource != uuid.Nil }), nil
}
