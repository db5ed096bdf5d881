package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/store/storetest"
)

// get reads a page of the server.
func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// launch runs processes with the environment as it is, until the returned function is called.
func launch(t *testing.T, log io.Writer, names ...string) (base string, stop func()) {
	t.Helper()
	s, err := loadSettings("", names...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openParts(t.Context(), s, newLogger(log, s))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := listen(t.Context(), "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- p.run(ctx, listener, names...) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%v ended with %v", names, err)
		}
		p.close()
		http.DefaultClient.CloseIdleConnections()
	}
	t.Cleanup(stop)
	return "http://" + listener.Addr().String(), stop
}

func setEnv(t *testing.T, values map[string]string) {
	t.Helper()
	cleanEnv(t)
	for name, value := range values {
		t.Setenv(name, value)
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestProcessesStartWhateverIsDown(t *testing.T) {
	setEnv(t, map[string]string{
		"APP_ENV":      "development",
		"DATABASE_URL": "postgres://nobody:nothing@" + closedPort(t) + "/none",
		"REDIS_URL":    "redis://" + closedPort(t),
	})
	base, stop := launch(t, io.Discard, "web", "worker", "scheduler")
	if status, body := get(t, base+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answered %d %s", status, body)
	}
	status, body := get(t, base+"/readyz")
	var answer struct{ Checks []finding }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusServiceUnavailable || len(answer.Checks) != 4 || answer.Checks[0].Reason == "" || answer.Checks[1].Reason == "" {
		t.Errorf("/readyz answered %d %s", status, body)
	}
	if strings.Contains(body, "nothing") {
		t.Errorf("/readyz tells the password: %s", body)
	}
	started := time.Now()
	stop()
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}
}

func TestUnmigratedDatabaseIsNotReady(t *testing.T) {
	setEnv(t, map[string]string{"APP_ENV": "development", "DATABASE_URL": storetest.Empty(t), "REDIS_URL": storetest.Redis(t)})
	base, _ := launch(t, io.Discard, "web")
	if status, body := get(t, base+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "agentcare admin migrate") {
		t.Errorf("/readyz answered %d %s", status, body)
	}
}

func TestDevelopmentPagesAreNeverInProduction(t *testing.T) {
	env := storetest.Open(t)
	setEnv(t, map[string]string{
		"DATABASE_URL": env.URL, "REDIS_URL": storetest.Redis(t), "PUBLIC_URL": "https://clinic.example",
		"ENCRYPTION_KEYS": storetest.Keys,
	})
	base, _ := launch(t, io.Discard, "web", "worker", "scheduler")
	for _, path := range []string{"/dev/phone", "/dev/messages", "/dev/messages?to=%2B12125550100", "/dev/sms", "/dev/"} {
		if status, body := get(t, base+path); status != http.StatusNotFound {
			t.Errorf("GET %s answered %d %.200s", path, status, body)
		}
	}
}

func TestSeparateProcessesShareOnlyPostgresAndRedis(t *testing.T) {
	env := storetest.Open(t)
	if err := seed(t.Context(), env.DB, nil, console{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	setEnv(t, map[string]string{
		"APP_ENV": "development", "DATABASE_URL": env.URL, "REDIS_URL": storetest.Redis(t),
		"ENCRYPTION_KEYS": storetest.Keys, "TURN_DEBOUNCE": "0s", "SHUTDOWN_GRACE": "5s",
	})
	_, stopFirst := launch(t, io.Discard, "worker")
	_, _ = launch(t, io.Discard, "worker")
	_, _ = launch(t, io.Discard, "scheduler")
	near, _ := launch(t, io.Discard, "web")
	far, _ := launch(t, io.Discard, "web")
	for _, base := range []string{near, far} {
		eventually(t, "the web process is ready", func() error {
			if status, body := get(t, base+"/readyz"); status != http.StatusOK {
				return fmt.Errorf("%d %s", status, body)
			}
			return nil
		})
	}
	p := newPatient(t, near, "")
	p.reply()
	if f := p.say("what are your hours?"); !strings.Contains(f.Text, "8:00 AM") {
		t.Errorf("answered %q", f.Text)
	}
	stopFirst()
	again := newPatient(t, far, p.session.Resume) // another web process finds the conversation
	if again.session.Conversation != p.session.Conversation {
		t.Error("the conversation was not found again")
	}
	if f := again.reply(); !strings.Contains(f.Text, "automated assistant") {
		t.Errorf("the history begins with %q", f.Text)
	}
	again.reply()
	if f := again.say("and the address?"); !strings.Contains(f.Text, "14 Pier Lane") {
		t.Errorf("answered %q:\n%s", f.Text, again.transcript())
	}
}

func TestNobodyIsLeftWithoutAnAnswer(t *testing.T) {
	broken := agenttest.Func(func(context.Context, agent.Turn, agent.Stream) (agent.Reply, error) {
		panic("the engine is broken")
	})
	server := startServer(t, broken)
	p := newPatient(t, server.base, "")
	p.reply()
	if f := p.say("hello?"); !strings.Contains(f.Text, "I've asked our team") || !strings.Contains(f.Text, "(212) 555-0100") {
		t.Errorf("answered %q", f.Text)
	}
	var tasks int
	if err := server.Owner.QueryRow(t.Context(), `select count(*) from task where kind = 'callback' and state = 'open' and expected_at > now()`).Scan(&tasks); err != nil || tasks != 1 {
		t.Errorf("%d tasks for people, want 1 (%v)", tasks, err)
	}
}

func TestWithoutTextsAPersonTakesOver(t *testing.T) {
	env := storetest.Open(t)
	if err := seed(t.Context(), env.DB, nil, console{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	setEnv(t, map[string]string{
		"DATABASE_URL": env.URL, "REDIS_URL": storetest.Redis(t), "PUBLIC_URL": "https://clinic.example",
		"ENCRYPTION_KEYS": storetest.Keys, "TURN_DEBOUNCE": "0s",
	})
	base, _ := launch(t, io.Discard, "web", "worker")
	p := newPatient(t, base, "")
	p.reply()
	answer := p.choose(p.say("a skin check please"), "slot", "")
	answer = p.fill(answer, somebody("+12125550152"))
	if strings.Contains(answer.Text, "texted") || !strings.Contains(answer.Text, "I've asked our team") {
		t.Errorf("where no code can be sent, a patient is told %q", answer.Text)
	}
	var tasks, codes int
	if err := env.Owner.QueryRow(t.Context(), `select (select count(*) from task where kind = 'callback'), (select count(*) from verification)`).Scan(&tasks, &codes); err != nil || tasks != 1 || codes != 0 {
		t.Errorf("%d call-back tasks and %d codes, want 1 and 0 (%v)", tasks, codes, err)
	}
}
