package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Row is one line of a file.
type Row[T any] struct {
	Line int // counted from 1, the header's
	T    T
	Was  *T // what is there; nil: nothing. Set by a [Plan]
	Is   Fate
}

// Fate is what an import does with a line.
type Fate int8

// Fates of lines.
const (
	Unchanged Fate = iota
	Added
	Changed
	Kept // what is there was changed there meanwhile, and stays
)

// Sheet is a file that was read.
type Sheet[T any] struct {
	Given bool // there was such a file
	Rows  []*Row[T]
	has   map[string]bool // columns

	broken map[string]bool // keys of lines with problems: what refers to them is not called unknown as well
	unread bool            // the file cannot be read, so that nothing in it is known or unknown
}

// mostProblems of the form of one file are told; a file with more is another kind of file.
const mostProblems = 10_000

// read reads one file. Lines with problems are left out of the sheet.
func read[T any](t *table[T], from io.Reader, l Locale, ps *problems) (Sheet[T], error) {
	r := reading[T]{t: t, l: l, ps: ps, sheet: Sheet[T]{Given: true, has: map[string]bool{}, broken: map[string]bool{}}}
	buffered := bufio.NewReaderSize(from, 1<<16)
	err := r.header(buffered)
	if r.sheet.unread = r.csv == nil; err != nil || r.sheet.unread {
		return r.sheet, err
	}
	for found := 0; found < mostProblems; {
		record, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			return r.sheet, nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			found++
			ps.wrong(t.file(), bad.StartLine, "", quoteProblem(bad))
			continue
		}
		if err != nil {
			return r.sheet, fmt.Errorf("reading %s: %w", t.file(), err)
		}
		line, _ := r.csv.FieldPos(0)
		if !r.row(record, line) {
			found++
		}
	}
	ps.wrong(t.file(), 0, "", fmt.Sprintf("has more than %d lines with problems; the rest is not looked at", mostProblems))
	return r.sheet, nil
}

func quoteProblem(err *csv.ParseError) string {
	return fmt.Sprintf("the quotation marks do not match from here on (line %d): a cell with one inside is written \"like \"\"this\"\"\"", err.Line)
}

type reading[T any] struct {
	t     *table[T]
	l     Locale
	ps    *problems
	csv   *csv.Reader
	order []int // of the table's columns, by the file's; -1: a column without a name
	sheet Sheet[T]
}

// header finds out how the file is written and which columns it has.
func (r *reading[T]) header(from *bufio.Reader) error {
	if mark, err := from.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = from.Discard(3)
	}
	start, err := from.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading %s: %w", r.t.file(), err)
	}
	if bytes.HasPrefix(start, []byte("PK")) || bytes.IndexByte(start, 0) >= 0 {
		r.ps.wrong(r.t.file(), 0, "", "is no CSV file; save it as CSV UTF-8")
		return nil
	}
	in := csv.NewReader(from)
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = delimiter(start), -1, true
	names, err := in.Read()
	if err != nil {
		r.ps.wrong(r.t.file(), 1, "", noHeader+strings.Join(r.names(), ","))
		return nil
	}
	if r.columns(names) {
		r.csv = in
	}
	return nil
}

const noHeader = "has no header; its first line names the columns: "

// delimiter is what separates the cells of the first line: a comma, or a semicolon as spreadsheets in Europe write.
func delimiter(start []byte) rune {
	first, _, _ := bytes.Cut(start, []byte("\n"))
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if bytes.Count(first, []byte{c}) > bytes.Count(first, []byte{best}) {
			best = c
		}
	}
	return rune(best)
}

func (r *reading[T]) names() []string {
	names := make([]string, len(r.t.columns))
	for i, c := range r.t.columns {
		names[i] = c.name
	}
	return names
}

