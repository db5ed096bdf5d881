package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/agentcare/agentcare/clinic"
)

func TestReport(t *testing.T) {
	var out bytes.Buffer
	r := &report{out: &out}
	r.add(figure{key: "fast_ms", what: "fast", value: 0.51234, best: 0.25, unit: "ms", floor: "nothing: 0.1 ms", must: atMost(1)})
	r.add(figure{key: "slow_per_s", what: "slow", value: 999.4, unit: "/s", must: atLeast(1000)})
	r.add(figure{what: "shown alone", value: 3})
	if err := r.finish("example"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if got, want := lines[len(lines)-1], `{"bench":"example","results":{"fast_ms":0.512,"slow_per_s":999.4}}`; got != want {
		t.Errorf("the last line is %s, want %s", got, want)
	}
	for i, want := range []string{"0.51 ms 0.25 ms nothing: 0.1 ms <= 1 ms ok", "999.40 /s >= 1000 /s MISSED", "shown alone 3"} {
		if got := strings.Join(strings.Fields(lines[i+1]), " "); !strings.Contains(got, want) {
			t.Errorf("line %d is %q, want %q in it", i+1, got, want)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var all timings
	for ms := range 100 {
		all = append(all, time.Duration(ms+1)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0: 1, .5: 50, .99: 99, 1: 100} {
		if got := all.at(q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := all[:1].at(.99); got != 1 {
		t.Errorf("of one timing it is %v", got)
	}
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("the median is %v", got)
	}
}

// A race that nobody or more than one wins, or that somebody leaves without a clean refusal, is no figure but an error.
func TestRivalry(t *testing.T) {
	taken := clinic.Refuse(clinic.CodeSlotTaken, "taken")
	for _, tt := range []struct {
		name    string
		answers []error
		says    string
	}{
		{"one wins", []error{taken, nil, taken}, ""},
		{"nobody wins", []error{taken, taken, taken}, "0 clients"},
		{"two win", []error{nil, taken, nil}, "2 clients"},
		{"somebody fails", []error{nil, taken, errors.New("deadlock detected")}, "deadlock detected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			took, err := rivalry{book: func(i int) error { return tt.answers[i] }}.run(3)
			switch {
			case tt.says == "" && (err != nil || len(took) != 3):
				t.Errorf("%v, %v", took, err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}
