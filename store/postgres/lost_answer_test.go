package postgres_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres"
)

// The connection is cut after Postgres has committed and before its answer arrives: the booking stands, and is found.
func TestAnswerOfACommitGetsLost(t *testing.T) {
	p := open(t)
	cut := &cutter{t: t, server: host(t, p.URL)}
	d, err := postgres.Open(context.Background(), postgres.Config{
		URL: cut.listen(p.URL), Keys: p.Keys, Logger: discard(), Now: p.Clock.Now, MaxConns: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Directory(context.Background(), p.id); err != nil {
		t.Fatal(err)
	}
	cut.armed.Store(true)
	r := clinic.BookRequest{Key: "k", Slot: p.slot(p.ada, p.at(1, 9, 0)), Patient: p.ann, Actor: as(p.ann)}
	a, err := d.Book(context.Background(), p.id, r)
	if err != nil {
		t.Fatal(err)
	}
	if cut.armed.Load() {
		t.Fatal("nothing was cut: the test tells nothing")
	}
	if n := p.count("select count(*) from appointment where id = $1", a.ID); n != 1 {
		t.Errorf("the booking that was answered is not there")
	}
	if n := p.count("select count(*) from appointment"); n != 1 {
		t.Errorf("%d appointments", n)
	}
}

// cutter stands before Postgres. When it is armed, it forwards the next commit, waits for the answer, and hangs up.
type cutter struct {
	t      *testing.T
	server string
	armed  atomic.Bool
}

func (c *cutter) listen(to string) string {
	c.t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.pass(conn)
		}
	}()
	u, err := url.Parse(to)
	if err != nil {
		c.t.Fatal(err)
	}
	u.Host = listener.Addr().String()
	query := u.Query()
	query.Set("sslmode", "disable") // it has to see the commit
	u.RawQuery = query.Encode()
	return u.String()
}

func (c *cutter) pass(client net.Conn) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	server, err := dialer.Dial("tcp", c.server)
	if err != nil {
		_ = client.Close()
		return
	}
	var cutting atomic.Bool
	go func() {
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil || cutting.Load() {
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	defer server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(bytes.ToLower(buf[:n]), []byte("commit\x00")) && c.armed.CompareAndSwap(true, false) {
			cutting.Store(true)
		}
		if _, err := io.Copy(server, bytes.NewReader(buf[:n])); err != nil {
			return
		}
	}
}

func host(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
