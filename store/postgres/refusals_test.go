package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// Whatever is wrong with a slot, each way of taking it refuses it with the same code and a sentence, and writes nothing.
func TestBadSlots(t *testing.T) {
	p := open(t)
	p.mustBook("taken", p.ann, p.slot(p.ada, p.at(1, 10, 0)))
	mine := p.mustBook("mine", p.bob, p.slot(p.ben, p.at(2, 9, 0)))
	p.retire(p.ben)
	other := *p
	other.load("another-clinic")
	good := p.slot(p.ada, p.at(1, 14, 0))
	for name, test := range map[string]struct {
		code string
		slot clinic.Slot
	}{
		"in the past":              {clinic.CodeTooSoon, p.slot(p.ada, p.at(-3, 10, 0))},
		"inside the notice":        {clinic.CodeTooSoon, p.slot(p.ada, p.at(0, 9, 30))},
		"off the grid":             {clinic.CodeOffGrid, p.slot(p.ada, p.at(1, 9, 10))},
		"off the second":           {clinic.CodeOffGrid, p.slot(p.ada, p.at(1, 14, 0).Add(time.Second))},
		"outside hours":            {clinic.CodeOutsideHours, p.slot(p.ada, p.at(1, 20, 0))},
		"over lunch":               {clinic.CodeOutsideHours, p.slot(p.ada, p.at(1, 12, 30))},
		"closed that day":          {clinic.CodeOutsideHours, p.slot(p.ada, p.at(4, 10, 0))},
		"inside a buffer":          {clinic.CodeSlotTaken, p.slot(p.ada, p.at(1, 10, 30))},
		"needing its own buffer":   {clinic.CodeSlotTaken, p.slot(p.ada, p.at(1, 9, 30))},
		"beyond the window":        {clinic.CodeTooFar, p.slot(p.ada, p.at(140, 10, 0))},
		"in the year 10,000":       {clinic.CodeTooFar, p.slot(p.ada, time.Date(10000, 1, 3, 10, 0, 0, 0, p.zone))},
		"in the year 300,000":      {clinic.CodeTooFar, p.slot(p.ada, time.Date(300_000, 1, 3, 10, 0, 0, 0, p.zone))},
		"beyond all years":         {clinic.CodeTooFar, p.slot(p.ada, time.Unix(math.MaxInt64/2, 0))},
		"before there were clocks": {clinic.CodeTooSoon, p.slot(p.ada, time.Date(-9000, 1, 3, 10, 0, 0, 0, p.zone))},
		"of another clinic":        {clinic.CodeNotFound, other.slot(other.ada, p.at(1, 14, 0))},
		"another's practitioner":   {clinic.CodeNotFound, p.slot(other.ada, p.at(1, 14, 0))},
		"another's place":          {clinic.CodeNotFound, clinic.Slot{Service: good.Service, Practitioner: good.Practitioner, Location: other.place, Start: good.Start, End: good.End}},
		"of who is retired":        {clinic.CodeRetired, p.slot(p.ben, p.at(1, 14, 0))},
		"ending before it starts":  {clinic.CodeInvalid, clinic.Slot{Service: good.Service, Practitioner: good.Practitioner, Location: good.Location, Start: good.End, End: good.Start}},
		"too long":                 {clinic.CodeWrongLength, clinic.Slot{Service: good.Service, Practitioner: good.Practitioner, Location: good.Location, Start: good.Start, End: good.End.Add(time.Hour)}},
		"without a time":           {clinic.CodeInvalid, clinic.Slot{Service: good.Service, Practitioner: good.Practitioner, Location: good.Location}},
		"of nothing":               {clinic.CodeNotFound, clinic.Slot{}},
	} {
		t.Run(name, func(t *testing.T) { p.wantRefused(t, mine, test.slot, test.code) })
	}
}

// wantRefused tries to take a slot in every way there is.
func (p *practice) wantRefused(t *testing.T, mine clinic.Appointment, slot clinic.Slot, code string) {
	t.Helper()
	ctx := context.Background()
	good := clinic.Visit{Slot: p.slot(p.ada, p.at(2, 14, 0)), Patient: p.bob}
	for what, ask := range map[string]func() error{
		"book": func() error {
			_, err := p.DB.Book(ctx, p.id, clinic.BookRequest{Key: "r", Slot: slot, Patient: p.bob, Actor: as(p.bob)})
			return err
		},
		"book all": func() error {
			_, err := p.bookAll("r", as(p.bob), good, clinic.Visit{Slot: slot, Patient: p.bob})
			return err
		},
		"hold": func() error {
			_, err := p.DB.Hold(ctx, p.id, clinic.HoldRequest{Slot: slot, Expires: p.Clock.Now().Add(time.Minute), Actor: as(p.bob)})
			return err
		},
		"hold with another": func() error {
			_, err := p.DB.Hold(ctx, p.id, clinic.HoldRequest{Slot: good.Slot, Also: []clinic.Slot{slot}, Expires: p.Clock.Now().Add(time.Minute), Actor: as(p.bob)})
			return err
		},
		"move": func() error {
			_, err := p.DB.Move(ctx, p.id, clinic.MoveRequest{Key: "r", Appointment: mine.ID, Version: 1, Slot: slot, Actor: as(p.bob)})
			return err
		},
	} {
		before := p.record()
		err := ask()
		wantCode(t, what, err, code)
		if refusal, ok := errors.AsType[*clinic.Error](err); !ok || !strings.HasSuffix(refusal.Message, ".") {
			t.Errorf("%s: %v is no sentence", what, err)
		}
		if after := p.record(); after != before {
			t.Errorf("%s: %d rows were written", what, after-before)
		}
	}
}

// retire makes a practitioner see nobody any more.
func (p *practice) retire(who uuid.UUID) {
	p.t.Helper()
	if _, err := p.Owner.Exec(context.Background(), "update resource set retired_at = now() where id = $1", who); err != nil {
		p.t.Fatal(err)
	}
}

func TestDaysThatThereAreNot(t *testing.T) {
	p := open(t)
	before := p.record()
	for _, year := range []int{10_000, 300_000, math.MaxInt32, -5000} {
		day := localtime.Date{Year: year, Month: time.January, Day: 1}
		closure := clinic.Closure{Resource: p.ada, From: day, Until: day}
		_, _, err := p.DB.CloseHours(t.Context(), p.id, closure, operator)
		wantCode(t, fmt.Sprint("closing in ", year), err, clinic.CodeInvalid)
		_, err = p.DB.WouldDisplace(t.Context(), p.id, closure, operator)
		wantCode(t, fmt.Sprint("trying to close in ", year), err, clinic.CodeInvalid)
		_, err = p.DB.Displaced(t.Context(), p.id, clinic.DisplacedFilter{From: day, Until: day}, operator)
		wantCode(t, fmt.Sprint("displaced in ", year), err, clinic.CodeInvalid)
		_, err = p.join(as(p.ann), p.ann, clinic.WaitlistWish{From: day, Until: day}, uuid.Nil)
		wantCode(t, fmt.Sprint("waiting for ", year), err, clinic.CodeInvalid)
	}
	_, err := p.DB.Displaced(t.Context(), p.id, clinic.DisplacedFilter{From: p.day(2), Until: p.day(1)}, operator)
	wantCode(t, "days that end before they start", err, clinic.CodeInvalid)
	if after := p.record(); after != before || p.count("select count(*) from closure") != 0 {
		t.Errorf("%d rows were written", after-before)
	}
}
