package worker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/channels/devphone"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/worker"
)

// storeThrough is the record behind a gate.
func storeThrough(t testing.TB, h *house, g *gate) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), postgres.Config{URL: g.address, Keys: h.Keys, Logger: quiet(), Now: time.Now, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// line is a Sender that fails as often as it is told.
type line struct {
	mu       sync.Mutex
	failures []error
	panics   int
	sent     []chat.Delivery
	attempts int
}

func (l *line) Send(_ context.Context, d chat.Delivery) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts++
	if l.panics > 0 {
		l.panics--
		panic("nil map")
	}
	if len(l.failures) > 0 {
		err := l.failures[0]
		l.failures = l.failures[1:]
		return "", err
	}
	l.sent = append(l.sent, d)
	return "id-" + d.ID.String(), nil
}

// sending is an engine that sends a code along with each reply.
func sending(channel chat.Channel) agent.Engine {
	return agenttest.Func(func(_ context.Context, turn agent.Turn, _ agent.Stream) (agent.Reply, error) {
		r := agenttest.Echo(turn)
		r.Deliveries = []chat.Delivery{{
			ID: uuid.New(), Clinic: turn.Conversation.Clinic, Conversation: turn.Conversation.ID,
			Channel: channel, To: "+12125550142", Text: "Your code is 123456.", Purpose: "code",
		}}
		return r, nil
	})
}

func TestDeliveryReachesTheDevelopmentPhone(t *testing.T) {
	h := newHouse(t)
	phone, err := devphone.New(devphone.Config{
		Log: h.redis.List("devphone", 100), From: map[chat.Channel]string{chat.SMS: "+12125550100"}, Logger: quiet(), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := h.config(sending(chat.SMS))
	cfg.Senders = map[chat.Channel]worker.Sender{chat.SMS: phone}
	h.work(cfg)
	h.patient().say("my number")
	var got []devphone.Message
	eventually(t, "the text", func() bool {
		got, err = phone.Messages(t.Context(), "+12125550142")
		return err == nil && len(got) == 1
	})
	if m := got[0]; m.Channel != chat.SMS || m.From != "+12125550100" || m.Body != "Your code is 123456." {
		t.Errorf("got %+v", m)
	}
	h.waitDelivery("sent", "")
}

// waitDelivery waits until the only delivery has this state and error code.
func (h *house) waitDelivery(state, code string) {
	h.t.Helper()
	eventually(h.t, "a delivery that is "+state, func() bool {
		return read[bool](h, "select exists (select from delivery where state = $1 and error_code = $2)", state, code)
	})
}

func TestDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sms := &line{failures: []error{errBroken}}
	cfg := h.config(sending(chat.SMS))
	cfg.Senders = map[chat.Channel]worker.Sender{chat.SMS: sms}
	h.work(cfg)
	h.patient().say("my number")
	h.waitDelivery("sent", "")
	if sms.attempts != 2 || len(sms.sent) != 1 {
		t.Errorf("%d attempts, %d sent", sms.attempts, len(sms.sent))
	}
	if id := read[string](h, "select external_id from delivery"); id != "id-"+sms.sent[0].ID.String() {
		t.Errorf("the channel's id is recorded as %q", id)
	}
}

func TestDeliveriesThatFail(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		channel  chat.Channel
		line     *line
		code     string
		attempts int
	}{
		"no sender":        {chat.Email, &line{}, "not_configured", 0},
		"refused for good": {chat.SMS, &line{failures: []error{&chat.DeliveryError{Code: "21610", Permanent: true}}}, "21610", 1},
		"refused to the last": {
			chat.SMS, &line{failures: []error{&chat.DeliveryError{Code: "30001"}, &chat.DeliveryError{Code: "30022", Err: errBroken}}}, "30022", 2,
		},
		"broken":    {chat.SMS, &line{failures: []error{errBroken, errBroken}}, "send_failed", 2},
		"it panics": {chat.SMS, &line{panics: 2}, "sender_panic", 2},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := h.config(sending(c.channel))
			cfg.Senders = map[chat.Channel]worker.Sender{chat.SMS: c.line}
			cfg.DeliveryAttempts = 2
			w := h.work(cfg)
			defer w.stop()
			h.patient().say("my number")
			h.waitDelivery("failed", c.code)
			if c.line.attempts != c.attempts {
				t.Errorf("%d attempts, want %d", c.line.attempts, c.attempts)
			}
		})
	}
}

func TestSettledDeliveryIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sms := &line{}
	cfg := h.config(sending(chat.SMS))
	cfg.Senders = map[chat.Channel]worker.Sender{chat.SMS: sms}
	h.work(cfg)
	h.patient().say("my number")
	h.waitDelivery("sent", "")
	job := read[int64](h, "select id from river_job where kind = 'deliver'")
	eventually(t, "the job's end", func() bool {
		return read[string](h, "select state::text from river_job where id = $1", job) == "completed"
	})
	// As if the worker had died before the job was noted as done.
	if _, err := h.Owner.Exec(t.Context(), "update river_job set state = 'available', finalized_at = null, scheduled_at = now() where id = $1", job); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job's second end", func() bool {
		return read[bool](h, "select state = 'completed' and attempt = 2 from river_job where id = $1", job)
	})
	if sms.attempts != 1 {
		t.Errorf("it was sent %d times", sms.attempts)
	}
}