// columns reads the header. The order is free; what is unknown, twice there or missing is a problem.
func (r *reading[T]) columns(header []string) bool {
	ok := true
	wrong := func(column, message string) {
		ok = false
		r.ps.wrong(r.t.file(), 1, column, message)
	}
	known := r.names()
	if !slices.ContainsFunc(header, func(name string) bool { return slices.Contains(known, strings.ToLower(strings.TrimSpace(name))) }) {
		wrong("", noHeader+strings.Join(known, ",")) // it may be a line of data, and is not repeated
		return false
	}
	for _, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		i := slices.Index(known, name)
		switch {
		case name == "":
		case i < 0:
			wrong("", unknownColumn(name, known))
		case r.sheet.has[name]:
			wrong(name, "the column is there twice")
		}
		r.order = append(r.order, i)
		r.sheet.has[name] = true
	}
	for _, c := range r.t.columns {
		if c.required && !r.sheet.has[c.name] {
			wrong(c.name, "the column is missing")
		}
	}
	return ok
}

func unknownColumn(name string, known []string) string {
	if !utf8.ValidString(name) || len(name) > 40 {
		return "has a column that is not known; known are " + strings.Join(known, ", ")
	}
	nearest := slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
	if distance(name, nearest) > max(2, len(name)/3) { // it is no misspelling
		return fmt.Sprintf("there is no column %q; known are %s", name, strings.Join(known, ", "))
	}
	return fmt.Sprintf("there is no column %q; did you mean %s?", name, nearest)
}

// distance is how many letters have to be added, left out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// row reads one line and reports whether it is good. Lines without any text are none.
func (r *reading[T]) row(record []string, line int) bool {
	blank := func(cell string) bool { return strings.TrimSpace(cell) == "" }
	if !slices.ContainsFunc(record, func(cell string) bool { return !blank(cell) }) {
		return true
	}
	if n := len(r.order); len(record) < n || slices.ContainsFunc(record[n:], func(cell string) bool { return !blank(cell) }) {
		r.ps.wrong(r.t.file(), line, "", fmt.Sprintf("has %d cells, the header %d; a cell with a separator inside needs quotation marks", len(record), n))
		return false
	}
	row := &Row[T]{Line: line}
	r.defaults(&row.T)
	good := true
	for at, i := range r.order {
		if i < 0 {
			if !blank(record[at]) {
				r.ps.wrong(r.t.file(), line, "", fmt.Sprintf("has a cell in column %d, which has no name", at+1))
				good = false
			}
			continue
		}
		good = r.cell(&r.t.columns[i], record[at], row) && good
	}
	if good && r.t.check != nil {
		r.t.check(&row.T, func(column, message string) {
			good = false
			r.ps.wrong(r.t.file(), line, column, message)
		})
	}
	if good {
		r.sheet.Rows = append(r.sheet.Rows, row)
	} else if r.t.key != nil {
		r.sheet.broken[r.t.key(&row.T)] = true
	}
	return good
}

// defaults fills in what columns mean that the file does not have.
func (r *reading[T]) defaults(row *T) {
	for i := range r.t.columns {
		if c := &r.t.columns[i]; c.fallback != "" {
			c.parse(r.l, c.fallback, row)
		}
	}
}

func (r *reading[T]) cell(c *column[T], written string, row *Row[T]) bool {
	value, ok := unescape(written)
	if !ok {
		r.ps.wrong(r.t.file(), row.Line, c.name, "is not UTF-8 text; save the file as CSV UTF-8")
		return false
	}
	switch {
	case value == "" && c.required:
		r.ps.wrong(r.t.file(), row.Line, c.name, "is empty")
		return false
	case value == "":
		value = c.fallback
	}
	value = strings.Clone(value) // not the whole line
	if c.parse(r.l, value, &row.T) {
		return true
	}
	r.ps.wrong(r.t.file(), row.Line, c.name, c.notWhat(value))
	return false
}

func (c *column[T]) notWhat(value string) string {
	const longest = 40
	if c.personal || len(value) > longest {
		return "not " + c.what
	}
	return fmt.Sprintf("%q is not %s", value, c.what)
}

// unescape takes off the space around a cell and the mark of [escape], and refuses what is no text.
func unescape(cell string) (string, bool) {
	value := strings.TrimSpace(cell)
	if !utf8.ValidString(value) || strings.ContainsFunc(value, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
		return "", false
	}
	if strings.HasPrefix(value, mark) && escaped(value) {
		value = strings.TrimSpace(value[len(mark):])
	}
	return value, true
}
