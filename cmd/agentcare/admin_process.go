package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
)

// adminProcessCmd are pieces of work on the clinic's data, each by its name.
type adminProcessCmd struct {
	Displaced     displacedCmd     `cmd:"" help:"Appointments that the hours no longer allow: list them, close hours, move or cancel them."`
	CalendarFeeds calendarFeedsCmd `cmd:"" name:"calendar-feeds" help:"Addresses under which calendar programs read practitioners' appointments."`
}

// operator is who works at the command line. Which member of staff that is, the machine's own log-in knows.
var operator = clinic.Actor{Kind: clinic.ActorStaff, Channel: "cli"}

// desk is the record with the clinic that a command is about.
type desk struct {
	*postgres.DB
	settings  settings
	clinic    clinic.Clinic
	directory *clinic.Directory
}

// openDesk works as the application does, so that row-level security holds for operators too.
func openDesk(ctx context.Context, c *cli, io console, slug string) (*desk, error) {
	s, err := loadSettings(c.EnvFile, "admin")
	if err != nil {
		return nil, err
	}
	keys, err := keyring.Parse(string(s.EncryptionKeys))
	if err != nil {
		return nil, fmt.Errorf("reading ENCRYPTION_KEYS: %w", err)
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: string(s.DatabaseURL), Keys: keys, Logger: newLogger(io.err, s), Now: time.Now})
	if err != nil {
		return nil, err
	}
	d := &desk{DB: db, settings: s}
	if err := d.find(ctx, slug); err != nil {
		db.Close()
		return nil, err
	}
	return d, nil
}

func (d *desk) find(ctx context.Context, slug string) error {
	if err := d.Ping(ctx); err != nil {
		return err
	}
	found, err := d.FindClinic(ctx, slug, "")
	switch {
	case clinic.CodeOf(err) == clinic.CodeNotFound && slug == "":
		return errors.New("there is no clinic, or more than one: name it with --clinic SLUG")
	case clinic.CodeOf(err) == clinic.CodeNotFound:
		return fmt.Errorf("there is no clinic %q: --clinic takes the slug, such as harbor-view", slug)
	case err != nil:
		return err
	}
	d.clinic = found
	d.directory, err = d.Directory(ctx, found.ID)
	return err
}

// practitioner is the one that text means; the zero id for "".
func (d *desk) practitioner(text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	found := d.directory.MatchPractitioners(text)
	switch len(found) {
	case 1:
		return found[0].ID, nil
	case 0:
		return uuid.Nil, fmt.Errorf("there is no practitioner %q; the nearest names are %s", text, practitionerNames(d.directory.ClosestPractitioners(text)))
	default:
		return uuid.Nil, fmt.Errorf("%q can mean several practitioners: %s; use the whole name or the id", text, practitionerNames(found))
	}
}

func practitionerNames(all []clinic.Practitioner) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = fmt.Sprintf("%s (%s)", p.DisplayName(), p.ID)
	}
	return cmp.Or(strings.Join(names, ", "), "none: the clinic has no practitioners")
}

// location is the one that text means, by name or id; the zero id for "".
func (d *desk) location(text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	var names []string
	for _, l := range d.directory.Locations {
		if strings.EqualFold(l.Name, text) || l.ID.String() == text {
			return l.ID, nil
		}
		names = append(names, fmt.Sprintf("%s (%s)", l.Name, l.ID))
	}
	return uuid.Nil, fmt.Errorf("there is no location %q; there are %s", text, strings.Join(names, ", "))
}

// room is the room or device that text means, by name or id; the zero id for "".
func (d *desk) room(text string) (uuid.UUID, error) {
	if text == "" {
		return uuid.Nil, nil
	}
	var names []string
	for _, r := range d.directory.Resources {
		if strings.EqualFold(r.Name, text) || r.ID.String() == text {
			return r.ID, nil
		}
		names = append(names, fmt.Sprintf("%s (%s)", r.Name, r.ID))
	}
	return uuid.Nil, fmt.Errorf("there is no room or device %q; there are %s", text, strings.Join(names, ", "))
}
