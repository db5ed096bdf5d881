package clinic

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/localtime"
)

// RowVisit is one of several visits that are wanted in a row.
type RowVisit struct {
	Service uuid.UUID
	Patient uuid.UUID // whose own appointments are avoided; zero: not known yet
}

// Row is a slot for each of several visits, in their order: a parent and two children back to back.
type Row []Slot

// Rows finds slots for several visits at one place, 1 to [MaxVisits], each beginning at the first time on the grid after the
// one before has ended, buffers included where it is the same practitioner. Rows of one practitioner are preferred; where the
// next few days have none, several see the patients one after the other, or at the same time. What is found can be booked
// together: it takes nobody's time twice, and no visits at the same time want the same rooms or devices.
//
// Of the wish, Practitioners, Language, Location, Usual and the days count for all visits; the part of the day, and Seen,
// for the first one; Service, Specialty, Patient, Exclude and [OrderBest] do not. At most Limit rows are returned, earliest
// first, spread as single slots are. None is an empty list. An [Error] says that a service is not offered, or how many
// visits there can be.
func (f *Finder) Rows(ctx context.Context, visits []RowVisit, w Wish) ([]Row, error) {
	if len(visits) == 0 || len(visits) > MaxVisits {
		return nil, Refuse(CodeInvalid, "That many visits cannot be booked at once.")
	}
	r := &rowing{Finder: f, visits: make([]*finding, len(visits))}
	w.Specialty, w.Exclude = "", uuid.Nil
	for i, v := range visits {
		w.Service, w.Patient = v.Service, v.Patient
		one, err := f.finding(w)
		if err != nil {
			return nil, err
		}
		r.visits[i] = one
	}
	rows, err := r.find(ctx)
	if err != nil {
		return nil, err
	}
	return r.choose(rows), nil
}

// rowing is one run of [Finder.Rows].
type rowing struct {
	*Finder
	visits []*finding // the same wish, but for service and patient
}

// first has what all visits have in common.
func (r *rowing) first() *finding { return r.visits[0] }

// find looks through the near days first, and at more while there are too few rows.
func (r *rowing) find(ctx context.Context) ([]Row, error) {
	asked, last := r.first().asked, r.lastDay()
	from := asked.from
	if from.Before(r.first().today) {
		from = r.first().today
	}
	if !asked.until.IsZero() && asked.until.Before(last) {
		last = asked.until
	}
	first := from
	var rows []Row
	for i := 0; !from.After(last) && !r.enough(rows); i++ {
		until := last
		if i < len(stageDays) && first.AddDays(stageDays[i]-1).Before(last) {
			until = first.AddDays(stageDays[i] - 1)
		}
		some, err := r.between(ctx, from, until)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
		from = until.AddDays(1)
	}
	return rows, nil
}

// enough reports whether there are as many starts to offer as wanted.
func (r *rowing) enough(rows []Row) bool { return countStarts(firstsOf(rows)) >= r.first().limit }

// firstsOf are the slots that rows begin with.
func firstsOf(rows []Row) []Slot {
	firsts := make([]Slot, len(rows))
	for i, row := range rows {
		firsts[i] = row[0]
	}
	return firsts
}

// lastDay is the last on which all of the visits can be booked.
func (r *rowing) lastDay() localtime.Date {
	last := r.first().lastDay()
	for _, v := range r.visits[1:] {
		if v.lastDay().Before(last) {
			last = v.lastDay()
		}
	}
	return last
}

// between finds the rows of some days, in order. Where there are more free slots than are looked at, the earlier half of the
// days is searched first.
func (r *rowing) between(ctx context.Context, from, until localtime.Date) ([]Row, error) {
	free, full, err := r.read(ctx, from, until)
	if err != nil {
		return nil, err
	}
	days := from.DaysUntil(until)
	if !full || days == 0 {
		return r.rows(free), nil
	}
	middle := from.AddDays(days / 2)
	rows, err := r.between(ctx, from, middle)
	if err != nil || r.enough(rows) {
		return rows, err
	}
	more, err := r.between(ctx, middle.AddDays(1), until)
	return append(rows, more...), err
}

