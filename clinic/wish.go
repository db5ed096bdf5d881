package clinic

import (
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// lastYear is the last one that dates are written with four digits in.
const lastYear = 9999

// CheckWish says why nobody can wait for such times of a service at now, as an [Error]: what is asked for is not offered, or
// no time can ever fit.
func (s *Schedule) CheckWish(service uuid.UUID, w WaitlistWish, now time.Time) error {
	offered, err := s.offered(service)
	if err != nil {
		return err
	}
	for _, id := range w.Practitioners {
		p := s.practitioners[id]
		if p == nil {
			return Refuse(CodeNotFound, messageNoPractitioner)
		}
		if err := provides(p, offered); err != nil {
			return err
		}
	}
	if w.Location != uuid.Nil && s.zones[w.Location] == nil {
		return Refuse(CodeNotFound, "There is no such place here.")
	}
	if err := w.checkTimes(); err != nil {
		return err
	}
	zone := s.Zone(w.Location)
	switch {
	case w.Over(now, zone):
		return Refuse(CodeTooSoon, messagePast)
	case w.From.After(localtime.DateOf(now.Add(offered.Window), zone)):
		return &Error{Code: CodeTooFar, Message: "That is too far ahead: this visit can be booked up to " + humanDuration(offered.Window) + " ahead.", Span: offered.Window}
	}
	return nil
}

// checkTimes is about a wish by itself: whether there is any time that fits it.
func (w WaitlistWish) checkTimes() error {
	switch {
	case !isDay(w.From), !isDay(w.Until):
		return Refuse(CodeInvalid, messageNoDay)
	case !w.Until.IsZero() && w.Until.Before(w.From):
		return Refuse(CodeInvalid, messageBackwardDays)
	case w.DayFrom < localtime.Midnight, w.DayFrom >= localtime.EndOfDay, w.DayUntil < localtime.Midnight, w.DayUntil > localtime.EndOfDay:
		return Refuse(CodeInvalid, "There is no such time of day.")
	case w.DayUntil != localtime.Midnight && w.DayUntil <= w.DayFrom:
		return Refuse(CodeInvalid, "That part of the day ends before it starts.")
	}
	for _, weekday := range w.Weekdays {
		if weekday < time.Sunday || weekday > time.Saturday {
			return Refuse(CodeInvalid, "There is no such day of the week.")
		}
	}
	if !w.hasDay() {
		return Refuse(CodeInvalid, "None of those days of the week is in that range of days.")
	}
	return nil
}

// isDay reports whether d is none, or one that there is and that can be written with four digits of a year.
func isDay(d localtime.Date) bool {
	return d.IsZero() || d.AddDays(0) == d && 1 <= d.Year && d.Year <= lastYear
}

// hasDay reports whether one of the weekdays is within the range.
func (w WaitlistWish) hasDay() bool {
	if len(w.Weekdays) == 0 || w.From.IsZero() || w.Until.IsZero() {
		return true
	}
	for day := w.From; !day.After(w.Until) && w.From.DaysUntil(day) < 7; day = day.AddDays(1) {
		for _, weekday := range w.Weekdays {
			if day.Weekday() == weekday {
				return true
			}
		}
	}
	return false
}
