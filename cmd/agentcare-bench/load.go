package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// booked is the state of an allocation that an appointment takes.
const booked = 2

// load fills a fresh database with a network: the directory and the patients as the product loads them, then what is booked
// by COPY, with the constraints and indexes made afterwards.
func (n *network) load(ctx context.Context, d *database, say func(string, ...any)) error {
	record, err := d.record(ctx)
	if err != nil {
		return err
	}
	defer record.Close()
	start := time.Now()
	if _, err := record.Seed(ctx, n.data); err != nil {
		return err
	}
	say("data: %d practitioners and %d patients in %.1f s", n.Practitioners, len(n.patients), time.Since(start).Seconds())
	l := &loader{owner: d.owner, say: say}
	if err := l.without(ctx, []string{"appointment", "allocation"}, func() error { return n.copyVisits(ctx, l) }); err != nil {
		return err
	}
	return vacuum(ctx, d.owner)
}

// vacuum also marks pages as visible to everybody, as autovacuum does in time: only then an index alone is enough.
func vacuum(ctx context.Context, owner *pgxpool.Pool) error {
	if _, err := owner.Exec(ctx, "vacuum (analyze) appointment, allocation"); err != nil {
		return fmt.Errorf("vacuuming: %w", err)
	}
	return nil
}

func (n *network) copyVisits(ctx context.Context, l *loader) error {
	clinicID := n.data.Directory.Clinic.ID
	appointments := func(yield func([]any) bool) {
		for v := range n.visits {
			s := v.slot
			wall := s.Start.In(n.zone)
			local := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, time.UTC)
			if !yield([]any{clinicID, idOf(idVisit, v.number), s.Service, s.Practitioner, s.Location, v.patient, "booked", s.Start, s.End, local, n.zone.String()}) {
				return
			}
		}
	}
	allocations := func(yield func([]any) bool) {
		for v := range n.visits {
			id := idOf(idVisit, v.number)
			if !yield([]any{clinicID, idOf(idPractitionersTime, v.number), v.slot.Practitioner, int16(0), id, int16(booked), v.slot.Start, v.slot.End}) ||
				!yield([]any{clinicID, idOf(idPatientsTime, v.number), v.patient, int16(0), id, int16(booked), v.slot.Start, v.slot.End}) {
				return
			}
		}
	}
	if err := l.copy(ctx, "appointment", []string{
		"clinic_id", "id", "service_id", "practitioner_id", "location_id", "patient_id", "state", "starts_at", "ends_at", "local_start", "zone",
	}, n.Allocations/2, appointments); err != nil {
		return err
	}
	return l.copy(ctx, "allocation", []string{
		"clinic_id", "id", "resource_id", "lane", "appointment_id", "state", "starts_at", "ends_at",
	}, n.Allocations, allocations)
}

// loader copies rows and says how far it is.
type loader struct {
	owner *pgxpool.Pool
	say   func(string, ...any)
}

// copy loads about so many rows into a table.
func (l *loader) copy(ctx context.Context, table string, columns []string, about int, rows iter.Seq[[]any]) error {
	next, stop := iter.Pull(rows)
	defer stop()
	start := time.Now()
	said, count := start, 0
	source := pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, nil
		}
		count++
		if count%1000 == 0 && time.Since(said) > time.Second {
			said = time.Now()
			l.say("data: %s: %d of about %d rows, %.0f rows/s", table, count, about, float64(count)/said.Sub(start).Seconds())
		}
		return row, nil
	})
	if _, err := l.owner.CopyFrom(ctx, pgx.Identifier{table}, columns, source); err != nil {
		return fmt.Errorf("copying into %s: %w", table, err)
	}
	took := time.Since(start).Seconds()
	l.say("data: %s: %d rows in %.1f s, %.0f rows/s", table, count, took, float64(count)/took)
	return nil
}

// definition is a constraint or an index of a table.
type definition struct {
	Table, Name, Create string
	Constraint          bool
}

const definitionsQuery = `
	select conrelid::regclass::text as "table", conname as name,
	  format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as "create", true as "constraint"
	from pg_constraint where conrelid = any($1::text[]::regclass[]) and contype in ('f', 'x')
	union all
	select indrelid::regclass::text, c.relname, pg_get_indexdef(indexrelid), false
	from pg_index i join pg_class c on c.oid = indexrelid
	where indrelid = any($1::text[]::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
	order by 4, 3`

// without runs fn while these tables have neither foreign keys nor indexes but those of their primary keys, and makes
// them again afterwards, which checks every row: filling them row by row takes several times as long.
func (l *loader) without(ctx context.Context, tables []string, fn func() error) error {
	rows, err := l.owner.Query(ctx, definitionsQuery, tables)
	if err != nil {
		return fmt.Errorf("reading definitions: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[definition])
	if err != nil {
		return fmt.Errorf("reading definitions: %w", err)
	}
	for _, d := range all {
		if _, err := l.owner.Exec(ctx, d.drop()); err != nil {
			return fmt.Errorf("dropping %s: %w", d.Name, err)
		}
	}
	if err := fn(); err != nil {
		return err
	}
	l.say("data: making %d constraints and indexes again; that no two allocations overlap takes the longest", len(all))
	for _, d := range all {
		start := time.Now()
		if err := l.create(ctx, d); err != nil {
			return err
		}
		l.say("data: %s: %s in %.1f s", d.Table, d.Name, time.Since(start).Seconds())
	}
	return nil
}

func (d definition) drop() string {
	name := pgx.Identifier{d.Name}.Sanitize()
	if d.Constraint {
		return "alter table " + d.Table + " drop constraint " + name
	}
	return "drop index " + name
}

func (l *loader) create(ctx context.Context, d definition) error {
	err := pgx.BeginFunc(ctx, l.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local maintenance_work_mem = '512MB'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, d.Create)
		return err
	})
	if err != nil {
		return fmt.Errorf("making %s again: %w", d.Name, err)
	}
	return nil
}
