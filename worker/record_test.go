package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
)

// record is the record of turns in memory, as strict as the real one, for tests of timing. The others use the real one.
type record struct {
	mu            sync.Mutex
	conversations map[uuid.UUID]*conversation
	beats         map[uuid.UUID]time.Time
	down          bool              // every call fails
	failure       map[string]int    // calls of this name that fail without an effect
	lost          map[string]int    // calls of this name whose answer gets lost after their effect
	calls         map[string]int    // by name
	turns         []chat.Completion // that were written
}

type conversation struct {
	chat.Conversation
	messages []chat.Message
	asked    int64
	due      time.Time
	worker   uuid.UUID
	epoch    int64
	attempts int
	state    json.RawMessage
}

var (
	errDown    = errors.New("the database does not answer")
	testClinic = uuid.MustParse("0193a000-0000-7000-8000-000000000001")
)

func newRecord() *record {
	return &record{
		conversations: map[uuid.UUID]*conversation{}, beats: map[uuid.UUID]time.Time{},
		failure: map[string]int{}, lost: map[string]int{}, calls: map[string]int{},
	}
}

// open makes a conversation with a greeting.
func (r *record) open() chat.TurnArgs {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &conversation{Conversation: chat.Conversation{Clinic: testClinic, ID: uuid.New(), Seq: 1, Answered: 1, Language: "en"}}
	c.messages = []chat.Message{{Seq: 1, Role: chat.RoleAgent, Channel: chat.Web, Body: chat.Body{Text: "Hello"}}}
	r.conversations[c.ID] = c
	return chat.TurnArgs{Clinic: testClinic, Conversation: c.ID}
}

// put accepts a message of the patient.
func (r *record) put(args chat.TurnArgs, body chat.Body, dueAfter time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conversations[args.Conversation]
	c.Seq++
	c.asked, c.due = c.Seq, time.Now().Add(dueAfter)
	c.messages = append(c.messages, chat.Message{Seq: c.Seq, Role: chat.RolePatient, Channel: chat.Web, At: time.Now(), Body: body})
}

func (r *record) say(args chat.TurnArgs, texts ...string) {
	for _, text := range texts {
		r.put(args, chat.Body{Text: text}, 0)
	}
}

// steal gives the lease to another worker, as if this one's heartbeat had stopped.
func (r *record) steal(args chat.TurnArgs) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conversations[args.Conversation]
	c.epoch++
	c.worker = uuid.New()
	r.beats[c.worker] = time.Now()
}

func (r *record) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// said are the texts of a conversation, in order.
func (r *record) said(args chat.TurnArgs) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, m := range r.conversations[args.Conversation].messages[1:] {
		texts = append(texts, m.Body.Text)
	}
	return texts
}

// written are the turns that were completed.
func (r *record) written() []chat.Completion {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.turns)
}

func (r *record) called(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[name]
}

// call runs an effect under the lock, unless the database is down or this call is to fail.
func call[T any](r *record, name string, effect func() (T, error)) (T, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[name]++
	var none T
	if r.down {
		return none, errDown
	}
	if r.failure[name] > 0 {
		r.failure[name]--
		return none, errDown
	}
	got, err := effect()
	if r.lost[name] > 0 {
		r.lost[name]--
		return none, errDown
	}
	return got, err
}

func (r *record) live(worker uuid.UUID, lease time.Duration) bool {
	beat, known := r.beats[worker]
	return known && time.Since(beat) <= lease
}

func (r *record) Claim(_ context.Context, args chat.TurnArgs, worker uuid.UUID, lease time.Duration) (chat.Claim, error) {
	return call(r, "Claim", func() (chat.Claim, error) {
		c := r.conversations[args.Conversation]
		switch {
		case c == nil || c.asked <= c.Answered || (c.worker != uuid.Nil && c.worker != worker && r.live(c.worker, lease)):
			return chat.Claim{}, chat.ErrNotClaimed
		case time.Now().Before(c.due):
			return chat.Claim{DueIn: time.Until(c.due)}, nil
		}
		c.worker = worker
		c.epoch++
		c.attempts++
		return chat.Claim{
			Conversation: c.Conversation, Endpoint: chat.Endpoint{Channel: chat.Web}, Epoch: c.epoch, Attempt: c.attempts,
			State: c.state, Since: slices.Clone(c.messages[c.Answered:]),
		}, nil
	})
}

func (r *record) Complete(_ context.Context, done chat.Completion) ([]chat.Message, error) {
	return call(r, "Complete", func() ([]chat.Message, error) {
		c := r.conversations[done.Claim.Conversation.ID]
		if c.epoch != done.Claim.Epoch || c.worker == uuid.Nil {
			return r.completedBefore(c, done)
		}
		first := len(c.messages)
		for _, body := range done.Messages {
			c.Seq++
			c.messages = append(c.messages, chat.Message{Seq: c.Seq, Turn: done.Turn, Role: chat.RoleAgent, Channel: chat.Web, At: time.Now(), Body: body})
		}
		for i := range c.messages[:done.Answered] {
			c.messages[i].Body = withoutValues(c.messages[i].Body)
		}
		c.Answered, c.state, c.worker, c.attempts = done.Answered, done.State, uuid.Nil, 0
		c.Language = cmp.Or(done.Language, c.Language)
		r.turns = append(r.turns, done)
		return slices.Clone(c.messages[first:]), nil
	})
}

