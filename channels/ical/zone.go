package ical

import (
	"fmt"
	"time"

	goical "github.com/emersion/go-ical"
)

const wallFormat = "20060102T150405"

// timezone is the VTIMEZONE of a zone with every change of its clock from first to last, each as an observance of its own.
// That needs no rule, and so is right where changes follow none, such as in Morocco around Ramadan.
func timezone(zone *time.Location, first, last time.Time) *goical.Component {
	c := goical.NewComponent(goical.CompTimezone)
	set(c.Props, goical.PropTimezoneID, zone.String())
	for t := first.In(zone); ; {
		start, end := t.ZoneBounds()
		c.Children = append(c.Children, observance(t, start))
		if end.IsZero() || end.After(last) {
			return c
		}
		t = end.In(zone)
	}
}

// observance is the time between two changes of the clock that t lies in. It begins at start, on the wall as it was before;
// zero: it has always been so.
func observance(t, start time.Time) *goical.Component {
	kind := goical.CompTimezoneStandard
	if t.IsDST() {
		kind = goical.CompTimezoneDaylight
	}
	name, offset := t.Zone()
	before := offset
	wall := "19700101T000000"
	if !start.IsZero() {
		_, before = start.Add(-time.Second).In(t.Location()).Zone()
		wall = start.UTC().Add(time.Duration(before) * time.Second).Format(wallFormat)
	}
	c := goical.NewComponent(kind)
	set(c.Props, goical.PropDateTimeStart, wall)
	set(c.Props, goical.PropTimezoneOffsetFrom, utcOffset(before))
	set(c.Props, goical.PropTimezoneOffsetTo, utcOffset(offset))
	setText(c.Props, goical.PropTimezoneName, name)
	return c
}

// utcOffset is seconds east of Greenwich as +HHMM, with seconds where there are any.
func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		text += fmt.Sprintf("%02d", rest)
	}
	return text
}
