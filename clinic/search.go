package clinic

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// DefaultLimit is how many slots a [Query] without a limit gets.
const DefaultLimit = 5

// stageDays are the days, counted from the first one asked for, that are searched for visits in a row before more are
// read: most patients find something there. The rest of the window comes last.
var stageDays = []int{3, 7, 30, 90}

// A search for single visits reads so much of all calendars together for every slot that is wanted before it reads more:
// most often enough, in calendars that are nearly full, and never less than the shortest stage. Each further stage is longer
// by a factor: who finds nothing in some hours will hardly in some more.
const (
	readPerSlot   = 20 * time.Hour
	shortestStage = time.Hour
	stageGrowth   = 4
)

// Search is one [Query], checked and prepared. It is used like this, by one goroutine:
//
//	search, err := schedule.NewSearch(query, now)
//	for stage := range search.Stages() {
//		busy := ... // of search.Resources(), overlapping stage.BusyFrom to stage.BusyUntil
//		if slots = search.Free(slots, stage, busy); search.Enough(slots) {
//			break
//		}
//	}
//
// What the query excludes (an appointment that is being moved, a hold of the asker's own) must be left out of busy.
type Search struct {
	schedule  *Schedule
	query     Query
	service   *Service
	cursors   []cursor // as at the beginning of a stage
	resources []uuid.UUID
	lanes     int       // at most, of any of the resources
	from      time.Time // of starts, inclusive
	until     time.Time // exclusive
}

// Stage is a part of the time that a search covers.
type Stage struct {
	From, Until         time.Time // of the slots' starts, half-open
	BusyFrom, BusyUntil time.Time // of what can be in their way, half-open
}

// NewSearch checks a query at now and prepares it. Practitioners who are retired, do not provide the service or do not
// speak the language that was asked for are left out; an [Error] says when that leaves nobody, when the service is not
// offered, or when the range makes no sense, lies in the past or beyond the booking window. Nothing free in a sensible
// range is no error.
func (s *Schedule) NewSearch(q Query, now time.Time) (*Search, error) {
	service, err := s.asked(q)
	if err != nil {
		return nil, err
	}
	search := &Search{schedule: s, query: q, service: service}
	if search.query.Limit <= 0 {
		search.query.Limit = DefaultLimit
	}
	if search.query.DayUntil == localtime.Midnight {
		search.query.DayUntil = localtime.EndOfDay
	}
	if err := search.checkWishes(); err != nil {
		return nil, err
	}
	if err := search.setRange(now); err != nil {
		return nil, err
	}
	if err := search.setPractitioners(); err != nil {
		return nil, err
	}
	return search, nil
}

// asked is the service of a query: the one it names, else its specialty's default one.
func (s *Schedule) asked(q Query) (*Service, error) {
	if q.Service != uuid.Nil {
		return s.offered(q.Service)
	}
	if q.Specialty == "" {
		return nil, Refuse(CodeInvalid, "Please say what kind of visit it is for.")
	}
	if service := s.defaults[q.Specialty]; service != nil {
		return service, nil
	}
	return nil, Refuse(CodeNotOffered, "There is no usual visit in that field here; please name the kind of visit.")
}

// checkWishes is about the place, the part of the day and the weekdays that a query names.
func (s *Search) checkWishes() error {
	from, until := s.query.DayFrom, s.query.DayUntil
	switch {
	case s.query.Location != uuid.Nil && s.schedule.zones[s.query.Location] == nil:
		return Refuse(CodeNotFound, messageNoLocation)
	case from < localtime.Midnight || until > localtime.EndOfDay:
		return Refuse(CodeInvalid, "There is no such time of day.")
	case from >= until:
		return Refuse(CodeInvalid, "That part of the day ends before it starts.")
	case slices.ContainsFunc(s.query.Weekdays, func(d time.Weekday) bool { return d < time.Sunday || d > time.Saturday }):
		return Refuse(CodeInvalid, "There is no such day of the week.")
	}
	return nil
}

// Limit is at most how many slots are wanted.
func (s *Search) Limit() int { return s.query.Limit }

// Enough reports whether no further stage is needed.
func (s *Search) Enough(slots []Slot) bool { return len(slots) >= s.query.Limit }

// Resources are those whose busy times decide, in the order in which Postgres sorts them: the practitioners, the rooms
// and devices that the service needs, the patient when the query names one.
func (s *Search) Resources() []uuid.UUID { return s.resources }

// OneLane reports whether none of the resources takes more than one visit at once: other lanes than 0 do not matter then.
func (s *Search) OneLane() bool { return s.lanes <= 1 }

