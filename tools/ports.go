// Package tools is what an engine can do in the clinic: find slots, hold one, book, move and cancel what the patient has
// confirmed, prove who somebody is, hand over to a person.
//
// Who asks comes from the session, never from an argument; changes are keyed by what the patient confirmed.
// The package knows no store: it says in small interfaces what it needs.
package tools

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Directories knows the clinics' practitioners, services and places.
type Directories interface {
	Directory(ctx context.Context, clinicID uuid.UUID) (*clinic.Directory, error)
}

// Calendar finds free slots and keeps them for a while.
type Calendar interface {
	// Search returns at most q.Limit free slots, earliest first; none is an empty list.
	Search(ctx context.Context, clinicID uuid.UUID, q clinic.Query) ([]clinic.Slot, error)
	// Hold keeps a slot; [clinic.CodeSlotTaken] when somebody was faster.
	Hold(ctx context.Context, clinicID uuid.UUID, r clinic.HoldRequest) (clinic.Hold, error)
	// Release gives a hold up; one that is gone is no error.
	Release(ctx context.Context, clinicID uuid.UUID, token uuid.UUID) error
}

// Bookings changes appointments. Each change is made once per key and answers the same when asked again.
type Bookings interface {
	Book(ctx context.Context, clinicID uuid.UUID, r clinic.BookRequest) (clinic.Appointment, error)
	Move(ctx context.Context, clinicID uuid.UUID, r clinic.MoveRequest) (clinic.Appointment, error)
	Cancel(ctx context.Context, clinicID uuid.UUID, r clinic.CancelRequest) (clinic.Appointment, error)
	// Upcoming lists a patient's appointments from now on that are booked or confirmed, earliest first; the read is audited.
	Upcoming(ctx context.Context, clinicID, patient uuid.UUID, actor clinic.Actor) ([]clinic.Appointment, error)
}

// Verifier proves who somebody is with a one-time code to their phone.
type Verifier interface {
	// BeginVerification sends a code; [clinic.CodeNotConfigured] where there is no way to text one.
	BeginVerification(ctx context.Context, clinicID uuid.UUID, r clinic.VerifyRequest) (clinic.Verification, error)
	CheckCode(ctx context.Context, clinicID uuid.UUID, r clinic.CheckRequest) (clinic.Verified, error)
	// PatientName is the given name of a verified patient, for addressing them.
	PatientName(ctx context.Context, clinicID, patient uuid.UUID) (string, error)
}

// Tasks are for the people of the clinic.
type Tasks interface {
	// OpenTask makes a task once per key and returns when the patient can expect an answer.
	OpenTask(ctx context.Context, clinicID uuid.UUID, t clinic.Task) (time.Time, error)
}
