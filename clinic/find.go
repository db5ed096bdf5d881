package clinic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

const (
	// DefaultOffer is how many slots are offered to a [Wish] without a limit: more are a list to read, not a choice.
	DefaultOffer = 3

	leastSearched = 200  // slots that are looked at to choose from
	mostSearched  = 5000 // and at most, however many practitioners there are
	startsWanted  = 20   // different starts that there should be among them, where everybody is free at once
	rankedFactor  = 5    // so many more are looked at to rank them, because all of each day counts
)

// Order is which of the slots that fit a wish are offered, and in which order.
type Order string

// Orders.
const (
	OrderSpread   Order = ""         // a choice over the days and their parts, the earliest among them; earliest first
	OrderEarliest Order = "earliest" // the first ones
	OrderBest     Order = "best"     // those that rank best (see the weights in this package), best first
)

// Wish says which free times are looked for, in the wall time of the place. Only Service or Specialty is required.
type Wish struct {
	Service       uuid.UUID
	Specialty     string          // code: its default service, where no Service is named
	Language      string          // ISO 639-1, of practitioners who speak it; "": any
	Practitioners []uuid.UUID     // any of these; empty: everybody who provides the service
	Location      uuid.UUID       // zero: any
	Usual         uuid.UUID       // the patient's usual practitioner, who comes before others; zero: none
	From          localtime.Date  // first day; zero: from now on
	Until         localtime.Date  // last day, inclusive; zero: as far as can be booked
	Weekdays      []time.Weekday  // empty: any
	DayFrom       localtime.Clock // starts at or after
	DayUntil      localtime.Clock // starts before; zero: the end of the day
	Exact         bool            // starts at At and at no other time
	At            localtime.Clock
	Seen          []time.Time // starts that are left out: offered already, or not to be had
	Patient       uuid.UUID   // whose own appointments are avoided; zero: not known yet
	Exclude       uuid.UUID   // an appointment that is being moved: its own time counts as free
	Hold          uuid.UUID   // token of a hold of the asker's own, whose time counts as free
	Order         Order
	Limit         int // at most so many slots; zero: [DefaultOffer]
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
	FitPast         Fit = "past"         // what was asked for is over; the slots are the next that there are
)

// Found are slots to offer: earliest first, or best first for [OrderBest].
type Found struct {
	Slots []Slot
	Fit   Fit
	More  bool // there are other times that fit as well
}

// SearchFunc returns at most q.Limit free slots, earliest first over all practitioners; none is no error. The list is the
// caller's to keep and change.
type SearchFunc func(ctx context.Context, q Query) ([]Slot, error)

// FinderConfig is what a [Finder] works with. All of it is required.
type FinderConfig struct {
	Directory *Directory
	Search    SearchFunc // of the same clinic
	Now       time.Time  // business time
}

// Finder chooses what to offer out of what is free: for conversations, the console, the waitlist and the bulk mover alike.
// It is made for one moment and keeps nothing between calls.
type Finder struct {
	directory *Directory
	search    SearchFunc
	now       time.Time
}

// NewFinder makes a Finder.
func NewFinder(c FinderConfig) (*Finder, error) {
	if c.Directory == nil || c.Search == nil || c.Now.IsZero() {
		return nil, errors.New("clinic: FinderConfig needs Directory, Search and Now")
	}
	return &Finder{directory: c.Directory, search: c.Search, now: c.Now}, nil
}

// Find looks for free times. Where none fits the wish, it returns the nearest that there are, and Fit says how they differ:
// at other times of the same days, on other days before and after (at the same time of the day if possible), with somebody
// else. An [Error] says that the service is not offered; all other errors are the search's.
func (f *Finder) Find(ctx context.Context, w Wish) (Found, error) {
	s, err := f.finding(w)
	if err != nil {
		return Found{}, err
	}
	if !w.Until.IsZero() && w.Until.Before(s.today) {
		next, err := s.after(ctx, s.today)
		return s.found(next, FitPast), err
	}
	if !w.From.IsZero() && w.From.After(s.lastDay()) {
		latest, err := s.before(ctx, s.lastDay().AddDays(1))
		return s.found(latest, FitTooFar), err
	}
	slots, err := s.fitting(ctx)
	if err != nil {
		return Found{}, err
	}
	if len(slots) == 0 {
		return s.around(ctx)
	}
	chosen := slots[:min(len(slots), s.limit)]
	if w.Order != OrderBest {
		chosen = s.choose(slots, s.limit)
	}
	return Found{Slots: chosen, Fit: FitAsked, More: countStarts(slots) > len(chosen)}, nil
}

