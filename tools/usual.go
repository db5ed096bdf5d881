package tools

import (
	"context"

	"github.com/google/uuid"
)

// Regulars knows whom patients usually see.
type Regulars interface {
	// Usual is the practitioner whom a patient sees most for visits like this service; zero when there is none.
	Usual(ctx context.Context, clinicID, patient, service uuid.UUID) (uuid.UUID, error)
}
