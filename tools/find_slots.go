package tools

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

const (
	firstOffer = 3   // slots in an answer: more are a list to read, not a choice
	moreOffer  = 6   // slots when other times are asked for
	searched   = 200 // slots that are looked at to choose from
	nearDays   = 14  // days before and after that are searched for alternatives
)

// When says which times are wanted, in the clinic's wall time. The zero When is any time.
type When struct {
	From     localtime.Date  `json:"from,omitzero"`      // first day; zero: from now on
	Until    localtime.Date  `json:"until,omitzero"`     // last day, inclusive; zero: as far as can be booked
	Weekdays []time.Weekday  `json:"weekdays,omitempty"` // empty: any
	Opens    localtime.Clock `json:"opens,omitempty"`    // starts at or after
	Closes   localtime.Clock `json:"closes,omitempty"`   // starts before; zero: the end of the day
	Exact    bool            `json:"exact,omitempty"`    // starts at At and at no other time
	At       localtime.Clock `json:"at,omitempty"`
	Soonest  bool            `json:"soonest,omitempty"` // the first ones, not a choice over the day
}

// AnyDay reports whether no day was named.
func (w When) AnyDay() bool {
	return w.From.IsZero() && w.Until.IsZero() && len(w.Weekdays) == 0
}

// AnyTime reports whether no time of the day was named.
func (w When) AnyTime() bool {
	return !w.Exact && w.Opens == 0 && w.Closes == 0
}

// FindSlotsIn says what slots are looked for.
type FindSlotsIn struct {
	Service       uuid.UUID   // required
	Practitioners []uuid.UUID // any of these; empty: everybody who provides the service
	When          When
	Exclude       uuid.UUID   // the appointment that is being moved; zero: none
	Seen          []time.Time // starts that were offered already, or could not be had
	More          bool        // other times than those that were seen are wanted, and more of them at once
}

// Fit is how well the slots that were found answer the wish.
type Fit string

// Fits, from best to none.
const (
	FitAsked        Fit = "asked"        // they are what was asked for
	FitTime         Fit = "time"         // on the days that were asked for, at other times
	FitDay          Fit = "day"          // on other days, the nearest on both sides
	FitPractitioner Fit = "practitioner" // with somebody else
	FitNone         Fit = "none"         // there is nothing to offer
	FitTooFar       Fit = "too_far"      // further ahead than can be booked; the slots are the latest that can
	FitPast         Fit = "past"         // what was asked for is over
)

// SlotsFound are slots to offer, earliest first.
type SlotsFound struct {
	Slots []clinic.Slot
	Fit   Fit
	More  bool // there are other times that fit as well
}

// FindSlots looks for free times: at most three that are spread over the wish, six when more are wanted.
// Where nothing fits, it returns the nearest that there is and says how they differ.
func (d *Desk) FindSlots(ctx context.Context, caller Caller, in FindSlotsIn) (SlotsFound, error) {
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return SlotsFound{}, err
	}
	i := slices.IndexFunc(directory.Services, func(s clinic.Service) bool { return s.ID == in.Service && !s.Retired })
	if i < 0 {
		return SlotsFound{}, clinic.Refuse(clinic.CodeNotFound, "This service can't be booked here.")
	}
	f := finder{
		calendar: d.config.Calendar,
		caller:   caller,
		in:       in,
		service:  directory.Services[i],
		zone:     directory.Clinic.Zone,
		today:    localtime.DateOf(caller.Now, directory.Clinic.Zone),
	}
	return f.find(ctx)
}

// finder is one search.
type finder struct {
	calendar Calendar
	caller   Caller
	in       FindSlotsIn
	service  clinic.Service
	zone     *time.Location
	today    localtime.Date
}

func (f *finder) find(ctx context.Context) (SlotsFound, error) {
	w := f.in.When
	if !w.Until.IsZero() && w.Until.Before(f.today) {
		next, err := f.after(ctx, f.today)
		return SlotsFound{Slots: next, Fit: FitPast}, err
	}
	if last := f.lastDay(); !w.From.IsZero() && w.From.After(last) {
		found, err := f.before(ctx, last.AddDays(1))
		return SlotsFound{Slots: found, Fit: FitTooFar}, err
	}
	slots, err := f.search(ctx, w, f.in.Practitioners)
	if err != nil {
		return SlotsFound{}, err
	}
	if len(slots) > 0 {
		return f.asked(ctx, slots)
	}
	return f.around(ctx)
}

// asked chooses among slots that are as wanted.
func (f *finder) asked(ctx context.Context, slots []clinic.Slot) (SlotsFound, error) {
	n := firstOffer
	if f.in.More {
		n = moreOffer
	}
	if last := slots[len(slots)-1]; len(slots) == searched && f.day(slots[0]) == f.day(last) && f.in.When.AnyDay() {
		next := f.in.When
		next.From = f.day(last).AddDays(1)
		more, err := f.search(ctx, next, f.in.Practitioners)
		if err != nil {
			return SlotsFound{}, err
		}
		slots = append(slots, more...)
	}
	chosen := f.choose(slots, n)
	return SlotsFound{Slots: chosen, Fit: FitAsked, More: starts(slots) > len(chosen)}, nil
}

