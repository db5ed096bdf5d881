package clinic

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// WaitlistWish is which times somebody waits for, in the wall time of the place. The zero wish is any time.
type WaitlistWish struct {
	Practitioners []uuid.UUID     `json:"practitioners,omitempty"` // any of these; empty: everybody who provides the service
	Location      uuid.UUID       `json:"location,omitzero"`       // zero: any
	From          localtime.Date  `json:"from,omitzero"`           // first day; zero: from now on
	Until         localtime.Date  `json:"until,omitzero"`          // last day, inclusive; zero: as far as can be booked
	DayFrom       localtime.Clock `json:"day_from,omitempty"`      // starts at or after
	DayUntil      localtime.Clock `json:"day_until,omitempty"`     // starts before; zero: the end of the day
	Weekdays      []time.Weekday  `json:"weekdays,omitempty"`      // empty: any
}

// WaitlistState is where an entry is.
type WaitlistState string

// States of an entry.
const (
	WaitlistWaiting WaitlistState = "waiting"
	WaitlistOffered WaitlistState = "offered" // a time is kept for them while they decide
	WaitlistBooked  WaitlistState = "booked"
	WaitlistLeft    WaitlistState = "left"
)

// WaitlistEntry is somebody who waits for a time to become free.
type WaitlistEntry struct {
	ID           uuid.UUID
	Patient      uuid.UUID
	Service      uuid.UUID
	Wish         WaitlistWish
	Instead      uuid.UUID // their appointment that an earlier time takes the place of; zero: none
	Conversation uuid.UUID // where they are told; zero: none
	State        WaitlistState
	Since        time.Time // who waits longest is offered first
}

// JoinRequest puts a patient on the waitlist.
type JoinRequest struct {
	Key     string // idempotency key
	Patient uuid.UUID
	Service uuid.UUID
	Wish    WaitlistWish
	Instead uuid.UUID
	Actor   Actor
}

// OfferState is where an offer is.
type OfferState string

// States of an offer.
const (
	OfferOpen     OfferState = "open"
	OfferAccepted OfferState = "accepted"
	OfferDeclined OfferState = "declined"
	OfferLapsed   OfferState = "lapsed"
)

// WaitlistOffer is a time that is kept for somebody who waits, until it expires and goes to the next.
type WaitlistOffer struct {
	ID    uuid.UUID
	Entry WaitlistEntry
	Hold  Hold
	State OfferState
}

// OfferAnswer accepts or declines an offer.
type OfferAnswer struct {
	Key   string // idempotency key
	Offer uuid.UUID
	Actor Actor
}
