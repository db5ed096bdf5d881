package redis

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	pingEvery    = time.Second            // on the listening connection
	maxQuiet     = 3                      // pings without any answer: the connection is dead
	namesAtOnce  = 500                    // in one SUBSCRIBE
	firstBackoff = 50 * time.Millisecond  // after a lost connection
	lastBackoff  = 500 * time.Millisecond // doubling up to this
)

// listen starts the goroutine that holds the connection. The caller holds the lock.
func (b *Bus) listen() {
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	b.done.Go(func() {
		backoff := firstBackoff
		for ctx.Err() == nil {
			heard, err := b.session(ctx)
			if ctx.Err() != nil {
				return
			}
			b.logger.Warn("the event bus lost Redis and will try again", slog.Any("error", err))
			if heard {
				backoff = firstBackoff
			}
			pauseFor(ctx, backoff)
			backoff = min(2*backoff, lastBackoff)
		}
	})
}

// session listens over one connection until it breaks; heard says that there was one.
//
// go-redis would reconnect by itself when a read fails, but it never notices a peer that is silent: its PING counts as
// answered when it was written. So the session pings, and gives the connection up when nothing comes back.
func (b *Bus) session(ctx context.Context) (heard bool, err error) {
	pubsub := b.client.Subscribe(ctx)
	ctx, cancel := context.WithCancelCause(ctx)
	var alive atomic.Bool // something came in since the last look

	var wg sync.WaitGroup
	wg.Go(func() { cancel(b.register(ctx, pubsub)) })
	wg.Go(func() { cancel(watch(ctx, pubsub, &alive)) })
	wg.Go(func() {
		<-ctx.Done()
		_ = pubsub.Close() // wakes the reader; what is wrong with the connection is known
	})
	defer wg.Wait()
	defer b.setOnline(false)

	for {
		in, err := pubsub.Receive(ctx)
		if err != nil {
			cancel(err)
			return heard, context.Cause(ctx)
		}
		alive.Store(true)
		if !heard {
			heard = true
			b.setOnline(true)
		}
		b.receive(in)
	}
}

func (b *Bus) receive(in any) {
	switch in := in.(type) {
	case *goredis.Message:
		b.dispatch(in.Channel, []byte(in.Payload))
	case *goredis.Subscription:
		if in.Kind == "subscribe" {
			b.attach(in.Channel)
		}
	}
}

// register subscribes to every topic, and then to those that come, and from those that go.
func (b *Bus) register(ctx context.Context, pubsub *goredis.PubSub) error {
	there := map[string]struct{}{}
	come, gone := b.all(), []string(nil)
	for {
		if err := apply(ctx, pubsub.Subscribe, come); err != nil {
			return err
		}
		if err := apply(ctx, pubsub.Unsubscribe, gone); err != nil {
			return err
		}
		for _, name := range come {
			there[name] = struct{}{}
		}
		for _, name := range gone {
			delete(there, name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.wake:
			come, gone = b.changes(there)
		}
	}
}

// apply runs a command over the names, some at a time.
func apply(ctx context.Context, command func(context.Context, ...string) error, names []string) error {
	for some := range slices.Chunk(names, namesAtOnce) {
		if err := command(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.changed)
	return slices.Collect(maps.Keys(b.topics))
}

// changes compares the topics that came or went with what is subscribed to.
func (b *Bus) changes(there map[string]struct{}) (come, gone []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.changed {
		_, is := there[name]
		switch wanted := b.topics[name] != nil; {
		case wanted && !is:
			come = append(come, name)
		case !wanted && is:
			gone = append(gone, name)
		case wanted: // it went and came again, and its subscription stands
			b.topics[name].attach()
		}
	}
	clear(b.changed)
	return come, gone
}

func (b *Bus) setOnline(online bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.online = online
}

var errSilent = errors.New("no answer from Redis")

// watch pings and fails when nothing has come in for too long.
func watch(ctx context.Context, pubsub *goredis.PubSub, alive *atomic.Bool) error {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for quiet := 0; quiet <= maxQuiet; quiet++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if alive.Swap(false) {
			quiet = 0
		}
		if err := pubsub.Ping(ctx); err != nil {
			return err
		}
	}
	return errSilent
}

func pauseFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
