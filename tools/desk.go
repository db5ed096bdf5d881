package tools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// Holding times where the configuration names none: as long as a person needs to decide and to prove who they are.
const (
	defaultHoldWeb = 5 * time.Minute
	defaultHoldSMS = 30 * time.Minute
)

// Config is what a [Desk] works with. All ports are required; one store usually implements them all.
type Config struct {
	Directories Directories
	Closings    Closings
	Calendar    Calendar
	Bookings    Bookings
	Groups      Groups
	Family      Family
	Waitlist    Waitlist
	Offers      Offers
	Verifier    Verifier
	Tasks       Tasks
	Regulars    Regulars      // optional: without it nobody's usual practitioner comes before others
	HoldWeb     time.Duration // how long a slot is kept for somebody at a browser; zero: 5 minutes
	HoldSMS     time.Duration // and for somebody who texts; zero: 30 minutes
}

func (c Config) validate() error {
	required := []struct {
		missing bool
		name    string
	}{
		{c.Directories == nil, "Directories"},
		{c.Closings == nil, "Closings"},
		{c.Calendar == nil, "Calendar"},
		{c.Bookings == nil, "Bookings"},
		{c.Groups == nil, "Groups"},
		{c.Family == nil, "Family"},
		{c.Waitlist == nil, "Waitlist"},
		{c.Offers == nil, "Offers"},
		{c.Verifier == nil, "Verifier"},
		{c.Tasks == nil, "Tasks"},
	}
	var errs []error
	for _, r := range required {
		if r.missing {
			errs = append(errs, fmt.Errorf("tools: Config.%s is required", r.name))
		}
	}
	if c.HoldWeb < 0 || c.HoldSMS < 0 {
		errs = append(errs, errors.New("tools: holds cannot last a negative time"))
	}
	return errors.Join(errs...)
}

// A Desk is the front desk: every tool is one of its methods, in a file of its own. It keeps nothing between calls
// and is safe for concurrent use.
type Desk struct {
	config Config
}

// New makes a Desk.
func New(config Config) (*Desk, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config.HoldWeb = cmp.Or(config.HoldWeb, defaultHoldWeb)
	config.HoldSMS = cmp.Or(config.HoldSMS, defaultHoldSMS)
	return &Desk{config: config}, nil
}

// Directory is the record of the caller's clinic: who works there, what can be booked, and where.
func (d *Desk) Directory(ctx context.Context, caller Caller) (*clinic.Directory, error) {
	directory, err := d.config.Directories.Directory(ctx, caller.Clinic)
	if err != nil {
		return nil, fmt.Errorf("reading the clinic's directory: %w", err)
	}
	return directory, nil
}

// holdFor is how long a slot is kept for somebody on this channel.
func (d *Desk) holdFor(channel chat.Channel) time.Duration {
	if channel == chat.Web {
		return d.config.HoldWeb
	}
	return d.config.HoldSMS
}
