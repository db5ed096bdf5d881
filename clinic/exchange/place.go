package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/localtime"
)

// Taken is what is taken already, and by what.
type Taken struct {
	clinic.Busy
	By string // "appointment A-5001"; nothing personal
}

// Resources are whose time the plan takes or gives up, from when to when. None: nothing is placed.
func (p *Plan) Resources() (ids []uuid.UUID, from, until time.Time) {
	if p.schedule == nil {
		return nil, from, until
	}
	seen := map[uuid.UUID]bool{}
	for _, row := range p.Appointments.Rows {
		if !row.moves() || !p.takesTime(&row.T) {
			continue
		}
		for _, id := range p.schedule.Candidates(row.T.Slot, p.PatientID(row.T.Patient)) {
			seen[id] = true
		}
		start, end := p.schedule.Reach(row.T.Slot)
		if from.IsZero() || start.Before(from) {
			from = start
		}
		if end.After(until) {
			until = end
		}
	}
	for id := range seen {
		ids = append(ids, id)
	}
	return ids, from, until
}

func (row *Row[T]) moves() bool { return row.Is == Added || row.Is == Changed }

// takesTime reports whether a visit keeps others from its time: it is not over, and takes place.
func (p *Plan) takesTime(a *Appointment) bool {
	return a.Slot.End.After(p.now) &&
		(a.State == clinic.StateBooked || a.State == clinic.StateConfirmed || a.State == clinic.StateArrived)
}

// Place chooses lanes and rooms for visits to come, among what is taken of [Plan.Resources]. What the appointments that the
// plan changes have taken so far is left out of it. Visits that overlap are problems; those that patients could not have
// booked, because of the hours or the grid, are warnings: staff did.
func (p *Plan) Place(taken []Taken) {
	if p.schedule == nil {
		return
	}
	b := boards{visits: board{}, wide: board{}, placed: map[uuid.UUID][]*taking{}}
	for _, t := range taken {
		b.visits.add(&taking{Busy: t.Busy, by: t.By})
		b.wide.add(&taking{Busy: t.Busy, by: t.By})
	}
	for _, row := range p.inOrder() {
		p.place(row, &b)
	}
	p.stretch(&b)
}

