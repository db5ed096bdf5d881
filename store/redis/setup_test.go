package redis

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/agentcare/agentcare/keyring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline is far beyond what anything here takes.
const deadline = 15 * time.Second

func keys(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Parse(keyring.Generate("test"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func open(t testing.TB, address string, ring *keyring.Ring) *Store {
	t.Helper()
	s, err := New(Config{URL: address, Keys: ring, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// raw is a client for looking at what is really in Redis.
func raw(t testing.TB, address string) *goredis.Client {
	t.Helper()
	o, err := goredis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
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

func hostOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// stop ends the server behind an address, as a crash would: nothing is saved.
func stop(t testing.TB, address string) {
	t.Helper()
	_ = raw(t, address).ShutdownNoSave(context.Background()).Err() // the connection breaks instead of an answer
	var dialer net.Dialer
	eventually(t, "the end of Redis", func() bool {
		conn, err := dialer.DialContext(context.Background(), "tcp", hostOf(t, address))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

// startAgain starts an empty server where another one was stopped.
func startAgain(t testing.TB, address string) {
	t.Helper()
	_, port, err := net.SplitHostPort(hostOf(t, address))
	if err != nil {
		t.Fatal(err)
	}
	start(t, address, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
}

// start runs a server with these arguments until the test ends, and waits until it answers at the address.
func start(t testing.TB, address string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, cmp.Or(os.Getenv("REDIS_SERVER"), "redis-server"), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed, and says so
	})
	probe := raw(t, address)
	eventually(t, "Redis at "+address, func() bool { return probe.Ping(context.Background()).Err() == nil })
}

// freePort is one that nobody listens on now.
func freePort(t testing.TB) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// proxy stands between a store and Redis and can fall silent, as a network does that drops packets. The connections that
// were there then stay silent for ever, and nobody closes them.
type proxy struct {
	address string

	mu      sync.Mutex
	silent  bool
	silence int // how many there have been
	conns   []net.Conn
}

func newProxy(t testing.TB, address string) *proxy {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: "redis://" + listener.Addr().String() + "/0"}
	var wg sync.WaitGroup
	wg.Go(func() { p.serve(&wg, listener, hostOf(t, address)) })
	t.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		wg.Wait()
	})
	return p
}

func (p *proxy) serve(wg *sync.WaitGroup, listener net.Listener, host string) {
	var dialer net.Dialer
	for {
		in, err := listener.Accept()
		if err != nil {
			return
		}
		out, err := dialer.DialContext(context.Background(), "tcp", host)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		born := p.silence
		p.mu.Unlock()
		wg.Go(func() { p.copy(in, out, born) })
		wg.Go(func() { p.copy(out, in, born) })
	}
}

// copy swallows what comes in a silence, and after it.
func (p *proxy) copy(to, from net.Conn, born int) {
	defer to.Close()
	buffer := make([]byte, 32*1024)
	for {
		n, err := from.Read(buffer)
		if n > 0 && p.speaks(born) {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) speaks(born int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.silent && born == p.silence
}

func (p *proxy) fallSilent() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = true
}

func (p *proxy) speakAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = false
	p.silence++
}
