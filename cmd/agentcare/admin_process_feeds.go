package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/channels/ical"
	"github.com/agentcare/agentcare/clinic"
)

type calendarFeedsCmd struct {
	Clinic       string `placeholder:"SLUG" help:"Clinic; unset: the only one there is."`
	Practitioner string `placeholder:"NAME|ID" help:"Of this practitioner alone."`
	Create       bool   `xor:"do" help:"Make one more for the practitioner and print its address. It is shown this once."`
	Revoke       string `xor:"do" placeholder:"ID|all" help:"Make an address useless; all: every one of the practitioner."`
	Format       string `enum:"text,json" default:"text" help:"text or json."`
}

// Help is what `agentcare admin process-data calendar-feeds --help` says below the flags.
func (calendarFeedsCmd) Help() string {
	return `Lists the addresses under which calendar programs read a practitioner's appointments (iCalendar). Whoever has an address
reads: times, the neutral name of the service, the place; no patients. Make one for each program, so that one can be revoked.

  agentcare admin process-data calendar-feeds --practitioner Chen --create
  agentcare admin process-data calendar-feeds --revoke 0199d3c2-...`
}

// feedReport is one feed as it is printed. The address is there only when it was just made.
type feedReport struct {
	ID           uuid.UUID `json:"id"`
	Practitioner string    `json:"practitioner"`
	Created      time.Time `json:"created_at"`
	Read         time.Time `json:"read_at,omitzero"`
	Revoked      time.Time `json:"revoked_at,omitzero"`
	URL          string    `json:"url,omitempty"`
}

// Run lists, makes and revokes.
func (cmd calendarFeedsCmd) Run(ctx context.Context, c *cli, io console) error {
	if (cmd.Create || cmd.Revoke == "all") && cmd.Practitioner == "" {
		return errors.New("--create and --revoke all need a --practitioner")
	}
	d, err := openDesk(ctx, c, io, cmd.Clinic)
	if err != nil {
		return err
	}
	defer d.Close()
	practitioner, err := d.practitioner(cmd.Practitioner)
	if err != nil {
		return err
	}
	url, created := "", clinic.Feed{}
	switch {
	case cmd.Create:
		created, url, err = d.createFeed(ctx, practitioner)
	case cmd.Revoke != "":
		err = d.revokeFeeds(ctx, practitioner, cmd.Revoke)
	}
	if err != nil {
		return err
	}
	reports, err := d.feedReports(ctx, practitioner)
	if err != nil {
		return err
	}
	for i := range reports {
		if reports[i].ID == created.ID {
			reports[i].URL = url
		}
	}
	return printFeeds(io.out, cmd.Format, reports)
}

func (d *desk) createFeed(ctx context.Context, practitioner uuid.UUID) (clinic.Feed, string, error) {
	home := d.settings.PublicURL
	if home == nil {
		return clinic.Feed{}, "", settingsError{"PUBLIC_URL is not set: want the https:// address of the web process, which the calendar's address begins with"}
	}
	feed, token, err := d.CreateFeed(ctx, d.clinic.ID, practitioner, operator)
	if err != nil {
		return clinic.Feed{}, "", err
	}
	return feed, home.JoinPath(ical.Path(token)).String(), nil
}

func (d *desk) revokeFeeds(ctx context.Context, practitioner uuid.UUID, which string) error {
	if which != "all" {
		id, err := uuid.Parse(which)
		if err != nil {
			return fmt.Errorf("--revoke %q: want the id of a feed from the list, or all", which)
		}
		return d.RevokeFeed(ctx, d.clinic.ID, id, operator)
	}
	feeds, err := d.Feeds(ctx, d.clinic.ID, practitioner)
	for _, f := range feeds {
		if f.Revoked.IsZero() && err == nil {
			err = d.RevokeFeed(ctx, d.clinic.ID, f.ID, operator)
		}
	}
	return err
}

func (d *desk) feedReports(ctx context.Context, practitioner uuid.UUID) ([]feedReport, error) {
	feeds, err := d.Feeds(ctx, d.clinic.ID, practitioner)
	if err != nil {
		return nil, err
	}
	reports := make([]feedReport, len(feeds))
	for i, f := range feeds {
		reports[i] = feedReport{ID: f.ID, Practitioner: whoIs(d.directory, f.Practitioner), Created: f.Created, Read: f.Read, Revoked: f.Revoked}
	}
	return reports, nil
}

func printFeeds(out io.Writer, format string, feeds []feedReport) error {
	if format == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(feeds)
	}
	if len(feeds) == 0 {
		_, err := fmt.Fprintln(out, "No calendar is shared.")
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tPRACTITIONER\tCREATED\tLAST READ\tREVOKED")
	for _, f := range feeds {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.ID, f.Practitioner, minuteOf(f.Created), minuteOf(f.Read), minuteOf(f.Revoked))
	}
	for _, f := range feeds {
		if f.URL != "" {
			fmt.Fprintf(table, "\nThe new address, which is shown this once:\n%s\n", f.URL)
		}
	}
	return table.Flush()
}

// minuteOf is a time in UTC for a table, "-" for none.
func minuteOf(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}
