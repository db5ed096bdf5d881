package exchange

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is what is wrong with one line of a file, in words that hold nothing personal.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`   // counted from 1, the header's; 0: the file as a whole
	Column  string `json:"column,omitempty"` // "": the line as a whole
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // nothing stands against it, but somebody should look
}

// String is "patients.csv:12, birth_date: not a date; want YYYY-MM-DD".
func (p Problem) String() string {
	place := p.File
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Column != "" {
		place += ", " + p.Column
	}
	if p.Warning {
		return place + ": warning: " + p.Message
	}
	return place + ": " + p.Message
}

// Count is what becomes of the lines of one file.
type Count struct {
	File      string `json:"file"`
	Lines     int    `json:"lines"`
	Added     int    `json:"added"`
	Changed   int    `json:"changed"`
	Unchanged int    `json:"unchanged"`
	Kept      int    `json:"kept"`    // left as they are here, because they were changed here meanwhile
	Removed   int    `json:"removed"` // hours and closures whose place others take
}

// Report says what an import does, or would do.
type Report struct {
	Clinic   string    `json:"clinic"`
	DryRun   bool      `json:"dry_run"`
	Files    []Count   `json:"files"`
	Problems []Problem `json:"problems"`
}

// Errors are how many problems stand against the import.
func (r Report) Errors() int {
	n := 0
	for _, p := range r.Problems {
		if !p.Warning {
			n++
		}
	}
	return n
}

// Changes are how many lines add, change or remove something.
func (r Report) Changes() int {
	n := 0
	for _, f := range r.Files {
		n += f.Added + f.Changed + f.Removed
	}
	return n
}

// problems collects what is wrong.
type problems struct {
	list []Problem
	bad  map[place]bool
}

type place struct {
	file string
	line int
}

func (p *problems) add(problem Problem) {
	if p.bad == nil {
		p.bad = map[place]bool{}
	}
	p.list = append(p.list, problem)
	if !problem.Warning {
		p.bad[place{problem.File, problem.Line}] = true
	}
}

func (p *problems) wrong(file string, line int, column, message string) {
	p.add(Problem{File: file, Line: line, Column: column, Message: message})
}

func (p *problems) warn(file string, line int, column, message string) {
	p.add(Problem{File: file, Line: line, Column: column, Message: message, Warning: true})
}

// sorted are the problems in the order of files and lines.
func (p *problems) sorted() []Problem {
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(slices.Index(fileNames, a.File), slices.Index(fileNames, b.File)), cmp.Compare(a.Line, b.Line))
	})
	return p.list
}
