package demo

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

const (
	share = 0.6 // of the time is booked
	tries = 5   // of other patients, when one is busy
)

// booker fills days. Each day is drawn for itself, so that a later run makes the same bookings for it.
type booker struct {
	schedule *clinic.Schedule
	patients []clinic.Patient
	staff    clinic.Actor
	made     []clinic.Appointment
	busy     []clinic.Busy // of the day
	regular  bool          // the regular has yet to be booked that day
}

func bookings(schedule *clinic.Schedule, patients []clinic.Patient, today localtime.Date, now time.Time) []clinic.Appointment {
	b := &booker{schedule: schedule, patients: patients, staff: clinic.Actor{Kind: clinic.ActorStaff}}
	for n := range days {
		b.fill(today.AddDays(n))
	}
	return slices.DeleteFunc(b.made, func(a clinic.Appointment) bool { return !a.Slot.Start.After(now) })
}

func (b *booker) fill(on localtime.Date) {
	b.busy, b.regular = nil, on.Day%14 == 0
	for _, p := range b.schedule.Directory().Practitioners {
		seed := uuid.NewSHA1(p.ID, []byte(on.String()))
		random := rand.New(rand.NewPCG(binary.BigEndian.Uint64(seed[:8]), binary.BigEndian.Uint64(seed[8:]))) //nolint:gosec // the same every time
		for _, opening := range b.schedule.Openings(p.ID, on, on) {
			b.fillOpening(p, opening, random)
		}
	}
}

// fillOpening goes through an opening in steps of a visit, and books or leaves free.
func (b *booker) fillOpening(p clinic.Practitioner, opening clinic.Opening, random *rand.Rand) {
	for start := opening.Start; start.Before(opening.End); {
		service, _ := b.schedule.Service(p.Services[random.IntN(len(p.Services))])
		booked := random.Float64() < share && b.book(p, opening, service, start, random)
		takes := service.Duration
		if booked {
			takes += service.BufferAfter
		}
		start = start.Add(takes.Round(service.Grid))
		if behind := start.Sub(opening.Start) % service.Grid; behind > 0 {
			start = start.Add(service.Grid - behind)
		}
	}
}

func (b *booker) book(p clinic.Practitioner, opening clinic.Opening, service clinic.Service, start time.Time, random *rand.Rand) bool {
	slot := clinic.Slot{
		Service: service.ID, Practitioner: p.ID, Location: opening.Location, Start: start, End: start.Add(service.Duration),
	}
	if b.schedule.CheckSlot(slot, b.staff, opening.Start.Add(-day)) != nil {
		return false
	}
	for range tries {
		patient := b.choose(p, service, random)
		takes, err := b.schedule.Assign(slot, patient.ID, b.busy)
		if err == nil {
			b.busy = append(b.busy, takes...)
			b.made = append(b.made, appointment(slot, patient.ID))
			return true
		}
	}
	return false
}

func (b *booker) choose(p clinic.Practitioner, service clinic.Service, random *rand.Rand) clinic.Patient {
	if b.regular && p.ID == chen {
		b.regular = false
		return Regular()
	}
	candidates := seen(b.patients, service)
	return candidates[random.IntN(len(candidates))]
}

func appointment(slot clinic.Slot, patient uuid.UUID) clinic.Appointment {
	name := fmt.Sprintf("%s/%d", slot.Practitioner, slot.Start.Unix())
	return clinic.Appointment{
		ID: id("appointment", name), Slot: slot, Patient: patient, State: clinic.StateBooked, Version: 1, Zone: zone,
	}
}
