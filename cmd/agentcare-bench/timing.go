package main

import (
	"context"
	"math"
	"slices"
	"time"
)

// timings are how long each of many runs took.
type timings []time.Duration

// timed runs fn again and again, at least so many times and at least so long, after a tenth as many to warm up.
func timed(ctx context.Context, times int, atLeast time.Duration, fn func(i int) error) (timings, error) {
	for i := range max(1, times/10) {
		if err := fn(i); err != nil {
			return nil, err
		}
	}
	var all timings
	for begun := time.Now(); len(all) < times || time.Since(begun) < atLeast; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := fn(len(all)); err != nil {
			return nil, err
		}
		all = append(all, time.Since(start))
	}
	slices.Sort(all)
	return all, nil
}

// at is the quantile q of sorted timings in milliseconds: the smallest one that so many are not above.
func (t timings) at(q float64) float64 {
	i := int(math.Ceil(q*float64(len(t)))) - 1
	return float64(t[max(0, i)]) / float64(time.Millisecond)
}

// median is the middle one of some numbers.
func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return sorted[len(sorted)/2]
}
