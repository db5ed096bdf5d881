package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testServer is the whole program on a private database and a private Redis.
type testServer struct {
	*storetest.Env
	base     string
	redisURL string
	log      *syncBuffer
	stop     func()
}

// startServer migrates nothing (the private database is migrated), seeds the demo clinic and runs all processes until the
// test ends. engine takes the place of the real one when it is not nil.
func startServer(t *testing.T, engine agent.Engine) *testServer {
	t.Helper()
	cleanEnv(t)
	server := &testServer{Env: storetest.Open(t), redisURL: storetest.Redis(t), log: &syncBuffer{}}
	for name, value := range map[string]string{
		"APP_ENV": "development", "DATABASE_URL": server.URL, "REDIS_URL": server.redisURL, "ENCRYPTION_KEYS": storetest.Keys,
		"TURN_DEBOUNCE": "0s", "LOG_LEVEL": "debug", "LOG_FORMAT": "json", "SHUTDOWN_GRACE": "5s",
	} {
		t.Setenv(name, value)
	}
	if err := seed(t.Context(), server.DB, nil, console{out: io.Discard, err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	listener, err := listen(t.Context(), "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	server.base = "http://" + listener.Addr().String()
	t.Setenv("PUBLIC_URL", server.base)
	server.start(t, listener, engine)
	server.waitReady(t)
	return server
}

func (s *testServer) start(t *testing.T, listener net.Listener, engine agent.Engine) {
	t.Helper()
	settings, err := loadSettings("", "web", "worker", "scheduler")
	if err != nil {
		t.Fatal(err)
	}
	p, err := openParts(t.Context(), settings, newLogger(s.log, settings))
	if err != nil {
		t.Fatal(err)
	}
	if engine != nil {
		p.engine = engine
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- p.run(ctx, listener, "web", "worker", "scheduler") }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		p.close()
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(s.stop)
}

func (s *testServer) waitReady(t *testing.T) {
	t.Helper()
	eventually(t, "the server is ready", func() error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", response.Status, body)
		}
		return nil
	})
}

// eventually waits until a condition holds, and fails with its last error when it never does.
func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("waiting until %s: %v", what, err)
		case <-ticker.C:
		}
	}
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends.
func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String is all that was written.
func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// cable is a TCP proxy that can be cut.
type cable struct {
	base string
	mu   sync.Mutex
	cut  bool
	ends map[net.Conn]bool
}

// newCable leads to the server at base.
func newCable(t *testing.T, base string) *cable {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := listen(t.Context(), "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{base: "http://" + listener.Addr().String(), ends: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { c.carry(near, target.Host) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.Cut()
		running.Wait()
	})
	return c
}

func (c *cable) carry(near net.Conn, target string) {
	defer near.Close()
	far, err := (&net.Dialer{}).Dial("tcp", target)
	if err != nil {
		return
	}
	defer far.Close()
	if !c.plug(near, far) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
	both.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
	both.Wait()
}

func (c *cable) plug(ends ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range ends {
		c.ends[end] = true
	}
	return !c.cut
}

// Cut ends every connection and lets no new one through.
func (c *cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	for end := range c.ends {
		_ = end.Close()
		delete(c.ends, end)
	}
}

// Mend lets connections through again.
func (c *cable) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}