// finding is one run of a [Finder].
type finding struct {
	*Finder
	wish    Wish
	service Service
	asked   period
	today   localtime.Date
	limit   int // slots to offer
	count   int // slots to look at
}

// period is which starts are looked at: days, and a part of each.
type period struct {
	from, until   localtime.Date // zero: open
	weekdays      []time.Weekday
	opens, closes localtime.Clock // half-open
}

// wholeDays are the days of a period, from midnight to midnight.
func (p period) wholeDays() period {
	p.opens, p.closes = localtime.Midnight, localtime.EndOfDay
	return p
}

// on is the same part of the day between two other days.
func (p period) on(from, until localtime.Date) period {
	p.from, p.until, p.weekdays = from, until, nil
	return p
}

func (p period) anyDay() bool { return p.from.IsZero() && p.until.IsZero() && len(p.weekdays) == 0 }

func (p period) anyTime() bool {
	return p.opens == localtime.Midnight && p.closes == localtime.EndOfDay
}

// asked is when the wish is for.
func (w Wish) asked() period {
	p := period{w.From, w.Until, w.Weekdays, w.DayFrom, w.DayUntil}
	if p.closes == localtime.Midnight {
		p.closes = localtime.EndOfDay
	}
	if w.Exact {
		p.opens, p.closes = w.At, w.At+1
	}
	return p
}

func (f *Finder) finding(w Wish) (*finding, error) {
	service, err := f.service(w.Service, w.Specialty)
	if err != nil {
		return nil, err
	}
	s := &finding{
		Finder:  f,
		wish:    w,
		service: service,
		asked:   w.asked(),
		today:   localtime.DateOf(f.now, f.directory.Clinic.Zone),
		limit:   w.Limit,
	}
	if s.limit <= 0 {
		s.limit = DefaultOffer
	}
	s.count = f.searched(service)
	return s, nil
}

// service finds what can be booked: by id, else the default one of a specialty.
func (f *Finder) service(id uuid.UUID, specialty string) (Service, error) {
	i := slices.IndexFunc(f.directory.Services, func(s Service) bool {
		if id == uuid.Nil {
			return specialty != "" && s.Specialty == specialty && s.Default && !s.Retired
		}
		return s.ID == id && !s.Retired
	})
	if i < 0 {
		return Service{}, Refuse(CodeNotFound, messageNoService)
	}
	return f.directory.Services[i], nil
}

// searched is how many slots of a service are looked at: enough for many different starts, even where all its providers
// are free at each of them.
func (f *Finder) searched(service Service) int {
	providers := 0
	for _, p := range f.directory.Practitioners {
		if provides(&p, &service) == nil {
			providers++
		}
	}
	return min(max(leastSearched, startsWanted*providers), mostSearched)
}

// fitting are slots that are as wished, best first where that is the order, else earliest first.
func (s *finding) fitting(ctx context.Context) ([]Slot, error) {
	if s.wish.Order == OrderBest {
		return s.best(ctx)
	}
	slots, full, err := s.read(ctx, s.asked, s.wish.Practitioners)
	if err != nil || !full || !s.asked.anyDay() || len(slots) == 0 || s.day(slots[0]) != s.day(slots[len(slots)-1]) {
		return slots, err
	}
	// One day has more than were looked at, and other days are wanted too.
	next := s.asked
	next.from = s.day(slots[0]).AddDays(1)
	more, _, err := s.read(ctx, next, s.wish.Practitioners)
	return append(slots, more...), err
}