// read returns the free slots for each visit, with one search for those that are alike.
func (r *rowing) read(ctx context.Context, from, until localtime.Date) (free [][]Slot, full bool, err error) {
	type kind struct{ service, patient uuid.UUID }
	known := map[kind][]Slot{}
	for _, v := range r.visits {
		k := kind{v.service.ID, v.wish.Patient}
		slots, ok := known[k]
		if !ok {
			p := v.asked
			p.from, p.until, p.closes = from, until, localtime.EndOfDay
			var more bool
			slots, more, err = v.readAll(ctx, p, v.wish.Practitioners, min(rankedFactor*v.count, mostSearched))
			if err != nil {
				return nil, false, err
			}
			full = full || more
			known[k] = slots
		}
		free = append(free, slots)
	}
	return free, full, nil
}

// rows are those of one practitioner that free slots make, or else those of several, by their first start.
func (r *rowing) rows(free [][]Slot) []Row {
	b := rowBuilder{rowing: r, free: make([]byPlace, len(free))}
	for i, slots := range free {
		b.free[i] = r.index(slots)
	}
	firsts := b.firsts()
	b.alone = true
	if rows := b.build(firsts); len(rows) > 0 {
		return rows
	}
	b.alone = false
	return b.build(b.possible(nil, firsts))
}

