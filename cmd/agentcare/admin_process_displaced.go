package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

type displacedCmd struct {
	Clinic       string `placeholder:"SLUG" help:"Clinic; unset: the only one there is."`
	Practitioner string `placeholder:"NAME|ID" help:"Of this practitioner alone, and whom to close."`
	Location     string `placeholder:"NAME|ID" help:"At this location alone, and where to close."`
	Room         string `placeholder:"NAME|ID" help:"With --close: the room or device to close, instead of a practitioner."`
	From         string `placeholder:"DATE" help:"First day, YYYY-MM-DD."`
	Until        string `placeholder:"DATE" help:"Last day, inclusive; with --close unset: the first day."`
	Hours        string `placeholder:"14:00-17:00" help:"With --close: only these hours of each day."`
	Reason       string `placeholder:"TEXT" help:"With --close: why, for staff."`
	Close        bool   `xor:"do" help:"Close the hours; without a practitioner, room or location those of the whole clinic."`
	Reopen       string `xor:"do" placeholder:"ID" help:"Take a closing back."`
	Settle       string `enum:",move,cancel" default:"" placeholder:"move|cancel" help:"Move what is listed to the proposals, or cancel it; every patient gets a text or a call-back task."`
	DryRun       bool   `name:"dry-run" help:"Change nothing: show what would be displaced, and where to."`
	Format       string `enum:"text,json" default:"text" help:"text or json."`
}

// Help is what `agentcare admin process-data displaced --help` says below the flags.
func (displacedCmd) Help() string {
	return `Lists the appointments to come that the hours no longer allow, because a practitioner is away or left, hours were
changed, or a room is closed, with the nearest equal time for each. Without --close, --reopen or --settle nothing is changed.

  agentcare admin process-data displaced --practitioner Chen --from 2026-12-01 --hours 14:00-17:00 --close --dry-run
  agentcare admin process-data displaced --practitioner Chen --from 2026-12-01 --hours 14:00-17:00 --close
  agentcare admin process-data displaced --practitioner Chen --settle move
  agentcare admin process-data displaced --reopen 0199d3c2-...

A run that was interrupted goes on when it is started again: nothing is moved twice, and who was moved is told.`
}

// Run lists, closes and settles.
func (cmd displacedCmd) Run(ctx context.Context, c *cli, io console) error {
	filter, closure, err := cmd.parse()
	if err != nil {
		return err
	}
	d, err := openDesk(ctx, c, io, cmd.Clinic)
	if err != nil {
		return err
	}
	defer d.Close()
	run := &displacedRun{desk: d, cmd: cmd, io: io, filter: filter, closure: closure}
	return run.do(ctx)
}

// parse reads what needs no database.
func (cmd displacedCmd) parse() (f clinic.DisplacedFilter, c clinic.Closure, err error) {
	if !cmd.Close && (cmd.Hours != "" || cmd.Reason != "" || cmd.Room != "") {
		return f, c, errors.New("--hours, --reason and --room say what to close: they need --close")
	}
	if cmd.Close && cmd.From == "" {
		return f, c, errors.New("--close needs the first day: --from YYYY-MM-DD")
	}
	if cmd.Practitioner != "" && cmd.Room != "" {
		return f, c, errors.New("close a practitioner or a room, one after the other")
	}
	if f.From, err = optionalDate("--from", cmd.From); err != nil {
		return f, c, err
	}
	if f.Until, err = optionalDate("--until", cmd.Until); err != nil {
		return f, c, err
	}
	if cmd.Close && cmd.Until == "" {
		f.Until = f.From
	}
	if !f.Until.IsZero() && f.Until.Before(f.From) {
		return f, c, errors.New("--until is before --from")
	}
	c = clinic.Closure{From: f.From, Until: f.Until, Reason: cmd.Reason}
	c.DayFrom, c.DayUntil, err = clockRange(cmd.Hours)
	return f, c, err
}

func optionalDate(flag, text string) (localtime.Date, error) {
	if text == "" {
		return localtime.Date{}, nil
	}
	day, err := localtime.ParseDate(text)
	if err != nil {
		return day, fmt.Errorf("%s %q is no day: want YYYY-MM-DD, such as 2026-12-01", flag, text)
	}
	return day, nil
}