// around finds the nearest to what was wanted: the same days at other times, other days, other practitioners.
func (f *finder) around(ctx context.Context) (SlotsFound, error) {
	w := f.in.When
	if !w.AnyTime() && !w.AnyDay() {
		slots, err := f.search(ctx, When{From: w.From, Until: w.Until, Weekdays: w.Weekdays}, f.in.Practitioners)
		if err != nil || len(slots) > 0 {
			return SlotsFound{Slots: f.nearestTimes(slots), Fit: FitTime}, err
		}
	}
	if !w.AnyDay() || !w.AnyTime() {
		slots, err := f.otherDays(ctx)
		if err != nil || len(slots) > 0 {
			return SlotsFound{Slots: slots, Fit: FitDay}, err
		}
	}
	if len(f.in.Practitioners) > 0 {
		slots, err := f.search(ctx, w, nil)
		if err != nil || len(slots) > 0 {
			return SlotsFound{Slots: f.choose(slots, firstOffer), Fit: FitPractitioner}, err
		}
	}
	return SlotsFound{Fit: FitNone}, nil
}

// otherDays finds the last ones before and the first ones after the days that were wanted, at the same time of the day if possible.
func (f *finder) otherDays(ctx context.Context) ([]clinic.Slot, error) {
	first := f.in.When.From
	if first.IsZero() || first.Before(f.today) {
		first = f.today
	}
	last := f.in.When.Until
	if last.IsZero() || last.Before(first) {
		last = first
	}
	before, err := f.before(ctx, first)
	if err != nil {
		return nil, err
	}
	after, err := f.after(ctx, last.AddDays(1))
	if err != nil {
		return nil, err
	}
	if len(before) > 1 && len(after) > 0 {
		before = before[len(before)-1:]
	}
	return append(before, after[:min(len(after), firstOffer-len(before))]...), nil
}

// before returns at most three slots on the nearest day before day that has any. The days are searched one by one,
// because a search starts with the earliest.
func (f *finder) before(ctx context.Context, day localtime.Date) ([]clinic.Slot, error) {
	for back := 1; back <= nearDays; back++ {
		d := day.AddDays(-back)
		if d.Before(f.today) {
			break
		}
		slots, err := f.searchNear(ctx, d, d)
		if err != nil || len(slots) > 0 {
			return f.choose(slots, firstOffer), err
		}
	}
	return nil, nil
}

// after returns at most three slots on the nearest days from day on.
func (f *finder) after(ctx context.Context, day localtime.Date) ([]clinic.Slot, error) {
	slots, err := f.searchNear(ctx, day, day.AddDays(nearDays))
	if err == nil && len(slots) == 0 {
		slots, err = f.searchNear(ctx, day, localtime.Date{})
	}
	if err != nil {
		return nil, err
	}
	return f.choose(slots, firstOffer), nil
}

// searchNear searches between two days, at the time of the day that was wanted, else at any.
func (f *finder) searchNear(ctx context.Context, from, until localtime.Date) ([]clinic.Slot, error) {
	w := f.in.When
	w.From, w.Until, w.Weekdays = from, until, nil
	slots, err := f.search(ctx, w, f.in.Practitioners)
	if err != nil || len(slots) > 0 || w.AnyTime() {
		return slots, err
	}
	return f.search(ctx, When{From: from, Until: until}, f.in.Practitioners)
}

// search returns the free slots within w that were not seen yet, earliest first.
func (f *finder) search(ctx context.Context, w When, practitioners []uuid.UUID) ([]clinic.Slot, error) {
	q := clinic.Query{
		Service:       f.service.ID,
		Practitioners: practitioners,
		DayFrom:       w.Opens,
		DayUntil:      w.Closes,
		Weekdays:      w.Weekdays,
		Patient:       f.caller.Patient,
		Exclude:       f.in.Exclude,
		Hold:          f.caller.holdToken(),
		Limit:         searched,
	}
	if w.Exact {
		q.DayFrom, q.DayUntil = w.At, w.At+1
	}
	if w.From.After(f.today) {
		q.From = localtime.Open(w.From, localtime.Midnight, f.zone)
	}
	if !w.Until.IsZero() {
		q.Until = localtime.Close(w.Until, localtime.EndOfDay, f.zone)
	}
	slots, err := f.calendar.Search(ctx, f.caller.Clinic, q)
	if err != nil {
		return nil, fmt.Errorf("searching slots: %w", err)
	}
	return slices.DeleteFunc(slots, func(s clinic.Slot) bool {
		return slices.ContainsFunc(f.in.Seen, s.Start.Equal)
	}), nil
}

// lastDay is the last day that can be booked.
func (f *finder) lastDay() localtime.Date {
	return localtime.DateOf(f.caller.Now.Add(f.service.Window), f.zone)
}

func (f *finder) day(s clinic.Slot) localtime.Date { return localtime.DateOf(s.Start, f.zone) }

func (f *finder) clock(s clinic.Slot) localtime.Clock { return localtime.ClockOf(s.Start, f.zone) }
