package worker_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/worker"
)

// takeover is the longest that a patient waits for another worker: DESIGN's promise for a crash.
const takeover = 5 * time.Second

func TestTurnOnTheRealParts(t *testing.T) {
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	p := h.patient()
	events := p.events()
	p.say("Is there anything on Tuesday?")
	want := "You said: Is there anything on Tuesday?"
	for _, kind := range []chat.EventType{chat.EventTyping, chat.EventMessage} {
		e := receive(t, string(kind), events)
		if e.Type != kind || (e.Message != nil && (e.Message.Body.Text != want || e.Message.Seq != 3)) {
			t.Errorf("got %+v, want %s", e, kind)
		}
	}
	if diff := cmp.Diff([]string{want}, p.wait(1)); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
	if n := read[int](h, "select count(*) from turn where state = 'done' and engine = 'scripted' and from_seq = 2 and to_seq = 2"); n != 1 {
		t.Errorf("%d turns are recorded", n)
	}
}

func TestMemoryIsWhatTheRecordSays(t *testing.T) {
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	p := h.patient()
	for i := range 3 {
		events := p.events()
		p.say(strconv.Itoa(i))
		for receive(t, "the reply", events).Type != chat.EventMessage {
		}
		ctx, c := context.Background(), p.session.Conversation
		kept, found, err := h.redis.Memory().Load(ctx, c.Clinic, c.ID)
		if !found || err != nil {
			t.Fatalf("found %v, %v", found, err)
		}
		history, err := h.DB.History(ctx, c.Clinic, c.ID, kept.Answered, 40)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(history, kept.History); diff != "" {
			t.Fatalf("(-record +memory):\n%s", diff)
		}
		if n := read[int64](h, "select answered_seq from conversation"); n != kept.Answered {
			t.Errorf("memory is of %d, the record of %d", kept.Answered, n)
		}
	}
}

func TestRapidMessagesAreAnsweredInOrderAndOnce(t *testing.T) {
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	p := h.patient()
	var want []string
	for i := range 30 {
		want = append(want, strconv.Itoa(i))
		p.say(want[i])
	}
	eventually(t, "all answers", func() bool { return len(p.answered()) >= len(want) })
	if diff := cmp.Diff(want, p.answered()); diff != "" {
		t.Errorf("(-said +answered):\n%s", diff)
	}
}

func TestTwoWorkersAndOneConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	h.work(h.config(agenttest.New()))
	const many = 100
	p := h.patient()
	var want []string
	for i := range many {
		want = append(want, strconv.Itoa(i))
		p.say(want[i])
		if i%10 == 0 {
			eventually(t, "an answer in between", func() bool { return slices.Contains(p.answered(), want[i]) })
		}
	}
	eventually(t, "all answers", func() bool { return len(p.answered()) >= many })
	if diff := cmp.Diff(want, p.answered()); diff != "" {
		t.Errorf("(-said +answered):\n%s", diff)
	}
	h.checkTurns()
}

// checkTurns says what must be true of every conversation when everything is answered.
func (h *house) checkTurns() {
	h.t.Helper()
	for what, sql := range map[string]string{
		"conversations are unanswered": `select count(*) from conversation where asked_seq > answered_seq`,
		"patients' messages were in no turn": `select count(*) from message m where role = 'patient' and not exists
			(select from turn t where t.conversation_id = m.conversation_id and m.seq between t.from_seq and t.to_seq)`,
		"messages were in two turns": `select count(*) from turn a join turn b on a.conversation_id = b.conversation_id and a.id <> b.id
			where a.from_seq <= b.to_seq and b.from_seq <= a.to_seq`,
		"turns overlap in time": `select count(*) from turn a join turn b on a.conversation_id = b.conversation_id and a.id <> b.id
			where a.started_at < b.started_at and b.started_at < a.finished_at - interval '1 ms'`,
		"turns have no reply, or more than one": `select count(*) from turn t
			where (select count(*) from message m where m.conversation_id = t.conversation_id and m.turn_id = t.id) <> 1`,
		"replies come before what they answer": `select count(*) from turn t join message m on m.turn_id = t.id where m.seq <= t.to_seq`,
		"replies are out of order": `select count(*)
			from turn a join message x on x.turn_id = a.id
			join turn b on b.conversation_id = a.conversation_id join message y on y.turn_id = b.id
			where a.to_seq < b.to_seq and x.seq > y.seq`,
	} {
		if n := read[int](h, sql); n != 0 {
			h.t.Errorf("%d %s", n, what)
		}
	}
}

