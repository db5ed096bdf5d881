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

// moreOffer is how many slots an answer has when other times are asked for.
const moreOffer = 6

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

// FindSlotsIn says what slots are looked for. Only Service or Specialty is required.
type FindSlotsIn struct {
	Service       uuid.UUID
	Specialty     string      // code: its default service, where no Service is named
	Practitioners []uuid.UUID // any of these; empty: everybody who provides the service
	Language      string      // ISO 639-1, of practitioners who speak it; "": any
	Location      uuid.UUID   // zero: any
	Usual         uuid.UUID   // who comes before others; zero: whom the caller usually sees, once they have proven who they are
	When          When
	Exclude       uuid.UUID   // the appointment that is being moved; zero: none
	Seen          []time.Time // starts that were offered already, or could not be had
	More          bool        // other times than those that were seen are wanted, and more of them at once
	Best          bool        // ranked, the best first, instead of a choice over the wish
}

// Fit is how well the slots that were found answer the wish.
type Fit = clinic.Fit

// Fits, from best to none: see package clinic.
const (
	FitAsked        = clinic.FitAsked
	FitTime         = clinic.FitTime
	FitDay          = clinic.FitDay
	FitPractitioner = clinic.FitPractitioner
	FitNone         = clinic.FitNone
	FitTooFar       = clinic.FitTooFar
	FitPast         = clinic.FitPast
)

// SlotsFound are slots to offer, earliest first but for [FindSlotsIn.Best].
type SlotsFound = clinic.Found

// FindSlots looks for free times: at most three that are spread over the wish, six when more are wanted.
// Where nothing fits, it returns the nearest that there is and says how they differ.
func (d *Desk) FindSlots(ctx context.Context, caller Caller, in FindSlotsIn) (SlotsFound, error) {
	finder, err := d.finder(ctx, caller)
	if err != nil {
		return SlotsFound{}, err
	}
	wish := in.wish(caller)
	if wish.Usual, err = d.usual(ctx, caller, in); err != nil {
		return SlotsFound{}, err
	}
	return finder.Find(ctx, wish)
}

// NearSlots looks for the nearest free times to one that cannot be had: before and after it, with the same practitioner
// first. Of what is looked for, When counts no more.
func (d *Desk) NearSlots(ctx context.Context, caller Caller, lost clinic.Slot, in FindSlotsIn) (SlotsFound, error) {
	finder, err := d.finder(ctx, caller)
	if err != nil {
		return SlotsFound{}, err
	}
	return finder.Near(ctx, lost, in.wish(caller))
}

// finder chooses among what is free at the caller's clinic.
func (d *Desk) finder(ctx context.Context, caller Caller) (*clinic.Finder, error) {
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return nil, err
	}
	return clinic.NewFinder(clinic.FinderConfig{
		Directory: directory,
		Now:       caller.Now,
		Search: func(ctx context.Context, q clinic.Query) ([]clinic.Slot, error) {
			return d.config.Calendar.Search(ctx, caller.Clinic, q)
		},
	})
}

// usual is whom the caller usually sees for such visits. Nobody learns it who has not proven who they are.
func (d *Desk) usual(ctx context.Context, caller Caller, in FindSlotsIn) (uuid.UUID, error) {
	if in.Usual != uuid.Nil || d.config.Regulars == nil || !caller.Verified() {
		return in.Usual, nil
	}
	directory, err := d.Directory(ctx, caller)
	if err != nil {
		return uuid.Nil, err
	}
	i := slices.IndexFunc(directory.Services, func(s clinic.Service) bool {
		return s.ID == in.Service || in.Service == uuid.Nil && s.Specialty == in.Specialty && s.Default
	})
	if i < 0 {
		return uuid.Nil, nil // and the finder says so
	}
	usual, err := d.config.Regulars.Usual(ctx, caller.Clinic, caller.Patient, directory.Services[i].ID)
	if err != nil {
		return uuid.Nil, fmt.Errorf("finding the usual practitioner: %w", err)
	}
	return usual, nil
}

// wish is what is looked for in the words of the domain.
func (in FindSlotsIn) wish(caller Caller) clinic.Wish {
	w := in.When.wish()
	w.Service, w.Specialty = in.Service, in.Specialty
	w.Practitioners, w.Language, w.Location, w.Usual = in.Practitioners, in.Language, in.Location, in.Usual
	w.Seen, w.Exclude = in.Seen, in.Exclude
	w.Patient, w.Hold = caller.Patient, caller.holdToken()
	if in.More {
		w.Limit = moreOffer
	}
	if in.Best {
		w.Order = clinic.OrderBest
	}
	return w
}

// wish has the times of a wish alone.
func (w When) wish() clinic.Wish {
	wish := clinic.Wish{
		From: w.From, Until: w.Until, Weekdays: w.Weekdays,
		DayFrom: w.Opens, DayUntil: w.Closes, Exact: w.Exact, At: w.At,
	}
	if w.Soonest {
		wish.Order = clinic.OrderEarliest
	}
	return wish
}
