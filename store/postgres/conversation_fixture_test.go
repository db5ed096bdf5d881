package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

// lease is how long a worker of these tests may be silent. It never passes by itself: tests age the beats.
const lease = time.Minute

// chatClinic is a clinic where patients write.
type chatClinic struct {
	*storetest.Env
	t  testing.TB
	id uuid.UUID
}

func newChatClinic(tb testing.TB) *chatClinic {
	tb.Helper()
	return anotherClinic(tb, storetest.OpenWith(tb, func(c *postgres.Config) { c.MaxConns = 12 }))
}

func anotherClinic(tb testing.TB, e *storetest.Env) *chatClinic {
	tb.Helper()
	c := &chatClinic{Env: e, t: tb, id: uuid.New()}
	c.exec(`insert into clinic (clinic_id, slug, name, zone) values ($1, $2, 'Harbor View Clinic', 'America/New_York')`,
		c.id, "clinic-"+c.id.String())
	return c
}

// exec changes rows as the owner, past the record.
func (c *chatClinic) exec(sql string, args ...any) {
	c.t.Helper()
	if _, err := c.Owner.Exec(context.Background(), sql, args...); err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
}

// read asks for one value as the owner.
func read[T any](c *chatClinic, sql string, args ...any) T {
	c.t.Helper()
	var value T
	if err := c.Owner.QueryRow(context.Background(), sql, args...).Scan(&value); err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// count is the number of rows of a table that belong to a conversation.
func (c *chatClinic) count(table string, conversation uuid.UUID) int {
	c.t.Helper()
	return read[int](c, fmt.Sprintf("select count(*) from %s where conversation_id = $1", table), conversation)
}

// jobs is the number of River jobs of a kind.
func (c *chatClinic) jobs(kind string) int {
	c.t.Helper()
	return read[int](c, "select count(*) from river_job where kind = $1 and state = 'available'", kind)
}

func (c *chatClinic) openSession(resume string) chat.Session {
	c.t.Helper()
	s, err := c.DB.OpenSession(context.Background(), chat.SessionRequest{
		Clinic: c.id, Resume: resume, Language: "en", Idle: 30 * time.Minute, Greeting: chat.Body{Text: "Hello, I am the assistant."},
	})
	if err != nil {
		c.t.Fatalf("opening session: %v", err)
	}
	return s
}

// inbound is a message of a session with a client's id of its own.
func (c *chatClinic) inbound(s chat.Session, text string) chat.Inbound {
	return chat.Inbound{
		Clinic: c.id, Conversation: s.Conversation.ID, Endpoint: s.Endpoint.ID, Channel: chat.Web, ExternalID: uuid.NewString(), Text: text,
	}
}

func (c *chatClinic) put(in chat.Inbound) chat.Accepted {
	c.t.Helper()
	accepted, err := c.DB.Put(context.Background(), in)
	if err != nil {
		c.t.Fatalf("putting message: %v", err)
	}
	return accepted
}

func (c *chatClinic) say(s chat.Session, text string) chat.Accepted {
	c.t.Helper()
	return c.put(c.inbound(s, text))
}

// worker is one that has just beaten.
func (c *chatClinic) worker() uuid.UUID {
	c.t.Helper()
	id := uuid.New()
	if err := c.DB.Beat(context.Background(), id); err != nil {
		c.t.Fatalf("beating: %v", err)
	}
	return id
}

// silence makes a worker's last beat older than its leases.
func (c *chatClinic) silence(worker uuid.UUID) {
	c.t.Helper()
	c.exec("update worker set beat_at = now() - $2::interval where id = $1", worker, 2*lease)
}

func (c *chatClinic) args(s chat.Session) chat.TurnArgs {
	return chat.TurnArgs{Clinic: c.id, Conversation: s.Conversation.ID}
}

func (c *chatClinic) claim(s chat.Session, worker uuid.UUID) chat.Claim {
	c.t.Helper()
	claim, err := c.DB.Claim(context.Background(), c.args(s), worker, lease)
	if err != nil || claim.DueIn > 0 {
		c.t.Fatalf("claiming turn: due in %v, %v", claim.DueIn, err)
	}
	return claim
}

// completion answers all of a claim.
func completion(claim chat.Claim, bodies ...chat.Body) chat.Completion {
	return chat.Completion{
		Claim: claim, Turn: uuid.New(), Answered: claim.Since[len(claim.Since)-1].Seq, Messages: bodies,
		Engine: "test", Outcome: chat.OutcomeDone, Started: time.Now(),
	}
}

func (c *chatClinic) complete(done chat.Completion) []chat.Message {
	c.t.Helper()
	messages, err := c.DB.Complete(context.Background(), done)
	if err != nil {
		c.t.Fatalf("completing turn: %v", err)
	}
	return messages
}

// reply makes a whole turn: claim and completion.
func (c *chatClinic) reply(s chat.Session, bodies ...chat.Body) []chat.Message {
	c.t.Helper()
	return c.complete(completion(c.claim(s, c.worker()), bodies...))
}

func (c *chatClinic) messages(s chat.Session) []chat.Message {
	c.t.Helper()
	messages, err := c.DB.After(context.Background(), c.id, s.Conversation.ID, 0, 1000)
	if err != nil {
		c.t.Fatalf("reading messages: %v", err)
	}
	return messages
}

// refusedAs is the code of a refusal of a message, "" for none.
func refusedAs(err error) string {
	if refusal, ok := errors.AsType[*chat.Error](err); ok {
		return refusal.Code
	}
	return ""
}

// together runs fn n times at once and waits for all.
func together(n int, fn func(i int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}
