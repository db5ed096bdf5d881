package devphone

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/redis"
	"github.com/agentcare/agentcare/worker"
)

// What the program puts together fits.
var (
	_ worker.Sender = (*Phone)(nil)
	_ Log           = (*redis.List)(nil)
)

// memoryLog is a Log without Redis.
type memoryLog struct {
	mu      sync.Mutex
	entries [][]byte
	broken  error
}

func (l *memoryLog) Add(_ context.Context, entry []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = slices.Insert(l.entries, 0, entry)
	return l.broken
}

func (l *memoryLog) Newest(context.Context) ([][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries), l.broken
}

var at = time.Date(2026, 3, 8, 1, 59, 59, 123_456_789, time.FixedZone("New York", -5*3600))

func phone(t testing.TB, log Log) *Phone {
	t.Helper()
	p, err := New(Config{
		Log: log, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return at },
		From: map[chat.Channel]string{chat.SMS: "+12125550100", chat.Email: "front-desk@clinic.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func send3(t testing.TB, p *Phone) {
	t.Helper()
	for _, d := range []chat.Delivery{
		{ID: uuid.New(), Channel: chat.SMS, To: "+12125550142", Text: "Your code is 123456."},
		{ID: uuid.New(), Channel: chat.SMS, To: "+12125550143", Text: "<b>Tomorrow</b> at 9"},
		{ID: uuid.New(), Channel: chat.Email, To: "jo@example.com", Text: "See you"},
	} {
		id, err := p.Send(context.Background(), d)
		if err != nil || id != "dev-"+d.ID.String() {
			t.Fatalf("sending: id %q, %v", id, err)
		}
	}
}

func get(t testing.TB, p *Phone, path string) (int, string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body), w.Header()
}

func TestMessages(t *testing.T) {
	p := phone(t, &memoryLog{})
	if _, body, _ := get(t, p, "/dev/messages"); strings.TrimSpace(body) != "[]" {
		t.Errorf("before anything was sent: %s", body)
	}
	send3(t, p)
	_, body, _ := get(t, p, "/dev/messages")
	var all []map[string]any
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatal(err)
	}
	first := map[string]any{
		"channel": "email", "to": "jo@example.com", "from": "front-desk@clinic.example",
		"body": "See you", "at": "2026-03-08T06:59:59.123Z",
	}
	if len(all) != 3 {
		t.Fatalf("%d messages", len(all))
	}
	if diff := cmp.Diff(first, all[0]); diff != "" {
		t.Errorf("the newest (-want +got):\n%s", diff)
	}
	for query, want := range map[string]string{
		"+12125550142":          "Your code is 123456.", // the + arrives as a space
		"%2B12125550142":        "Your code is 123456.",
		"12125550142":           "Your code is 123456.",
		"%2B1%20(212)+555-0143": "<b>Tomorrow</b> at 9",
		"Jo@Example.com":        "See you",
	} {
		_, body, header := get(t, p, "/dev/messages?to="+query)
		var got []Message
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Body != want {
			t.Errorf("to=%s: %s", query, body)
		}
		if header.Get("Cache-Control") != "no-store" {
			t.Error("the answer may be cached")
		}
	}
	for _, query := range []string{"%2B12125550199", "nobody", "@"} {
		if _, body, _ := get(t, p, "/dev/messages?to="+query); strings.TrimSpace(body) != "[]" {
			t.Errorf("to=%s: %s", query, body)
		}
	}
}

func TestPage(t *testing.T) {
	p := phone(t, &memoryLog{})
	send3(t, p)
	code, body, header := get(t, p, "/dev/phone?to=+12125550143")
	if code != http.StatusOK || !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("code %d, policy %q", code, header.Get("Content-Security-Policy"))
	}
	if !strings.Contains(body, "&lt;b&gt;Tomorrow&lt;/b&gt; at 9") || strings.Contains(body, "123456") {
		t.Errorf("the page shows:\n%s", body)
	}
	if !strings.Contains(body, `value="&#43;12125550143"`) {
		t.Error("the number in the field lost its +")
	}
	if strings.Contains(body, "<style") || strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
		t.Error("the page's own policy forbids what stands in it")
	}
	for path, kind := range map[string]string{"/dev/phone.js": "javascript", "/dev/phone.css": "text/css"} {
		code, body, header := get(t, p, path)
		if code != http.StatusOK || len(body) == 0 || !strings.Contains(header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d, %s", path, code, header.Get("Content-Type"))
		}
	}
}

func TestRedisAway(t *testing.T) {
	log := &memoryLog{broken: errors.New("redis is away")}
	p := phone(t, log)
	if _, err := p.Send(context.Background(), chat.Delivery{}); err == nil {
		t.Error("sent into the void")
	}
	for _, path := range []string{"/dev/messages", "/dev/phone"} {
		if code, body, _ := get(t, p, path); code != http.StatusServiceUnavailable || !strings.Contains(body, "Redis") {
			t.Errorf("%s: %d, %s", path, code, body)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a phone without anything was made")
	}
}
