package redis

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/storetest"
)

// listen subscribes and returns the events as they come.
func listen(t testing.TB, b *Bus, conversation uuid.UUID) (<-chan chat.Event, func()) {
	t.Helper()
	events := make(chan chat.Event, 10_000)
	leave, err := b.Subscribe(context.Background(), conversation, func(e chat.Event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return events, leave
}

func publish(t testing.TB, b *Bus, conversation uuid.UUID, seq int64) {
	t.Helper()
	if err := b.Publish(context.Background(), conversation, message(seq)); err != nil {
		t.Fatal(err)
	}
}

func message(seq int64) chat.Event {
	return chat.Event{Type: chat.EventMessage, Message: &chat.Message{Seq: seq, Role: chat.RoleAgent, Body: chat.Body{Text: "Tuesday"}}}
}

func TestBusBringsEventsInOrder(t *testing.T) {
	address, ring := storetest.Redis(t), keys(t)
	worker, web := open(t, address, ring).Bus(), open(t, address, ring).Bus()
	conversations := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	var inboxes []<-chan chat.Event
	for _, c := range conversations {
		events, _ := listen(t, web, c)
		inboxes = append(inboxes, events)
	}
	const each = 200
	var wg sync.WaitGroup
	for _, c := range conversations {
		wg.Go(func() {
			for seq := range int64(each) {
				publish(t, worker, c, seq)
			}
		})
	}
	wg.Wait()
	for i, events := range inboxes {
		for seq := range int64(each) {
			got := receive(t, "an event", events)
			if diff := cmp.Diff(message(seq), got); diff != "" {
				t.Fatalf("conversation %d (-want +got):\n%s", i, diff)
			}
		}
	}
}

func TestBusUsesOneConnectionAndCountsSubscribers(t *testing.T) {
	ctx, address := context.Background(), storetest.Redis(t)
	bus, redis := open(t, address, keys(t)).Bus(), raw(t, address)
	conversation := uuid.New()
	a, leaveA := listen(t, bus, conversation)
	b, leaveB := listen(t, bus, conversation)
	for range 50 {
		listen(t, bus, uuid.New())
	}
	if n := strings.Count(redis.Do(ctx, "client", "list", "type", "pubsub").String(), " addr="); n != 1 {
		t.Errorf("%d connections subscribe, want 1", n)
	}
	publish(t, bus, conversation, 1)
	receive(t, "the first one's event", a)
	receive(t, "the second one's event", b)

	leaveA()
	leaveA() // twice is once
	publish(t, bus, conversation, 2)
	if got := receive(t, "the event after one left", b); got.Message.Seq != 2 {
		t.Errorf("seq %d", got.Message.Seq)
	}
	if len(a) != 0 {
		t.Error("who left still gets events")
	}
	leaveB()
	name := bus.name(conversation)
	eventually(t, "the end of the subscription", func() bool { return redis.PubSubNumSub(ctx, name).Val()[name] == 0 })

	again, _ := listen(t, bus, conversation)
	publish(t, bus, conversation, 3)
	if got := receive(t, "the event after coming back", again); got.Message.Seq != 3 {
		t.Errorf("seq %d", got.Message.Seq)
	}
}

func TestBusIsOpaque(t *testing.T) {
	ctx, address := context.Background(), storetest.Redis(t)
	bus, redis := open(t, address, keys(t)).Bus(), raw(t, address)
	conversation := uuid.New()
	listen(t, bus, conversation)
	spy := redis.PSubscribe(ctx, "*")
	defer spy.Close()
	if _, err := spy.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	publish(t, bus, conversation, 1)
	seen := receive(t, "the event on the wire", spy.Channel())
	for _, secret := range []string{conversation.String(), "Tuesday", "message"} {
		if strings.Contains(seen.Channel+seen.Payload, secret) {
			t.Errorf("%q can be read in Redis", secret)
		}
	}
	if err := redis.Publish(ctx, seen.Channel, "forged").Err(); err != nil {
		t.Fatal(err)
	}
	publish(t, bus, conversation, 2) // what cannot be opened ends nothing
}

func TestSlowReceiverBlocksNobodyElse(t *testing.T) {
	bus := open(t, storetest.Redis(t), keys(t)).Bus()
	slow, quick := uuid.New(), uuid.New()
	entered, release := make(chan struct{}), make(chan struct{})
	var got []int64
	var first, last sync.Once
	finished := make(chan struct{})
	leave, err := bus.Subscribe(context.Background(), slow, func(e chat.Event) {
		first.Do(func() { close(entered); <-release })
		if e.Type == chat.EventEnded {
			last.Do(func() { close(finished) })
			return
		}
		got = append(got, e.Message.Seq)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	events, _ := listen(t, bus, quick)
	publish(t, bus, slow, 0)
	receive(t, "the slow receiver's first event", entered)
	const many = 2 * queueEvents
	for seq := int64(1); seq <= many; seq++ {
		publish(t, bus, slow, seq)
	}
	publish(t, bus, quick, 7)
	if e := receive(t, "the quick receiver's event", events); e.Message.Seq != 7 {
		t.Errorf("seq %d", e.Message.Seq)
	}
	close(release)
	eventually(t, "room in the queue", func() bool {
		_ = bus.Publish(context.Background(), slow, chat.Event{Type: chat.EventEnded})
		select {
		case <-finished:
			return true
		default:
			return false
		}
	})
	leave()
	if len(got) <= queueEvents || len(got) > many {
		t.Errorf("%d events came, want what the queue holds", len(got))
	}
	for i, seq := range got {
		if seq != int64(i) {
			t.Fatalf("event %d has seq %d: what is dropped must be the newest", i, seq)
		}
	}
}

func TestDeltasJoin(t *testing.T) {
	turn, other := uuid.New(), uuid.New()
	delta := func(turn uuid.UUID, offset int, text string) chat.Event {
		return chat.Event{Type: chat.EventDelta, Turn: turn, Offset: offset, Text: text}
	}
	long := strings.Repeat("x", deltaBytes)
	for name, c := range map[string]struct{ in, want []chat.Event }{
		"one text": {
			[]chat.Event{delta(turn, 0, "We have "), delta(turn, 8, "three"), delta(turn, 13, ".")},
			[]chat.Event{delta(turn, 0, "We have three.")},
		},
		"a hole": {
			[]chat.Event{delta(turn, 0, "We have "), delta(turn, 13, ".")},
			[]chat.Event{delta(turn, 0, "We have "), delta(turn, 13, ".")},
		},
		"two turns": {
			[]chat.Event{delta(turn, 0, "We"), delta(other, 2, "They")},
			[]chat.Event{delta(turn, 0, "We"), delta(other, 2, "They")},
		},
		"something between": {
			[]chat.Event{delta(turn, 0, "We"), {Type: chat.EventTyping, Turn: turn}, delta(turn, 2, " have")},
			[]chat.Event{delta(turn, 0, "We"), {Type: chat.EventTyping, Turn: turn}, delta(turn, 2, " have")},
		},
		"too long": {
			[]chat.Event{delta(turn, 0, long), delta(turn, deltaBytes, "y")},
			[]chat.Event{delta(turn, 0, long), delta(turn, deltaBytes, "y")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &subscriber{busy: true} // nobody takes
			for _, e := range c.in {
				s.push(e)
			}
			if diff := cmp.Diff(c.want, s.queue); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBusSurvivesRedis(t *testing.T) {
	address := storetest.Redis(t)
	bus := open(t, address, keys(t)).Bus()
	before, during := uuid.New(), uuid.New()
	events, _ := listen(t, bus, before)
	publish(t, bus, before, 1)
	receive(t, "an event before", events)

	stop(t, address)
	late, _ := listen(t, bus, during) // while Redis is away
	startAgain(t, address)
	for conversation, events := range map[uuid.UUID]<-chan chat.Event{before: events, during: late} {
		eventually(t, "an event after the restart", func() bool {
			_ = bus.Publish(context.Background(), conversation, message(2))
			return len(events) > 0
		})
	}
}

func TestBusNoticesSilence(t *testing.T) {
	p := newProxy(t, storetest.Redis(t))
	bus := open(t, p.address, keys(t)).Bus()
	conversation := uuid.New()
	events, _ := listen(t, bus, conversation)
	publish(t, bus, conversation, 1)
	receive(t, "an event before", events)

	p.fallSilent()
	if err := bus.Publish(context.Background(), conversation, message(2)); err == nil {
		t.Fatal("published into the void")
	}
	p.speakAgain() // new connections work; the subscribing one is dead and nobody says so
	eventually(t, "an event over a new connection", func() bool {
		_ = bus.Publish(context.Background(), conversation, message(3))
		return len(events) > 0
	})
}

func TestSubscribeRefuses(t *testing.T) {
	s := open(t, storetest.Redis(t), keys(t))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Bus().Subscribe(ctx, uuid.New(), func(chat.Event) {}); err == nil {
		t.Error("subscribed for a caller who had gone")
	}
	s.bus.close()
	if _, err := s.Bus().Subscribe(context.Background(), uuid.New(), func(chat.Event) {}); err == nil {
		t.Error("subscribed at a bus that is closed")
	}
}

func TestManySubscribeAtOnce(t *testing.T) {
	bus := open(t, storetest.Redis(t), keys(t)).Bus()
	const many = 2000
	got := make(chan string, many)
	var wg sync.WaitGroup
	conversations := make([]uuid.UUID, many)
	for i := range many {
		conversations[i] = uuid.New()
		wg.Go(func() {
			leave, err := bus.Subscribe(context.Background(), conversations[i], func(e chat.Event) { got <- e.Text })
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(leave)
		})
	}
	wg.Wait()
	for i, c := range conversations {
		if err := bus.Publish(context.Background(), c, chat.Event{Type: chat.EventTyping, Text: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for range many {
		seen[receive(t, "everybody's event", got)] = true
	}
	if len(seen) != many {
		t.Errorf("%d conversations got theirs, want %d", len(seen), many)
	}
}
