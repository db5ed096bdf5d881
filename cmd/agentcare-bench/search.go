package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
)

const wanted = 5 // slots

// searches measures the earliest free slots beside what a query costs that does nothing, and beside reading the index alone.
func (b *bench) searches(ctx context.Context) error {
	one, err := b.selectOne(ctx)
	if err != nil {
		return err
	}
	scan, err := b.indexScan(ctx)
	if err != nil {
		return err
	}
	open := b.network.specialty[:len(b.network.specialty)-1]
	typical, err := b.search(ctx, 200, wanted, func(i int) uuid.UUID { return open[i%len(open)].service })
	if err != nil {
		return err
	}
	full, err := b.search(ctx, 50, 0, func(int) uuid.UUID { return b.network.fullyBooked().service })
	if err != nil {
		return err
	}
	first, err := b.firstSearches(ctx)
	if err != nil {
		return err
	}
	everybody, err := b.search(ctx, 50, wanted, func(int) uuid.UUID { return b.network.checkUp })
	if err != nil {
		return err
	}
	nothing := fmt.Sprintf("SELECT 1: %.2f ms", one.at(.5))
	reading := fmt.Sprintf("bare index-only scan: %.2f ms", scan.at(.5))
	for _, f := range []figure{
		{key: "search_typical_p50_ms", what: "earliest five of a specialty, p50", value: typical.at(.5), best: typical.at(0), floor: nothing, must: atMost(1)},
		{key: "search_typical_p99_ms", what: "earliest five of a specialty, p99", value: typical.at(.99), floor: fmt.Sprintf("SELECT 1: %.2f ms", one.at(.99)), must: atMost(5)},
		{what: "fully booked specialty, p50", value: full.at(.5), best: full.at(0), floor: reading},
		{key: "search_full_p99_ms", what: "fully booked specialty, p99", value: full.at(.99), floor: fmt.Sprintf("bare index-only scan: %.2f ms", scan.at(.99)), must: atMost(15)},
		{what: "the same by a process that asks for the first time, p50", value: first.at(.5), best: first.at(0), floor: reading},
		{key: "search_all_ms", what: "all practitioners, p50", value: everybody.at(.5), best: everybody.at(0), floor: nothing, must: atMost(20)},
		{what: "all practitioners, p99", value: everybody.at(.99), floor: nothing},
		{key: "select1_p50_ms", what: "SELECT 1, p50", value: one.at(.5), best: one.at(0)},
		{key: "index_scan_ms", what: "bare index-only scan of the fully booked specialty's 30 days, p50", value: scan.at(.5), best: scan.at(0)},
	} {
		f.unit = "ms"
		b.report.add(f)
	}
	return nil
}

// search measures the product's search over the network's days, which must find so many slots.
func (b *bench) search(ctx context.Context, times, slots int, service func(i int) uuid.UUID) (timings, error) {
	return timed(ctx, times, b.Seconds, func(i int) error {
		found, err := b.record.Search(ctx, b.network.data.Directory.Clinic.ID, clinic.Query{Service: service(i), Until: b.network.until(), Limit: wanted})
		if err == nil && len(found) != slots {
			err = fmt.Errorf("found %d slots, want %d", len(found), slots)
		}
		return err
	})
}

// firstSearches measures what the fully booked specialty costs a process that has kept none of its calendars yet.
func (b *bench) firstSearches(ctx context.Context) (timings, error) {
	const processes = 10
	var all timings
	for range processes {
		record, err := b.database.record(ctx)
		if err != nil {
			return nil, err
		}
		took, err := b.firstSearch(ctx, record)
		record.Close()
		if err != nil {
			return nil, err
		}
		all = append(all, took)
	}
	slices.Sort(all)
	return all, nil
}

func (b *bench) firstSearch(ctx context.Context, record *postgres.DB) (time.Duration, error) {
	id := b.network.data.Directory.Clinic.ID
	if _, err := record.Search(ctx, id, clinic.Query{Service: b.network.checkUp, Limit: wanted}); err != nil { // connects, and reads the directory
		return 0, err
	}
	start := time.Now()
	_, err := record.Search(ctx, id, clinic.Query{Service: b.network.fullyBooked().service, Until: b.network.until(), Limit: wanted})
	return time.Since(start), err
}

func (b *bench) selectOne(ctx context.Context) (timings, error) {
	return timed(ctx, 200, b.Seconds/4, func(int) error {
		var n int
		return b.database.owner.QueryRow(ctx, "select 1").Scan(&n)
	})
}

// indexScan reads what is taken of the fully booked specialty and does nothing with it.
func (b *bench) indexScan(ctx context.Context) (timings, error) {
	var ids []uuid.UUID
	for _, m := range b.network.fullyBooked().members {
		ids = append(ids, m.id)
	}
	return timed(ctx, 50, b.Seconds/2, func(int) error {
		return pgx.BeginFunc(ctx, b.database.owner, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "set local enable_seqscan = off"); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, `select resource_id, starts_at, ends_at from allocation
				where clinic_id = $1 and resource_id = any($2::uuid[]) and state > 0 and starts_at >= $3 and starts_at < $4`,
				b.network.data.Directory.Clinic.ID, ids, business, b.network.until())
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return rows.Err()
		})
	})
}