// inOrder are the visits that take time, earliest first, for so rooms last for most of them. Those that are squeezed in come
// after all others, or they would take the place that they are to stand beside.
func (p *Plan) inOrder() []*Row[Appointment] {
	var rows []*Row[Appointment]
	for _, row := range p.Appointments.Rows {
		if row.moves() && p.takesTime(&row.T) {
			rows = append(rows, row)
		}
	}
	squeezed := func(row *Row[Appointment]) int {
		if row.T.Overbooked {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(rows, func(a, b *Row[Appointment]) int {
		return cmp.Or(cmp.Compare(squeezed(a), squeezed(b)), a.T.Slot.Start.Compare(b.T.Slot.Start))
	})
	return rows
}

// boards are what is taken by the visits themselves, and with the time before and after them that their services want.
type boards struct {
	visits, wide board
	placed       map[uuid.UUID][]*taking // by appointment, on the board of visits
}

// place puts one visit on the boards, if there is room for it: with the time around it, or else without.
func (p *Plan) place(row *Row[Appointment], b *boards) {
	p.warnOfRules(row)
	takes, err := p.assign(p.frame, row, b.wide)
	if err != nil {
		takes, err = p.assign(p.bare, row, b.visits)
	}
	if err != nil {
		p.overlap(row, b.visits, err)
		return
	}
	by := fmt.Sprintf("line %d", row.Line)
	for _, t := range takes {
		b.wide.add(&taking{Busy: t, by: by})
		t.Start, t.End = row.T.Slot.Start, row.T.Slot.End
		mine := &taking{Busy: t, by: by}
		b.visits.add(mine)
		b.placed[row.T.UUID] = append(b.placed[row.T.UUID], mine)
	}
}

// warnOfRules tells what a patient could not have booked so.
func (p *Plan) warnOfRules(row *Row[Appointment]) {
	if row.T.Overbooked || !row.T.Slot.Start.After(p.now) {
		return
	}
	if err := p.schedule.CheckSlot(row.T.Slot, clinic.Actor{Kind: clinic.ActorStaff}, p.now); err != nil {
		p.problems.warn(appointmentTable.file(), row.Line, "start", err.Error())
	}
}

// assign chooses what a visit takes by a schedule.
func (p *Plan) assign(s *clinic.Schedule, row *Row[Appointment], b board) ([]clinic.Busy, error) {
	patient := p.PatientID(row.T.Patient)
	from, until := s.Reach(row.T.Slot)
	near := b.near(s.Candidates(row.T.Slot, patient), from, until)
	busy := make([]clinic.Busy, len(near))
	for i, t := range near {
		busy[i] = t.Busy
	}
	if !row.T.Overbooked {
		return s.Assign(row.T.Slot, patient, busy)
	}
	for lane := range p.practitioners[row.T.Practitioner].Lanes { // what was squeezed in stays so, also where nobody is in its way any more
		busy = append(busy, clinic.Busy{Resource: row.T.Slot.Practitioner, Lane: lane, Start: row.T.Slot.Start, End: row.T.Slot.End})
	}
	return s.AssignOverbooked(row.T.Slot, patient, busy)
}

// overlap says what is in the way.
func (p *Plan) overlap(row *Row[Appointment], b board, refusal error) {
	slot, file := row.T.Slot, appointmentTable.file()
	who, said := slot.Practitioner, "the practitioner's time is taken"
	if clinic.CodeOf(refusal) == clinic.CodePatientBusy {
		who, said = p.PatientID(row.T.Patient), "the patient has another visit at that time"
	}
	for _, t := range b.near([]uuid.UUID{who}, slot.Start, slot.End) {
		if t.Start.Before(slot.End) && t.End.After(slot.Start) {
			p.problems.wrong(file, row.Line, "start", fmt.Sprintf("%s: by %s, %s to %s", said, t.by,
				wallText(t.Start.In(slot.Start.Location())), t.End.In(slot.Start.Location()).Format("15:04")))
			return
		}
	}
	p.problems.wrong(file, row.Line, "start", "no room or device that the service needs is free at that time")
}

// stretch gives visits the time before and after them that their service wants, as far as nobody else has it: other systems
// know no such time. Where it is cut somebody should look.
func (p *Plan) stretch(b *boards) {
	for _, row := range p.Appointments.Rows {
		from, until := p.schedule.Reach(row.T.Slot)
		patient := p.PatientID(row.T.Patient)
		cut := ""
		for _, mine := range b.placed[row.T.UUID] {
			if mine.Resource == patient {
				continue
			}
			if by := b.visits.widen(mine, from, until); by != "" {
				cut = by
			}
		}
		if cut != "" {
			p.problems.warn(appointmentTable.file(), row.Line, "start", "leaves less time before or after the visit than its service wants, because of "+cut)
		}
		for _, mine := range b.placed[row.T.UUID] {
			p.Placed[row.T.UUID] = append(p.Placed[row.T.UUID], mine.Busy)
		}
	}
}

// board is what is taken, by resource and day.
type board map[cell][]*taking

type cell struct {
	resource uuid.UUID
	day      localtime.Date // in UTC
}

type taking struct {
	clinic.Busy
	by string
}

// margin is how far around a visit its service may want time.
const margin = 8 * time.Hour

func (b board) add(t *taking) {
	last := localtime.DateOf(t.End, time.UTC)
	for day := localtime.DateOf(t.Start, time.UTC); !day.After(last); day = day.AddDays(1) {
		b[cell{t.Resource, day}] = append(b[cell{t.Resource, day}], t)
	}
}

// near is what is taken of these resources on the days around a visit.
func (b board) near(resources []uuid.UUID, start, end time.Time) []*taking {
	var near []*taking
	last := localtime.DateOf(end, time.UTC)
	for day := localtime.DateOf(start, time.UTC); !day.After(last); day = day.AddDays(1) {
		for _, id := range resources {
			near = append(near, b[cell{id, day}]...)
		}
	}
	return near
}

// widen moves the ends of what is taken outwards, up to what others have of the same lane, and says who was in the way.
func (b board) widen(mine *taking, from, until time.Time) (by string) {
	others := b.near([]uuid.UUID{mine.Resource}, mine.Start.Add(-margin), mine.End.Add(margin))
	slices.SortStableFunc(others, func(a, b *taking) int { return cmp.Compare(a.Start.Unix(), b.Start.Unix()) })
	for _, other := range others {
		if other == mine || other.Lane != mine.Lane {
			continue
		}
		if !other.End.After(mine.Start) && other.End.After(from) {
			from, by = other.End, other.by
		}
		if !other.Start.Before(mine.End) && other.Start.Before(until) {
			until, by = other.Start, other.by
		}
	}
	mine.Start, mine.End = from, until
	return by
}
