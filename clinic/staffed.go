package clinic

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// officeHours are when somebody is there in a clinic that does not say: Monday to Friday, 9 to 17.
var officeHours = map[string][][2]string{
	"monday": {{"09:00", "17:00"}}, "tuesday": {{"09:00", "17:00"}}, "wednesday": {{"09:00", "17:00"}},
	"thursday": {{"09:00", "17:00"}}, "friday": {{"09:00", "17:00"}},
}

// staffedSearchDays is how far ahead staffed time is looked for: longer than any clinic is closed at a stretch.
const staffedSearchDays = 60

// StaffedTimeAfter is the instant by which people have been there for work, from now on: on Friday half an hour before
// they go home, one hour of work is done on Monday half an hour after they come. Nobody is there on the closed days.
// The result is in the clinic's zone.
func (c Clinic) StaffedTimeAfter(now time.Time, work time.Duration, closed []localtime.Date) (time.Time, error) {
	today := localtime.DateOf(now, c.Zone)
	for day := range staffedSearchDays {
		date := today.AddDays(day)
		if slices.Contains(closed, date) {
			continue
		}
		stretches, err := c.staffed(date)
		if err != nil {
			return time.Time{}, err
		}
		for _, s := range stretches {
			start := latest(s[0], now)
			if there := s[1].Sub(start); there >= work {
				return start.Add(work).In(c.Zone), nil
			} else if there > 0 {
				work -= there
			}
		}
	}
	return time.Time{}, fmt.Errorf("nobody is there within %d days: staffed_hours of the clinic's settings name too little time", staffedSearchDays)
}

// staffed are the stretches of a day in which somebody is there, in order, as instants.
func (c Clinic) staffed(date localtime.Date) ([][2]time.Time, error) {
	hours := c.Settings.StaffedHours
	if len(hours) == 0 {
		hours = officeHours
	}
	var stretches [][2]time.Time
	for _, texts := range hours[strings.ToLower(date.Weekday().String())] {
		opens, err := localtime.ParseClock(texts[0])
		if err != nil {
			return nil, fmt.Errorf("staffed_hours: %w", err)
		}
		closes, err := localtime.ParseClock(texts[1])
		if err != nil {
			return nil, fmt.Errorf("staffed_hours: %w", err)
		}
		if start, end, ok := localtime.Interval(date, opens, closes, c.Zone); ok {
			stretches = append(stretches, [2]time.Time{start, end})
		}
	}
	slices.SortFunc(stretches, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	return stretches, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
