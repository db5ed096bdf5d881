package clinic

import (
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Dataset is a clinic with all that belongs to it, as it is loaded into a store.
type Dataset struct {
	Directory    Directory
	Weekly       []WeeklyHours
	Overrides    []DateOverride
	Patients     []Patient
	Appointments []Appointment // their version is 1; lanes and rooms are chosen when they are loaded
}

// Patient is a chart, as far as scheduling needs it.
type Patient struct {
	ID         uuid.UUID
	GivenName  string
	FamilyName string
	BirthDate  localtime.Date
	Phone      string    // E.164, "" for none
	Email      string    // "" for none
	Language   string    // ISO 639-1
	Guardian   uuid.UUID // who may book for them; zero: nobody
}
