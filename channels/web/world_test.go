package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/redis"
	"github.com/agentcare/agentcare/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

const greeting = "Hello, this is the automated assistant of Harbor View Clinic."

// world is a web channel on a real Postgres and a real Redis, with faults to switch on.
type world struct {
	t      testing.TB
	env    *storetest.Env
	bus    *leakyBus
	store  *faultyStore
	server *web.Server
	url    string
	clinic uuid.UUID
	logs   *logBuffer
}

// open makes a world; change may adjust its configuration.
func open(tb testing.TB, change ...func(*web.Config)) *world {
	tb.Helper()
	w := &world{t: tb, env: storetest.Open(tb), clinic: uuid.Must(uuid.NewV7()), logs: &logBuffer{}}
	_, err := w.env.Owner.Exec(tb.Context(),
		`insert into clinic (clinic_id, slug, name, zone, language, region, phone, settings)
		 values ($1, 'harbor-view', 'Harbor View Clinic', 'America/New_York', 'en', 'US', '+12125550100', '{"privacy_url": "https://harborview.example/privacy"}')`, w.clinic)
	if err != nil {
		tb.Fatal(err)
	}
	memory, err := redis.New(redis.Config{URL: storetest.Redis(tb), Keys: w.env.Keys, Logger: w.logs.logger(), Now: time.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = memory.Close() })
	w.bus = &leakyBus{Bus: memory.Bus()}
	w.store = &faultyStore{recordDB: w.env.DB}
	cfg := web.Config{
		Clinics: w.store, Sessions: w.store, Inbox: w.store, History: w.store, Bus: w.bus, Limiter: memory.Limiter(), Signer: w.env.Keys,
		Return: func(clinic.Clinic, string) chat.Body { return chat.Body{} },
		Greeting: func(_ clinic.Clinic, language string) chat.Body {
			if language == "es" {
				return chat.Body{Text: "Hola."}
			}
			return chat.Body{Text: greeting}
		},
		Assets: fstest.MapFS{"widget.js": {Data: []byte("customElements")}, "demo/index.html": {Data: []byte("<!doctype html><title>Harbor View</title>")}},
		Logger: w.logs.logger(), Now: w.env.Clock.Now,
		PublicURL: "https://chat.harborview.example", AllowedOrigins: []string{"https://www.harborview.example"}, Languages: []string{"en", "es"},
	}
	for _, c := range change {
		c(&cfg)
	}
	w.serve(cfg)
	return w
}

// serve starts a server with this configuration that ends with the test.
func (w *world) serve(cfg web.Config) {
	w.t.Helper()
	server, err := web.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- server.Run(ctx) }()
	w.server, w.url = server, listener.URL
	w.t.Cleanup(func() {
		grace, end := context.WithTimeout(context.Background(), patience)
		defer end()
		if err := server.Drain(grace); err != nil {
			w.t.Errorf("Drain: %v", err)
		}
		cancel()
		if err := <-ran; err != nil {
			w.t.Errorf("Run: %v", err)
		}
		listener.Close()
		http.DefaultClient.CloseIdleConnections()
	})
}

// session is what POST /chat/session answers.
type session struct {
	Token, Resume, Conversation string
	ExpiresAt                   time.Time `json:"expires_at"`
	ClinicName                  string    `json:"clinic_name"`
	Phone                       string
	PrivacyURL                  string `json:"privacy_url"`
	IdleLockMs                  int    `json:"idle_lock_ms"`
}

// conversation is the session's.
func (s session) conversation(tb testing.TB) uuid.UUID {
	tb.Helper()
	id, err := uuid.Parse(s.Conversation)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func readReply(tb testing.TB, res *http.Response) reply {
	tb.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return reply{status: res.StatusCode, header: res.Header, body: body}
}

// post asks for a session with this body and these headers.
func (w *world) post(body string, headers ...string) reply {
	w.t.Helper()
	return w.request(http.MethodPost, "/chat/session", body, headers...)
}

func (w *world) request(method, path, body string, headers ...string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return readReply(w.t, res)
}

// session opens one.
func (w *world) session() session { return w.resume("") }

func (w *world) resume(secret string) session {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"resume": secret})
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.post(string(body))
	if r.status != http.StatusCreated {
		w.t.Fatalf("no session: %d %s", r.status, r.body)
	}
	return parse[session](w.t, r.body)
}

// got is any frame from the server.
type got struct {
	Type, ID, Turn, Role, Text, Code, Message, Field, Conversation string
	Seq                                                            int64
	RetryAfterMs                                                   int64 `json:"retry_after_ms"`
	Options                                                        []struct{ ID, Label, Kind string }
	Form                                                           *struct{ ID string }
}

// client is a browser tab.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

// handshake asks for a socket; the connection is nil when it was refused.
func (w *world) handshake(token string, headers http.Header) (*websocket.Conn, reply) {
	w.t.Helper()
	return w.handshakeWith(&websocket.Dialer{Subprotocols: []string{web.Subprotocol}}, token, headers)
}