// clockRange reads 14:00-17:00; "" is the whole day.
func clockRange(text string) (from, until localtime.Clock, err error) {
	if text == "" {
		return 0, 0, nil
	}
	first, last, ok := strings.Cut(text, "-")
	if from, err = localtime.ParseClock(strings.TrimSpace(first)); err == nil && ok {
		until, err = localtime.ParseClock(strings.TrimSpace(last))
	}
	if err != nil || !ok || until <= from {
		return 0, 0, fmt.Errorf("--hours %q: want a beginning and an end of the same day, such as 14:00-17:00", text)
	}
	return from, until, nil
}

// displacedRun is one run of the command.
type displacedRun struct {
	*desk
	cmd     displacedCmd
	io      console
	filter  clinic.DisplacedFilter
	closure clinic.Closure
	report  displacedReport
}

func (r *displacedRun) do(ctx context.Context) error {
	if err := r.resolve(); err != nil {
		return err
	}
	r.report.Clinic, r.report.DryRun = r.clinic.Slug, r.cmd.DryRun
	if r.cmd.Reopen != "" {
		if err := r.reopen(ctx); err != nil {
			return err
		}
	}
	displaced, err := r.look(ctx)
	if err != nil {
		return err
	}
	r.report.add(r.directory, displaced)
	var unsettled error
	if r.cmd.Settle != "" && !r.cmd.DryRun {
		unsettled = r.settle(ctx, displaced)
	}
	return errors.Join(r.report.write(r.io.out, r.cmd.Format), unsettled)
}

// resolve finds who and what is meant.
func (r *displacedRun) resolve() (err error) {
	if r.filter.Practitioner, err = r.practitioner(r.cmd.Practitioner); err != nil {
		return err
	}
	if r.filter.Location, err = r.location(r.cmd.Location); err != nil {
		return err
	}
	r.closure.Resource, r.closure.Location = r.filter.Practitioner, r.filter.Location
	if r.cmd.Room != "" {
		r.closure.Resource, err = r.room(r.cmd.Room)
	}
	return err
}

// look closes what is to be closed, and lists what is displaced with proposals.
func (r *displacedRun) look(ctx context.Context) ([]clinic.Displaced, error) {
	if r.cmd.Close {
		if today := localtime.DateOf(time.Now(), r.directory.Clinic.Zone); r.closure.Until.Before(today) {
			return nil, fmt.Errorf("those days are over: today is %s at the clinic", today)
		}
		r.report.Closure = describeClosure(r.directory, r.closure)
	}
	if r.cmd.Close && r.cmd.DryRun {
		return r.WouldDisplace(ctx, r.clinic.ID, r.closure, operator)
	}
	if r.cmd.Close {
		closed, _, err := r.CloseHours(ctx, r.clinic.ID, r.closure, operator)
		if err != nil {
			return nil, err
		}
		r.report.Closure.ID = closed.ID
	}
	displaced, err := r.Displaced(ctx, r.clinic.ID, r.filter, operator)
	if err != nil {
		return nil, err
	}
	return displaced, r.Propose(ctx, r.clinic.ID, displaced)
}

func (r *displacedRun) reopen(ctx context.Context) error {
	id, err := uuid.Parse(r.cmd.Reopen)
	if err != nil {
		return fmt.Errorf("--reopen %q: want the id that closing printed", r.cmd.Reopen)
	}
	if r.cmd.DryRun {
		return errors.New("--reopen cannot be tried: leave --dry-run out, and close again if it was wrong")
	}
	reopened, err := r.ReopenHours(ctx, r.clinic.ID, id, operator)
	if err != nil {
		return err
	}
	r.report.Reopened = describeClosure(r.directory, reopened)
	return nil
}

// settle moves or cancels one after the other, and goes on after a refusal.
func (r *displacedRun) settle(ctx context.Context, displaced []clinic.Displaced) error {
	texts := r.settings.development() // the only place where texts can be sent, as in senders: elsewhere staff call
	finished, err := r.FinishSettling(ctx, r.clinic.ID, texts, operator)
	r.report.Finished = len(finished)
	if err != nil {
		return err
	}
	refused := 0
	for i, one := range displaced {
		fmt.Fprintf(r.io.err, "%d of %d\n", i+1, len(displaced))
		settled, err := r.Settle(ctx, r.clinic.ID, clinic.SettleRequest{
			Displaced: one, Way: clinic.SettleWay(r.cmd.Settle), Texts: texts, Actor: operator,
		})
		if err != nil && clinic.CodeOf(err) == "" {
			return err
		}
		if err != nil {
			refused++
		}
		r.report.Displaced[i].outcome(r.directory, settled, err)
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d appointments could not be settled; the same command goes on with them", refused, len(displaced))
	}
	return nil
}
