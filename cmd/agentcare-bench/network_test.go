package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// Nobody is in two places, everybody is there when they are booked, and the fully booked have nothing free.
func TestNetwork(t *testing.T) {
	n, err := newNetwork(size{Practitioners: 100, Allocations: 60_000, Days: 16})
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := clinic.NewSchedule(&n.data.Directory, n.data.Weekly, nil)
	if err != nil {
		t.Fatal(err)
	}
	taken := map[uuid.UUID]map[time.Time]bool{}
	visits := 0
	for v := range n.visits {
		visits++
		for _, who := range []uuid.UUID{v.slot.Practitioner, v.patient} {
			if taken[who] == nil {
				taken[who] = map[time.Time]bool{}
			}
			if taken[who][v.slot.Start] {
				t.Fatalf("%v is wanted twice at %v", who, v.slot.Start)
			}
			taken[who][v.slot.Start] = true
		}
		if err := schedule.CheckSlot(v.slot, clinic.Actor{Kind: clinic.ActorStaff}, business); err != nil {
			t.Fatalf("%v at %v: %v", v.slot.Practitioner, v.slot.Start.In(n.zone), err)
		}
	}
	if about := n.Allocations / 2; math.Abs(float64(visits-about)) > float64(about)/50 {
		t.Errorf("%d visits, want about %d", visits, about)
	}
	for _, m := range n.fullyBooked().members {
		if got, want := len(taken[m.id]), visitsADay*len(n.workingDays()); got != want {
			t.Errorf("somebody who is fully booked has %d of %d visits", got, want)
		}
	}
}

// What a run books lies after what was loaded, and can be booked.
func TestOrders(t *testing.T) {
	n, err := newNetwork(size{Practitioners: 20, Allocations: 4000, Days: 4})
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := clinic.NewSchedule(&n.data.Directory, n.data.Weekly, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := newOrders(n)
	wanted := map[clinic.Slot]bool{}
	for {
		o, err := all.next()
		if err != nil {
			if !strings.Contains(err.Error(), "every time") {
				t.Error(err)
			}
			break
		}
		if wanted[o.slot] || o.slot.Start.Before(n.until()) {
			t.Fatalf("%v is wanted twice, or too early", o.slot)
		}
		wanted[o.slot] = true
		if err := schedule.CheckSlot(o.slot, patient(o.patient), business); err != nil {
			t.Fatalf("%v: %v", o.slot.Start.In(n.zone), err)
		}
	}
	for _, s := range (&bench{network: n}).raceSlots() {
		if err := schedule.CheckSlot(s, patient(n.patients[0]), business); err != nil || wanted[s] {
			t.Fatalf("%v: %v", s.Start.In(n.zone), err)
		}
	}
}