func (w *world) handshakeWith(dialer *websocket.Dialer, token string, headers http.Header) (*websocket.Conn, reply) {
	w.t.Helper()
	conn, res, err := dialer.DialContext(w.t.Context(), "ws"+strings.TrimPrefix(w.url, "http")+"/chat/ws?token="+token, headers)
	if res == nil {
		w.t.Fatalf("no answer to a handshake: %v", err)
	}
	if err == nil {
		w.t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, readReply(w.t, res)
}

// dial opens a socket, and does not say hello.
func (w *world) dial(token string) *client {
	w.t.Helper()
	conn, r := w.handshake(token, nil)
	if conn == nil {
		w.t.Fatalf("no socket: %d %s", r.status, r.body)
	}
	return &client{t: w.t, conn: conn}
}

// hello opens a socket and says hello.
func (w *world) hello(s session, after int64) *client {
	w.t.Helper()
	c := w.dial(s.Token)
	c.send(map[string]any{"type": "hello", "after": after})
	if f := c.next(); f.Type != "welcome" || f.Conversation != s.Conversation {
		w.t.Fatalf("not welcome: %+v", f)
	}
	return c
}

// greeted opens a socket on a new conversation and reads the greeting.
func (w *world) greeted() (*client, session) {
	w.t.Helper()
	s := w.session()
	c := w.hello(s, 0)
	c.wantMessage(1, "agent", greeting)
	return c, s
}

func (c *client) send(frame map[string]any) {
	c.t.Helper()
	data, err := json.Marshal(frame)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sendRaw(websocket.TextMessage, data)
}

func (c *client) sendRaw(kind int, data []byte) {
	c.t.Helper()
	if err := c.conn.WriteMessage(kind, data); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

func (c *client) say(id, text string) {
	c.t.Helper()
	c.send(map[string]any{"type": "message", "id": id, "text": text})
}

// read returns the next frame, or why there is none.
func (c *client) read() (got, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return got{}, err
	}
	_, data, err := c.conn.ReadMessage()
	if err != nil {
		return got{}, err
	}
	var f got
	err = json.Unmarshal(data, &f)
	return f, err
}

// next returns the next frame that must come.
func (c *client) next() got {
	c.t.Helper()
	f, err := c.read()
	if err != nil {
		c.t.Fatalf("no frame: %v", err)
	}
	return f
}

// until skips frames of other types.
func (c *client) until(kind string) got {
	c.t.Helper()
	for {
		if f := c.next(); f.Type == kind {
			return f
		}
	}
}

func (c *client) wantMessage(seq int64, role, text string) got {
	c.t.Helper()
	f := c.next()
	if f.Type != "message" || f.Seq != seq || f.Role != role || f.Text != text {
		c.t.Fatalf("got %+v, want message %d of %s: %q", f, seq, role, text)
	}
	return f
}

func (c *client) wantAck(id string, seq int64) {
	c.t.Helper()
	if f := c.next(); f.Type != "ack" || f.ID != id || f.Seq != seq {
		c.t.Fatalf("got %+v, want the ack of %s with seq %d", f, id, seq)
	}
}

func (c *client) wantError(id, code string) got {
	c.t.Helper()
	f := c.next()
	if f.Type != "error" || f.Code != code || f.ID != id || f.Message == "" {
		c.t.Fatalf("got %+v, want the error %s of %q with a sentence", f, code, id)
	}
	return f
}

// wantClosed reads up to the end and returns what came before it.
func (c *client) wantClosed(code int) []got {
	c.t.Helper()
	var before []got
	for {
		f, err := c.read()
		if err == nil {
			before = append(before, f)
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code {
			c.t.Fatalf("ended with %v, want close code %d", err, code)
		}
		return before
	}
}

// answer does what a worker does: it claims the conversation and answers what is unanswered with these bodies.
func (w *world) answer(s session, bodies ...chat.Body) {
	w.t.Helper()
	w.answerTurn(s, uuid.Must(uuid.NewV7()), bodies...)
}

func (w *world) answerTurn(s session, turn uuid.UUID, bodies ...chat.Body) {
	w.t.Helper()
	ctx, conversation := w.t.Context(), s.conversation(w.t)
	worker := uuid.Must(uuid.NewV7())
	if err := w.env.DB.Beat(ctx, worker); err != nil {
		w.t.Fatal(err)
	}
	claim, err := w.env.DB.Claim(ctx, chat.TurnArgs{Clinic: w.clinic, Conversation: conversation}, worker, time.Minute)
	if err != nil {
		w.t.Fatalf("claiming: %v", err)
	}
	messages, err := w.env.DB.Complete(ctx, chat.Completion{
		Claim: claim, Turn: turn, Answered: claim.Since[len(claim.Since)-1].Seq, Messages: bodies, Started: time.Now(),
	})
	if err != nil {
		w.t.Fatalf("completing: %v", err)
	}
	for i := range messages {
		w.publish(s, chat.Event{Type: chat.EventMessage, Turn: turn, Message: &messages[i]})
	}
}

func (w *world) publish(s session, e chat.Event) {
	w.t.Helper()
	if err := w.bus.Publish(w.t.Context(), s.conversation(w.t), e); err != nil {
		w.t.Fatal(err)
	}
}

func text(s string) chat.Body { return chat.Body{Text: s} }

func parse[T any](tb testing.TB, data []byte) T {
	tb.Helper()
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		tb.Fatalf("%v in %s", err, data)
	}
	return v
}

// dialWithout opens a socket although the record is off.
func (w *world) dialWithout(s session) *client {
	w.t.Helper()
	w.store.off.Store(false)
	defer w.store.off.Store(true)
	return w.dial(s.Token)
}
