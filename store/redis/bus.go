package redis

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"

	"github.com/agentcare/agentcare/chat"
)

// attachWait is how long a subscriber waits for Redis to confirm. What happens before the confirmation does not come over
// the bus, so it is worth a moment; the record has it anyway.
const attachWait = 250 * time.Millisecond

// Bus carries events of conversations from whoever answers to whoever holds the socket.
//
// One connection a process subscribes for all of its conversations. It comes back by itself when Redis does; what was
// published in between is lost, as is what a slow receiver has no room for: the record in Postgres has every message.
type Bus struct {
	client goredis.UniversalClient
	names  box
	logger *slog.Logger

	mu      sync.Mutex
	topics  map[string]*topic
	changed map[string]struct{} // names whose topic came or went since the listener last looked
	wake    chan struct{}
	online  bool           // the listener has a connection
	stop    func()         // ends the listener; nil before the first subscription
	done    sync.WaitGroup // the listener
	shut    bool
}

// topic is a conversation that somebody here listens to.
type topic struct {
	subscribers []*subscriber
	attached    chan struct{} // closed when Redis has confirmed
	once        sync.Once
}

func (t *topic) attach() { t.once.Do(func() { close(t.attached) }) }

func newBus(client goredis.UniversalClient, names box, logger *slog.Logger) *Bus {
	return &Bus{
		client: client, names: names, logger: logger,
		topics: map[string]*topic{}, changed: map[string]struct{}{}, wake: make(chan struct{}, 1),
	}
}

// Publish tells everybody who listens to the conversation.
func (b *Bus) Publish(ctx context.Context, conversation uuid.UUID, e chat.Event) error {
	name := b.name(conversation)
	sealed, err := b.names.seal(name, e)
	if err != nil {
		return fmt.Errorf("publishing an event: %w", err)
	}
	if err := b.client.Publish(ctx, name, sealed).Err(); err != nil {
		return fmt.Errorf("publishing an event: %w", err)
	}
	return nil
}

// Subscribe calls deliver for every event of the conversation, in order, one at a time, until leave is called; a call that
// is running then comes to its end. It works while Redis is away: events come as soon as it is back.
func (b *Bus) Subscribe(ctx context.Context, conversation uuid.UUID, deliver func(chat.Event)) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, s := b.name(conversation), &subscriber{deliver: deliver}
	attached, wait, err := b.join(name, s)
	if err != nil {
		return nil, err
	}
	if wait {
		timer := time.NewTimer(attachWait)
		defer timer.Stop()
		select {
		case <-attached:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return sync.OnceFunc(func() { b.leave(name, s) }), nil
}

// join registers a subscriber, and starts the listener with the first one.
func (b *Bus) join(name string, s *subscriber) (attached <-chan struct{}, wait bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shut {
		return nil, false, fmt.Errorf("subscribing: %w", goredis.ErrClosed)
	}
	t := b.topics[name]
	if t == nil {
		t = &topic{attached: make(chan struct{})}
		b.topics[name] = t
		b.touch(name)
	}
	t.subscribers = append(t.subscribers, s)
	first := b.stop == nil
	if first {
		b.listen()
	}
	return t.attached, first || b.online, nil
}

func (b *Bus) leave(name string, s *subscriber) {
	s.leave()
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[name]
	if t == nil {
		return
	}
	rest := make([]*subscriber, 0, len(t.subscribers)) // a new slice: the listener may be reading the old one
	for _, other := range t.subscribers {
		if other != s {
			rest = append(rest, other)
		}
	}
	if t.subscribers = rest; len(rest) == 0 {
		delete(b.topics, name)
		b.touch(name)
	}
}

// touch tells the listener that a topic came or went. The caller holds the lock.
func (b *Bus) touch(name string) {
	b.changed[name] = struct{}{}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// dispatch hands an event to everybody who listens. It never waits for them.
func (b *Bus) dispatch(name string, sealed []byte) {
	b.mu.Lock()
	var subscribers []*subscriber
	if t := b.topics[name]; t != nil {
		subscribers = t.subscribers
	}
	b.mu.Unlock()
	if len(subscribers) == 0 {
		return
	}
	var e chat.Event
	if err := b.names.open(name, sealed, &e); err != nil {
		b.logger.Warn("an event on the bus cannot be opened", slog.Any("error", err))
		return
	}
	for _, s := range subscribers {
		s.push(e)
	}
}

// attach marks a topic as confirmed.
func (b *Bus) attach(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.topics[name]; t != nil {
		t.attach()
	}
}

// close ends the listener. Subscribers hear no more.
func (b *Bus) close() {
	b.mu.Lock()
	b.shut = true
	if b.stop != nil {
		b.stop()
	}
	b.mu.Unlock()
	b.done.Wait()
}

func (b *Bus) name(conversation uuid.UUID) string {
	return b.names.name("events", conversation.String())
}
