package worker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/redis"
	"github.com/agentcare/agentcare/store/storetest"
	"github.com/agentcare/agentcare/worker"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}

// deadline is far beyond what anything here takes.
const deadline = 20 * time.Second

// house is a clinic with its database and its Redis.
type house struct {
	*storetest.Env
	t      testing.TB
	clinic uuid.UUID
	cache  string // Redis' address
	redis  *redis.Store
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{
		Env: storetest.OpenWith(t, func(c *postgres.Config) { c.MaxConns = 24 }),
		t:   t, clinic: uuid.New(), cache: storetest.Redis(t),
	}
	h.redis = cache(t, h.cache, h.Keys)
	_, err := h.Owner.Exec(t.Context(), `insert into clinic (clinic_id, slug, name, zone) values ($1, 'harbor-view', 'Harbor View Clinic', 'America/New_York')`, h.clinic)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func cache(t testing.TB, address string, keys *keyring.Ring) *redis.Store {
	t.Helper()
	s, err := redis.New(redis.Config{URL: address, Keys: keys, Logger: quiet(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func testKeys(t testing.TB) *keyring.Ring {
	t.Helper()
	keys, err := keyring.Parse(storetest.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func pool(t testing.TB, address string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// config is that of a worker with this engine.
func (h *house) config(engine agent.Engine) worker.Config {
	return worker.Config{
		Conversations: h.DB, Leases: h.DB, Memory: h.redis.Memory(), Bus: h.redis.Bus(), Outbox: h.DB,
		Engine: engine, EngineName: "scripted", Pool: pool(h.t, h.URL), Logger: quiet(), Now: time.Now,
		Apology: func(context.Context, agent.Turn) chat.Body {
			return chat.Body{Text: "Please call us at +1 212 555 0100."}
		},
		Backoff: 50 * time.Millisecond, Grace: 5 * time.Second,
	}
}

// running is a worker at work.
type running struct {
	*worker.Worker
	stop func() // and wait
}

// work runs a worker until the test ends, and waits until it is ready.
func (h *house) work(cfg worker.Config) running {
	h.t.Helper()
	r := h.begin(cfg)
	eventually(h.t, "the worker", func() bool { return r.Ready() == nil })
	return r
}

// begin runs a worker until the test ends.
func (h *house) begin(cfg worker.Config) running {
	h.t.Helper()
	w, err := worker.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- w.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := receive(h.t, "the worker's end", stopped); err != nil {
			h.t.Errorf("the worker ended with %v", err)
		}
	})
	h.t.Cleanup(stop)
	return running{Worker: w, stop: stop}
}

// patient has a conversation open.
type patient struct {
	h       *house
	session chat.Session
}

func (h *house) patient() *patient {
	h.t.Helper()
	s, err := h.DB.OpenSession(context.Background(), chat.SessionRequest{
		Clinic: h.clinic, Language: "en", Idle: time.Hour, Greeting: chat.Body{Text: "Hello"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return &patient{h: h, session: s}
}

func (p *patient) say(text string) { p.sayLater(text, 0) }

// sayLater says something that may be answered only after a while.
func (p *patient) sayLater(text string, due time.Duration) {
	_, err := p.h.DB.Put(context.Background(), chat.Inbound{
		Clinic: p.h.clinic, Conversation: p.session.Conversation.ID, Endpoint: p.session.Endpoint.ID,
		Channel: chat.Web, ExternalID: uuid.NewString(), Text: text, DueAfter: due,
	})
	if err != nil {
		p.h.t.Error(err)
	}
}

func (p *patient) messages() []chat.Message {
	p.h.t.Helper()
	messages, err := p.h.DB.After(context.Background(), p.h.clinic, p.session.Conversation.ID, 1, 1000)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return messages
}

// replies are the agent's messages after the greeting.
func (p *patient) replies() []string {
	p.h.t.Helper()
	var texts []string
	for _, m := range p.messages() {
		if m.Role == chat.RoleAgent {
			texts = append(texts, m.Body.Text)
		}
	}
	return texts
}

// answered are the patient's texts that replies have repeated, in the order of the replies.
func (p *patient) answered() []string {
	p.h.t.Helper()
	var texts []string
	for _, reply := range p.replies() {
		said, is := strings.CutPrefix(reply, "You said: ")
		if !is {
			p.h.t.Fatalf("a reply of another kind: %q", reply)
		}
		texts = append(texts, strings.Split(said, " | ")...)
	}
	return texts
}

// wait until there are so many replies.
func (p *patient) wait(replies int) []string {
	p.h.t.Helper()
	var got []string
	eventually(p.h.t, fmt.Sprintf("%d replies", replies), func() bool {
		got = p.replies()
		return len(got) >= replies
	})
	return got
}

// events subscribes to the conversation.
func (p *patient) events() <-chan chat.Event {
	p.h.t.Helper()
	events := make(chan chat.Event, 1000)
	leave, err := p.h.redis.Bus().Subscribe(context.Background(), p.session.Conversation.ID, func(e chat.Event) { events <- e })
	if err != nil {
		p.h.t.Fatal(err)
	}
	p.h.t.Cleanup(leave)
	return events
}

// read asks for one value as the owner.
func read[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	var value T
	if err := h.Owner.QueryRow(context.Background(), sql, args...).Scan(&value); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	end := time.After(deadline)
	for !condition() {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

// receive takes the next value of a channel.
func receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(deadline):
		t.Fatalf("waited for %s in vain", what)
		panic("unreachable")
	}
}

// gate stands between a worker and Postgres: it can be shut, and cut what goes through it.
type gate struct {
	t        testing.TB
	behind   string // the server's host
	address  string // a database URL that leads through the gate
	host     string
	listener net.Listener
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// newGate makes one that is shut.
func newGate(t testing.TB, databaseURL string) *gate {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{t: t, behind: u.Host}
	g.open("127.0.0.1:0")
	g.host = g.listener.Addr().String()
	u.Host = g.host
	g.address = u.String()
	g.shut()
	t.Cleanup(g.shut)
	return g
}

func (g *gate) open(host string) {
	g.t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", host)
	if err != nil {
		g.t.Fatal(err)
	}
	g.listener = listener
	g.wg.Go(func() { g.serve(listener) })
}

func (g *gate) serve(listener net.Listener) {
	var dialer net.Dialer
	for {
		in, err := listener.Accept()
		if err != nil {
			return
		}
		out, err := dialer.DialContext(context.Background(), "tcp", g.behind)
		if err != nil {
			_ = in.Close()
			continue
		}
		g.mu.Lock()
		g.conns = append(g.conns, in, out)
		g.mu.Unlock()
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			g.wg.Go(func() {
				_, _ = io.Copy(pair[0], pair[1])
				_ = pair[0].Close()
			})
		}
	}
}

// cut breaks every connection. New ones go through.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns = nil
}

// shut breaks every connection and refuses new ones.
func (g *gate) shut() {
	_ = g.listener.Close()
	g.cut()
	g.wg.Wait()
	g.cut()
}
