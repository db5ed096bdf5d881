package clinic

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// Free appends the free slots of a stage to slots, earliest first over all practitioners, until there are as many as the
// query wants. At the same start the directory's order decides. Starts are in the location's zone.
// Busy is of [Search.Resources] and overlaps the stage; it is read fastest when ordered by resource and start.
func (s *Search) Free(slots []Slot, stage Stage, busy []Busy) []Slot {
	return s.free(slots, stage, newCalendar(busy))
}

// FreeIn is [Search.Free] with what is busy as a [Calendar], which may leave out lanes other than 0 if [Search.OneLane].
func (s *Search) FreeIn(slots []Slot, stage Stage, busy *Calendar) []Slot {
	return s.free(slots, stage, busy.tracks)
}

func (s *Search) free(slots []Slot, stage Stage, busy calendar) []Slot {
	w := s.sweep(stage, busy)
	queue := w.start()
	for len(queue) > 0 && !s.Enough(slots) {
		slots = append(slots, w.slot(queue[0]))
		if w.advance(queue[0]) {
			queue.sift(0)
		} else {
			queue.drop()
		}
	}
	return slots
}

// sweep is one run over a stage. Everything is in Unix seconds.
type sweep struct {
	search                  *Search
	busy                    calendar
	patient                 track
	zones                   []*zoneDays
	from, until             int64 // of starts
	duration, before, after int64
}

func (s *Search) sweep(stage Stage, busy calendar) *sweep {
	return &sweep{
		search:   s,
		busy:     busy,
		patient:  busy[s.query.Patient],
		from:     ceilUnix(stage.From),
		until:    ceilUnix(stage.Until),
		duration: seconds(s.service.Duration),
		before:   seconds(s.service.BufferBefore),
		after:    seconds(s.service.BufferAfter),
	}
}

// cursor walks over the free slots of one practitioner at one location.
type cursor struct {
	practitioner uuid.UUID
	location     uuid.UUID
	hours        *resourceHours
	lanes        int
	order        int

	track     []taken // of the practitioner: what can still be in the way
	days      *zoneDays
	day       int
	stretches []stretch // of the day: those not begun yet
	grid      localtime.Grid
	next      int64 // where to go on looking
	last      int64 // starts must be before it
	closes    int64 // and ends not after it
	found     int64 // start of the free slot
}

// start puts a cursor on the first free slot of everybody who has one.
func (w *sweep) start() queue {
	cursors := slices.Clone(w.search.cursors)
	q := make(queue, 0, len(cursors))
	for i := range cursors {
		c := &cursors[i]
		c.days = w.daysIn(w.search.schedule.Zone(c.location))
		c.day = -1
		c.track = w.busy[c.practitioner].at(w.from - w.before)
		if w.advance(c) {
			q = append(q, c)
		}
	}
	q.order()
	return q
}

// advance moves a cursor on to its next free slot.
func (w *sweep) advance(c *cursor) bool {
	for {
		if c.next >= c.last && !w.nextOpening(c) {
			return false
		}
		start := c.grid.Next(c.next)
		if start >= c.last || start+w.duration > c.closes {
			c.next = c.last
			continue
		}
		if retry := w.obstacle(c, start); retry > start {
			c.next = retry
			continue
		}
		c.found, c.next = start, start+1
		return true
	}
}

// obstacle is where to look on when a start is not free, and 0 when it is.
func (w *sweep) obstacle(c *cursor, start int64) int64 {
	v := visit{start: start, end: start + w.duration, from: start - w.before, until: start + w.duration + w.after}
	for len(c.track) > 0 && c.track[0].end <= v.from {
		c.track = c.track[1:]
	}
	if end := w.engaged(c, v); end > 0 {
		return end + w.before
	}
	if end := blocked(w.patient.at(v.start), 0, v.start, v.end); end > 0 {
		return end
	}
	day := c.days.at(c.day)
	if !day.Steady() && !w.search.wantsClock(localtime.ClockOf(time.Unix(start, 0), day.Zone())) {
		return start + 1
	}
	if _, ok := w.search.schedule.roomsFor(w.search.service.Needs, c.location, w.busy, v, false); !ok {
		return start + 1
	}
	return 0
}

