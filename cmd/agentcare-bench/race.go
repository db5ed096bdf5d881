package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// warmUp is how many rounds are not timed, in which connections are opened and statements prepared.
const warmUp = 3

// race lets many clients want the same slot at the same moment, again and again. Anything but one winner is an error.
func (b *bench) race(ctx context.Context) error {
	before, err := b.deadlocks(ctx)
	if err != nil {
		return err
	}
	record, err := b.database.record(ctx) // a store of its own, so that closing it makes Postgres report
	if err != nil {
		return err
	}
	defer record.Close()
	slots := b.raceSlots()
	var all timings
	rounds := 0
	for start := time.Now(); rounds < len(slots) && (rounds < warmUp+3 || time.Since(start) < b.Seconds); rounds++ {
		round := rivalry{book: func(i int) error {
			who := b.network.patients[(rounds*b.Rivals+i)%len(b.network.patients)] // others each time: nobody may win for ever
			_, err := record.Book(ctx, b.network.data.Directory.Clinic.ID, clinic.BookRequest{Key: uuid.NewString(), Slot: slots[rounds], Patient: who, Actor: patient(who)})
			return err
		}}
		took, err := round.run(b.Rivals)
		if err != nil {
			return fmt.Errorf("race %d: %w", rounds+1, err)
		}
		if rounds >= warmUp {
			all = append(all, took...)
		}
	}
	slices.Sort(all)
	record.Close()
	after, err := b.deadlocks(ctx)
	if err != nil {
		return err
	}
	b.report.add(figure{key: "race_winners", what: fmt.Sprintf("%d clients, one slot, %d times: winners each time", b.Rivals, rounds), value: 1, must: exactly(1)})
	b.report.add(figure{key: "race_deadlocks", what: "deadlocks in all of it", value: float64(after - before), must: exactly(0)})
	b.report.add(figure{key: "race_p99_ms", what: "answer to a client of the race, p99", value: all.at(.99), unit: "ms", must: atMost(100)})
	return nil
}

// raceWeeks are as many as services can be booked ahead beyond what bookings take.
const raceWeeks = 20

// raceSlots are far behind what bookings take, and no two at the same time: whoever wins one is free for the others.
func (b *bench) raceSlots() []clinic.Slot {
	var slots []clinic.Slot
	day := localtime.DateOf(b.network.until(), b.network.zone).AddDays(bookingDays + 1)
	for day.Weekday() != time.Wednesday {
		day = day.AddDays(1)
	}
	members := b.network.members()
	for week := range raceWeeks {
		for nth := range visitsADay {
			slots = append(slots, b.network.slot(members[week%len(members)], b.network.start(day.AddDays(7*week), nth)))
		}
	}
	return slots
}

// rivalry is one round of a race.
type rivalry struct {
	book func(client int) error
}

// run starts so many clients at once and returns how long each waited for its answer.
func (r rivalry) run(clients int) (timings, error) {
	took, errs := make(timings, clients), make([]error, clients)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			<-begin
			start := time.Now()
			errs[i] = r.book(i)
			took[i] = time.Since(start)
		})
	}
	close(begin)
	all.Wait()
	winners := 0
	for _, err := range errs {
		switch {
		case err == nil:
			winners++
		case !errors.Is(err, &clinic.Error{Code: clinic.CodeSlotTaken}):
			return nil, fmt.Errorf("a client was not told that the slot is taken, but: %w", err)
		}
	}
	if winners != 1 {
		return nil, fmt.Errorf("%d clients were told that the slot is theirs", winners)
	}
	return took, nil
}

// deadlocks is how many Postgres has counted in the database, once everybody whom this program has connected has reported.
func (b *bench) deadlocks(ctx context.Context) (int, error) {
	var n int
	err := b.database.server.QueryRow(ctx, "select deadlocks from pg_stat_database where datname = $1", b.database.name).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting deadlocks: %w", err)
	}
	return n, nil
}
