package exchange

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/agentcare/agentcare/localtime"
)

// Locale is what cells are read by.
type Locale struct {
	Region string         // ISO 3166, of phone numbers without a country code
	Today  localtime.Date // no birthday is later
}

// column is one column of a file whose lines are Ts. Cells are read without the space around them.
type column[T any] struct {
	name     string
	what     string // a cell holds: "a date; want YYYY-MM-DD"
	help     string // for the documentation
	example  string
	fallback string // what an empty cell means
	required bool   // the column must be there, and no cell be empty
	personal bool   // values are never repeated
	parse    func(l Locale, text string, row *T) bool
	format   func(row *T) string
}

func (c column[T]) needed() column[T] { c.required = true; return c }

func (c column[T]) private() column[T] { c.personal = true; return c }

func (c column[T]) or(fallback string) column[T] { c.fallback = fallback; return c }

// say gives the column its line in the documentation and its cell in the template.
func (c column[T]) say(example, help string) column[T] { c.example, c.help = example, help; return c }

// of makes a column of values that have a text.
func of[T, V any](name, what string, at func(*T) *V, parse func(string) (V, bool), format func(V) string) column[T] {
	var zero V
	return column[T]{
		name: name, what: what,
		parse: func(_ Locale, text string, row *T) (ok bool) {
			if text == "" {
				*at(row) = zero
				return true
			}
			*at(row), ok = parse(text)
			return ok
		},
		format: func(row *T) string { return format(*at(row)) },
	}
}

func itself(s string) string { return s }

func text[T any](name string, at func(*T) *string) column[T] {
	return of(name, "a text of at most 2000 characters", at, func(s string) (string, bool) { return s, len(s) <= maxText }, itself)
}

const (
	maxText = 8000 // bytes
	maxID   = 200
)

// id columns take what other systems call things. Characters that lists are made of are left out.
func id[T any](name string, at func(*T) *string) column[T] {
	return of(name, "an id; want at most 200 characters and none of ; | =", at, parseID, itself)
}

func parseID(s string) (string, bool) {
	return s, s != "" && len(s) <= maxID && !strings.ContainsAny(s, ";|=\n\t")
}

// ids are several, separated by semicolons.
func ids[T any](name string, at func(*T) *[]string) column[T] {
	return of(name, "a list of ids; want them separated by ;", at, func(s string) ([]string, bool) {
		items := split(s, ";")
		return items, !slices.ContainsFunc(items, func(item string) bool { _, ok := parseID(item); return !ok })
	}, join)
}

func list[T any](name string, at func(*T) *[]string) column[T] {
	return of(name, "a list; want items separated by ;", at, func(s string) ([]string, bool) {
		return split(s, ";"), len(s) <= maxText
	}, join)
}

func join(items []string) string { return strings.Join(items, "; ") }

// split leaves empty items out.
func split(s, separator string) []string {
	var items []string
	for item := range strings.SplitSeq(s, separator) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func number[T any](name string, least, most int, at func(*T) *int) column[T] {
	c := of(name, "a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most), at, func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= least && n <= most
	}, strconv.Itoa)
	return c
}

// Words for yes and no, as people and spreadsheets write them.
var yes, no = []string{"yes", "true", "1", "y", "x"}, []string{"no", "false", "0", "n"}

func yesNo[T any](name string, at func(*T) *bool) column[T] {
	return of(name, "yes or no", at, func(s string) (bool, bool) {
		s = strings.ToLower(s)
		is := slices.Contains(yes, s)
		return is, is || slices.Contains(no, s)
	}, func(is bool) string {
		if is {
			return "yes"
		}
		return "no"
	}).or("no")
}

func oneOf[T any, S ~string](name string, at func(*T) *S, allowed ...S) column[T] {
	texts := make([]string, len(allowed))
	for i, a := range allowed {
		texts[i] = string(a)
	}
	return of(name, "one of: "+strings.Join(texts, ", "), at, func(s string) (S, bool) {
		s = strings.ToLower(s)
		return S(s), slices.Contains(texts, s)
	}, func(s S) string { return string(s) })
}

