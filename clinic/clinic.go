// Package clinic is the scheduling domain: practitioners, services, hours, slots, appointments and the rules between them.
//
// It is pure: no database, no clock of its own (every function takes now), no locale. Local wall time is resolved by
// package localtime alone. Instants are [time.Time] in any zone; ranges are half-open, [start, end).
package clinic

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Clinic is one tenant: everything else belongs to exactly one.
type Clinic struct {
	ID       uuid.UUID
	Slug     string // in addresses: "harbor-view"
	Name     string
	Zone     *time.Location
	Language string // of the clinic's texts: "en"
	Region   string // ISO 3166 of phone numbers written without a country code: "US"
	Phone    string // E.164, for patients to call
	Settings Settings
}

// Settings are the clinic's own choices, kept with it in the database.
type Settings struct {
	PrivacyURL    string                 `json:"privacy_url,omitempty"`
	EmergencyText string                 `json:"emergency_text,omitempty"`
	PartsOfDay    map[string][2]string   `json:"parts_of_day,omitempty"`  // "morning": {"07:00", "12:00"}
	StaffedHours  map[string][][2]string `json:"staffed_hours,omitempty"` // "monday": {{"08:00", "18:00"}}; when a person can take over
}

// Location is a place of the clinic where patients are seen.
type Location struct {
	ID      uuid.UUID
	Name    string
	Address string
	Zone    *time.Location
}

// Specialty is a field of medicine as the clinic offers it. Words are what patients call it: "skin doctor", "rash".
type Specialty struct {
	Code  string // "dermatology"
	Name  string // "Dermatology"
	Title string // of who practises it: "dermatologist"
	Words []string
}

// Practitioner is somebody whom patients see.
type Practitioner struct {
	ID          uuid.UUID
	Title       string // "Dr.", "" for none
	GivenName   string
	FamilyName  string
	Suffix      string // "PT", "" for none
	Specialties []string
	Languages   []string // ISO 639-1
	Services    []uuid.UUID
	Lanes       int // how many patients at once in a service for groups; zero: one
	About       string
	Retired     bool
}

// DisplayName is how patients see the name: "Dr. Maya Chen", "Tom Becker, PT".
func (p Practitioner) DisplayName() string {
	name := p.GivenName + " " + p.FamilyName
	if p.Title != "" {
		name = p.Title + " " + name
	}
	if p.Suffix != "" {
		name += ", " + p.Suffix
	}
	return name
}

// Service is what can be booked.
type Service struct {
	ID           uuid.UUID
	Code         string // "skin-check"
	Name         string
	NeutralName  string // shown outside the console when the real name would tell too much; "" means Name
	Specialty    string // code
	Duration     time.Duration
	BufferBefore time.Duration
	BufferAfter  time.Duration
	Grid         time.Duration // starts are multiples of this after opening
	Notice       time.Duration // booked at least so long ahead
	Window       time.Duration // and at most so long
	ChangeNotice time.Duration // cancelled or moved by the patient at least so long ahead
	Needs        []Need        // besides the practitioner
	Default      bool          // the service meant when only the specialty was named
	Group        bool          // several patients at once: it takes one of the practitioner's lanes, other visits take them all
	Mode         Mode          // where the patient is; "": in person
	For          Patients      // whom it is for; "": everybody
	Confidential bool          // never told to guardians
	Words        []string      // what patients call it: "mole check"
	Retired      bool
}

// Mode is how a visit takes place.
type Mode string

// Modes of visits.
const (
	ModeInPerson  Mode = "in_person"
	ModeTelephone Mode = "telephone"
	ModeVideo     Mode = "video"
)

// Patients is whom a service is for. Somebody is new who was never seen at the clinic.
type Patients string

// Whom services are for.
const (
	ForAny   Patients = "any"
	ForNew   Patients = "only" // new patients only
	ForKnown Patients = "never"
)

