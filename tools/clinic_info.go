package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// ClinicFacts is what anybody may know of the clinic.
type ClinicFacts struct {
	Name        string
	Phone       string // E.164
	PrivacyURL  string
	Locations   []clinic.Location
	Specialties []clinic.Specialty
	Services    []clinic.Service // that can be booked
	Hours       []DayHours       // when the front desk is staffed, Monday first; days on which it is not are left out
}

// DayHours are the stretches of one weekday in which the front desk is staffed, in the clinic's wall time.
type DayHours struct {
	Weekday   time.Weekday
	Stretches []Stretch
}

// Stretch is a part of a day.
type Stretch struct {
	Opens, Closes localtime.Clock
}

// ClinicInfo is what anybody may know of the caller's clinic.
func (d *Desk) ClinicInfo(ctx context.Context, caller Caller) (ClinicFacts, error) {
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return ClinicFacts{}, err
	}
	hours, err := staffedHours(directory.Clinic.Settings.StaffedHours)
	if err != nil {
		return ClinicFacts{}, err
	}
	facts := ClinicFacts{
		Name:        directory.Clinic.Name,
		Phone:       directory.Clinic.Phone,
		PrivacyURL:  directory.Clinic.Settings.PrivacyURL,
		Locations:   directory.Locations,
		Specialties: directory.Specialties,
		Hours:       hours,
	}
	for _, s := range directory.Services {
		if !s.Retired {
			facts.Services = append(facts.Services, s)
		}
	}
	return facts, nil
}

// Closings lists the days from today on, at the caller's clinic, on which it is closed as a whole or has other hours.
func (d *Desk) Closings(ctx context.Context, caller Caller) ([]clinic.DateOverride, error) {
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return nil, err
	}
	days, err := d.config.Closings.Closings(ctx, caller.Clinic, localtime.DateOf(caller.Now, directory.Clinic.Zone))
	if err != nil {
		return nil, fmt.Errorf("listing closings: %w", err)
	}
	several := len(directory.Locations) > 1
	return slices.DeleteFunc(days, func(o clinic.DateOverride) bool { return several && o.Location != uuid.Nil }), nil
}

// staffedHours reads the clinic's setting.
func staffedHours(setting map[string][][2]string) ([]DayHours, error) {
	var hours []DayHours
	for i := range 7 {
		weekday := time.Weekday((int(time.Monday) + i) % 7)
		day := DayHours{Weekday: weekday}
		for _, s := range setting[strings.ToLower(weekday.String())] {
			opens, err := localtime.ParseClock(s[0])
			if err != nil {
				return nil, fmt.Errorf("reading the staffed hours of %s: %w", weekday, err)
			}
			closes, err := localtime.ParseClock(s[1])
			if err != nil {
				return nil, fmt.Errorf("reading the staffed hours of %s: %w", weekday, err)
			}
			day.Stretches = append(day.Stretches, Stretch{opens, closes})
		}
		if len(day.Stretches) > 0 {
			hours = append(hours, day)
		}
	}
	return hours, nil
}
