package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/clinic/demo"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/postgres/db"
	"github.com/agentcare/agentcare/store/storetest"
)

// The first five free slots, beside what a query costs that does nothing.
func BenchmarkSearch(b *testing.B) {
	e := storetest.Open(b)
	ctx := context.Background()
	e.Clock.Set(monday)
	data, err := demo.Dataset(monday)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := e.DB.Seed(ctx, data); err != nil {
		b.Fatal(err)
	}
	if _, err := e.Owner.Exec(ctx, "vacuum analyze"); err != nil {
		b.Fatal(err)
	}
	var n int
	b.Run("select 1", func(b *testing.B) {
		for b.Loop() {
			if err := e.DB.Pool().QueryRow(ctx, "select 1").Scan(&n); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, service := range data.Directory.Services[:2] {
		b.Run(service.Code, func(b *testing.B) {
			for b.Loop() {
				if slots, err := e.DB.Search(ctx, demo.ClinicID, clinic.Query{Service: service.ID}); err != nil || len(slots) != 5 {
					b.Fatal(len(slots), err)
				}
			}
		})
	}
}

// Bookings by eight clients at once, beside the same rows without any rules.
func BenchmarkBook(b *testing.B) {
	p := open(b)
	ctx := context.Background()
	staff, patients := p.colleagues(100), p.crowd(500)
	if _, err := p.Owner.Exec(ctx, "vacuum analyze"); err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	next := func() (uuid.UUID, clinic.Slot) { // another slot each time, and no patient twice at once
		i := int(n.Add(1)) - 1
		turn := i / len(staff)
		hour := []int{9, 10, 11, 13, 14, 15, 16}[turn%7]
		start := p.at(7*(1+turn/35)+turn/7%5, hour, 0)
		return patients[i%len(patients)], p.slot(staff[i%len(staff)], start)
	}
	// Plans that were made for empty tables are made again when these are known to be full, as autovacuum sees to.
	settle := func(book func(patient uuid.UUID, slot clinic.Slot) error) {
		for range 300 {
			if err := book(next()); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := p.Owner.Exec(ctx, "vacuum analyze"); err != nil {
			b.Fatal(err)
		}
	}
	settle(func(patient uuid.UUID, slot clinic.Slot) error { return bareInserts(ctx, p, patient, slot) })
	b.Run("floor", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				patient, slot := next()
				if err := bareInserts(ctx, p, patient, slot); err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
	})
	if _, err := p.Owner.Exec(ctx, "truncate allocation, appointment_event, appointment cascade"); err != nil {
		b.Fatal(err)
	}
	n.Store(0)
	settle(func(patient uuid.UUID, slot clinic.Slot) error {
		_, err := p.book(uuid.NewString(), patient, slot)
		return err
	})
	b.Run("book", func(b *testing.B) {
		b.SetParallelism(4)
		var taken atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				patient, slot := next()
				switch _, err := p.book(uuid.NewString(), patient, slot); {
				case clinic.CodeOf(err) != "":
					taken.Add(1)
				case err != nil:
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
		b.ReportMetric(float64(taken.Load())/float64(b.N), "refused")
	})
}

// Sixty-four clients who want one slot at once: how long the slowest in a hundred waits for their answer.
func BenchmarkRace(b *testing.B) {
	const clients = 64
	p := openWith(b, func(c *postgres.Config) { c.MaxConns = 16 })
	patients := p.crowd(clients)
	var waits []time.Duration
	var mu sync.Mutex
	warm := &race{p: p, slot: p.slot(p.ada, p.at(3, 9, 0))} // connects and prepares
	warm.run(patients, func(i int) error { return warm.client(fmt.Sprint("warm", i), patients[i], false) })
	for round := 0; b.Loop(); round++ {
		r := &race{p: p, slot: p.slot([]uuid.UUID{p.ada, p.ben}[round%2], p.at(7*(1+round/8)+round/2%4, 9+round%2, 0))}
		r.run(patients, func(i int) error {
			start := time.Now()
			err := r.client(fmt.Sprintf("%d/%d", round, i), patients[i], false)
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, time.Since(start))
			return err
		})
		if r.won.Load() != 1 {
			b.Errorf("round %d: %d won", round, r.won.Load())
		}
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
}

// colleagues adds so many practitioners with the hours of the others.
func (p *practice) colleagues(n int) []uuid.UUID {
	p.t.Helper()
	ids := make([]uuid.UUID, n)
	hours := slices.Clip(p.data.Weekly)
	for i := range ids {
		ids[i] = uuid.NewSHA1(p.id, fmt.Append(nil, "colleague", i))
		p.data.Directory.Practitioners = append(p.data.Directory.Practitioners, clinic.Practitioner{
			ID: ids[i], GivenName: fmt.Sprint("C", i), FamilyName: "C", Specialties: []string{"general"}, Services: []uuid.UUID{p.visit}, Lanes: 1,
		})
		for _, h := range hours {
			if h.Resource == p.ada {
				h.Resource = ids[i]
				p.data.Weekly = append(p.data.Weekly, h)
			}
		}
	}
	p.seed()
	return ids
}

// bareInserts is a transaction with the three rows that no booking can do without.
func bareInserts(ctx context.Context, p *practice, patient uuid.UUID, slot clinic.Slot) error {
	return p.DB.Tx(ctx, p.id, func(tx pgx.Tx, _ *db.Queries) error {
		id := uuid.Must(uuid.NewV7())
		if _, err := tx.Exec(ctx, `insert into appointment (clinic_id, id, service_id, practitioner_id, location_id, patient_id, state, starts_at, ends_at, local_start, zone)
			values ($1, $2, $3, $4, $5, $6, 'booked', $7, $8, $9, 'America/New_York')`,
			p.id, id, slot.Service, slot.Practitioner, slot.Location, patient, slot.Start, slot.End, slot.Start); err != nil {
			return fmt.Errorf("appointment: %w", err)
		}
		if _, err := tx.Exec(ctx, `insert into allocation (clinic_id, id, resource_id, lane, appointment_id, state, starts_at, ends_at) values ($1, $2, $3, 0, $4, 0, $5, $6)`,
			p.id, uuid.Must(uuid.NewV7()), slot.Practitioner, id, slot.Start, slot.End); err != nil {
			return fmt.Errorf("allocation: %w", err)
		}
		_, err := tx.Exec(ctx, `insert into appointment_event (clinic_id, id, appointment_id, version, at, kind, actor_kind, channel, now) values ($1, $2, $3, 1, now(), 'booked', 'patient', 'web', '{}')`,
			p.id, uuid.Must(uuid.NewV7()), id)
		return err
	})
}
