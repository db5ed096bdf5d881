package web_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	var whole web.Config
	open(t, func(c *web.Config) { whole = *c })
	for _, field := range []string{
		"Clinics", "Sessions", "Inbox", "History", "Bus", "Limiter", "Signer", "Greeting", "Assets", "Logger", "Now",
	} {
		cfg := whole
		reflect.ValueOf(&cfg).Elem().FieldByName(field).SetZero()
		if _, err := web.New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("without %s: %v", field, err)
		}
	}
	whole.AllowedOrigins = []string{"harborview.example"}
	if _, err := web.New(whole); err == nil || !strings.Contains(err.Error(), `"harborview.example"`) {
		t.Errorf("with half an address: %v", err)
	}
}

// panicking is a record with a fault that quotes what it was given.
type panicking struct{ *faultyStore }

func (panicking) Put(_ context.Context, in chat.Inbound) (chat.Accepted, error) {
	panic("cannot store " + in.Text)
}

func (panicking) FindClinic(_ context.Context, slug, _ string) (clinic.Clinic, error) {
	panic("cannot find " + slug)
}

func TestPanicInASocket(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Inbox = panicking{} })
	other, _ := w.greeted()
	c, s := w.greeted()
	c.say("1", "the words of a patient")
	c.wantError("", chat.CodeInternal)
	c.wantClosed(web.CloseInternal)
	w.hello(s, 1)
	other.send(map[string]any{"type": "hello", "after": 1}) // the process lives, and others notice nothing
	other.until("welcome")
	wantPanicLogged(t, w, "words of a patient")
}

func TestPanicInARequest(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Clinics = panicking{} })
	w.post(`{"clinic": "words-of-somebody"}`).wantRefusal(t, "panic", http.StatusInternalServerError, chat.CodeInternal)
	wantPanicLogged(t, w, "words-of-somebody")
}

// wantPanicLogged: the place is in the log, the value is not.
func wantPanicLogged(t *testing.T, w *world, value string) {
	t.Helper()
	if logs := w.logs.String(); !strings.Contains(logs, "faults_test.go") || strings.Contains(logs, value) {
		t.Errorf("logged:\n%s", logs)
	}
}

type brokenLimiter struct{}

func (brokenLimiter) Allow(context.Context, string, int) (time.Duration, error) {
	return 0, errors.New("the limiter is away")
}

// deafBus takes no subscribers.
type deafBus struct{ web.Bus }

func (deafBus) Subscribe(context.Context, uuid.UUID, func(chat.Event)) (func(), error) {
	return nil, errors.New("the bus is away")
}

// TestWithoutTheMemoryOfTheMoment has no limiter and no bus: patients are served all the same.
func TestWithoutTheMemoryOfTheMoment(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limiter, c.Bus = brokenLimiter{}, deafBus{Bus: c.Bus} })
	c, s := w.greeted()
	other := w.hello(s, 1)
	c.say("1", "hi")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "hi")
	other.wantMessage(2, "patient", "hi")
	w.answer(s, text("Found by the poll."))
	c.wantMessage(3, "agent", "Found by the poll.")
	other.wantMessage(3, "agent", "Found by the poll.")
}

// TestReplayWhileTheRecordIsAway loses an event and then the record: the replay goes on when the record is back.
func TestReplayWhileTheRecordIsAway(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("1", "hi")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "hi")
	w.bus.loseAll(true)
	w.store.off.Store(true)
	w.answer(s, text("You will hear this."))
	eventually(t, "the failing polls are noticed", func() bool {
		return strings.Contains(w.logs.String(), "heads of open conversations cannot be read")
	})
	w.store.off.Store(false)
	c.wantMessage(3, "agent", "You will hear this.")
	if !strings.Contains(w.logs.String(), "can be read again") {
		t.Error("that it works again is not in the log")
	}
}
