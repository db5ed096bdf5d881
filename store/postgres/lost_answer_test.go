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

// The connection is cut after Postgres has committed and before its answer arrives: what was changed stands, is found, and was
// changed once.
func TestAnswerOfACommitGetsLost(t *testing.T) {
	for name, test := range map[string]struct {
		ask    func(p *practice, d *postgres.DB, a clinic.Appointment) ([]clinic.Appointment, error)
		counts [3]int // appointments, events, live allocations afterwards
	}{
		"book": {func(p *practice, d *postgres.DB, _ clinic.Appointment) ([]clinic.Appointment, error) {
			return one(d.Book(context.Background(), p.id, clinic.BookRequest{Key: "k", Slot: p.slot(p.ada, p.at(1, 14, 0)), Patient: p.ann, Actor: as(p.ann)}))
		}, [3]int{2, 2, 4}},
		"move": {func(p *practice, d *postgres.DB, a clinic.Appointment) ([]clinic.Appointment, error) {
			return one(d.Move(context.Background(), p.id, clinic.MoveRequest{Key: "k", Appointment: a.ID, Version: 1, Slot: p.slot(p.ben, p.at(1, 14, 0)), Actor: as(p.ann)}))
		}, [3]int{1, 2, 2}},
		"cancel": {func(p *practice, d *postgres.DB, a clinic.Appointment) ([]clinic.Appointment, error) {
			return one(d.Cancel(context.Background(), p.id, clinic.CancelRequest{Key: "k", Appointment: a.ID, Version: 1, Actor: as(p.ann)}))
		}, [3]int{1, 2, 0}},
		"book all": {func(p *practice, d *postgres.DB, _ clinic.Appointment) ([]clinic.Appointment, error) {
			return d.BookAll(context.Background(), p.id, clinic.BookAllRequest{Key: "k", Actor: as(p.ann), Visits: []clinic.Visit{
				{Slot: p.slot(p.ada, p.at(1, 14, 0)), Patient: p.ann}, {Slot: p.slot(p.ben, p.at(1, 14, 0)), Patient: p.kid},
			}})
		}, [3]int{3, 3, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			a := p.mustBook("before", p.ann, p.slot(p.ada, p.at(1, 9, 0)))
			d, cut := p.throughCutter(t)
			cut.armed.Store(true)
			made, err := test.ask(p, d, a)
			if err != nil {
				t.Fatal(err)
			}
			if cut.armed.Load() {
				t.Fatal("nothing was cut: the test tells nothing")
			}
			for _, is := range made {
				if n := p.count("select count(*) from appointment where id = $1 and version = $2", is.ID, is.Version); n != 1 {
					t.Errorf("what was answered is not there: %+v", is)
				}
			}
			got := [3]int{
				p.count("select count(*) from appointment"), p.count("select count(*) from appointment_event"),
				p.count("select count(*) from allocation where state > 0"),
			}
			if got != test.counts {
				t.Errorf("appointments, events and allocations are %v, want %v", got, test.counts)
			}
			p.wantConsistent()
		})
	}
}

// one is an answer of a single appointment as a list.
func one(a clinic.Appointment, err error) ([]clinic.Appointment, error) {
	return []clinic.Appointment{a}, err
}

// throughCutter opens the record once more, through a cutter that knows what a commit looks like.
func (p *practice) throughCutter(t *testing.T) (*postgres.DB, *cutter) {
	t.Helper()
	ctx := context.Background()
	cut := &cutter{t: t, server: host(t, p.URL)}
	d, err := postgres.Open(ctx, postgres.Config{
		URL: cut.listen(p.URL), Keys: p.Keys, Logger: discard(), Now: p.Clock.Now, MaxConns: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	// The first change prepares the statement that commits; its name is what later ones send.
	if _, err := d.Hold(ctx, p.id, clinic.HoldRequest{Slot: p.slot(p.ada, p.at(3, 9, 0)), Token: p.id, Expires: p.at(3, 0, 0), Actor: as(p.ann)}); err != nil {
		t.Fatal(err)
	}
	if err := d.Release(ctx, p.id, p.id); err != nil {
		t.Fatal(err)
	}
	if err := d.Pool().QueryRow(ctx, "select name from pg_prepared_statements where statement = 'commit'").Scan(&cut.commit); err != nil {
		t.Fatalf("finding what a commit is called: %v", err)
	}
	return d, cut
}

// cutter stands before Postgres. When it is armed, it forwards the next commit, waits for the answer, and hangs up.
type cutter struct {
	t      *testing.T
	server string
	commit string // the name of the prepared statement that commits
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
		if c.armed.Load() && bytes.Contains(buf[:n], []byte(c.commit)) && c.armed.CompareAndSwap(true, false) {
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
