package ical

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	goical "github.com/emersion/go-ical"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

const (
	product = "-//AgentCare//Front desk//EN"
	refresh = "PT15M" // how often a program should look again
)

// Encode writes a calendar: UTF-8, lines that end in CR LF and are folded at 75 octets. The same content gives the same bytes.
func Encode(content clinic.FeedContent) ([]byte, error) {
	calendar := goical.NewCalendar()
	set(calendar.Props, goical.PropVersion, "2.0")
	set(calendar.Props, goical.PropProductID, product)
	set(calendar.Props, goical.PropCalendarScale, "GREGORIAN")
	name := content.Practitioner + ", " + content.Clinic
	setText(calendar.Props, goical.PropName, name)
	setText(calendar.Props, "X-WR-CALNAME", name)
	set(calendar.Props, "X-WR-TIMEZONE", content.Zone.String())
	set(calendar.Props, "X-PUBLISHED-TTL", refresh)
	every := goical.NewProp(goical.PropRefreshInterval)
	every.Params.Set(goical.ParamValue, string(goical.ValueDuration))
	every.Value = refresh
	calendar.Props.Set(every)
	calendar.Props.SetDateTime(goical.PropLastModified, content.Modified.UTC())
	for _, zone := range zonesOf(content) {
		calendar.Children = append(calendar.Children, timezone(zone, content.From, lastEnd(content)))
	}
	for _, e := range content.Entries {
		calendar.Children = append(calendar.Children, event(e))
	}
	var out bytes.Buffer
	if err := goical.NewEncoder(&out).Encode(calendar); err != nil {
		return nil, fmt.Errorf("encoding calendar: %w", err)
	}
	return fold(out.Bytes()), nil
}

// zonesOf are the clinic's zone and those of all places, in order of name. A calendar has at least one component by them.
func zonesOf(content clinic.FeedContent) []*time.Location {
	zones := []*time.Location{content.Zone}
	for _, e := range content.Entries {
		zones = append(zones, e.Start.Location())
	}
	slices.SortFunc(zones, func(a, b *time.Location) int { return cmp.Compare(a.String(), b.String()) })
	return slices.CompactFunc(zones, func(a, b *time.Location) bool { return a.String() == b.String() })
}

func lastEnd(content clinic.FeedContent) time.Time {
	last := content.Until
	for _, e := range content.Entries {
		if e.End.After(last) {
			last = e.End
		}
	}
	return last
}

func event(e clinic.FeedEntry) *goical.Component {
	c := goical.NewComponent(goical.CompEvent)
	set(c.Props, goical.PropUID, e.ID.String())
	set(c.Props, goical.PropSequence, strconv.Itoa(e.Version))
	c.Props.SetDateTime(goical.PropDateTimeStamp, e.Modified.UTC())
	c.Props.SetDateTime(goical.PropLastModified, e.Modified.UTC())
	start, end := e.Start, e.End
	if second(start) || second(end) {
		start, end = start.UTC(), end.UTC()
	}
	c.Props.SetDateTime(goical.PropDateTimeStart, start)
	c.Props.SetDateTime(goical.PropDateTimeEnd, end)
	setText(c.Props, goical.PropSummary, e.Service)
	setText(c.Props, goical.PropLocation, where(e))
	set(c.Props, goical.PropClass, "PRIVATE")
	status, transparency := "CONFIRMED", "OPAQUE"
	if e.State == clinic.StateCancelled {
		status, transparency = "CANCELLED", "TRANSPARENT"
	}
	set(c.Props, goical.PropStatus, status)
	set(c.Props, goical.PropTransparency, transparency)
	return c
}

// second reports whether the clock shows this time for the second time.
func second(t time.Time) bool {
	zone := t.Location()
	return !localtime.Open(localtime.DateOf(t, zone), localtime.ClockOf(t, zone), zone).Equal(t)
}

func where(e clinic.FeedEntry) string {
	switch e.Mode {
	case clinic.ModeTelephone:
		return "By telephone"
	case clinic.ModeVideo:
		return "By video"
	case clinic.ModeInPerson:
	}
	if e.Address == "" {
		return e.Place
	}
	return e.Place + ", " + e.Address
}

func set(props goical.Props, name, value string) {
	prop := goical.NewProp(name)
	prop.Value = value
	props.Set(prop)
}

// setText escapes, and leaves out what the format has no way to write: control characters but for the line feed.
func setText(props goical.Props, name, text string) {
	prop := goical.NewProp(name)
	prop.SetText(strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text))
	props.Set(prop)
}

// maxLine is the longest line in octets, without its end (RFC 5545, section 3.1).
const maxLine = 75

// fold breaks long lines, never inside a character.
func fold(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte("\r\n"))
		room := maxLine
		for len(line) > room {
			cut := room
			for cut > 0 && line[cut]&0xC0 == 0x80 { // a byte within a character
				cut--
			}
			out.Write(line[:cut])
			out.WriteString("\r\n ")
			line, room = line[cut:], maxLine-1 // the space counts
		}
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}
