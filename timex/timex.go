// Package timex finds time expressions in what people write and works out what they mean: "next Tuesday after lunch"
// said on a Monday in New York is a day, and a part of it.
//
// [Find] reads a text against a [Context]: the instant and zone it was said in, and the clinic's hours and parts of day.
// It prefers the future, as whoever books does. Where it is not sure it finds nothing, or says that it is ambiguous and
// gives both readings: a wrong day is worse than a question. It takes time in proportion to the text's length.
//
// Conventions: "next Tuesday" is the Tuesday of the next week, which starts on Monday unless the context says otherwise.
// A bare "Tuesday" said on a Tuesday is today while there is time left. A bare hour is the one within opening hours:
// "at 3" is 15:00. "12/3" is the 3rd of December unless the context puts the day first.
//
// A language is one file: its words and the rules that put them together. What the rules find is combined and turned into
// days and wall times here, and into instants by package localtime.
package timex

import (
	"time"

	"github.com/agentcare/agentcare/localtime"
)

// Context is what an expression is read against.
type Context struct {
	Now         time.Time
	Zone        *time.Location    // of the clinic; nil means UTC
	PartsOfDay  map[string]Window // see [DefaultPartsOfDay] for the names; those missing are as there
	Opens       localtime.Clock   // of a usual day, for hours without am or pm, "first thing" and "end of the day";
	Closes      localtime.Clock   // both zero means 08:00 and 18:00
	SundayFirst bool              // weeks start on Sunday, not on Monday
	DayFirst    bool              // 3/12 is the 3rd of December
	Language    string            // of the text: "en", "es"; one that is not known is read as English
}

// Window is a part of a day in wall time, half-open.
type Window struct {
	From, Until localtime.Clock
}

// Names of the parts of day.
const (
	Morning   = "morning"
	Lunch     = "lunch"
	Afternoon = "afternoon"
	Evening   = "evening"
	Night     = "night"
)

// DefaultPartsOfDay are the parts of day of a clinic that has not said otherwise.
func DefaultPartsOfDay() map[string]Window {
	return map[string]Window{
		Morning:   {6 * 60, 12 * 60},
		Lunch:     {12 * 60, 14 * 60},
		Afternoon: {12 * 60, 17 * 60},
		Evening:   {17 * 60, 21 * 60},
		Night:     {20 * 60, 24 * 60},
	}
}

// Grain is how exact an expression is.
type Grain string

// Grains.
const (
	GrainMinute Grain = "minute"
	GrainHour   Grain = "hour"
	GrainPart   Grain = "part" // of a day
	GrainDay    Grain = "day"
	GrainWeek   Grain = "week"
	GrainMonth  Grain = "month"
)

// Expression is what a part of a text says about time: on which days, at what time of day, or neither ("as soon as possible").
type Expression struct {
	Text       string // as written
	Start, End int    // where, in bytes of the text

	First    localtime.Date // first day; zero: no day was said
	Last     localtime.Date // last day, inclusive; zero: none was said, or open-ended ("from Monday on")
	Weekdays []time.Weekday // only these, in order from Sunday; empty: any
	Excluded []time.Weekday // not these ("any time but Friday")

	DayFrom  localtime.Clock // on each day from this wall time
	DayUntil localtime.Clock // to before this one; zero: no time of day was said. A point in time ends a minute later.
	At       bool            // DayFrom is the time that was said, not a bound: "at 3"
	About    bool            // and only roughly: "around 3"

	From  time.Time // the days and times above as one stretch of instants, half-open;
	Until time.Time // zero where there is no day, or no last one

	Grain     Grain
	Soonest   bool // "as soon as possible", "the earliest"
	Any       bool // "any time": said, and no constraint
	Past      bool // about something that was: "since Monday", "two days ago"
	Negated   bool // this is when not: "not tomorrow". Weekdays are in Excluded instead.
	Or        bool // an alternative to the expression before: "... or Thursday afternoon"
	Ambiguous bool
	Other     *Expression // the second reading when Ambiguous
}

// HasDay reports whether the expression says anything about days.
func (e Expression) HasDay() bool {
	return !e.First.IsZero() || !e.Last.IsZero() || len(e.Weekdays) > 0
}

// HasClock reports whether the expression says anything about the time of day.
func (e Expression) HasClock() bool { return e.DayUntil != 0 }

// Find returns the time expressions of a text in the order in which they stand there. Those that belong together,
// as "Tuesday" and "at 3" in "Tuesday, at 3", are one.
func Find(text string, c Context) []Expression {
	c = c.withDefaults()
	p := newParser(text, c)
	var found []Expression
	for i := 0; i < len(p.tokens); {
		m, next := p.expression(i)
		if next <= i {
			i++
			continue
		}
		if e, ok := p.conclude(m, i, next); ok {
			e.Or = len(found) > 0 && p.alternative(i)
			found = append(found, e)
		}
		i = next
	}
	return found
}

func (c Context) withDefaults() Context {
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Opens == 0 && c.Closes == 0 {
		c.Opens, c.Closes = 8*60, 18*60
	}
	return c
}

// part is the window of a part of day.
func (c Context) part(name string) Window {
	if w, ok := c.PartsOfDay[name]; ok {
		return w
	}
	return defaultPartsOfDay[name]
}

var defaultPartsOfDay = DefaultPartsOfDay()
