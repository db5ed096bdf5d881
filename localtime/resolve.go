package localtime

import (
	"math"
	"time"
)

// Lengths in seconds.
const (
	day       = 24 * 60 * 60
	maxOffset = 16 * 60 * 60 // more than any zone was ever ahead of or behind UTC
)

// Open is the instant at which something that opens at c on day d in zone does open: in a gap the first valid instant
// after it, in an overlap the first of the two. On a day that the zone skips it is the beginning of the next one.
func Open(d Date, c Clock, zone *time.Location) time.Time {
	first, _, _ := resolve(wallSeconds(d, c), zone)
	return time.Unix(first, 0).In(zone)
}

// Close is the instant at which something that closes at c on day d in zone does close: in a gap the first valid instant
// after it, in an overlap the last of the two. The end of the day, 24:00, is where the next day opens, so that days tile.
func Close(d Date, c Clock, zone *time.Location) time.Time {
	if c >= EndOfDay {
		return Open(d, c, zone)
	}
	_, last, _ := resolve(wallSeconds(d, c), zone)
	return time.Unix(last, 0).In(zone)
}

// Interval is the stretch between [Open] and [Close] of the same day. It is empty, and ok false, when nothing is left
// between them: the stretch lies in a gap, or closes does not come after opens.
func Interval(d Date, opens, closes Clock, zone *time.Location) (start, end time.Time, ok bool) {
	return NewDay(d, zone).Interval(opens, closes)
}

// Exists reports whether c comes round on day d in zone, and so names at least one instant.
func Exists(d Date, c Clock, zone *time.Location) bool {
	_, _, n := resolve(wallSeconds(d, c), zone)
	return n > 0
}

// Day is a local day whose clock changes are known, for resolving many wall times of it. Away from a change
// that costs an addition. The zero Day is no day; [NewDay] makes one.
type Day struct {
	date   Date
	zone   *time.Location
	wall   int64 // 00:00, in seconds since 1970-01-01 00:00 on the wall
	start  int64 // of 00:00, in Unix seconds
	steady bool  // no clock change that day or the days beside it
}

// NewDay works out the clock changes of d in zone.
func NewDay(d Date, zone *time.Location) Day {
	wall := wallSeconds(d, Midnight)
	start, _, _ := resolve(wall, zone)
	// A change the day before or after can bring wall times of this day round, too.
	p := periodAt(start, zone)
	steady := p.start <= start-day && start+2*day <= p.end
	return Day{date: d, zone: zone, wall: wall, start: start, steady: steady}
}

// Date is the day.
func (d Day) Date() Date { return d.date }

// Zone is where it is that day.
func (d Day) Zone() *time.Location { return d.zone }

// Steady reports whether no clock changes on the day or the days beside it, so that every wall time names one instant.
func (d Day) Steady() bool { return d.steady }

// Open is [Open] of the day.
func (d Day) Open(c Clock) time.Time {
	if d.steady {
		return time.Unix(d.start+int64(c)*60, 0).In(d.zone)
	}
	return Open(d.date, c, d.zone)
}

// Close is [Close] of the day.
func (d Day) Close(c Clock) time.Time {
	if d.steady {
		return time.Unix(d.start+int64(c)*60, 0).In(d.zone)
	}
	return Close(d.date, c, d.zone)
}

// Interval is [Interval] of the day.
func (d Day) Interval(opens, closes Clock) (start, end time.Time, ok bool) {
	if closes <= opens {
		return time.Time{}, time.Time{}, false
	}
	start, end = d.Open(opens), d.Close(closes)
	return start, end, start.Before(end)
}

// Grid is the wall times at which something may start on a day: the first one, and every step after it.
// Wall times that a clock change leaves out are left out, those that come round twice are on the grid twice.
type Grid struct {
	zone   *time.Location
	anchor int64 // the first wall time, in seconds since 1970-01-01 00:00 on the wall
	step   int64 // in seconds
	in     period
}

// Grid is the grid of the day that starts at first; step is rounded down to whole minutes, and is at least one.
func (d Day) Grid(first Clock, step time.Duration) Grid {
	return Grid{
		zone:   d.zone,
		anchor: d.wall + int64(first)*60,
		step:   max(1, int64(step/time.Minute)) * 60,
		in:     d.period(),
	}
}

// Next is the first instant at or after t, in Unix seconds, whose wall time is on the grid.
func (g *Grid) Next(t int64) int64 {
	for {
		if !g.in.contains(t) {
			g.in = periodAt(t, g.zone)
		}
		steps := (t + g.in.offset - g.anchor + g.step - 1) / g.step
		next := g.anchor + max(0, steps)*g.step - g.in.offset
		if next < g.in.end {
			return next
		}
		t = g.in.end
	}
}

// period spares a look-up where the day is steady anyway.
func (d Day) period() period {
	if !d.steady {
		return period{}
	}
	return period{start: d.start, end: d.start + day, offset: d.wall - d.start}
}

// wallSeconds is the wall time in seconds since 1970-01-01 00:00 on the wall.
func wallSeconds(d Date, c Clock) int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() + int64(c)*60
}

// resolve finds the instants, in Unix seconds, that wall names in zone: first and last of n (0, 1 or 2).
// With none, both are the first valid instant after the gap.
func resolve(wall int64, zone *time.Location) (first, last int64, n int) {
	for p := periodAt(wall-maxOffset, zone); ; p = periodAt(p.end, zone) {
		t := wall - p.offset
		switch {
		case p.contains(t):
			if n == 0 {
				first = t
			}
			last = t
			n++
		case n == 0 && t < p.start:
			return p.start, p.start, 0
		}
		if p.end > wall+maxOffset {
			return first, last, n
		}
	}
}

// period is a stretch in which a zone's offset does not change, in Unix seconds, half-open.
type period struct {
	start, end int64
	offset     int64
}

func (p period) contains(t int64) bool { return p.start <= t && t < p.end }

func periodAt(t int64, zone *time.Location) period {
	at := time.Unix(t, 0).In(zone)
	_, offset := at.Zone()
	start, end := at.ZoneBounds()
	p := period{start: math.MinInt64, end: math.MaxInt64, offset: int64(offset)}
	if !start.IsZero() {
		p.start = start.Unix()
	}
	if !end.IsZero() {
		p.end = end.Unix()
	}
	return p
}
