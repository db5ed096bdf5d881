package clinic

import (
	"time"

	"github.com/google/uuid"
)

// Feed is the address under which calendar programs read one practitioner's appointments. Whoever has its token reads them.
type Feed struct {
	ID           uuid.UUID
	Practitioner uuid.UUID
	Created      time.Time
	Read         time.Time // last; zero: never
	Revoked      time.Time // zero: it is in use
}

// FeedContent is what a [Feed] shows: no patient, and of each visit the name that may be seen anywhere, because it leaves
// the clinic for whatever program subscribed.
type FeedContent struct {
	Clinic       string
	Practitioner string // as patients see the name
	Zone         *time.Location
	From, Until  time.Time // of starts, half-open
	Modified     time.Time // when any of it changed last, at the latest at the beginning of today
	Entries      []FeedEntry
}

// FeedEntry is one appointment of a [FeedContent], in order of start.
type FeedEntry struct {
	ID       uuid.UUID // of the appointment, the same however often it is moved
	Version  int
	State    AppointmentState
	Start    time.Time // in the zone of the place
	End      time.Time
	Service  string // neutral
	Mode     Mode
	Place    string
	Address  string
	Modified time.Time
}
