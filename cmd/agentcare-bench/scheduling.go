package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/agentcare/agentcare/migrations"
	"github.com/agentcare/agentcare/store/postgres"
)

// scheduling measures searching and booking in a network of clinics.
type scheduling struct {
	size

	Name    string        `name:"database-name" default:"${default_name}" help:"Of the database that is made and kept for the next run."`
	Seconds time.Duration `name:"for" default:"2s" help:"How long each kind of search, each run of bookings, and the race are measured, at least."`
	Clients int           `default:"8" help:"How many book at once."`
	Rivals  int           `default:"64" help:"How many want the same slot in the race."`
}

func (*scheduling) name() string { return "scheduling" }

// Run measures this part alone.
func (s *scheduling) Run(ctx context.Context, c *cli, out io.Writer) error {
	return run(ctx, c, out, s)
}

// bench is a network in its database, with the product's own store on it.
type bench struct {
	*scheduling

	network  *network
	database *database
	record   *postgres.DB
	report   *report
}

func (s *scheduling) measure(ctx context.Context, c *cli, r *report) error {
	n, err := newNetwork(s.size)
	if err != nil {
		return err
	}
	want := contents{size: s.size, Schema: migrations.Hash(), Business: business, Layout: layout}
	d, fresh, err := openDatabase(ctx, c.Database, s.Name, want, r.say)
	if err != nil {
		return err
	}
	defer d.close()
	b := &bench{scheduling: s, network: n, database: d, report: r}
	if fresh {
		if err := n.load(ctx, d, r.say); err != nil {
			return fmt.Errorf("loading: %w", err)
		}
		if err := d.finish(ctx, want); err != nil {
			return fmt.Errorf("loading: %w", err)
		}
	} else if err := b.reset(ctx); err != nil { // an earlier run may have been stopped
		return err
	}
	return b.all(ctx)
}

func (b *bench) all(ctx context.Context) (err error) {
	if err := b.facts(ctx); err != nil {
		return err
	}
	if b.record, err = b.database.record(ctx); err != nil {
		return err
	}
	defer b.record.Close()
	if err := b.searches(ctx); err != nil {
		return err
	}
	defer func() {
		if resetErr := b.reset(context.WithoutCancel(ctx)); err == nil {
			err = resetErr
		}
	}()
	if err := b.bookings(ctx); err != nil {
		return err
	}
	return b.race(ctx)
}

// facts prints what the figures depend on.
func (b *bench) facts(ctx context.Context) error {
	var version, fsync, commit, buffers string
	var allocations int
	err := b.database.owner.QueryRow(ctx, `
		select current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers'),
		  (select count(*) from allocation)`).Scan(&version, &fsync, &commit, &buffers, &allocations)
	if err != nil {
		return fmt.Errorf("reading Postgres's settings: %w", err)
	}
	b.report.say("machine: %d cores, %s/%s, %s; Postgres %s, shared_buffers %s, fsync %s, synchronous_commit %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), version, buffers, fsync, commit)
	if fsync != "on" || commit == "off" {
		b.report.say("machine: commits do not wait for the disk here, neither the product's nor their floor's: on a server that does, its disk bounds both")
	}
	b.report.say("data: %d practitioners in %d specialties, one of them fully booked, the others to %.0f %%; %d allocations over %d days",
		b.network.Practitioners, len(b.network.specialty), 100*b.network.occupancy, allocations, b.network.Days)
	return nil
}

// reset takes back what the benchmark has booked: all that comes after what was loaded.
func (b *bench) reset(ctx context.Context) error {
	after := b.network.until()
	for _, statement := range []string{
		"delete from appointment_event where $1::timestamptz is not null",
		"delete from audit where $1::timestamptz is not null",
		"delete from idempotency_key where $1::timestamptz is not null",
		"delete from river_job where $1::timestamptz is not null",
		"delete from allocation where starts_at >= $1",
		"delete from appointment where starts_at >= $1",
	} {
		if _, err := b.database.owner.Exec(ctx, statement, after); err != nil {
			return fmt.Errorf("clearing bookings away: %w", err)
		}
	}
	return vacuum(ctx, b.database.owner)
}
