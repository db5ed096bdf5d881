package web_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
)

func TestTwoSocketsOneConversation(t *testing.T) {
	t.Parallel()
	w := open(t)
	a, s := w.greeted()
	b := w.hello(w.resume(s.Resume), 1)
	a.say("1", "from the first tab")
	a.wantAck("1", 2)
	a.wantMessage(2, "patient", "from the first tab")
	b.wantMessage(2, "patient", "from the first tab")
	w.answer(s, text("To both."))
	for _, c := range []*client{a, b} {
		c.wantMessage(3, "agent", "To both.")
	}
}

// TestTwoProcesses has one tab on each of two servers.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	var cfg web.Config
	w := open(t, func(c *web.Config) { cfg = *c })
	a, s := w.greeted()
	w.serve(cfg)
	b := w.hello(s, 1)
	a.say("1", "hi")
	a.wantAck("1", 2)
	a.wantMessage(2, "patient", "hi")
	b.wantMessage(2, "patient", "hi")
	b.send(map[string]any{"type": "end"})
	b.wantClosed(web.CloseEnded)
	a.wantClosed(web.CloseOver)
}

// TestReconnectInMidReply cuts the connection while a reply is being written.
func TestReconnectInMidReply(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("1", "When are you open?")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "When are you open?")
	turn := uuid.Must(uuid.NewV7())
	w.publish(s, chat.Event{Type: chat.EventTyping, Turn: turn})
	w.publish(s, chat.Event{Type: chat.EventDelta, Turn: turn, Text: "We are open"})
	c.until("typing")
	if f := c.next(); f.Type != "delta" || f.Text != "We are open" || f.Turn != turn.String() {
		t.Fatalf("got %+v", f)
	}
	_ = c.conn.UnderlyingConn().Close()

	again := w.hello(s, 2)
	w.publish(s, chat.Event{Type: chat.EventDelta, Turn: turn, Text: " from nine", Offset: len("We are open")})
	w.answerTurn(s, turn, text("We are open from nine to five."))
	again.wantMessage(3, "agent", "We are open from nine to five.") // and none of the piece that makes no sense alone
	again.say("2", "Thanks")
	again.wantAck("2", 4)
}

func TestDeltas(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("1", "hi")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "hi")
	one, two := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	delta := func(turn uuid.UUID, offset int, piece string) {
		w.publish(s, chat.Event{Type: chat.EventDelta, Turn: turn, Offset: offset, Text: piece})
		w.publish(s, chat.Event{Type: chat.EventTyping}) // so that pieces do not join on their way
	}
	delta(one, 0, "Let me")
	delta(one, 6, " see")
	delta(one, 14, "lost one before")
	delta(one, 29, "more")
	w.publish(s, chat.Event{Type: chat.EventDiscard, Turn: one})
	delta(one, 0, "Again")
	delta(two, 0, "A worker died; another")
	w.answerTurn(s, two, text("A worker died; another answers."))
	var told []string
	for len(told) < 8 {
		f := c.next()
		if f.Type == "typing" {
			continue
		}
		told = append(told, f.Type+" "+f.Text+f.Turn)
		if f.Type == "message" {
			break
		}
	}
	want := []string{
		"delta Let me" + one.String(), "delta  see" + one.String(), "discard " + one.String(), "delta Again" + one.String(),
		"discard " + one.String(), "delta A worker died; another" + two.String(), "message A worker died; another answers." + two.String(),
	}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("told\n%q\nwant\n%q", told, want)
	}
}

// TestLostEvents has a bus that loses everything: the polls find it.
func TestLostEvents(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	w.bus.loseAll(true)
	start := time.Now()
	c.say("1", "hi")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "hi") // this process knows
	w.answer(s, text("Found by the poll."))
	c.wantMessage(3, "agent", "Found by the poll.")
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestGap has a bus that loses one message and brings the next.
func TestGap(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.PollEvery = time.Hour })
	c, s := w.greeted()
	c.say("1", "hi")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "hi")
	w.bus.loseAll(true)
	w.answer(s, text("Lost."))
	w.bus.loseAll(false)
	c.say("2", "are you there?")
	c.wantAck("2", 4)
	c.wantMessage(3, "agent", "Lost.")
	c.wantMessage(4, "patient", "are you there?")
}

func TestSecondHelloRestartsTheReplay(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("1", "hi")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "hi")
	w.answer(s, text("Hello."))
	c.wantMessage(3, "agent", "Hello.")
	c.send(map[string]any{"type": "hello", "after": 1})
	if f := c.next(); f.Type != "welcome" || f.Seq != 3 {
		t.Fatalf("got %+v", f)
	}
	c.wantMessage(2, "patient", "hi")
	c.wantMessage(3, "agent", "Hello.")
	c.send(map[string]any{"type": "hello", "after": 99}) // from before a restored backup
	if f := c.next(); f.Type != "welcome" || f.Seq != 3 {
		t.Fatalf("got %+v", f)
	}
	c.say("2", "still numbered from here")
	c.wantAck("2", 4)
	c.wantMessage(4, "patient", "still numbered from here")
}