func TestManyConversationsOnTwoWorkers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	h.work(h.config(agenttest.New()))
	const conversations, each = 20, 10
	var wg sync.WaitGroup
	patients := make([]*patient, conversations)
	for i := range patients {
		patients[i] = h.patient()
	}
	for _, p := range patients {
		wg.Go(func() {
			for n := range each {
				p.say(strconv.Itoa(n))
			}
		})
	}
	wg.Wait()
	for _, p := range patients {
		eventually(t, "all answers", func() bool { return len(p.answered()) >= each })
	}
	h.checkTurns()
}

func TestWakeUpIsQuick(t *testing.T) {
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	p := h.patient()
	var took []time.Duration
	for i := range 20 {
		begun := time.Now()
		p.say("x")
		p.wait(i + 1)
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	if quick := took[4]; quick > 60*time.Millisecond { // a busy machine makes some of them slow, River's usual cooldown all
		t.Errorf("the fifth quickest of %d turns took %s: does River wait 100 ms between fetches, or notifications?", len(took), quick)
	}
}

func TestDebounceOnTheRealParts(t *testing.T) {
	h := newHouse(t)
	h.work(h.config(agenttest.New()))
	p := h.patient()
	begun := time.Now()
	for _, text := range []string{"I", "need", "a dentist"} {
		p.sayLater(text, 300*time.Millisecond)
	}
	if diff := cmp.Diff([]string{"You said: I | need | a dentist"}, p.wait(1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if took := time.Since(begun); took < 300*time.Millisecond || took > 2*time.Second {
		t.Errorf("answered after %s, want 300 ms", took)
	}
}

func TestKilledWorkersTurnGoesToAnother(t *testing.T) {
	h := newHouse(t)
	victim := h.spawn(roleHangs)
	p := h.patient()
	p.say("Hello?")
	victim.await("turn begun")
	h.work(h.config(agenttest.New()))
	events := p.events()

	victim.signal(syscall.SIGKILL)
	killed := time.Now()
	if diff := cmp.Diff([]string{"You said: Hello?"}, p.wait(1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if took := time.Since(killed); took > takeover {
		t.Errorf("another worker answered after %s, want at most %s", took, takeover)
	}
	if e := receive(t, "an event", events); e.Type != chat.EventTyping {
		t.Errorf("first came %s", e.Type)
	}
	h.checkTurns()
}

func TestPausedWorkerWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sleeper := h.spawn(roleSlow)
	p := h.patient()
	p.say("Hello?")
	sleeper.await("turn begun")
	sleeper.signal(syscall.SIGSTOP)
	h.work(h.config(agenttest.New()))
	p.wait(1)
	sleeper.signal(syscall.SIGCONT)
	sleeper.await("turn discarded") // its engine answered all the same
	if diff := cmp.Diff([]string{"You said: Hello?"}, p.replies()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if engine := read[string](h, "select engine from turn"); engine != "scripted" {
		t.Errorf("%s answered", engine)
	}
	p.say("Thank you") // and both work again
	p.wait(2)
	h.checkTurns()
}

func TestStoppingWorkerFinishesItsTurn(t *testing.T) {
	h := newHouse(t)
	release := make(chan struct{})
	engine := agenttest.New(agenttest.Step{Until: release})
	w := h.work(h.config(engine))
	p := h.patient()
	p.say("one")
	receive(t, "the turn", engine.Started())
	go w.stop()
	eventually(t, "the worker to stop", func() bool { return w.Ready() != nil })
	close(release)
	w.stop()
	if diff := cmp.Diff([]string{"You said: one"}, p.replies()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := read[int](h, "select count(*) from worker"); n != 0 {
		t.Errorf("%d workers are known, want none", n)
	}
}

func TestStoppingWorkerGivesBackWhatItCannotFinish(t *testing.T) {
	h := newHouse(t)
	engine := agenttest.New(agenttest.Step{Until: make(chan struct{})})
	cfg := h.config(engine)
	cfg.Grace = 100 * time.Millisecond
	w := h.work(cfg)
	p := h.patient()
	p.say("one")
	receive(t, "the turn", engine.Started())
	h.work(h.config(agenttest.New()))
	w.stop()
	stopped := time.Now()
	if diff := cmp.Diff([]string{"You said: one"}, p.wait(1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if took := time.Since(stopped); took > 2*time.Second {
		t.Errorf("the other worker took %s: the lease was not given back", took)
	}
}

func TestFlushAllBetweenTurns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	engine := agenttest.New()
	h.work(h.config(engine))
	o, err := goredis.ParseURL(h.cache)
	if err != nil {
		t.Fatal(err)
	}
	redis := goredis.NewClient(o)
	defer redis.Close()
	p := h.patient()
	for i := range 5 {
		p.say(strconv.Itoa(i))
		p.wait(i + 1)
		if err := redis.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	last := engine.Turns()[4]
	if string(last.State) != `{"turns":4}` || len(last.History) != 9 {
		t.Errorf("the fifth turn knew %d messages and the state %s", len(last.History), last.State)
	}
}

func TestRedisAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	nowhere := cache(t, "redis://127.0.0.1:1/0", h.Keys)
	cfg := h.config(agenttest.New())
	cfg.Memory, cfg.Bus = nowhere.Memory(), nowhere.Bus()
	h.work(cfg)
	p := h.patient()
	begun := time.Now()
	for i := range 10 {
		p.say(strconv.Itoa(i))
		p.wait(i + 1)
	}
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("ten turns without Redis took %s: each waits for it", took)
	}
}

func TestEngineThatPanicsAndOneThatHangs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stuck := make(chan struct{})
	defer close(stuck)
	cfg := h.config(agenttest.Func(func(_ context.Context, turn agent.Turn, _ agent.Stream) (agent.Reply, error) {
		switch turn.New[0].Body.Text {
		case "panic":
			panic("no such slot")
		case "hang":
			<-stuck
		}
		return agenttest.Echo(turn), nil
	}))
	cfg.TurnTimeout = 200 * time.Millisecond
	cfg.MaxAttempts = 2
	h.work(cfg)
	for text, code := range map[string]string{"panic": "engine_panic", "hang": "engine_hangs"} {
		p := h.patient()
		p.say(text)
		if got := p.wait(1); !strings.Contains(got[0], "call us") {
			t.Errorf("%s: the last resort is %q", text, got[0])
		}
		got := read[string](h, "select error_code from turn where state = 'failed' and conversation_id = $1", p.session.Conversation.ID)
		if got != code {
			t.Errorf("%s: recorded as %q, want %q", text, got, code)
		}
	}
	p := h.patient()
	p.say("and the others")
	p.wait(1)
}

func TestDatabaseAwayAtStartAndCutLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := newGate(t, h.URL)
	away := storeThrough(t, h, g)
	cfg := h.config(agenttest.New())
	cfg.Conversations, cfg.Leases, cfg.Outbox, cfg.Pool = away, away, away, pool(t, g.address)
	w := h.begin(cfg)
	if err := w.Ready(); err == nil {
		t.Error("it is ready without a database")
	}
	p := h.patient()
	p.say("one")
	g.open(g.host)
	p.wait(1)
	eventually(t, "the worker", func() bool { return w.Ready() == nil })
	g.cut() // River's LISTEN connection, too
	p.say("two")
	p.wait(2)
	g.shut()
	eventually(t, "the worker to notice", func() bool { return w.Ready() != nil })
	p.say("three")
	g.open(g.host)
	p.wait(3)
	h.checkTurns()
}

func TestStopsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := newGate(t, h.URL)
	away := storeThrough(t, h, g)
	cfg := h.config(agenttest.New())
	cfg.Conversations, cfg.Leases, cfg.Outbox, cfg.Pool = away, away, away, pool(t, g.address)
	w := h.begin(cfg)
	begun := time.Now()
	w.stop()
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s to stop", took)
	}
}

func TestNewRefuses(t *testing.T) {
	nowhere := cache(t, "redis://127.0.0.1:1/0", testKeys(t))
	db := &postgres.DB{}
	good := worker.Config{
		Conversations: db, Leases: db, Outbox: db, Memory: nowhere.Memory(), Bus: nowhere.Bus(), Engine: agenttest.New(),
		Apology: func(context.Context, agent.Turn) chat.Body { return chat.Body{} }, Pool: pool(t, "postgres://127.0.0.1:1/none"), Logger: quiet(), Now: time.Now,
	}
	if _, err := worker.New(good); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*worker.Config){
		"Apology, Engine":   func(c *worker.Config) { c.Engine, c.Apology = nil, nil },
		"Pool":              func(c *worker.Config) { c.Pool = nil },
		"a heartbeat every": func(c *worker.Config) { c.Beat = 5 * time.Second },
		"at least 1":        func(c *worker.Config) { c.MaxTurns = -1 },
	} {
		c := good
		spoil(&c)
		if _, err := worker.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

var errBroken = errors.New("the line is broken")
