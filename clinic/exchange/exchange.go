// Package exchange is how a clinic's data goes in and out as files: one CSV file per kind of thing, named by its kind.
//
// It reads, checks and writes; it knows no database and no clock. What belongs together goes by the ids that the clinic's
// other systems use (external ids), so that reading the same files again changes nothing. A [Plan] compares files with what
// is there, finds every problem by file, line and column, and chooses lanes and rooms for visits to come.
//
// Problems name lines, columns and what is not personal: never a patient's name, number, mail or date of birth.
package exchange

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// Clinic is the one line of clinic.csv.
type Clinic struct {
	UUID          uuid.UUID
	Slug          string
	Name          string
	Zone          string // IANA name
	Language      string // ISO 639-1
	Region        string // ISO 3166, of phone numbers without a country code
	Phone         string // E.164
	PrivacyURL    string
	EmergencyText string
	PartsOfDay    []string // "morning 08:00-12:00"
	StaffedHours  []string // "monday 08:00-17:00"
	Origins       []string // of websites: "https://clinic.example"
}

// Location is a line of locations.csv.
type Location struct {
	UUID    uuid.UUID
	ID      string
	Name    string
	Address string
	Zone    string // IANA name; "": the clinic's
}

// Specialty is a line of specialties.csv. Its id is the code.
type Specialty struct {
	UUID  uuid.UUID
	ID    string
	Name  string
	Title string
	Words []string
}

// Room is a line of rooms.csv: a room or a device.
type Room struct {
	UUID     uuid.UUID
	ID       string
	Name     string
	Kind     string // "room", "device"
	Location string // "": it is carried where it is needed
	Lanes    int
	Retired  bool
}

// Practitioner is a line of practitioners.csv.
type Practitioner struct {
	UUID        uuid.UUID
	ID          string
	Title       string
	GivenName   string
	FamilyName  string
	Suffix      string
	Specialties []string
	Languages   []string
	Services    []string
	Lanes       int
	About       string
	Retired     bool
}

// Service is a line of services.csv. Its id is the code. Lengths are minutes, the window is days.
type Service struct {
	UUID         uuid.UUID
	ID           string
	Name         string
	NeutralName  string
	Specialty    string
	Duration     int
	BufferBefore int
	BufferAfter  int
	Grid         int
	Notice       int
	WindowDays   int
	ChangeNotice int
	Needs        []Need
	Default      bool
	Group        bool
	Mode         string
	NewPatients  string
	Confidential bool
	Words        []string
	Retired      bool
}

// Need is what a service takes besides the practitioner: any one of these rooms or devices.
type Need struct {
	Name  string
	Rooms []string
}

// Who is whose hours a line is about; neither: the whole clinic, in closures.csv alone.
type Who struct {
	Practitioner string
	Room         string
}

// Hours is a line of hours.csv. The lines of one practitioner or room are all of its hours.
type Hours struct {
	Who
	Location   string
	Weekday    time.Weekday
	Opens      localtime.Clock
	Closes     localtime.Clock
	ValidFrom  localtime.Date // zero: always
	ValidUntil localtime.Date // inclusive; zero: always
}

// What a day of closures.csv is.
const (
	DayClosed  = "closed"
	DayOpen    = "open"    // in other hours
	DayRemoved = "removed" // what was said of the day holds no longer
)

// Closure is a line of closures.csv. The lines of one day, place and practitioner or room are all that is said of it.
type Closure struct {
	Who
	Location string // "": everywhere
	Day      localtime.Date
	Kind     string
	Opens    localtime.Clock
	Closes   localtime.Clock
	Reason   string
}

// Patient is a line of patients.csv.
type Patient struct {
	UUID       uuid.UUID
	ID         string
	GivenName  string
	FamilyName string
	BirthDate  localtime.Date
	Phone      string // E.164
	Email      string
	Language   string
	Guardians  []string       // ids of patients who may book for this one
	Relations  []string       // of each guardian to the patient: "parent"
	LastSeen   localtime.Date // zero: never
}

// Appointment is a line of appointments.csv.
type Appointment struct {
	UUID         uuid.UUID
	ID           string
	Patient      string
	Practitioner string
	Service      string
	Location     string
	Day          localtime.Date // the start on the wall of the location
	Clock        localtime.Clock
	Offset       string // of the start from UTC, "-04:00", where the wall time comes round twice
	Duration     int    // minutes; 0: as the service takes
	State        clinic.AppointmentState
	Overbooked   bool

	Slot        clinic.Slot // the same as ids and instants; set by a [Plan], and for what is there
	Version     int         // of what is there
	ChangedHere bool        // what is there was changed last by somebody else than an import
}

// Data is what is there, or what is to be written.
type Data struct {
	Clinic        []Clinic // at most one
	Locations     []Location
	Specialties   []Specialty
	Rooms         []Room
	Practitioners []Practitioner
	Services      []Service
	Hours         []Hours
	Closures      []Closure
	Patients      []Patient
	Appointments  []Appointment
}