// TestLongReplay replays more than a page, while more is said.
func TestLongReplay(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.MessagesPerMinute, c.Limits.FramesPerWindow = -1, -1 })
	c, s := w.greeted()
	const before, during = 180, 20
	for i := range before {
		c.say(fmt.Sprint("b", i), fmt.Sprint("message ", i))
		c.until("ack")
	}
	late := w.hello(s, 0)
	for i := range during {
		c.say(fmt.Sprint("d", i), fmt.Sprint("message ", before+i))
	}
	late.wantMessage(1, "agent", greeting)
	for i := range before + during {
		late.wantMessage(int64(i+2), "patient", fmt.Sprint("message ", i))
	}
}

// TestUnlock shows what was hidden once the patient has verified again.
func TestUnlock(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("event lost %v", lost), func(t *testing.T) {
			t.Parallel()
			w := open(t)
			c, s := w.greeted()
			c.say("1", "a secret")
			c.wantAck("1", 2)
			hide := `update endpoint set visible_after = 2 where conversation_id = $1`
			if _, err := w.env.Owner.Exec(t.Context(), hide, s.conversation(t)); err != nil {
				t.Fatal(err)
			}
			again := w.hello(s, 0)
			again.say("2", "it is me")
			again.wantAck("2", 3)
			again.wantMessage(3, "patient", "it is me")

			show := `update endpoint set visible_after = 0 where conversation_id = $1`
			if _, err := w.env.Owner.Exec(t.Context(), show, s.conversation(t)); err != nil {
				t.Fatal(err)
			}
			if lost {
				w.bus.loseAll(true)
				w.answer(s, text("Welcome back."))
				got := map[int64]string{}
				for len(got) < 3 {
					f := again.next()
					got[f.Seq] = f.Text
				}
				if want := map[int64]string{1: greeting, 2: "a secret", 4: "Welcome back."}; fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("got %v", got)
				}
				return
			}
			w.publish(s, chat.Event{Type: chat.EventUnlocked})
			again.wantMessage(1, "agent", greeting)
			again.wantMessage(2, "patient", "a secret")
			w.answer(s, text("Welcome back."))
			again.wantMessage(4, "agent", "Welcome back.")
		})
	}
}

// TestLockedUpElsewhere is a tab that is still open when the session is taken up in another one after its idle time.
func TestLockedUpElsewhere(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.FramesPerWindow, c.Limits.MessagesPerMinute = -1, -1 })
	c, s := w.greeted()
	c.say("1", "a secret")
	c.wantAck("1", 2)
	w.env.Clock.Advance(31 * time.Minute)
	w.resume(s.Resume)
	n := 0
	eventually(t, "what was said is hidden", func() bool { // from the next second on
		n++
		c.send(map[string]any{"type": "hello"})
		c.until("welcome")
		c.say(fmt.Sprintf("more %d", n), "something new")
		return c.until("message").Seq > 2
	})
}

// TestSlowClient does not read while a lot is said. It is closed with the documented code, and gets everything when it comes back.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) {
		c.Limits.MessagesPerMinute, c.Limits.FramesPerWindow = -1, -1
		c.Limits.QueueFrames, c.Limits.WriteTimeout = 32, time.Minute
	})
	fast, s := w.greeted()
	slow := w.narrow(s)
	const messages = 150
	long := strings.Repeat("ä", 3900)
	go func() {
		for i := range messages {
			fast.say(strconv.Itoa(i), fmt.Sprint(i, " ", long))
		}
	}()
	for acks := 0; acks < messages; {
		if fast.next().Type == "ack" {
			acks++
		}
	}
	last := int64(1)
	for _, f := range slow.wantClosed(web.CloseTooSlow) {
		if f.Seq != last+1 {
			t.Fatalf("seq %d after %d", f.Seq, last)
		}
		last = f.Seq
	}
	if last == messages+1 {
		t.Fatal("it was not slow")
	}
	back := w.hello(s, last)
	for seq := last + 1; seq <= messages+1; seq++ {
		back.wantMessage(seq, "patient", fmt.Sprint(seq-2, " ", long))
	}
}

// narrow opens a socket with a small receive window that has said hello after the greeting.
func (w *world) narrow(s session) *client {
	w.t.Helper()
	dialer := &websocket.Dialer{Subprotocols: []string{web.Subprotocol}, NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return conn, err
	}}
	conn, r := w.handshakeWith(dialer, s.Token, nil)
	if conn == nil {
		w.t.Fatalf("no socket: %d %s", r.status, r.body)
	}
	c := &client{t: w.t, conn: conn}
	c.send(map[string]any{"type": "hello", "after": 1})
	if f := c.next(); f.Type != "welcome" {
		w.t.Fatalf("got %+v", f)
	}
	return c
}

