package exchange

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// named is a stretch of a day that has a name: "morning 08:00-12:00".
type named struct {
	name          string
	opens, closes localtime.Clock
}

func (n named) String() string { return n.name + " " + n.opens.String() + "-" + n.closes.String() }

func parseNamed(s string) (named, bool) {
	name, span, _ := strings.Cut(strings.ToLower(s), " ")
	from, until, _ := strings.Cut(strings.TrimSpace(span), "-")
	opens, ok := parseClock(strings.TrimSpace(from))
	closes, ok2 := parseClock(strings.TrimSpace(until))
	return named{name, opens, closes}, ok && ok2 && name != "" && opens < closes
}

// stretches are several, in a fixed order, of which names are those of a day: "monday 08:00-12:00; monday 13:00-17:00".
func stretches[T any](name, what string, at func(*T) *[]string, may func(string) bool) column[T] {
	return of(name, what, at, func(s string) ([]string, bool) {
		var all []named
		for _, item := range split(s, ";") {
			n, ok := parseNamed(item)
			if !ok || !may(n.name) {
				return nil, false
			}
			all = append(all, n)
		}
		return ordered(all), true
	}, join)
}

// ordered puts Monday first, and what is no weekday by when it begins.
func ordered(all []named) []string {
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(weekdayNumber(a.name), weekdayNumber(b.name)), cmp.Compare(a.opens, b.opens), cmp.Compare(a.name, b.name))
	})
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = n.String()
	}
	return slices.Compact(texts)
}

// weekdayNumber counts from Monday, 1; 0 is no weekday.
func weekdayNumber(name string) int {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(name, day.String()) {
			return mondayFirst(day)
		}
	}
	return 0
}

func mondayFirst(day time.Weekday) int { return (int(day)+6)%7 + 1 }

func isWeekday(name string) bool { return weekdayNumber(name) > 0 }

func isWord(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
}

// Settings are what the line says of the clinic's settings.
func (c Clinic) Settings() clinic.Settings {
	s := clinic.Settings{PrivacyURL: c.PrivacyURL, EmergencyText: c.EmergencyText}
	for _, text := range c.PartsOfDay {
		if n, ok := parseNamed(text); ok {
			if s.PartsOfDay == nil {
				s.PartsOfDay = map[string][2]string{}
			}
			s.PartsOfDay[n.name] = [2]string{n.opens.String(), n.closes.String()}
		}
	}
	for _, text := range c.StaffedHours {
		if n, ok := parseNamed(text); ok {
			if s.StaffedHours == nil {
				s.StaffedHours = map[string][][2]string{}
			}
			s.StaffedHours[n.name] = append(s.StaffedHours[n.name], [2]string{n.opens.String(), n.closes.String()})
		}
	}
	return s
}

// SetSettings is the other way round.
func (c *Clinic) SetSettings(s clinic.Settings) {
	c.PrivacyURL, c.EmergencyText = s.PrivacyURL, s.EmergencyText
	var parts, staffed []named
	for name, span := range s.PartsOfDay {
		if n, ok := parseNamed(name + " " + span[0] + "-" + span[1]); ok {
			parts = append(parts, n)
		}
	}
	for name, spans := range s.StaffedHours {
		for _, span := range spans {
			if n, ok := parseNamed(name + " " + span[0] + "-" + span[1]); ok {
				staffed = append(staffed, n)
			}
		}
	}
	c.PartsOfDay, c.StaffedHours = ordered(parts), ordered(staffed)
}
