package clinic

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Fits reports whether a slot is one that is waited for. Days and times of day are those on the wall of zone, which is the
// slot's place's; what the wish does not say, any slot fits.
func (e WaitlistEntry) Fits(slot Slot, zone *time.Location) bool {
	return slot.Service == e.Service && e.Wish.fits(slot, zone)
}

func (w WaitlistWish) fits(slot Slot, zone *time.Location) bool {
	day, clock := localtime.DateOf(slot.Start, zone), localtime.ClockOf(slot.Start, zone)
	switch {
	case len(w.Practitioners) > 0 && !slices.Contains(w.Practitioners, slot.Practitioner),
		w.Location != uuid.Nil && w.Location != slot.Location,
		!w.From.IsZero() && day.Before(w.From),
		!w.Until.IsZero() && day.After(w.Until),
		clock < w.DayFrom,
		w.DayUntil != localtime.Midnight && clock >= w.DayUntil,
		len(w.Weekdays) > 0 && !slices.Contains(w.Weekdays, day.Weekday()):
		return false
	}
	return true
}

// Over reports whether every day that is waited for has passed at now on the wall of zone.
func (w WaitlistWish) Over(now time.Time, zone *time.Location) bool {
	return !w.Until.IsZero() && w.Until.Before(localtime.DateOf(now, zone))
}

// Query asks for what a practitioner's freed time, from its start to its end, has for this entry: visits that take some of
// it, and may begin before it where that was free anyway. The days of the wish are not in it: what is found has to be held
// against [WaitlistEntry.Fits]. The patient's own appointment that would be given up counts as free.
func (e WaitlistEntry) Query(practitioner uuid.UUID, from, until time.Time, service Service) Query {
	return Query{
		Service:       e.Service,
		Practitioners: []uuid.UUID{practitioner},
		Location:      e.Wish.Location,
		From:          from.Add(time.Second - service.Duration), // one that ends when the freed time begins takes none of it
		Until:         until,
		DayFrom:       e.Wish.DayFrom,
		DayUntil:      e.Wish.DayUntil,
		Weekdays:      e.Wish.Weekdays,
		Exclude:       e.Instead,
	}
}

// Normal is the same wish written in the one way in which two equal wishes are equal: in order, and nothing twice.
func (w WaitlistWish) Normal() WaitlistWish {
	w.Practitioners = slices.Clone(w.Practitioners)
	slices.SortFunc(w.Practitioners, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	w.Practitioners = slices.Compact(w.Practitioners)
	w.Weekdays = slices.Clone(w.Weekdays)
	slices.Sort(w.Weekdays)
	w.Weekdays = slices.Compact(w.Weekdays)
	if w.DayUntil == localtime.EndOfDay {
		w.DayUntil = localtime.Midnight
	}
	return w
}