func date[T any](name string, at func(*T) *localtime.Date) column[T] {
	return of(name, "a date; want YYYY-MM-DD", at, func(s string) (localtime.Date, bool) {
		d, err := localtime.ParseDate(s)
		return d, err == nil && d.Year >= 1800 && d.Year < 10000
	}, dateText)
}

func dateText(d localtime.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// clock takes 9:00 for 09:00, as spreadsheets write it. Its empty cell is midnight: rows tell whether it may be.
func clock[T any](name string, at func(*T) *localtime.Clock) column[T] {
	return of(name, "a time; want HH:MM", at, parseClock, localtime.Clock.String)
}

func parseClock(s string) (localtime.Clock, bool) {
	if len(s) > 5 {
		s = strings.TrimSuffix(s, ":00")
	}
	if len(s) == 4 && s[1] == ':' {
		s = "0" + s
	}
	c, err := localtime.ParseClock(s)
	return c, err == nil
}

func weekday[T any](name string, at func(*T) *time.Weekday) column[T] {
	return of(name, "a weekday; want Monday, Tuesday, ...", at, func(s string) (time.Weekday, bool) {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(s, day.String()) || strings.EqualFold(s, day.String()[:3]) {
				return day, true
			}
		}
		return 0, false
	}, time.Weekday.String)
}

func zone[T any](name string, at func(*T) *string) column[T] {
	return of(name, "a time zone; want an IANA name such as Europe/Berlin", at, func(s string) (string, bool) {
		_, err := time.LoadLocation(s)
		return s, err == nil && s != "Local"
	}, itself)
}

var (
	languageCode = regexp.MustCompile(`^[a-z]{2}$`)
	slugText     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	originText   = regexp.MustCompile(`^https?://[a-z0-9.-]+(:[0-9]{1,5})?$`)
	regionText   = regexp.MustCompile(`^[A-Z]{2}$`)
	offsetText   = regexp.MustCompile(`^[+-][0-9]{2}:[0-9]{2}$`)
)

func matching[T any](name, what string, form *regexp.Regexp, at func(*T) *string) column[T] {
	return of(name, what, at, func(s string) (string, bool) { return s, form.MatchString(s) }, itself)
}

func language[T any](name string, at func(*T) *string) column[T] {
	return matching(name, "a language; want two letters such as en", languageCode, at)
}

func webAddress[T any](name string, at func(*T) *string) column[T] {
	return of(name, "an address; want https://...", at, func(s string) (string, bool) {
		u, err := url.Parse(s)
		return s, err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	}, itself)
}

func origins[T any](name string, at func(*T) *[]string) column[T] {
	return of(name, "a list of origins; want https://www.example.org in small letters, without a path, separated by ;", at,
		func(s string) ([]string, bool) {
			items := split(s, ";")
			slices.Sort(items)
			return slices.Compact(items), !slices.ContainsFunc(items, func(o string) bool { return !originText.MatchString(o) })
		}, join)
}

// phone takes a number in any form that is written in the clinic's region, and keeps it as E.164.
func phone[T any](name string, at func(*T) *string) column[T] {
	return column[T]{
		name: name, what: "a telephone number; want it with its area code, or with + and the country code",
		parse: func(l Locale, text string, row *T) (ok bool) {
			*at(row), ok = parsePhone(l, text)
			return ok
		},
		format: func(row *T) string { return *at(row) },
	}
}

func parsePhone(l Locale, text string) (string, bool) {
	if text == "" {
		return "", true
	}
	n, err := phonenumbers.Parse(text, l.Region)
	if err != nil || n.GetExtension() != "" || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

func email[T any](name string, at func(*T) *string) column[T] {
	return of(name, "a mail address; want name@example.org", at, func(s string) (string, bool) {
		address, err := mail.ParseAddress(s)
		return s, err == nil && address.Name == "" && address.Address == s && len(s) <= 254
	}, itself)
}

// birthDate is a date that somebody who lives can be born on.
func birthDate[T any](name string, at func(*T) *localtime.Date) column[T] {
	const oldest = 130
	c := date(name, at)
	parse := c.parse
	c.parse = func(l Locale, text string, row *T) bool {
		return parse(l, text, row) && !at(row).After(l.Today) && at(row).Year >= l.Today.Year-oldest
	}
	return c
}
