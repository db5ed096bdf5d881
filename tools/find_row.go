package tools

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

// FindRowIn says what visits are looked for that follow each other.
type FindRowIn struct {
	Visits        []clinic.RowVisit // 1 to [clinic.MaxVisits], in the order in which they are wanted; each for the caller, for somebody they may book for, or for nobody known
	Practitioners []uuid.UUID       // any of these; empty: everybody who provides the services
	Language      string            // ISO 639-1, of practitioners who speak it; "": any
	Location      uuid.UUID         // zero: any
	Usual         uuid.UUID         // who comes before others; zero: nobody
	When          When              // the days of all visits, and when the first one starts
	Seen          []time.Time       // starts of the first visit that were offered already, or could not be had
}

// FindRow looks for free times for several visits at one place, back to back: at most three rows, earliest first; none is an
// empty list. [clinic.CodeNotAllowed] when a visit is for somebody whom the caller may not book for.
func (d *Desk) FindRow(ctx context.Context, caller Caller, in FindRowIn) ([]clinic.Row, error) {
	for _, v := range in.Visits {
		if v.Patient == uuid.Nil || v.Patient == caller.Patient {
			continue
		}
		if err := d.mayActFor(ctx, caller, v.Patient); err != nil {
			return nil, err
		}
	}
	finder, err := d.finder(ctx, caller)
	if err != nil {
		return nil, err
	}
	wish := in.When.wish()
	wish.Practitioners, wish.Language, wish.Location, wish.Usual = in.Practitioners, in.Language, in.Location, in.Usual
	wish.Hold, wish.Seen = caller.holdToken(), in.Seen
	return finder.Rows(ctx, in.Visits, wish)
}