// around finds the nearest to what was wanted: the same days at other times, other days, other practitioners.
func (s *finding) around(ctx context.Context) (Found, error) {
	if !s.asked.anyTime() && !s.asked.anyDay() {
		slots, _, err := s.read(ctx, s.asked.wholeDays(), s.wish.Practitioners)
		if err != nil || len(slots) > 0 {
			return s.found(s.nearestTimes(slots), FitTime), err
		}
	}
	if !s.asked.anyTime() || !s.asked.anyDay() {
		slots, err := s.otherDays(ctx)
		if err != nil || len(slots) > 0 {
			return s.found(slots, FitDay), err
		}
	}
	if len(s.wish.Practitioners) > 0 {
		slots, _, err := s.read(ctx, s.asked, nil)
		if err != nil || len(slots) > 0 {
			return s.found(s.choose(slots, s.limit), FitPractitioner), err
		}
	}
	return Found{Fit: FitNone}, nil
}

// found are slots that are not what was asked for. Where what was asked for is over, or too far ahead, that is so
// whether or not there is something else.
func (s *finding) found(slots []Slot, fit Fit) Found { return Found{Slots: slots, Fit: fit} }

// read returns the free slots of a period that were not seen yet, earliest first, and whether there can be more of them
// than were looked at.
func (s *finding) read(ctx context.Context, p period, practitioners []uuid.UUID) (slots []Slot, full bool, err error) {
	slots, full, err = s.readAll(ctx, p, practitioners, s.count)
	return slices.DeleteFunc(slots, s.seen), full, err
}

func (s *finding) seen(slot Slot) bool { return slices.ContainsFunc(s.wish.Seen, slot.Start.Equal) }

// readAll is read, those that were seen among them.
func (s *finding) readAll(ctx context.Context, p period, practitioners []uuid.UUID, count int) (slots []Slot, full bool, err error) {
	q := Query{
		Service:       s.service.ID,
		Language:      s.wish.Language,
		Practitioners: practitioners,
		Location:      s.wish.Location,
		DayFrom:       p.opens,
		DayUntil:      p.closes,
		Weekdays:      p.weekdays,
		Patient:       s.wish.Patient,
		Exclude:       s.wish.Exclude,
		Hold:          s.wish.Hold,
		Limit:         count,
	}
	q.From, q.Until = s.bounds(p)
	slots, err = s.search(ctx, q)
	if err != nil {
		return nil, false, fmt.Errorf("searching slots: %w", err)
	}
	full = len(slots) == count
	return slices.DeleteFunc(slots, func(slot Slot) bool { return !s.within(slot, p) }), full, nil
}

// bounds are the instants from the beginning to the end of a period, wherever the patient may be seen; zero where it is open.
func (s *finding) bounds(p period) (from, until time.Time) {
	for _, zone := range s.zones() {
		if p.from.After(s.today) {
			if start := localtime.Open(p.from, localtime.Midnight, zone); from.IsZero() || start.Before(from) {
				from = start
			}
		}
		if !p.until.IsZero() {
			until = later(until, localtime.Close(p.until, localtime.EndOfDay, zone))
		}
	}
	return from, until
}

// within reports whether a slot's own day is one of the period's: where it is seen, the day may have begun earlier.
func (s *finding) within(slot Slot, p period) bool {
	day := s.day(slot)
	return (p.from.IsZero() || !day.Before(p.from)) && (p.until.IsZero() || !day.After(p.until))
}

// zones are where it may be: of the location, else of all of them.
func (s *finding) zones() []*time.Location {
	zones := []*time.Location{s.zone(s.wish.Location)}
	if s.wish.Location != uuid.Nil {
		return zones
	}
	for _, l := range s.directory.Locations {
		if zone := s.zone(l.ID); !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	return zones
}

// zone is where it is at a location: its own zone, else the clinic's.
func (f *Finder) zone(location uuid.UUID) *time.Location {
	for _, l := range f.directory.Locations {
		if l.ID == location && l.Zone != nil {
			return l.Zone
		}
	}
	return f.directory.Clinic.Zone
}

// lastDay is the last day that can be booked.
func (s *finding) lastDay() localtime.Date {
	return localtime.DateOf(s.now.Add(min(s.service.Window, maxAhead)), s.directory.Clinic.Zone)
}

func (f *Finder) day(s Slot) localtime.Date { return localtime.DateOf(s.Start, f.zone(s.Location)) }

func (f *Finder) clock(s Slot) localtime.Clock { return localtime.ClockOf(s.Start, f.zone(s.Location)) }