// DisplayName is the name for patients: the neutral one where there is one.
func (s Service) DisplayName() string {
	if s.NeutralName != "" {
		return s.NeutralName
	}
	return s.Name
}

// Need is a room or device that a service takes besides the practitioner: any one of Resources, at the visit's location.
type Need struct {
	Name      string // "treatment room"
	Resources []uuid.UUID
}

// Resource is a room or a device. It can be taken whenever a practitioner is there to use it,
// and only in its own weekly hours if it has any.
type Resource struct {
	ID       uuid.UUID
	Kind     string // "room", "device"
	Name     string
	Location uuid.UUID // zero: it is carried where it is needed
	Lanes    int       // how many appointments at once; zero: one
	Retired  bool
}

// Directory is all that is read often and changes rarely of one clinic.
type Directory struct {
	Clinic        Clinic
	Locations     []Location
	Specialties   []Specialty
	Practitioners []Practitioner
	Services      []Service
	Resources     []Resource // rooms and devices that services need
}

// WeeklyHours is a stretch of a weekday in which a resource can be booked, in local wall time of the location.
// Stretches of one place that touch or overlap are one. A stretch ends at midnight: a night is two of them.
type WeeklyHours struct {
	Resource   uuid.UUID
	Location   uuid.UUID
	Weekday    time.Weekday
	Opens      localtime.Clock
	Closes     localtime.Clock
	ValidFrom  localtime.Date // zero: always
	ValidUntil localtime.Date // inclusive; zero: always
}

// DateOverride changes the weekly hours of one day: closed, or other hours (several rows: several stretches).
//
// A resource's own other hours replace its weekly hours of the day and beat what holds for the whole clinic.
// The clinic's other hours bound everybody's weekly hours: closing at noon sends all home at noon, but nobody is
// expected who would not have come that day. Closed beats open of the same kind.
type DateOverride struct {
	Resource uuid.UUID // zero: the whole clinic
	Location uuid.UUID // zero: every location; for a resource's other hours, the place where it works that weekday
	Day      localtime.Date
	Closed   bool
	Opens    localtime.Clock
	Closes   localtime.Clock
	Reason   string
}

// Busy is a stretch in which a resource's lane is taken, buffers included. Lanes count from 0; those that a resource
// does not have, such as -1 for visits that staff squeezed in, take nobody's place.
type Busy struct {
	Resource uuid.UUID
	Lane     int
	Start    time.Time
	End      time.Time
}

// Slot is a free time that can be offered: who, what, where, and from when to when (buffers not included).
type Slot struct {
	Service      uuid.UUID `json:"service"`
	Practitioner uuid.UUID `json:"practitioner"`
	Location     uuid.UUID `json:"location"`
	Start        time.Time `json:"start"`
	End          time.Time `json:"end"`
}

// Query asks for free slots.
type Query struct {
	Service       uuid.UUID       // it gives duration, buffers and who provides it; required, unless Specialty is there
	Specialty     string          // code: its default service, where no Service is named
	Language      string          // ISO 639-1, of practitioners who speak it; "": any
	Practitioners []uuid.UUID     // any of these; empty: everybody who provides the service
	Location      uuid.UUID       // zero: any
	From, Until   time.Time       // zero From: now; zero Until: the end of the booking window
	DayFrom       localtime.Clock // starts at or after this wall time
	DayUntil      localtime.Clock // starts before this wall time; zero: the end of the day
	Weekdays      []time.Weekday  // empty: any
	Patient       uuid.UUID       // zero: not known yet; else their own appointments are avoided
	Exclude       uuid.UUID       // an appointment that is being moved: its own time counts as free
	Hold          uuid.UUID       // token of a hold of the asker's own, whose time counts as free; zero: none
	Limit         int             // at most so many; zero: 5
}

// AppointmentState is where an appointment is in its life.
type AppointmentState string

