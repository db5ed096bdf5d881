package tools

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// PractitionerInfoIn says whom somebody asks about. Whatever is named must fit; the zero value asks about everybody.
type PractitionerInfoIn struct {
	Practitioners []uuid.UUID
	Specialty     string // code
	Service       uuid.UUID
	Language      string // ISO 639-1
}

// PractitionerInfo lists the practitioners who see patients and fit, in the directory's order.
func (d *Desk) PractitionerInfo(ctx context.Context, caller Caller, in PractitionerInfoIn) ([]clinic.Practitioner, error) {
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return nil, err
	}
	var fitting []clinic.Practitioner
	for _, p := range directory.Practitioners {
		if !p.Retired && in.fits(p) {
			fitting = append(fitting, p)
		}
	}
	return fitting, nil
}

func (in PractitionerInfoIn) fits(p clinic.Practitioner) bool {
	return (len(in.Practitioners) == 0 || slices.Contains(in.Practitioners, p.ID)) &&
		(in.Specialty == "" || slices.Contains(p.Specialties, in.Specialty)) &&
		(in.Service == uuid.Nil || slices.Contains(p.Services, in.Service)) &&
		(in.Language == "" || slices.Contains(p.Languages, in.Language))
}