func (r *record) completedBefore(c *conversation, done chat.Completion) ([]chat.Message, error) {
	var wrote []chat.Message
	for _, m := range c.messages {
		if m.Turn == done.Turn {
			wrote = append(wrote, m)
		}
	}
	if wrote == nil {
		return nil, chat.ErrLostLease
	}
	return wrote, nil
}

func withoutValues(b chat.Body) chat.Body {
	if b.Filled != nil {
		b.Filled = &chat.Filled{Form: b.Filled.Form, Ref: b.Filled.Ref}
	}
	return b
}

func (r *record) GiveBack(_ context.Context, claim chat.Claim, wait time.Duration) error {
	_, err := call(r, "GiveBack", func() (struct{}, error) {
		c := r.conversations[claim.Conversation.ID]
		if c.epoch != claim.Epoch || c.worker == uuid.Nil {
			return struct{}{}, chat.ErrLostLease
		}
		c.worker, c.due = uuid.Nil, time.Now().Add(wait)
		return struct{}{}, nil
	})
	return err
}

func (r *record) History(_ context.Context, _, conversation uuid.UUID, upTo int64, limit int) ([]chat.Message, error) {
	return call(r, "History", func() ([]chat.Message, error) {
		history := r.conversations[conversation].messages[:upTo]
		return slices.Clone(history[max(0, len(history)-limit):]), nil
	})
}

func (r *record) Beat(_ context.Context, worker uuid.UUID) error {
	_, err := call(r, "Beat", func() (struct{}, error) {
		r.beats[worker] = time.Now()
		return struct{}{}, nil
	})
	return err
}

func (r *record) Retire(_ context.Context, worker uuid.UUID) error {
	_, err := call(r, "Retire", func() (struct{}, error) {
		delete(r.beats, worker)
		return struct{}{}, nil
	})
	return err
}

func (r *record) Due(_ context.Context, lease time.Duration, limit int) ([]chat.TurnArgs, error) {
	return call(r, "Due", func() ([]chat.TurnArgs, error) {
		var due []chat.TurnArgs
		for _, c := range r.conversations {
			free := c.worker == uuid.Nil || !r.live(c.worker, lease)
			if c.asked > c.Answered && !time.Now().Before(c.due) && free && len(due) < limit {
				due = append(due, chat.TurnArgs{Clinic: testClinic, Conversation: c.ID})
			}
		}
		return due, nil
	})
}

// memory is a Memory in memory, that can be away.
type memory struct {
	mu    sync.Mutex
	away  bool
	hold  func() // is called while something is being saved
	saved map[uuid.UUID]chat.Snapshot
}

func (m *memory) Load(_ context.Context, _, conversation uuid.UUID) (chat.Snapshot, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return chat.Snapshot{}, false, errDown
	}
	s, found := m.saved[conversation]
	return s, found, nil
}

func (m *memory) Save(_ context.Context, _, conversation uuid.UUID, s chat.Snapshot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errDown
	}
	if m.hold != nil {
		m.hold()
	}
	m.saved[conversation] = s
	return nil
}

// events is a Bus that keeps what was published.
type events struct {
	mu   sync.Mutex
	seen []chat.Event
	slow time.Duration // each publication takes
}

func (e *events) Publish(ctx context.Context, _ uuid.UUID, event chat.Event) error {
	sleep(ctx, e.slow)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, event)
	return nil
}

// take returns what was published since the last time, as a line each.
func (e *events) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lines []string
	for _, event := range e.seen {
		line := string(event.Type)
		if event.Message != nil {
			line += " " + event.Message.Body.Text
		}
		lines = append(lines, line+event.Text)
	}
	e.seen = nil
	return lines
}

// bench is a worker's turns over a record in memory.
type bench struct {
	*turns
	record *record
	memory *memory
	events *events
	stop   context.CancelCauseFunc // hard
}

func newBench(t *testing.T, engine agent.Engine, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{record: newRecord(), memory: &memory{saved: map[uuid.UUID]chat.Snapshot{}}, events: &events{}}
	cfg := Config{
		Conversations: b.record, Leases: b.record, Memory: b.memory, Bus: b.events, Engine: engine, EngineName: "scripted",
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Apology: func(_ context.Context, turn agent.Turn) chat.Body {
			return chat.Body{Text: "Sorry (" + turn.Conversation.Language + ")"}
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	b.turns = newTurns(cfg.withDefaults())
	ctx, stop := context.WithCancelCause(context.Background())
	b.stop = stop
	b.start(ctx)
	t.Cleanup(func() {
		b.drain()
		stop(errStopped)
		<-b.idle()
	})
	return b
}
