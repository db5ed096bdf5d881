package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agentcare/agentcare/localtime"
)

// Day is what lines of closures.csv stand for together.
type Day struct {
	Who
	Location string
	Day      localtime.Date
}

func (c *Closure) of() Day { return Day{c.Who, c.Location, c.Day} }

// cells are a line as it would be written: two lines with the same cells say the same.
func cells[T any](t *table[T], row *T) string {
	var b strings.Builder
	for _, c := range t.columns {
		b.WriteString(c.format(row))
		b.WriteByte(0)
	}
	return b.String()
}

func hoursKey(h *Hours) string     { return cells(&hoursTable, h) }
func closureKey(c *Closure) string { return cells(&closureTable, c) }

// regroup compares lines that take the place of what is there as groups: the lines of a practitioner are all of its hours.
// Changed are the groups that differ, whole; gone is how many lines there are that no line takes the place of.
func regroup[T any, G comparable](t *table[T], rows []*Row[T], there []T, of func(*T) G) (changed map[G][]T, gone int) {
	before := map[G]map[string]bool{}
	for i := range there {
		g := of(&there[i])
		if before[g] == nil {
			before[g] = map[string]bool{}
		}
		before[g][cells(t, &there[i])] = true
	}
	groups, changed := map[G][]T{}, map[G][]T{}
	for _, row := range rows {
		g := of(&row.T)
		groups[g] = append(groups[g], row.T)
		if !before[g][cells(t, &row.T)] {
			row.Is = Added
			changed[g] = nil
		}
	}
	for g, lines := range groups {
		for i := range lines {
			delete(before[g], cells(t, &lines[i]))
		}
		if len(before[g]) > 0 {
			changed[g] = nil
			gone += len(before[g])
		}
	}
	for g := range changed {
		changed[g] = groups[g]
	}
	return changed, gone
}

// planHours checks weekly hours and finds whose change.
func (p *Plan) planHours() {
	seen := map[string]int{}
	rows := p.Hours.Rows[:0]
	for _, row := range p.Hours.Rows {
		if row.T.Location == "" {
			if row.T.Location = p.onlyLocation(); row.T.Location == "" {
				p.problems.wrong(hoursTable.file(), row.Line, "location", "is empty, and there is more than one place")
				continue
			}
		}
		if p.checkWho(hoursTable.file(), row.Line, row.T.Who, &row.T.Location) && p.isNew(hoursTable.file(), seen, hoursKey(&row.T), row.Line) {
			rows = append(rows, row)
		}
	}
	p.Hours.Rows = rows
	p.HoursOf, p.removed[hoursTable.name] = regroup(&hoursTable, rows, p.there.Hours, func(h *Hours) Who { return h.Who })
	p.after.Hours = slices.DeleteFunc(slices.Clone(p.there.Hours), func(h Hours) bool { _, changed := p.HoursOf[h.Who]; return changed })
	for _, lines := range p.HoursOf {
		p.after.Hours = append(p.after.Hours, lines...)
	}
}

// isNew complains about a line that says what another has said.
func (p *Plan) isNew(file string, seen map[string]int, key string, line int) bool {
	if first, again := seen[key]; again {
		p.problems.wrong(file, line, "", fmt.Sprintf("says the same as line %d", first))
		return false
	}
	seen[key] = line
	return true
}

// planClosures checks closures and finds the days that change. A day that is removed is a group without lines.
func (p *Plan) planClosures() {
	seen := map[string]int{}
	kinds := map[Day]*Row[Closure]{}
	rows := p.Closures.Rows[:0]
	for _, row := range p.Closures.Rows {
		if !p.checkWho(closureTable.file(), row.Line, row.T.Who, &row.T.Location) || !p.isNew(closureTable.file(), seen, closureKey(&row.T), row.Line) {
			continue
		}
		first := kinds[row.T.of()]
		if first != nil && (first.T.Kind != DayOpen || row.T.Kind != DayOpen) {
			p.problems.wrong(closureTable.file(), row.Line, "kind", fmt.Sprintf("line %d says something else of the same day; several lines of one day are all open", first.Line))
			continue
		}
		kinds[row.T.of()] = row
		rows = append(rows, row)
	}
	p.Closures.Rows = rows
	p.regroupClosures(rows)
}

func (p *Plan) regroupClosures(rows []*Row[Closure]) {
	var gone int
	p.ClosuresOf, gone = regroup(&closureTable, rows, p.there.Closures, (*Closure).of)
	there := map[Day]bool{}
	for i := range p.there.Closures {
		there[p.there.Closures[i].of()] = true
	}
	for _, row := range rows {
		if row.T.Kind != DayRemoved {
			continue
		}
		row.Is = Unchanged // the line itself adds nothing; what it takes away is counted as removed
		p.ClosuresOf[row.T.of()] = nil
		if !there[row.T.of()] {
			delete(p.ClosuresOf, row.T.of())
		}
	}
	p.removed[closureTable.name] = gone
	p.after.Closures = slices.DeleteFunc(slices.Clone(p.there.Closures), func(c Closure) bool { _, changed := p.ClosuresOf[c.of()]; return changed })
	for _, lines := range p.ClosuresOf {
		p.after.Closures = append(p.after.Closures, lines...)
	}
}
