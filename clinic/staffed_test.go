package clinic_test

import (
	"testing"
	"time"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

func TestStaffedTimeAfter(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	split := map[string][][2]string{"monday": {{"14:00", "18:00"}, {"08:00", "12:00"}}, "sunday": {{"00:00", "04:00"}}}
	for _, test := range []struct {
		name   string
		hours  map[string][][2]string
		now    string
		closed []localtime.Date
		want   string
	}{
		{"in office hours", nil, "2026-12-01 10:00", nil, "2026-12-01 11:00"},
		{"before they come", nil, "2026-12-01 03:00", nil, "2026-12-01 10:00"},
		{"shortly before they go", nil, "2026-12-04 16:30", nil, "2026-12-07 09:30"},
		{"exactly enough is left", nil, "2026-12-04 16:00", nil, "2026-12-04 17:00"},
		{"on a Saturday", nil, "2026-12-05 12:00", nil, "2026-12-07 10:00"},
		{"before a holiday", nil, "2026-12-24 17:00", []localtime.Date{{Year: 2026, Month: 12, Day: 25}}, "2026-12-28 10:00"},
		{"over lunch, with hours written out of order", split, "2026-12-07 11:30", nil, "2026-12-07 14:30"},
		{"in the night when the clock is set forward", split, "2026-03-08 01:30", nil, "2026-03-08 03:30"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, err := time.ParseInLocation("2006-01-02 15:04", test.now, newYork)
			if err != nil {
				t.Fatal(err)
			}
			c := clinic.Clinic{Zone: newYork, Settings: clinic.Settings{StaffedHours: test.hours}}
			got, err := c.StaffedTimeAfter(now, time.Hour, test.closed)
			if err != nil {
				t.Fatal(err)
			}
			if text := got.Format("2006-01-02 15:04"); text != test.want {
				t.Errorf("an hour after %s is done at %s, want %s", test.now, text, test.want)
			}
		})
	}
}

func TestStaffedTimeThatNeverComes(t *testing.T) {
	t.Parallel()
	for name, hours := range map[string]map[string][][2]string{
		"nobody":        {"monday": {}},
		"no such clock": {"monday": {{"9 am", "17:00"}}, "tuesday": {{"9 am", "17:00"}}, "wednesday": {{"09:00", "25:00"}}},
	} {
		c := clinic.Clinic{Zone: time.UTC, Settings: clinic.Settings{StaffedHours: hours}}
		if got, err := c.StaffedTimeAfter(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Hour, nil); err == nil {
			t.Errorf("%s: staffed time ends at %v, want an error", name, got)
		}
	}
}