// States of an appointment. Transitions are in [AppointmentState.CanBecome].
const (
	StateBooked    AppointmentState = "booked"
	StateConfirmed AppointmentState = "confirmed" // the patient answered a reminder
	StateArrived   AppointmentState = "arrived"
	StateCompleted AppointmentState = "completed"
	StateCancelled AppointmentState = "cancelled"
	StateNoShow    AppointmentState = "no_show"
)

// Appointment is a visit as the record has it.
type Appointment struct {
	ID      uuid.UUID        `json:"id"`
	Slot    Slot             `json:"slot"`
	Patient uuid.UUID        `json:"patient"`
	State   AppointmentState `json:"state"`
	Version int              `json:"version"` // rises with every change
	Zone    string           `json:"zone"`    // IANA name of the zone the wall time was agreed in
}

// Hold keeps a slot for somebody while they decide. Token is the right to book it.
type Hold struct {
	Token   uuid.UUID `json:"token"`
	Slot    Slot      `json:"slot"`
	Expires time.Time `json:"expires"`
}

// Kinds of actors.
const (
	ActorPatient = "patient"
	ActorStaff   = "staff"
	ActorSystem  = "system"
)

// Actor is who does something, for the history and the audit.
type Actor struct {
	Kind         string    // one of the kinds above
	ID           uuid.UUID // of the patient or the member of staff; zero for the system
	Channel      string    // "web", "sms", "console", "cli"
	Conversation uuid.UUID // zero outside a conversation
}

// HoldRequest asks to keep a slot until Expires.
type HoldRequest struct {
	Slot    Slot
	Expires time.Time
	Token   uuid.UUID // the asker's own: what is held under it is given up for this, so a turn that runs again after a crash does not meet its own hold; zero: a new one
	Replace uuid.UUID // token of a hold of the same asker that is given up for this one; zero: none
	Exclude uuid.UUID // appointment being moved, whose own time does not count against the slot
	Actor   Actor

	Also []Slot // further slots that are kept under the same token, all or none: for several visits in one request
}

// BookRequest turns a hold, or a slot that is still free, into an appointment.
type BookRequest struct {
	Key     string // idempotency key
	Slot    Slot
	Hold    uuid.UUID // token; zero, or lapsed: the slot is checked again
	Patient uuid.UUID
	Actor   Actor

	Overbook bool // staff squeeze it in: hours, grid and what is taken of practitioner and rooms do not count; the patient's own time does
}

// Visit is one appointment of a request for several.
type Visit struct {
	Slot    Slot
	Patient uuid.UUID
}

// MaxVisits is how many appointments one request may book.
const MaxVisits = 6

// BookAllRequest books several visits at once, all of them or none: a parent and two children back to back.
type BookAllRequest struct {
	Key    string
	Visits []Visit   // 1 to [MaxVisits], each for somebody whom the actor may book for
	Hold   uuid.UUID // token of a hold of all of them; zero, or lapsed: they are checked again
	Actor  Actor
}

// MoveRequest gives an appointment another slot, in one transaction.
type MoveRequest struct {
	Key         string
	Appointment uuid.UUID
	Version     int // as seen when proposed; another one is a [CodeWrongState]
	Slot        Slot
	Hold        uuid.UUID
	Actor       Actor
}

// CancelRequest frees an appointment's slot.
type CancelRequest struct {
	Key         string
	Appointment uuid.UUID
	Version     int
	Actor       Actor
}

// MarkRequest says what became of an appointment: confirmed, arrived, completed, not shown.
type MarkRequest struct {
	Key         string
	Appointment uuid.UUID
	Version     int
	State       AppointmentState
	Actor       Actor
}

// Event is one step of an appointment's history.
type Event struct {
	Version int // of the appointment after it
	At      time.Time
	Kind    string // "booked", "moved", "cancelled", or the state that it was given
	Actor   Actor
	Was     *Appointment // nil: there was none
	Now     Appointment
}

// Dependant is somebody for whom another patient may book: a child, a parent who is cared for.
type Dependant struct {
	ID        uuid.UUID
	GivenName string
	Relation  string // of the guardian to them: "parent"
}