// engaged is the earliest time at which the practitioner can have time for the visit, 0 when it is now.
func (w *sweep) engaged(c *cursor, v visit) int64 {
	if !w.search.service.Group {
		return occupied(c.track, c.lanes, v.from, v.until)
	}
	_, end := freeLane(c.track, c.lanes, v.from, v.until)
	return end
}

// wantsClock reports whether the query's part of the day has c in it.
func (s *Search) wantsClock(c localtime.Clock) bool {
	return s.query.DayFrom <= c && c < s.query.DayUntil
}

// nextOpening moves a cursor on to the next stretch in which a start is possible.
func (w *sweep) nextOpening(c *cursor) bool {
	for {
		for len(c.stretches) > 0 {
			st := c.stretches[0]
			c.stretches = c.stretches[1:]
			if st.location == c.location && w.enter(c, st) {
				return true
			}
		}
		c.day++
		day := c.days.at(c.day)
		if day.start >= w.until {
			return false
		}
		if day.wanted {
			c.stretches = c.hours.on(day.Date(), day.weekday, day.closures)
		}
	}
}

// enter prepares a cursor for a stretch, as far as the stage and the query's part of the day leave any of it.
func (w *sweep) enter(c *cursor, st stretch) bool {
	day := c.days.at(c.day)
	start, end, ok := st.on(day.Day, c.stretches)
	if !ok {
		return false
	}
	c.closes = end.Unix()
	c.next = max(start.Unix(), w.from, day.Open(w.search.query.DayFrom).Unix())
	c.last = min(c.closes, w.until, day.Close(w.search.query.DayUntil).Unix())
	c.grid = day.Grid(st.opens, w.search.service.Grid)
	return c.next < c.last
}

func (w *sweep) slot(c *cursor) Slot {
	start := time.Unix(c.found, 0).In(c.days.zone)
	return Slot{
		Service:      w.search.service.ID,
		Practitioner: c.practitioner,
		Location:     c.location,
		Start:        start,
		End:          start.Add(w.search.service.Duration),
	}
}

// zoneDays are the local days of a stage in one zone, worked out once for everybody there.
type zoneDays struct {
	search *Search
	zone   *time.Location
	first  localtime.Date
	days   []searchDay
}

// searchDay is a local day of a search.
type searchDay struct {
	localtime.Day
	start    int64 // in Unix seconds
	weekday  time.Weekday
	wanted   bool // the query's weekdays have it
	closures []DateOverride
}

// daysIn are the days of the stage in a zone.
func (w *sweep) daysIn(zone *time.Location) *zoneDays {
	for _, z := range w.zones {
		if z.zone == zone {
			return z
		}
	}
	z := &zoneDays{search: w.search, zone: zone, first: localtime.DateOf(time.Unix(w.from, 0), zone)}
	w.zones = append(w.zones, z)
	return z
}

// at is the i-th day.
func (z *zoneDays) at(i int) *searchDay {
	for len(z.days) <= i {
		date := z.first.AddDays(len(z.days))
		day := localtime.NewDay(date, z.zone)
		weekdays := z.search.query.Weekdays
		z.days = append(z.days, searchDay{
			Day:      day,
			start:    day.Open(localtime.Midnight).Unix(),
			weekday:  date.Weekday(),
			wanted:   len(weekdays) == 0 || slices.Contains(weekdays, date.Weekday()),
			closures: z.search.schedule.closures[date],
		})
	}
	return &z.days[i]
}

// queue is a heap of cursors by what they found.
type queue []*cursor

func (q queue) order() {
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.sift(i)
	}
}

// sift moves the cursor at i down to where it belongs.
func (q queue) sift(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q); child++ {
			if q[child].before(q[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}

// drop takes the first cursor out.
func (q *queue) drop() {
	last := len(*q) - 1
	(*q)[0] = (*q)[last]
	*q = (*q)[:last]
	q.sift(0)
}

func (c *cursor) before(other *cursor) bool {
	return c.found < other.found || c.found == other.found && c.order < other.order
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
