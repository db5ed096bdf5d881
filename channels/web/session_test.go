package web_test

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
)

const site = "https://www.harborview.example"

func TestOpenSession(t *testing.T) {
	t.Parallel()
	w := open(t)
	before := time.Now()
	r := w.post(`{"clinic": "harbor-view", "what": ["a later version", "adds"]}`, "Origin", site)
	if r.status != http.StatusCreated {
		t.Fatalf("%d: %s", r.status, r.body)
	}
	for header, want := range map[string]string{
		"Access-Control-Allow-Origin": site, "Vary": "Origin", "Cache-Control": "no-store", "Content-Type": "application/json",
	} {
		if got := r.header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	s := parse[session](t, r.body)
	if s.Token == "" || s.Resume == "" || s.ClinicName != "Harbor View Clinic" || s.Phone != "+12125550100" ||
		s.PrivacyURL != "https://harborview.example/privacy" || s.IdleLockMs != 600_000 {
		t.Errorf("got %+v", s)
	}
	if ttl := s.ExpiresAt.Sub(before); ttl < 9*time.Minute || ttl > 11*time.Minute {
		t.Errorf("the token is good for %v", ttl)
	}
	w.hello(s, 0).wantMessage(1, "agent", greeting)
}

func TestResume(t *testing.T) {
	t.Parallel()
	w := open(t)
	first := w.session()
	again := w.resume(first.Resume)
	if again.Conversation != first.Conversation {
		t.Error("the conversation does not go on")
	}
	if again.Resume == first.Resume || again.Resume == "" {
		t.Error("the secret was not replaced")
	}
	if other := w.resume("no such secret"); other.Conversation == first.Conversation {
		t.Error("a wrong secret led to somebody's conversation")
	}
}

// TestNonsenseBeginsAnew: what no server of ours gave out leads to a new conversation in the clinic's language.
func TestNonsenseBeginsAnew(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, body := range []string{
		`{"resume":"a\u0000b"}`, `{"resume":"` + strings.Repeat("x", 3000) + `"}`, `{"language":"e\u0000s"}`, `{"language":"` + strings.Repeat("x", 3000) + `"}`,
	} {
		r := w.post(body)
		if r.status != http.StatusCreated {
			t.Fatalf("%.40s: %d %s", body, r.status, r.body)
		}
		w.hello(parse[session](t, r.body), 0).wantMessage(1, "agent", greeting)
	}
}

// addressed notes where a browser came from.
type addressed struct {
	web.Sessions
	address chan string
}

func (a addressed) OpenSession(ctx context.Context, r chat.SessionRequest) (chat.Session, error) {
	a.address <- r.Address
	return a.Sessions.OpenSession(ctx, r)
}

func TestSessionKnowsTheAddress(t *testing.T) {
	t.Parallel()
	addresses := make(chan string, 1)
	w := open(t, func(c *web.Config) {
		c.Sessions = addressed{c.Sessions, addresses}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	if r := w.post(`{}`, "X-Forwarded-For", "192.0.2.7"); r.status != http.StatusCreated {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if got := <-addresses; got != "192.0.2.7" {
		t.Errorf("the session is of %q", got)
	}
}

func TestThisMachineIsNotLimitedInDevelopment(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{true, false} {
		addresses := make(chan string, 1)
		w := open(t, func(c *web.Config) {
			c.Sessions = addressed{c.Sessions, addresses}
			c.Development = development
		})
		if r := w.post(`{}`); r.status != http.StatusCreated {
			t.Fatalf("%d %s", r.status, r.body)
		}
		if got := <-addresses; (got == "") != development {
			t.Errorf("development %v: the session is of %q", development, got)
		}
	}
}

// TestSessionZone holds that a browser says where it is, that nonsense is passed over, and that what is known stays known.
func TestSessionZone(t *testing.T) {
	t.Parallel()
	w := open(t)
	zoneOf := func(s session) string {
		t.Helper()
		var zone string
		err := w.env.Owner.QueryRow(t.Context(), "select zone from endpoint where conversation_id = $1", s.Conversation).Scan(&zone)
		if err != nil {
			t.Fatal(err)
		}
		return zone
	}
	for said, want := range map[string]string{
		"Europe/Madrid": "Europe/Madrid", "America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires", "Etc/UTC": "Etc/UTC", "UTC": "UTC",
		"Local": "", "Moon/Base": "", "../etc/passwd": "", "America/../UTC": "", `Etc/UTC\u0000`: "", "+05:00": "", strings.Repeat("X", 65): "", "": "",
	} {
		r := w.post(`{"zone":"` + said + `"}`)
		if r.status != http.StatusCreated {
			t.Fatalf("zone %q: %d %s", said, r.status, r.body)
		}
		if got := zoneOf(parse[session](t, r.body)); got != want {
			t.Errorf("zone %q is kept as %q, want %q", said, got, want)
		}
	}
	s := parse[session](t, w.post(`{"zone":"Europe/Madrid"}`).body)
	for said, want := range map[string]string{`"zone":"Asia/Kathmandu",`: "Asia/Kathmandu", `"zone":"Nowhere",`: "", "": ""} {
		before := zoneOf(s)
		s = parse[session](t, w.post(`{`+said+`"resume":"`+s.Resume+`"}`).body)
		if got := zoneOf(s); got != cmp.Or(want, before) {
			t.Errorf("resumed with %s: the zone is %q, want %q", said, got, cmp.Or(want, before))
		}
	}
}

func TestSessionLanguage(t *testing.T) {
	t.Parallel()
	w := open(t)
	for asked, want := range map[string]string{"es": "Hola.", "es-MX": "Hola.", "fr": greeting, "": greeting} {
		s := parse[session](t, w.post(`{"language":"`+asked+`"}`).body)
		w.hello(s, 0).wantMessage(1, "agent", want)
	}
}

func TestRefusedSessions(t *testing.T) {
	t.Parallel()
	w := open(t)
	tests := []struct {
		name, body string
		headers    []string
		status     int
		code       string
	}{
		{"foreign origin", `{}`, []string{"Origin", "https://evil.example"}, http.StatusForbidden, web.CodeOrigin},
		{"sandboxed page", `{}`, []string{"Origin", "null"}, http.StatusForbidden, web.CodeOrigin},
		{"unknown clinic", `{"clinic":"no-such"}`, nil, http.StatusNotFound, web.CodeUnknownClinic},
		{"clinic with NUL", `{"clinic":"harbor\u0000view"}`, nil, http.StatusNotFound, web.CodeUnknownClinic},
		{"clinic that is no slug", `{"clinic":"Harbor View"}`, nil, http.StatusNotFound, web.CodeUnknownClinic},
		{"clinic with a long name", `{"clinic":"` + strings.Repeat("x", 101) + `"}`, nil, http.StatusNotFound, web.CodeUnknownClinic},
		{"no JSON", `clinic=harbor-view`, nil, http.StatusBadRequest, chat.CodeBadJSON},
		{"no object", `["harbor-view"]`, nil, http.StatusBadRequest, chat.CodeBadJSON},
		{"clinic is a number", `{"clinic":7}`, nil, http.StatusBadRequest, chat.CodeBadJSON},
		{"too large", `{"clinic":"` + strings.Repeat("x", 5000) + `"}`, nil, http.StatusRequestEntityTooLarge, web.CodeTooLarge},
	}
	for _, tt := range tests {
		r := w.post(tt.body, tt.headers...)
		r.wantRefusal(t, tt.name, tt.status, tt.code)
		if tt.status == http.StatusForbidden && r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: a foreign page may read the answer", tt.name)
		}
	}
}

// wantRefusal checks a refusal over HTTP and returns how long it says to wait.
func (r reply) wantRefusal(t *testing.T, what string, status int, code string) time.Duration {
	t.Helper()
	body := parse[struct {
		Error struct {
			Code, Message string
			RetryAfterMs  int64 `json:"retry_after_ms"`
		}
	}](t, r.body)
	if r.status != status || body.Error.Code != code || body.Error.Message == "" {
		t.Errorf("%s: %d %s, want %d with code %s and a sentence", what, r.status, r.body, status, code)
	}
	wait := time.Duration(body.Error.RetryAfterMs) * time.Millisecond
	if (wait > 0) != (r.header.Get("Retry-After") != "") {
		t.Errorf("%s: the body says to wait %v, Retry-After is %q", what, wait, r.header.Get("Retry-After"))
	}
	return wait
}

func TestNoBodyIsTheOnlyClinic(t *testing.T) {
	t.Parallel()
	w := open(t)
	if r := w.post(""); r.status != http.StatusCreated {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	w := open(t)
	r := w.request(http.MethodOptions, "/chat/session", "", "Origin", site, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	if r.status != http.StatusNoContent || r.header.Get("Access-Control-Allow-Origin") != site ||
		r.header.Get("Access-Control-Allow-Methods") != "POST" || r.header.Get("Access-Control-Allow-Headers") != "Content-Type" ||
		r.header.Get("Vary") != "Origin" {
		t.Errorf("%d %v", r.status, r.header)
	}
	foreign := w.request(http.MethodOptions, "/chat/session", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	foreign.wantRefusal(t, "foreign origin", http.StatusForbidden, web.CodeOrigin)
}

func TestSessionRateLimit(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.SessionsPerMinute = 2 })
	w.session()
	w.session()
	r := w.post(`{}`)
	if wait := r.wantRefusal(t, "refused", http.StatusTooManyRequests, chat.CodeRateLimited); wait <= 0 || wait > time.Minute {
		t.Errorf("told to wait %v", wait)
	}
}

// TestSlowBody is a client that promises a body and keeps it to itself.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.BodyTimeout = 200 * time.Millisecond })
	body, rest := io.Pipe()
	defer rest.Close()
	go func() { _, _ = rest.Write([]byte(`{"clinic":`)) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/chat/session", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	readReply(t, res).wantRefusal(t, "slow", http.StatusRequestTimeout, web.CodeTooSlow)
	w.session()
}

func TestSessionWithoutTheRecord(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.store.off.Store(true)
	r := w.post(`{}`)
	if wait := r.wantRefusal(t, "refused", http.StatusServiceUnavailable, chat.CodeUnavailable); wait <= 0 {
		t.Error("not told to try again")
	}
	if !strings.Contains(w.logs.String(), errOff.Error()) {
		t.Error("the reason is not in the log")
	}
	w.store.off.Store(false)
	w.session()
}
