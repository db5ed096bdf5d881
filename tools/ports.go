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
	"github.com/agentcare/agentcare/localtime"
)

// Directories knows the clinics' practitioners, services and places.
type Directories interface {
	Directory(ctx context.Context, clinicID uuid.UUID) (*clinic.Directory, error)
}

// Closings knows the days on which a clinic is closed, or has other hours.
type Closings interface {
	// Closings lists them from a day on, in order; what holds for one practitioner or room alone is left out.
	Closings(ctx context.Context, clinicID uuid.UUID, from localtime.Date) ([]clinic.DateOverride, error)
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

// Groups books several visits at once, all of them or none, once per key.
type Groups interface {
	BookAll(ctx context.Context, clinicID uuid.UUID, r clinic.BookAllRequest) ([]clinic.Appointment, error)
}

// Family knows for whom somebody may book besides themselves: children, dependants.
type Family interface {
	// Dependants lists whom the patient may book for; the read is audited.
	Dependants(ctx context.Context, clinicID, guardian uuid.UUID, actor clinic.Actor) ([]clinic.Dependant, error)
}

// Waitlist knows who waits for a time to become free.
type Waitlist interface {
	JoinWaitlist(ctx context.Context, clinicID uuid.UUID, r clinic.JoinRequest) (clinic.WaitlistEntry, error)
	// LeaveWaitlist takes an entry off; one that is over is no error.
	LeaveWaitlist(ctx context.Context, clinicID, entry uuid.UUID, actor clinic.Actor) error
	// Waitlist lists a patient's entries that wait, or were offered a time; the read is audited.
	Waitlist(ctx context.Context, clinicID, patient uuid.UUID, actor clinic.Actor) ([]clinic.WaitlistEntry, error)
}

// Offers takes what those who wait answer when a time is offered to them. Each answer is taken once per key.
type Offers interface {
	AcceptOffer(ctx context.Context, clinicID uuid.UUID, a clinic.OfferAnswer) (clinic.Appointment, error)
	DeclineOffer(ctx context.Context, clinicID uuid.UUID, a clinic.OfferAnswer) error
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
