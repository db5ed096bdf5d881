package storetest

import (
	"sync"
	"time"
)

// Clock is the business time of a test: the real one until it is set, and then it stands still.
type Clock struct {
	mu  sync.Mutex
	set time.Time
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.set.IsZero() {
		return time.Now()
	}
	return c.set
}

// Set stops the clock at t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = t
}

// Advance moves a clock that stands on; one that runs is stopped first.
func (c *Clock) Advance(by time.Duration) { c.Set(c.Now().Add(by)) }
