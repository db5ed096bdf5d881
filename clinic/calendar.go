package clinic

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/google/uuid"
)

// taken is a [Busy] in Unix seconds.
type taken struct {
	start, end int64
	lane       int
}

// track is what is taken of one resource, by start.
type track struct {
	taken   []taken
	longest int64 // of taken
}

// calendar is what is taken of several resources.
type calendar map[uuid.UUID]track

// newCalendar orders and indexes what is busy. It is cheapest when busy is ordered by resource and start.
func newCalendar(busy []Busy) calendar {
	if !slices.IsSortedFunc(busy, compareBusy) {
		busy = slices.Clone(busy)
		slices.SortFunc(busy, compareBusy)
	}
	all := make([]taken, len(busy))
	c := calendar{}
	for first := 0; first < len(busy); {
		next, longest := first, int64(0)
		for ; next < len(busy) && busy[next].Resource == busy[first].Resource; next++ {
			all[next] = taken{busy[next].Start.Unix(), ceilUnix(busy[next].End), busy[next].Lane}
			longest = max(longest, all[next].end-all[next].start)
		}
		c[busy[first].Resource] = track{all[first:next:next], longest}
		first = next
	}
	return c
}

// Calendar is what is taken of several resources, for [Search.FreeIn]. It is filled without a [Busy] for every stretch,
// of which a search in many full calendars reads tens of thousands. The zero value is empty.
type Calendar struct{ tracks calendar }

// Add files what is taken of one resource: stretches from starts[i] until ends[i], in Unix seconds, ends rounded up.
// Lanes are theirs; empty when all are on lane 0. They are copied, and cost least when each resource comes once and in the
// order of its starts.
func (c *Calendar) Add(resource uuid.UUID, starts, ends []int64, lanes []int16) {
	if c.tracks == nil {
		c.tracks = calendar{}
	}
	t := c.tracks[resource]
	t.taken = slices.Grow(t.taken, len(starts))
	for i, start := range starts {
		next := taken{start: start, end: ends[i]}
		if len(lanes) > 0 {
			next.lane = int(lanes[i])
		}
		t.longest = max(t.longest, next.end-start)
		t.taken = append(t.taken, next)
	}
	if !slices.IsSortedFunc(t.taken, compareTaken) {
		slices.SortFunc(t.taken, compareTaken)
	}
	c.tracks[resource] = t
}

// Join adds what is taken of other resources.
func (c *Calendar) Join(other *Calendar) {
	if c.tracks == nil {
		c.tracks = other.tracks
		return
	}
	maps.Copy(c.tracks, other.tracks)
}

func compareTaken(a, b taken) int { return cmp.Compare(a.start, b.start) }

func compareBusy(a, b Busy) int {
	return cmp.Or(bytes.Compare(a.Resource[:], b.Resource[:]), a.Start.Compare(b.Start))
}

// ceilUnix is the first whole second that is not before t.
func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// at leaves out what ended before from for sure.
func (t track) at(from int64) []taken {
	first := sort.Search(len(t.taken), func(i int) bool { return t.taken[i].start > from-t.longest })
	return t.taken[first:]
}

// freeLane finds a lane that nobody has taken between from and until.
// Without one, end is the earliest time at which there can be one; otherwise it is 0.
func freeLane(list []taken, lanes int, from, until int64) (lane int, end int64) {
	for lane := range lanes {
		e := blocked(list, lane, from, until)
		if e == 0 {
			return lane, 0
		}
		if end == 0 || e < end {
			end = e
		}
	}
	return 0, end
}

// blocked is when the first thing ends that takes the lane between from and until, 0 when there is none.
func blocked(list []taken, lane int, from, until int64) int64 {
	for _, t := range list {
		if t.start >= until {
			return 0
		}
		if t.lane == lane && t.end > from {
			return t.end
		}
	}
	return 0
}

// occupied is when the first thing ends that takes any of so many lanes between from and until, 0 when there is none.
func occupied(list []taken, lanes int, from, until int64) int64 {
	for _, t := range list {
		if t.start >= until {
			return 0
		}
		if 0 <= t.lane && t.lane < lanes && t.end > from {
			return t.end
		}
	}
	return 0
}

// visit is a slot in Unix seconds, without and with its buffers.
type visit struct {
	start, end  int64
	from, until int64
}
