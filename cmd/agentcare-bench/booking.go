package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// order is one booking that somebody wants, of time that nobody else wants.
type order struct {
	slot    clinic.Slot
	patient uuid.UUID
}

// orders hands out bookings in the days after what was loaded. It is safe for concurrent use.
type orders struct {
	network   *network
	everybody []colleague
	days      []localtime.Date
	taken     atomic.Int64
}

// bookingDays are so many that no fast machine runs out of them.
const bookingDays = 180

func newOrders(n *network) *orders {
	o := &orders{network: n, everybody: n.members()}
	first := localtime.DateOf(n.until(), n.zone)
	for i := range bookingDays {
		if day := first.AddDays(i + 1); day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			o.days = append(o.days, day)
		}
	}
	return o
}

func (o *orders) next() (order, error) {
	i := int(o.taken.Add(1)) - 1
	who, nth := o.everybody[i%len(o.everybody)], i/len(o.everybody)
	if nth >= visitsADay*len(o.days) {
		return order{}, fmt.Errorf("every time in %d days is taken: measure for a shorter time, or with more practitioners", bookingDays)
	}
	start := o.network.start(o.days[nth/visitsADay], nth%visitsADay)
	return order{o.network.slot(who, start), o.network.patients[i%len(o.network.patients)]}, nil
}

// alternations is how often bookings and their floor are measured, in turns.
const alternations = 3

// bookings measures the product's booking beside a transaction with the three rows that no booking can do without, both by
// as many clients.
func (b *bench) bookings(ctx context.Context) error {
	bare, err := b.barePool(ctx)
	if err != nil {
		return err
	}
	defer bare.Close()
	all := newOrders(b.network)
	id := b.network.data.Directory.Clinic.ID
	product := func(o order) error {
		_, err := b.record.Book(ctx, id, clinic.BookRequest{Key: uuid.NewString(), Slot: o.slot, Patient: o.patient, Actor: patient(o.patient)})
		return err
	}
	floor := func(o order) error { return b.bareInserts(ctx, bare, o) }
	var products, floors []float64
	for range alternations {
		for _, m := range []struct {
			into *[]float64
			book func(order) error
		}{{&floors, floor}, {&products, product}} {
			rate, err := b.rate(ctx, all, m.book)
			if err != nil {
				return fmt.Errorf("booking: %w", err)
			}
			*m.into = append(*m.into, rate)
		}
	}
	inserts := median(floors)
	b.report.add(figure{
		key: "bookings_per_s", what: fmt.Sprintf("bookings by %d clients", b.Clients), value: median(products), unit: "/s",
		floor: fmt.Sprintf("bare three-insert transaction: %.0f /s", inserts), must: atLeast(1000),
	})
	b.report.add(figure{key: "bookings_floor_per_s", what: "bare three-insert transactions by as many", value: inserts, unit: "/s"})
	return nil
}

// patient is somebody who books for themselves on the web.
func patient(id uuid.UUID) clinic.Actor {
	return clinic.Actor{Kind: clinic.ActorPatient, ID: id, Channel: "web"}
}

// barePool has a connection for each client.
func (b *bench) barePool(ctx context.Context) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(b.database.url)
	if err != nil {
		return nil, fmt.Errorf("reading database URL: %w", err)
	}
	config.MaxConns = int32(b.Clients) //nolint:gosec // a few
	return pgxpool.NewWithConfig(ctx, config)
}

// rate is how many orders a second all clients get done.
func (b *bench) rate(ctx context.Context, all *orders, book func(order) error) (float64, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var clients sync.WaitGroup
	var done atomic.Int64
	start := time.Now()
	for range b.Clients {
		clients.Go(func() {
			for ctx.Err() == nil && time.Since(start) < b.Seconds {
				o, err := all.next()
				if err == nil {
					err = book(o)
				}
				if err != nil {
					stop(err)
					return
				}
				done.Add(1)
			}
		})
	}
	clients.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

// bareInserts writes a visit with the practitioner's time and its first event, and checks nothing: the constraints alone.
func (b *bench) bareInserts(ctx context.Context, pool *pgxpool.Pool, o order) error {
	clinicID, id := b.network.data.Directory.Clinic.ID, uuid.Must(uuid.NewV7())
	s := o.slot
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`insert into appointment (clinic_id, id, service_id, practitioner_id, location_id, patient_id, state, starts_at, ends_at, local_start, zone)
			values ($1, $2, $3, $4, $5, $6, 'booked', $7, $8, $9, 'America/New_York')`,
			clinicID, id, s.Service, s.Practitioner, s.Location, o.patient, s.Start, s.End, s.Start)
		batch.Queue(`insert into allocation (clinic_id, id, resource_id, appointment_id, state, starts_at, ends_at) values ($1, $2, $3, $4, $5, $6, $7)`,
			clinicID, uuid.Must(uuid.NewV7()), s.Practitioner, id, booked, s.Start, s.End)
		batch.Queue(`insert into appointment_event (clinic_id, id, appointment_id, version, at, kind, actor_kind, channel, now)
			values ($1, $2, $3, 1, $4, 'booked', 'patient', 'web', '{}')`,
			clinicID, uuid.Must(uuid.NewV7()), id, business)
		return tx.SendBatch(ctx, batch).Close()
	})
}
