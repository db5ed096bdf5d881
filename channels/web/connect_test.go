package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
)

func TestRefusedHandshakes(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.session().Token
	expired := w.env.Keys.Sign("chat socket", make([]byte, 64), time.Now().Add(-time.Second))
	short := w.env.Keys.Sign("chat socket", []byte("x"), time.Now().Add(time.Minute))
	foreign := w.env.Keys.Sign("another purpose", make([]byte, 64), time.Now().Add(time.Minute))
	changed := []byte(token)
	changed[20] ^= 1
	origin := func(o string) http.Header { return http.Header{"Origin": {o}} }
	tests := []struct {
		name, token string
		headers     http.Header
		status      int
		code        string
	}{
		{"no token", "", nil, http.StatusUnauthorized, web.CodeBadToken},
		{"no token at all of ours", "abc", nil, http.StatusUnauthorized, web.CodeBadToken},
		{"expired", expired, nil, http.StatusUnauthorized, web.CodeBadToken},
		{"changed", string(changed), nil, http.StatusUnauthorized, web.CodeBadToken},
		{"signed for something else", foreign, nil, http.StatusUnauthorized, web.CodeBadToken},
		{"signed, and says too little", short, nil, http.StatusUnauthorized, web.CodeBadToken},
		{"foreign origin", token, origin("https://evil.example"), http.StatusForbidden, web.CodeOrigin},
	}
	for _, tt := range tests {
		conn, r := w.handshake(tt.token, tt.headers)
		if conn != nil {
			t.Errorf("%s: let in", tt.name)
			continue
		}
		r.wantRefusal(t, tt.name, tt.status, tt.code)
	}
	conn, r := w.handshake(token, origin(site))
	if conn == nil {
		t.Fatalf("the clinic's own site was refused: %s", r.body)
	}
	if got := r.header.Get("Sec-Websocket-Protocol"); got != "agentcare.v1" {
		t.Errorf("subprotocol %q", got)
	}
	if r.header.Get("X-Request-Id") == "" || r.header.Get("Sec-Websocket-Extensions") != "" {
		t.Errorf("headers %v", r.header)
	}
}

func TestHandshakeNeedsTheSubprotocol(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, offered := range [][]string{nil, {"agentcare.v2", "chat"}} {
		conn, r := w.handshakeWith(&websocket.Dialer{Subprotocols: offered}, w.session().Token, nil)
		if conn != nil {
			t.Fatal("let in")
		}
		r.wantRefusal(t, strings.Join(offered, " "), http.StatusBadRequest, web.CodeSubprotocol)
	}
}

func TestSocketAddressWithoutHandshake(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.request(http.MethodGet, "/chat/ws?token="+w.session().Token, "").wantRefusal(t, "no handshake", http.StatusUpgradeRequired, web.CodeUpgrade)
}

func TestHandshakeRateLimits(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, w *world, token string) {
		t.Helper()
		conn, r := w.handshake(token, nil)
		if conn != nil {
			t.Fatal("let in")
		}
		if wait := r.wantRefusal(t, "refused", http.StatusTooManyRequests, chat.CodeRateLimited); wait <= 0 || wait > time.Minute {
			t.Errorf("told to wait %v", wait)
		}
	}
	t.Run("session", func(t *testing.T) {
		t.Parallel()
		w := open(t, func(c *web.Config) { c.Limits.SocketsPerMinute = 2 })
		token := w.session().Token
		w.dial(token)
		w.dial(token)
		refused(t, w, token)
		w.dial(w.session().Token)
	})
	t.Run("address", func(t *testing.T) {
		t.Parallel()
		w := open(t, func(c *web.Config) { c.Limits.SessionsPerMinute = 2 })
		one, other := w.session().Token, w.session().Token
		for range 2 {
			w.dial(one)
			w.dial(other)
		}
		refused(t, w, one)
	})
}

func TestExpiredTokenDoesNotEndASocket(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	w.env.Clock.Advance(11 * time.Minute)
	c.say("1", "still here")
	c.wantAck("1", 2)
	if conn, r := w.handshake(s.Token, nil); conn != nil || r.status != http.StatusUnauthorized {
		t.Errorf("a stale token: %d %s", r.status, r.body)
	}
}

func TestFullProcess(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.Sockets = 1 })
	first := w.dial(w.session().Token)
	token := w.session().Token
	conn, r := w.handshake(token, nil)
	if conn != nil {
		t.Fatal("a second socket was let in")
	}
	r.wantRefusal(t, "refused", http.StatusServiceUnavailable, chat.CodeUnavailable)

	_ = first.conn.Close()
	eventually(t, "the place is free again", func() bool {
		conn, _ := w.handshake(token, nil)
		return conn != nil
	})
}

// eventually waits until a condition holds that nothing announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("in vain: %s", what)
		case <-tick.C:
		}
	}
}

func TestSocketWithoutTheRecord(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.session().Token
	w.store.off.Store(true)
	conn, r := w.handshake(token, nil)
	if conn != nil {
		t.Fatal("let in")
	}
	r.wantRefusal(t, "refused", http.StatusServiceUnavailable, chat.CodeUnavailable)
}

func TestOldestSocketOfASessionGivesWay(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.SocketsPerSession = 2 })
	s := w.session()
	first, second := w.hello(s, 1), w.hello(s, 1)
	third := w.hello(s, 1)
	first.wantClosed(web.CloseReplaced)
	for i, c := range []*client{second, third} {
		id := string(rune('a' + i))
		c.say(id, "hi")
		if c.until("ack").ID != id {
			t.Error("a newer socket does not work")
		}
	}
}

func TestIdleSessionMustBeOpenedAgain(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.SessionIdle = 2 * time.Second })
	c, _ := w.greeted()
	c.wantClosed(web.CloseStale)
}

func TestSilentClientIsCutOff(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.PingEvery = time.Second })
	c, _ := w.greeted()
	pings := 0
	c.conn.SetPingHandler(func(string) error { pings++; return nil }) // and no pong
	if _, err := c.read(); !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) && err == nil {
		t.Fatal("still there")
	}
	if pings == 0 {
		t.Error("it was not asked")
	}
}

func TestClientThatAnswersPingsStays(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.PingEvery = time.Second })
	c, _ := w.greeted()
	enough := make(chan struct{})
	pings := 0
	answer := c.conn.PingHandler()
	c.conn.SetPingHandler(func(data string) error {
		if pings++; pings == 4 {
			close(enough)
		}
		return answer(data)
	})
	go func() {
		<-enough
		c.say("1", "still here")
	}()
	c.wantAck("1", 2)
}
