package demo

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// week is when somebody works, in hours: the mornings and afternoons around a lunch break, and on Thursdays till late for some.
type week struct {
	who                     uuid.UUID
	days                    []time.Weekday
	opens, lunch, back, end float64
	lateThursday            bool // 12 to 20 instead
}

func weeks() []week {
	all := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	return []week{
		{chen, all, 8, 12, 13, 17, true},
		{weiss, []time.Weekday{time.Monday, time.Wednesday, time.Friday}, 9, 12.5, 13.5, 17, false},
		{ortega, all, 8, 12, 13, 16, false},
		{khan, []time.Weekday{time.Monday, time.Tuesday, time.Thursday, time.Friday}, 9, 13, 14, 17, true},
		{novak, all, 8, 12, 13, 17, false},
		{kim, []time.Weekday{time.Tuesday, time.Wednesday, time.Thursday}, 9, 12, 13, 17, true},
		{becker, all, 8, 12, 13, 17, true},
		{rossi, all, 8.5, 12, 13, 16.5, false},
		{okafor, []time.Weekday{time.Monday, time.Wednesday, time.Thursday, time.Friday}, 9, 12.5, 13.5, 17, true},
	}
}

func weekly() []clinic.WeeklyHours {
	var rows []clinic.WeeklyHours
	for _, w := range weeks() {
		for _, on := range w.days {
			if on == time.Thursday && w.lateThursday {
				rows = append(rows, stretch(w.who, on, 12, 16), stretch(w.who, on, 16.5, 20))
				continue
			}
			rows = append(rows, stretch(w.who, on, w.opens, w.lunch), stretch(w.who, on, w.back, w.end))
		}
	}
	return rows
}

func stretch(who uuid.UUID, on time.Weekday, from, until float64) clinic.WeeklyHours {
	return clinic.WeeklyHours{
		Resource: who, Location: pierLane, Weekday: on,
		Opens: localtime.Clock(from * 60), Closes: localtime.Clock(until * 60),
	}
}

// holidays of one year on which the clinic is closed, or closes early.
func holidays(year int) []clinic.DateOverride {
	thanksgiving := nth(year, time.November, time.Thursday, 4)
	return []clinic.DateOverride{
		closed(localtime.Date{Year: year, Month: time.January, Day: 1}, "New Year's Day"),
		closed(nth(year, time.May, time.Monday, -1), "Memorial Day"),
		closed(localtime.Date{Year: year, Month: time.July, Day: 4}, "Independence Day"),
		closed(nth(year, time.September, time.Monday, 1), "Labor Day"),
		closed(thanksgiving, "Thanksgiving"),
		closed(thanksgiving.AddDays(1), "the day after Thanksgiving"),
		{
			Day:   localtime.Date{Year: year, Month: time.December, Day: 24},
			Opens: 8 * 60, Closes: 12 * 60, Reason: "Christmas Eve",
		},
		closed(localtime.Date{Year: year, Month: time.December, Day: 25}, "Christmas Day"),
	}
}

func closed(on localtime.Date, reason string) clinic.DateOverride {
	return clinic.DateOverride{Day: on, Closed: true, Reason: reason}
}

// nth is the nth such weekday of a month; -1 is the last.
func nth(year int, month time.Month, weekday time.Weekday, n int) localtime.Date {
	if n < 0 {
		d := localtime.Date{Year: year, Month: month + 1, Day: 1}.AddDays(-1)
		return d.AddDays(-((int(d.Weekday()) - int(weekday) + 7) % 7))
	}
	d := localtime.Date{Year: year, Month: month, Day: 1}
	return d.AddDays((int(weekday)-int(d.Weekday())+7)%7 + 7*(n-1))
}
