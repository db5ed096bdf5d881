// Package demo is a fictitious clinic to try the product with: Harbor View Clinic in New York. Nobody in it exists;
// telephone numbers are from the ranges that are set aside for fiction.
//
// It is pure data. The same day always gives the same clinic, and a later day the same with the bookings of later days.
package demo

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

const (
	slug = "harbor-view"
	zone = "America/New_York"
	days = 60 // of bookings, from today
)

// namespace of all ids, which are names in it (UUID version 5).
var namespace = uuid.MustParse("018f2d4e-6b1a-5c3d-9e8f-7a6b5c4d3e2f")

// ClinicID is the id of the clinic.
var ClinicID = id("clinic", slug)

func id(kind, name string) uuid.UUID { return uuid.NewSHA1(namespace, []byte(kind+"/"+name)) }

// Dataset is the clinic as of now: its directory, hours, holidays of this year and the next, patients, and bookings in
// about three fifths of the next 60 days.
func Dataset(now time.Time) (clinic.Dataset, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return clinic.Dataset{}, fmt.Errorf("loading the demo clinic's time zone: %w", err)
	}
	today := localtime.DateOf(now, location)
	data := clinic.Dataset{
		Directory: directory(location),
		Weekly:    weekly(),
		Overrides: append(holidays(today.Year), holidays(today.Year+1)...),
		Patients:  patients(),
	}
	schedule, err := clinic.NewSchedule(&data.Directory, data.Weekly, data.Overrides)
	if err != nil {
		return clinic.Dataset{}, fmt.Errorf("making the demo clinic's schedule: %w", err)
	}
	data.Appointments = bookings(schedule, data.Patients, today, now)
	return data, nil
}

func directory(location *time.Location) clinic.Directory {
	return clinic.Directory{
		Clinic: clinic.Clinic{
			ID:       ClinicID,
			Slug:     slug,
			Name:     "Harbor View Clinic",
			Zone:     location,
			Language: "en",
			Region:   "US",
			Phone:    "+12125550100",
			Settings: settings(),
		},
		Locations: []clinic.Location{{
			ID: pierLane, Name: "Harbor View Clinic", Address: "14 Pier Lane, 2nd floor, New York, NY 10000", Zone: location,
		}},
		Specialties:   specialties(),
		Practitioners: practitioners(),
		Services:      services(),
		Resources:     rooms(),
	}
}

func settings() clinic.Settings {
	return clinic.Settings{
		EmergencyText: "If this is an emergency, call 911 now. If you are thinking about harming yourself, call or text 988, day or night. " +
			"This chat is not watched for emergencies.",
		PartsOfDay: map[string][2]string{
			"morning":   {"08:00", "12:00"},
			"afternoon": {"12:00", "17:00"},
			"evening":   {"17:00", "20:00"},
		},
		StaffedHours: map[string][][2]string{
			"monday":    {{"08:00", "17:00"}},
			"tuesday":   {{"08:00", "17:00"}},
			"wednesday": {{"08:00", "17:00"}},
			"thursday":  {{"08:00", "20:00"}},
			"friday":    {{"08:00", "17:00"}},
		},
	}
}

func specialties() []clinic.Specialty {
	return []clinic.Specialty{
		{
			Code: "dermatology", Name: "Dermatology", Title: "dermatologist",
			Words: []string{"skin doctor", "skin specialist", "skin", "rash", "acne", "mole", "eczema", "psoriasis", "derm"},
		},
		{
			Code: "family-medicine", Name: "Family medicine", Title: "family doctor",
			Words: []string{"GP", "general practitioner", "primary care", "family physician", "regular doctor", "general doctor", "physical"},
		},
		{
			Code: "dentistry", Name: "Dentistry", Title: "dentist",
			Words: []string{"dental", "tooth", "teeth", "toothache", "cavity", "gums"},
		},
		{
			Code: "physiotherapy", Name: "Physiotherapy", Title: "physiotherapist",
			Words: []string{"physical therapy", "physical therapist", "physio", "PT", "back pain", "neck pain", "knee", "shoulder", "rehab"},
		},
		{
			Code: "paediatrics", Name: "Paediatrics", Title: "paediatrician",
			Words: []string{"pediatrics", "pediatrician", "pediatric", "children's doctor", "kids' doctor", "child", "kid", "baby", "son", "daughter", "toddler"},
		},
	}
}
