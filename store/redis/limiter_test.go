package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/agentcare/agentcare/store/storetest"
)

// allowed counts how many of so many attempts pass.
func allowed(t testing.TB, l *Limiter, key string, attempts, perMinute int) (n int) {
	t.Helper()
	for range attempts {
		wait, err := l.Allow(context.Background(), key, perMinute)
		if err != nil {
			t.Fatal(err)
		}
		if wait == 0 {
			n++
		} else if wait > time.Minute {
			t.Fatalf("wait %s, want at most a minute", wait)
		}
	}
	return n
}

func TestLimiterIsShared(t *testing.T) {
	ctx, address, ring := context.Background(), storetest.Redis(t), keys(t)
	a, b := open(t, address, ring).Limiter(), open(t, address, ring).Limiter()
	if n := allowed(t, a, "+12125550142", 7, 10); n != 7 {
		t.Errorf("%d of the first 7 pass", n)
	}
	if n := allowed(t, b, "+12125550142", 10, 10); n != 3 {
		t.Errorf("%d more pass in another process, want 3", n)
	}
	if n := allowed(t, a, "+12125550143", 1, 10); n != 1 {
		t.Error("one key's rate stands in another's way")
	}
	names := raw(t, address).Keys(ctx, "*").Val()
	for _, name := range names {
		if strings.Contains(name, "555") || !strings.HasPrefix(name, "agentcare:") {
			t.Errorf("key %q", name)
		}
	}
	if len(names) != 2 {
		t.Errorf("%d keys, want 2", len(names))
	}
}

func TestLimiterWithoutRedis(t *testing.T) {
	address := storetest.Redis(t)
	l := open(t, address, keys(t)).Limiter()
	stop(t, address)
	if n := allowed(t, l, "key", 20, 5); n != 5 {
		t.Errorf("%d pass, want 5: each process bounds for itself", n)
	}
	startAgain(t, address)
	eventually(t, "the shared count", func() bool {
		wait, err := l.Allow(context.Background(), "key", 5)
		return err == nil && wait == 0
	})
}

func TestLimiterRefuses(t *testing.T) {
	l := open(t, storetest.Redis(t), keys(t)).Limiter()
	if _, err := l.Allow(context.Background(), "key", 0); err == nil {
		t.Error("a rate of nothing was accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Allow(ctx, "key", 1); err == nil {
		t.Error("a caller who had gone was counted")
	}
}

func TestLocalLimiter(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	clock := storetest.Clock{}
	clock.Set(now)
	l := &localLimiter{now: clock.Now, free: map[string]time.Time{}}
	for i := range 6 {
		if wait := l.allow("key", 6); wait != 0 {
			t.Fatalf("event %d waits %s", i, wait)
		}
	}
	if wait := l.allow("key", 6); wait != 10*time.Second {
		t.Errorf("the seventh waits %s, want 10 s", wait)
	}
	clock.Advance(10 * time.Second)
	if wait := l.allow("key", 6); wait != 0 {
		t.Errorf("ten seconds later it waits %s", wait)
	}
	if wait := l.allow("key", 6); wait != 10*time.Second {
		t.Errorf("the next one waits %s, want 10 s", wait)
	}
}

func TestLocalLimiterIsBounded(t *testing.T) {
	clock := storetest.Clock{}
	clock.Set(time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC))
	l := &localLimiter{now: clock.Now, free: map[string]time.Time{}}
	for i := range 3 * localKeys {
		l.allow(strconv.Itoa(i), 1)
	}
	if len(l.free) > localKeys {
		t.Errorf("%d keys are kept, want at most %d", len(l.free), localKeys)
	}
	clock.Advance(2 * time.Minute)
	for i := 0; len(l.free) < localKeys; i++ {
		l.allow(fmt.Sprint("more", i), 1)
	}
	l.allow("one more", 1)
	if wait := l.allow("one more", 1); wait == 0 {
		t.Error("the newest key was forgotten")
	}
}