// build makes a row of each slot that one can begin with.
func (b *rowBuilder) build(firsts []Slot) []Row {
	var rows []Row
	for _, slot := range firsts {
		if row := b.extend(Row{slot}); row != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

// byPlace are free slots of each location, by start and then as practitioners are preferred.
type byPlace map[uuid.UUID][]Slot

func (r *rowing) index(slots []Slot) byPlace {
	rank := map[uuid.UUID]int{}
	for i, p := range r.directory.Practitioners {
		rank[p.ID] = i + 1
	}
	rank[r.first().wish.Usual] = 0
	places := byPlace{}
	for _, s := range slots {
		places[s.Location] = append(places[s.Location], s)
	}
	for _, there := range places {
		slices.SortFunc(there, func(a, b Slot) int {
			return cmp.Or(byStart(a, b), cmp.Compare(rank[a.Practitioner], rank[b.Practitioner]))
		})
	}
	return places
}

// between are the slots at a place that start from one instant to before another.
func (p byPlace) between(location uuid.UUID, from, until time.Time) []Slot {
	slots := p[location]
	first := sort.Search(len(slots), func(i int) bool { return !slots[i].Start.Before(from) })
	n := sort.Search(len(slots)-first, func(i int) bool { return !slots[first+i].Start.Before(until) })
	return slots[first : first+n]
}

// rowBuilder puts rows together.
type rowBuilder struct {
	*rowing
	free  []byPlace // for each visit
	alone bool      // all visits with one practitioner
}

// firsts are the slots that rows can begin with, earliest first.
func (b *rowBuilder) firsts() []Slot {
	var firsts []Slot
	for _, location := range b.locations() {
		firsts = append(firsts, b.free[0][location]...)
	}
	v := b.first()
	firsts = slices.DeleteFunc(firsts, func(s Slot) bool { return v.clock(s) >= v.asked.closes || v.seen(s) })
	slices.SortStableFunc(firsts, byStart)
	return firsts
}

// locations are the places of the first visit's slots, in the directory's order.
func (b *rowBuilder) locations() []uuid.UUID {
	var ids []uuid.UUID
	for _, l := range b.directory.Locations {
		ids = append(ids, l.ID)
	}
	return ids
}

// extend completes a row, nil where that is not possible.
func (b *rowBuilder) extend(row Row) Row {
	if len(row) == len(b.visits) {
		return slices.Clone(row)
	}
	for _, next := range b.next(row) {
		if full := b.extend(append(row, next)); full != nil {
			return full
		}
	}
	return nil
}

// next are the slots with which a row can go on: with the same practitioner, then with others afterwards, then with others
// at the same time.
func (b *rowBuilder) next(row Row) []Slot {
	i, last := len(row), row[len(row)-1]
	service := b.visits[i].service
	buffers := b.visits[i-1].service.BufferAfter + service.BufferBefore
	var same, others []Slot
	for _, s := range b.free[i].between(last.Location, last.End, last.End.Add(buffers+service.Grid)) {
		list, earliest := &others, last.End
		if s.Practitioner == last.Practitioner {
			list = &same
		}
		if s.Practitioner == last.Practitioner || b.shareRooms(b.visits[i-1].service, service, s.Location) {
			earliest = last.End.Add(buffers)
		}
		if !s.Start.Before(earliest) && s.Start.Before(earliest.Add(service.Grid)) {
			*list = append(*list, s)
		}
	}
	if b.alone {
		return b.possible(row, same)
	}
	for _, s := range b.free[i].between(last.Location, last.Start, last.Start.Add(1)) {
		if s.Practitioner != last.Practitioner {
			others = append(others, s)
		}
	}
	return b.possible(row, append(same, others...))
}

// possible leaves out what is in conflict with a row, and more practitioners at one start than there are visits: they are
// alike to those that follow, and somebody of so many is free for each of them.
func (b *rowBuilder) possible(row Row, slots []Slot) []Slot {
	type when struct {
		location uuid.UUID
		start    int64
	}
	fresh := map[when]int{}
	return slices.DeleteFunc(slots, func(s Slot) bool {
		if !slices.ContainsFunc(row, func(other Slot) bool { return other.Practitioner == s.Practitioner }) {
			at := when{s.Location, s.Start.Unix()}
			if fresh[at]++; fresh[at] > len(b.visits) {
				return true
			}
		}
		return b.conflicts(row, s)
	})
}

// conflicts reports whether the next slot of a row takes what another one of it takes.
func (b *rowBuilder) conflicts(row Row, s Slot) bool {
	v := b.visits[len(row)]
	for i, other := range row {
		o := b.visits[i]
		if v.wish.Patient != uuid.Nil && v.wish.Patient == o.wish.Patient && other.Start.Before(s.End) && s.Start.Before(other.End) {
			return true
		}
		if other.Start.Add(-o.service.BufferBefore).Before(s.End.Add(v.service.BufferAfter)) &&
			s.Start.Add(-v.service.BufferBefore).Before(other.End.Add(o.service.BufferAfter)) &&
			(other.Practitioner == s.Practitioner || b.shareRooms(o.service, v.service, s.Location)) {
			return true
		}
	}
	return false
}

// shareRooms reports whether two services can want the same room or device at a location. How many of those are free nobody
// knows here, so such visits are never at the same time.
func (b *rowBuilder) shareRooms(one, other Service, location uuid.UUID) bool {
	theirs := needed(&other)
	return slices.ContainsFunc(needed(&one), func(id uuid.UUID) bool {
		return slices.Contains(theirs, id) && slices.ContainsFunc(b.directory.Resources, func(r Resource) bool {
			return r.ID == id && (r.Location == uuid.Nil || r.Location == location)
		})
	})
}

// choose picks rows as single slots are picked, by the slots that they begin with.
func (r *rowing) choose(rows []Row) []Row {
	v := r.first()
	if v.wish.Order == OrderBest {
		v.wish.Order = OrderSpread
	}
	chosen := make([]Row, 0, v.limit)
	for _, slot := range v.choose(firstsOf(rows), v.limit) {
		i := slices.IndexFunc(rows, func(row Row) bool { return row[0] == slot })
		chosen = append(chosen, rows[i])
	}
	return chosen
}