// TestClientThatTakesNothing is cut off when even the current frame does not go out.
func TestClientThatTakesNothing(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) {
		c.Limits.MessagesPerMinute, c.Limits.FramesPerWindow = -1, -1
		c.Limits.WriteTimeout = 200 * time.Millisecond
	})
	fast, s := w.greeted()
	w.narrow(s)
	long := strings.Repeat("ä", 3900)
	for i := range 100 {
		fast.say(strconv.Itoa(i), long)
		fast.until("ack")
	}
	eventually(t, "the stalled socket is gone", func() bool {
		return strings.Count(w.logs.String(), `"socket closed"`) == 1
	})
}

// TestStorm has a hundred patients who talk at once, over a bus that loses, doubles and delays, and who lose their connections.
// Each gets every message once, in order.
func TestStorm(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) {
		c.Limits.SessionsPerMinute, c.Limits.MessagesPerMinute = -1, -1
		c.Limits.PollEvery = 100 * time.Millisecond
	})
	sometimes := func(chat.Event) bool { return rand.N(10) < 3 }
	w.bus.lose.Store(&sometimes)
	w.bus.double.Store(&sometimes)
	w.bus.delay.Store(&sometimes)
	const patients, messages = 100, 5
	var all sync.WaitGroup
	for range patients {
		all.Go(func() {
			p := &patient{w: w, session: w.session()}
			p.connect()
			defer func() { _ = p.c.conn.Close() }()
			for i := range messages {
				p.say(i)
			}
		})
	}
	all.Wait()
}

// patient says one thing after the other and reconnects now and then.
type patient struct {
	w       *world
	session session
	c       *client
	seq     int64
}

func (p *patient) connect() {
	if p.c != nil {
		_ = p.c.conn.UnderlyingConn().Close()
	}
	p.c = p.w.hello(p.session, p.seq)
}

// say says something and waits until it comes back as a message, whatever is in between.
func (p *patient) say(i int) {
	id, words := fmt.Sprint("m", i), fmt.Sprint("message ", i)
	p.c.say(id, words)
	if rand.N(4) == 0 { // before the ack: say it again
		p.connect()
		p.c.say(id, words)
	}
	for acked, there := false, false; !acked || !there; {
		switch f := p.c.next(); f.Type {
		case "ack":
			acked = acked || f.ID == id
		case "message":
			if f.Seq != p.seq+1 {
				p.w.t.Errorf("seq %d after %d", f.Seq, p.seq)
				return
			}
			p.seq = f.Seq
			there = there || f.Text == words
		case "error":
			p.w.t.Errorf("refused: %+v", f)
			return
		}
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("1", "hi")
	c.wantAck("1", 2)
	drained := make(chan error, 1)
	go func() { drained <- w.server.Drain(t.Context()) }()
	c.wantClosed(web.CloseRestart)
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if conn, r := w.handshake(s.Token, nil); conn != nil || r.status != http.StatusServiceUnavailable {
		t.Errorf("a socket while draining: %d", r.status)
	}
	if r := w.post(`{}`); r.status != http.StatusServiceUnavailable {
		t.Errorf("a session while draining: %d", r.status)
	}
}

// TestDrainCutsOff has a client that never says goodbye.
func TestDrainCutsOff(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.greeted() // reads nothing from here on
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.server.Drain(ctx); err == nil || !strings.Contains(err.Error(), "1 socket") {
		t.Errorf("Drain says %v", err)
	}
}

// TestLogsKeepSecrets: no words, tokens, secrets or addresses of patients in the logs, at any level.
func TestLogsKeepSecrets(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("idempotent-id", "my number is +12125550177")
	c.wantAck("idempotent-id", 2)
	c.sendRaw(websocket.TextMessage, []byte(`{"type":"secret words"`))
	c.until("error")
	w.answer(s, text("A private answer."))
	c.until("message")
	_, _ = w.handshake("forged-token", nil)
	_ = c.conn.Close()
	eventually(t, "the socket is gone", func() bool { return strings.Contains(w.logs.String(), "socket closed") })

	logs := w.logs.String()
	for _, secret := range []string{s.Token, s.Resume, "forged-token", "+12125550177", "number is", "secret words", "private answer", "127.0.0.1:"} {
		if strings.Contains(logs, secret) {
			t.Errorf("%q is in the logs:\n%s", secret, logs)
		}
	}
	for _, needed := range []string{`"conversation_id":"` + s.Conversation, `"request_id":"`, `"path":"/chat/ws"`, `"status":101`} {
		if !strings.Contains(logs, needed) {
			t.Errorf("%s is not in the logs:\n%s", needed, logs)
		}
	}
}
