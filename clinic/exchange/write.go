package exchange

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// mark stands before a cell that a spreadsheet would take for a formula, and run.
const mark = "'"

// escape marks what begins like a formula: = + - @. It marks what is marked already too, so that [unescape] gives back the same.
// Telephone numbers are marked as well: a spreadsheet would otherwise drop their + and make a number of the rest.
func escape(value string) string {
	if escaped(value) {
		return mark + value
	}
	return value
}

// escaped reports whether a value begins like a formula, after any number of marks.
func escaped(value string) bool {
	value = strings.TrimLeft(value, mark)
	return value != "" && strings.ContainsRune("=+-@", rune(value[0]))
}

// write writes the header and a line for each row.
func write[T any](t *table[T], to io.Writer, rows []T) error {
	out := csv.NewWriter(to)
	cells := make([]string, len(t.columns))
	for i, c := range t.columns {
		cells[i] = c.name
	}
	_ = out.Write(cells) // the error comes with Flush
	for i := range rows {
		for j, c := range t.columns {
			cells[j] = escape(c.format(&rows[i]))
		}
		_ = out.Write(cells)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing %s: %w", t.file(), err)
	}
	return nil
}

// sort puts the rows of all files in an order that depends on what they say alone, so that the same clinic gives the same files.
func (d *Data) sort() {
	byKey(&locationTable, d.Locations)
	byKey(&specialtyTable, d.Specialties)
	byKey(&roomTable, d.Rooms)
	byKey(&practitionerTable, d.Practitioners)
	byKey(&serviceTable, d.Services)
	byKey(&patientTable, d.Patients)
	byKey(&appointmentTable, d.Appointments)
	slices.SortFunc(d.Hours, func(a, b Hours) int {
		return cmp.Or(compareWho(a.Who, b.Who), cmp.Compare(mondayFirst(a.Weekday), mondayFirst(b.Weekday)),
			cmp.Compare(a.Opens, b.Opens), strings.Compare(a.Location, b.Location), strings.Compare(hoursKey(&a), hoursKey(&b)))
	})
	slices.SortFunc(d.Closures, func(a, b Closure) int {
		return cmp.Or(strings.Compare(a.Day.String(), b.Day.String()), compareWho(a.Who, b.Who), strings.Compare(closureKey(&a), closureKey(&b)))
	})
}

func compareWho(a, b Who) int {
	return cmp.Or(strings.Compare(a.Practitioner, b.Practitioner), strings.Compare(a.Room, b.Room))
}

func byKey[T any](t *table[T], rows []T) {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(t.key(&a), t.key(&b)) })
}
