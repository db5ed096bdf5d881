package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// displacedReport is what `process-data displaced` prints. Names of patients are in it: it goes to the operator alone.
type displacedReport struct {
	Clinic    string           `json:"clinic"`
	DryRun    bool             `json:"dry_run"`
	Closure   *closureReport   `json:"closure,omitempty"`
	Reopened  *closureReport   `json:"reopened,omitempty"`
	Finished  int              `json:"finished"` // patients who were told of what an interrupted run had done
	Displaced []displacedEntry `json:"displaced"`
}

type closureReport struct {
	ID       uuid.UUID `json:"id,omitzero"` // none when it was only tried
	Who      string    `json:"who"`
	Location string    `json:"location,omitempty"`
	From     string    `json:"from"`
	Until    string    `json:"until"`
	Hours    string    `json:"hours,omitempty"` // "": all day
}

type displacedEntry struct {
	Appointment uuid.UUID           `json:"appointment"`
	Version     int                 `json:"version"`
	Why         clinic.DisplacedWhy `json:"why"`
	Patient     string              `json:"patient"`
	Visit       visitReport         `json:"visit"`
	Proposal    *visitReport        `json:"proposal"`
	Settled     *settledReport      `json:"settled,omitempty"`
	Refusal     *refusalReport      `json:"refusal,omitempty"`
}

type visitReport struct {
	StartsAt     time.Time `json:"starts_at"`
	EndsAt       time.Time `json:"ends_at"`
	Service      string    `json:"service"`
	Practitioner string    `json:"practitioner"`
	Location     string    `json:"location"`
}

type settledReport struct {
	Way   clinic.SettleWay `json:"way"`
	Told  clinic.Told      `json:"told"`
	Visit visitReport      `json:"visit"`
}

type refusalReport struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (r *displacedReport) add(d *clinic.Directory, displaced []clinic.Displaced) {
	r.Displaced = make([]displacedEntry, len(displaced))
	for i, one := range displaced {
		r.Displaced[i] = displacedEntry{
			Appointment: one.Appointment.ID, Version: one.Appointment.Version, Why: one.Why, Patient: one.Name,
			Visit: describeVisit(d, one.Appointment.Slot),
		}
		if one.Proposal != nil {
			visit := describeVisit(d, *one.Proposal)
			r.Displaced[i].Proposal = &visit
		}
	}
}

func (e *displacedEntry) outcome(d *clinic.Directory, settled clinic.Settled, err error) {
	if refusal, ok := errors.AsType[*clinic.Error](err); ok {
		e.Refusal = &refusalReport{Code: refusal.Code, Message: refusal.Message}
		return
	}
	e.Settled = &settledReport{Way: settled.Way, Told: settled.Told, Visit: describeVisit(d, settled.Appointment.Slot)}
}

func describeVisit(d *clinic.Directory, s clinic.Slot) visitReport {
	v := visitReport{StartsAt: s.Start, EndsAt: s.End, Practitioner: whoIs(d, s.Practitioner), Location: placeOf(d, s.Location)}
	if i := slices.IndexFunc(d.Services, func(one clinic.Service) bool { return one.ID == s.Service }); i >= 0 {
		v.Service = d.Services[i].Name
	}
	return v
}

func describeClosure(d *clinic.Directory, c clinic.Closure) *closureReport {
	r := &closureReport{ID: c.ID, Who: whoIs(d, c.Resource), Location: placeOf(d, c.Location), From: c.From.String(), Until: c.Until.String()}
	if c.DayFrom > 0 || c.DayUntil > 0 && c.DayUntil < 24*60 {
		r.Hours = fmt.Sprintf("%v-%v", c.DayFrom, c.DayUntil)
	}
	return r
}

// whoIs is a practitioner, room or device; the whole clinic for the zero id.
func whoIs(d *clinic.Directory, id uuid.UUID) string {
	if id == uuid.Nil {
		return "everybody"
	}
	for _, p := range d.Practitioners {
		if p.ID == id {
			return p.DisplayName()
		}
	}
	for _, r := range d.Resources {
		if r.ID == id {
			return r.Name
		}
	}
	return id.String()
}

func placeOf(d *clinic.Directory, id uuid.UUID) string {
	for _, l := range d.Locations {
		if l.ID == id {
			return l.Name
		}
	}
	return ""
}

func (r *displacedReport) write(out io.Writer, format string) error {
	if format == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	return r.writeText(out)
}

func (r *displacedReport) writeText(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	r.writeClosures(table)
	if r.Finished > 0 {
		fmt.Fprintf(table, "An earlier run was interrupted: %s now told of what it had changed.\n", count(r.Finished, "patient was", "patients were"))
	}
	if len(r.Displaced) == 0 {
		fmt.Fprintln(table, "No appointment is displaced.")
		return table.Flush()
	}
	fmt.Fprintf(table, "%s displaced.\n\n", count(len(r.Displaced), "appointment is", "appointments are"))
	fmt.Fprintln(table, "WHEN\tPATIENT\tSERVICE\tWITH\tWHY\tPROPOSAL\tSETTLED")
	for _, e := range r.Displaced {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", when(e.Visit), e.Patient, e.Visit.Service, e.Visit.Practitioner, e.Why, e.proposal(), e.result())
	}
	return table.Flush()
}

func (r *displacedReport) writeClosures(out io.Writer) {
	if r.Reopened != nil {
		fmt.Fprintf(out, "Taken back: %s.\n", r.Reopened.sentence())
	}
	switch {
	case r.Closure == nil:
	case r.DryRun:
		fmt.Fprintf(out, "Would be closed: %s. Nothing was changed.\n", r.Closure.sentence())
	default:
		fmt.Fprintf(out, "Closed: %s.\nTo take it back: agentcare admin process-data displaced --clinic %s --reopen %s\n", r.Closure.sentence(), r.Clinic, r.Closure.ID)
	}
}

func (c *closureReport) sentence() string {
	text := c.Who + ", " + c.From
	if c.Until != c.From {
		text += " to " + c.Until
	}
	if c.Hours != "" {
		text += ", " + c.Hours
	}
	if c.Location != "" {
		text += ", at " + c.Location
	}
	return text
}

func when(v visitReport) string { return v.StartsAt.Format("Mon 2006-01-02 15:04") }

// proposal says what differs besides the time.
func (e *displacedEntry) proposal() string {
	if e.Proposal == nil {
		return "none"
	}
	text := when(*e.Proposal)
	if e.Proposal.Practitioner != e.Visit.Practitioner {
		text += ", " + e.Proposal.Practitioner
	}
	if e.Proposal.Location != e.Visit.Location {
		text += ", " + e.Proposal.Location
	}
	return text
}

// result is what became of it in this run.
func (e *displacedEntry) result() string {
	switch {
	case e.Refusal != nil:
		return "no: " + e.Refusal.Message
	case e.Settled == nil:
		return "-"
	case e.Settled.Told == clinic.ToldByTask:
		return string(e.Settled.Way) + ", staff call"
	case e.Settled.Told == clinic.ToldByText:
		return string(e.Settled.Way) + ", texted"
	default:
		return string(e.Settled.Way) + ", changed again since"
	}
}

func count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