// Stages cuts the time from the first possible start to the last one into stages, in order. What nobody's hours allow is
// left out: nights, weekends, other parts of the day than those asked for. The first stage is the shorter the more
// practitioners are asked, each further one several times as long as the one before.
func (s *Search) Stages() iter.Seq[Stage] {
	return func(yield func(Stage) bool) {
		length := s.firstStage()
		for from := s.opening(s.from); from.Before(s.until); {
			until := earlier(s.until, from.Add(length))
			if !yield(s.stage(from, until)) {
				return
			}
			from = s.opening(until)
			length *= stageGrowth
		}
	}
}

// firstStage is how long the first stage is.
func (s *Search) firstStage() time.Duration {
	const most = 1000 // slots; more make no difference
	all := readPerSlot * time.Duration(min(s.query.Limit, most))
	return max(shortestStage, all/time.Duration(max(1, len(s.cursors))))
}

// opening is the first start at or after from that would be possible if nothing were taken, else the end of the search.
func (s *Search) opening(from time.Time) time.Time {
	if !from.Before(s.until) {
		return s.until
	}
	queue := s.sweep(s.stage(from, s.until), nil).start()
	if len(queue) == 0 {
		return s.until
	}
	return time.Unix(queue[0].found, 0).In(s.schedule.Zone(uuid.Nil))
}

func (s *Search) stage(from, until time.Time) Stage {
	return Stage{
		From:      from,
		Until:     until,
		BusyFrom:  from.Add(-s.service.BufferBefore),
		BusyUntil: until.Add(s.service.Duration + s.service.BufferAfter),
	}
}

// setRange works out which starts are possible: what the query asks for, within notice and window.
func (s *Search) setRange(now time.Time) error {
	from, until := s.query.From, s.query.Until
	switch {
	case !until.IsZero() && !until.After(from):
		return Refuse(CodeInvalid, messageBackwards)
	case !until.IsZero() && !until.After(now):
		return Refuse(CodeTooSoon, messagePast)
	}
	window := min(s.service.Window, maxAhead)
	horizon := now.Add(window).Truncate(time.Second).Add(time.Second) // what starts at the end of the window is in it
	if !from.Before(horizon) {
		return tooFar(window)
	}
	s.from = later(from, now.Add(s.service.Notice))
	s.until = horizon
	if !until.IsZero() {
		s.until = earlier(until, horizon)
	}
	return nil
}

// setPractitioners prepares a cursor for each place of each practitioner who can be asked.
func (s *Search) setPractitioners() error {
	named := s.query.Practitioners
	for _, p := range s.schedule.providers[s.service.ID] {
		if (len(named) == 0 || slices.Contains(named, p.ID)) && speaks(p, s.query.Language) {
			s.addCursors(p)
		}
	}
	if len(s.resources) == 0 {
		if err := s.refuseEverybody(); err != nil {
			return err
		}
	}
	for _, id := range needed(s.service) {
		s.resources = append(s.resources, id)
		s.lanes = max(s.lanes, s.schedule.lanesOf(id))
	}
	if s.query.Patient != uuid.Nil {
		s.resources = append(s.resources, s.query.Patient)
	}
	s.resources = sortIDs(s.resources)
	return nil
}

// speaks reports whether a practitioner speaks a language; "" is any.
func speaks(p *Practitioner, language string) bool {
	return language == "" || slices.ContainsFunc(p.Languages, func(l string) bool { return strings.EqualFold(l, language) })
}

// refuseEverybody says why nobody can be asked. That nobody provides the service at all is no error: nothing is free then.
func (s *Search) refuseEverybody() error {
	if len(s.query.Practitioners) > 0 {
		return s.refuseNamed()
	}
	if s.query.Language != "" {
		return Refuse(CodeNotOffered, "Nobody who offers this visit speaks that language.")
	}
	return nil
}

// refuseNamed says why none of the practitioners who were asked for can be booked.
func (s *Search) refuseNamed() error {
	for _, id := range s.query.Practitioners {
		p := s.schedule.practitioners[id]
		if p == nil {
			continue
		}
		if err := provides(p, s.service); err != nil {
			return err
		}
		who := p.DisplayName()
		return &Error{Code: CodeNotOffered, Who: who, Message: who + " does not speak that language."}
	}
	return Refuse(CodeNotFound, messageNoPractitioner)
}

func (s *Search) addCursors(p *Practitioner) {
	s.resources = append(s.resources, p.ID)
	s.lanes = max(s.lanes, p.Lanes)
	hours := s.schedule.hours[p.ID]
	if hours == nil {
		return
	}
	for _, location := range hours.locations {
		if s.query.Location == uuid.Nil || s.query.Location == location {
			s.cursors = append(s.cursors, cursor{
				practitioner: p.ID,
				location:     location,
				hours:        hours,
				lanes:        max(1, p.Lanes),
				order:        len(s.cursors),
			})
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
