package postgres

import (
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/google/uuid"
)

// keptCalendars keeps the calendars that turned out to be full: those a search had to read far ahead, which costs tens of
// milliseconds, and which the next patient who asks for the same would read again. Before each use the record is asked in
// one small query which of them were written since, so that what is kept is as good as what is read.
//
// Each allocation names the transaction that wrote it last. A snapshot's xmin is the oldest transaction that it may not have
// seen: everything that was written from there on is read again, and nothing before it can change any more.
type keptCalendars struct {
	mu       sync.Mutex
	byClinic map[uuid.UUID]*keptClinic
}

const (
	// mostKept is how many allocations are kept of a clinic: some 20 MB. With more than that, keeping begins anew.
	mostKept = 1_000_000
	// keptFor bounds how long anything is kept, whatever is done to the record by hand.
	keptFor = 10 * time.Minute
	// keptBefore is how long ago something may have ended that is kept: longer than keptFor and any buffer together.
	keptBefore = 24 * time.Hour
	// mostChanged is how many changes are looked through. After more than that, as while a transaction stays open for
	// long, reading afresh is cheaper.
	mostChanged = 5000
)

// keptClinic is what is kept of one clinic: what is taken of practitioners, rooms and devices, holds left out.
type keptClinic struct {
	since  uint64 // transactions from here on may have written what is not seen here
	begun  time.Time
	tracks map[uuid.UUID]*keptTrack
	size   int // of all tracks together
}

// noneKept is since when nothing has changed for a clinic of which nothing is kept.
const noneKept = math.MaxUint64

func (k *keptCalendars) of(clinicID uuid.UUID) *keptClinic {
	c := k.byClinic[clinicID]
	if c == nil {
		c = &keptClinic{since: noneKept, tracks: map[uuid.UUID]*keptTrack{}}
		k.byClinic[clinicID] = c
	}
	return c
}

// covers reports whether most of these calendars are kept: those that changed may be missing.
func (k *keptCalendars) covers(clinicID uuid.UUID, resources []uuid.UUID, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	if !c.good(now) {
		return false
	}
	kept := 0
	for _, id := range resources {
		if c.tracks[id] != nil {
			kept++
		}
	}
	return kept*2 > len(resources)
}

func (c *keptClinic) good(now time.Time) bool {
	age := now.Sub(c.begun)
	return 0 <= age && age < keptFor && c.size <= mostKept
}

// since is the transaction since which changes matter. What is too old or too much is forgotten first.
func (k *keptCalendars) since(clinicID uuid.UUID, now time.Time) uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	if !c.good(now) {
		*c = keptClinic{since: noneKept, begun: now, tracks: map[uuid.UUID]*keptTrack{}}
	}
	return c.since
}

// advance drops what was written, and returns those of the resources that are kept, and since when they are good: for
// transactions before xmin there is nothing left to come. Asked is since when changes were asked for; who began when nothing
// was kept has asked for none, and cannot say so of what somebody else keeps by now.
func (k *keptCalendars) advance(
	clinicID uuid.UUID, asked, xmin uint64, changed, resources []uuid.UUID,
) (tracks map[uuid.UUID]*keptTrack, since uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	for _, id := range changed {
		c.drop(id)
	}
	if c.since == noneKept || asked <= c.since && c.since < xmin {
		c.since = xmin
	}
	tracks = make(map[uuid.UUID]*keptTrack, len(resources))
	for _, id := range resources {
		if t := c.tracks[id]; t != nil {
			tracks[id] = t
		}
	}
	return tracks, c.since
}

// store keeps what was read after [keptCalendars.advance] said since. When somebody else has learned of changes since then,
// they may not be in what was read, and it is not kept.
func (k *keptCalendars) store(clinicID uuid.UUID, since uint64, fresh map[uuid.UUID]*keptTrack) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.of(clinicID)
	if c.since != since {
		return
	}
	for id, t := range fresh {
		c.drop(id)
		c.tracks[id] = t
		c.size += len(t.starts)
	}
}

func (c *keptClinic) drop(id uuid.UUID) {
	if t := c.tracks[id]; t != nil {
		c.size -= len(t.starts)
		delete(c.tracks, id)
	}
}

// forget begins anew.
func (k *keptCalendars) forget(clinicID uuid.UUID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.byClinic, clinicID)
}

// keptTrack is what is taken of one resource, by start, in Unix seconds. Once it is kept it is shared, and never changed.
type keptTrack struct {
	starts, ends []int64
	lanes        []int16
}

// add adds what was read. It comes in the index's order, unless the plan is another one.
func (t *keptTrack) add(starts, ends []int64, lanes []int16) {
	t.starts, t.ends, t.lanes = append(t.starts, starts...), append(t.ends, ends...), append(t.lanes, lanes...)
	if !slices.IsSorted(t.starts) {
		sort.Sort(byStart{t})
	}
}

// byStart sorts a track.
type byStart struct{ *keptTrack }

func (t byStart) Len() int           { return len(t.starts) }
func (t byStart) Less(i, j int) bool { return t.starts[i] < t.starts[j] }
func (t byStart) Swap(i, j int) {
	t.starts[i], t.starts[j] = t.starts[j], t.starts[i]
	t.ends[i], t.ends[j] = t.ends[j], t.ends[i]
	t.lanes[i], t.lanes[j] = t.lanes[j], t.lanes[i]
}

// between is the part of a track that can be in the way between two instants.
func (t *keptTrack) between(from, until int64) (first, last int) {
	first, _ = slices.BinarySearch(t.starts, from-seconds(longestAllocation))
	last, _ = slices.BinarySearch(t.starts, until)
	return first, last
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
