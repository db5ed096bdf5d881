package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// report is what a part found. Lines that are said on the way come out at once, figures at the end.
type report struct {
	out     io.Writer
	figures []figure
}

// figure is one measured number.
type figure struct {
	key   string // in the JSON; "" for one that is only shown
	what  string
	value float64
	best  float64 // the fastest of all runs, where it tells how busy the machine was; 0: not shown
	unit  string
	floor string // what it is held against, as measured in this run; "" for a floor itself
	must  *limit // nil: nothing is promised
}

// limit is what a figure must hold, in its unit.
type limit struct {
	least, most float64 // both inclusive
	sign        string
}

func atMost(most float64) *limit { return &limit{math.Inf(-1), most, "<="} }

func atLeast(least float64) *limit { return &limit{least, math.Inf(1), ">="} }

func exactly(n float64) *limit { return &limit{n, n, ""} }

func (l *limit) holds(value float64) bool { return l.least <= value && value <= l.most }

// say prints a line at once.
func (r *report) say(format string, args ...any) {
	fmt.Fprintf(r.out, format+"\n", args...)
}

func (r *report) add(f figure) { r.figures = append(r.figures, f) }

// finish prints the table and the line for programs.
func (r *report) finish(part string) error {
	r.say("")
	table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.ToUpper(part)+"\tMEASURED\tFASTEST\tFLOOR IN THIS RUN\tMUST\t")
	for _, f := range r.figures {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", f.what, number(f.value, f.unit), f.fastest(), f.floor, f.promise(), f.verdict())
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the figures: %w", err)
	}
	results := map[string]float64{}
	for _, f := range r.figures {
		if f.key != "" {
			results[f.key] = math.Round(f.value*1000) / 1000
		}
	}
	line, err := json.Marshal(struct {
		Bench   string             `json:"bench"`
		Results map[string]float64 `json:"results"`
	}{part, results})
	if err != nil {
		return fmt.Errorf("encoding the figures: %w", err)
	}
	r.say("\n%s", line)
	return nil
}

func number(value float64, unit string) string {
	digits := 2
	if value == math.Trunc(value) || value >= 1000 {
		digits = 0
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, value, unit))
}

func (f figure) fastest() string {
	if f.best == 0 {
		return ""
	}
	return number(f.best, f.unit)
}

func (f figure) promise() string {
	if f.must == nil {
		return ""
	}
	bound := f.must.most
	if math.IsInf(bound, 1) {
		bound = f.must.least
	}
	return strings.TrimSpace(fmt.Sprintf("%s %g %s", f.must.sign, bound, f.unit))
}

func (f figure) verdict() string {
	switch {
	case f.must == nil:
		return ""
	case f.must.holds(f.value):
		return "ok"
	}
	return "MISSED"
}
