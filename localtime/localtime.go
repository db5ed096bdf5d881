// Package localtime is the one place that turns local wall time into instants and back.
//
// A wall time such as "2026-03-08 02:30 in New York" can name no instant (the clock jumps over it),
// or two (the clock is set back). Every caller has to decide the same way, so the decision is made here:
//
//	opening in a gap      the first valid instant after it
//	opening in an overlap the first of the two instants
//	closing in a gap      the first valid instant after it
//	closing in an overlap the last of the two instants
//
// Days are iterated from noon, never by adding hours to midnight: some zones skip midnight, and some skip a day.
// Postgres resolves gaps and repeats in another way than Go, so SQL never does it.
package localtime

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day in the proleptic Gregorian calendar, without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Clock is a wall time in minutes after midnight: 0 is 00:00, 1440 is 24:00 and means the end of the day.
type Clock int

// Clocks that have a name.
const (
	Midnight Clock = 0
	Noon     Clock = 12 * 60
	EndOfDay Clock = 24 * 60
)

// DateOf is the day that it is at t in zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// ClockOf is the wall time at t in zone, seconds dropped.
func ClockOf(t time.Time, zone *time.Location) Clock {
	h, m, _ := t.In(zone).Clock()
	return Clock(h*60 + m)
}

// ParseDate reads YYYY-MM-DD and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("parsing date %q: want YYYY-MM-DD", s)
	}
	return DateOf(t, time.UTC), nil
}

// ParseClock reads HH:MM on a 24-hour clock; 24:00 is the end of the day.
func ParseClock(s string) (Clock, error) {
	if s == "24:00" {
		return EndOfDay, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("parsing time of day %q: want HH:MM", s)
	}
	return ClockOf(t, time.UTC), nil
}

// Differs reports whether the wall shows different times in a and b at the instant at: whether their offsets from UTC
// differ then, whatever the zones are called. A nil zone is not known, and then nothing is known to differ.
func Differs(at time.Time, a, b *time.Location) bool {
	if a == nil || b == nil {
		return false
	}
	_, ahead := at.In(a).Zone()
	_, behind := at.In(b).Zone()
	return ahead != behind
}

// String is YYYY-MM-DD.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// IsZero reports whether d is the zero Date, which is no day.
func (d Date) IsZero() bool { return d == Date{} }

// AddDays is the day n days after d; n may be negative.
func (d Date) AddDays(n int) Date {
	return DateOf(d.utc().AddDate(0, 0, n), time.UTC)
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day)) < 0
}

// After reports whether d is a later day than other.
func (d Date) After(other Date) bool { return other.Before(d) }

// DaysUntil is the number of days from d to other, negative when other is earlier.
func (d Date) DaysUntil(other Date) int {
	return int(other.utc().Sub(d.utc()).Hours() / 24)
}

// utc is noon of the day in UTC, where every day exists and has 24 hours.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC)
}

// String is HH:MM on a 24-hour clock.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }
