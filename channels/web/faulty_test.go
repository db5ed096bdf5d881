package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// faultyStore is the record, which can be switched off.
type faultyStore struct {
	recordDB
	off atomic.Bool
}

// recordDB is the part of the record that the web channel uses.
type recordDB interface {
	web.Clinics
	web.Sessions
	web.Inbox
	web.History
}

var errOff = errors.New("connection refused")

func (f *faultyStore) fault() error {
	if f.off.Load() {
		return errOff
	}
	return nil
}

func (f *faultyStore) FindClinic(ctx context.Context, slug, origin string) (clinic.Clinic, error) {
	if err := f.fault(); err != nil {
		return clinic.Clinic{}, err
	}
	return f.recordDB.FindClinic(ctx, slug, origin)
}

func (f *faultyStore) Put(ctx context.Context, in chat.Inbound) (chat.Accepted, error) {
	if err := f.fault(); err != nil {
		return chat.Accepted{}, err
	}
	return f.recordDB.Put(ctx, in)
}

func (f *faultyStore) After(ctx context.Context, clinicID, conversation uuid.UUID, after int64, limit int) ([]chat.Message, error) {
	if err := f.fault(); err != nil {
		return nil, err
	}
	return f.recordDB.After(ctx, clinicID, conversation, after, limit)
}

func (f *faultyStore) Heads(ctx context.Context, conversations []uuid.UUID) (map[uuid.UUID]int64, error) {
	if err := f.fault(); err != nil {
		return nil, err
	}
	return f.recordDB.Heads(ctx, conversations)
}

func (f *faultyStore) Endpoint(ctx context.Context, clinicID, endpoint uuid.UUID) (chat.Endpoint, error) {
	if err := f.fault(); err != nil {
		return chat.Endpoint{}, err
	}
	return f.recordDB.Endpoint(ctx, clinicID, endpoint)
}

// leakyBus is the bus, which can lose events, double them and bring them late.
type leakyBus struct {
	web.Bus
	lose, double, delay atomic.Pointer[func(chat.Event) bool]
}

func happens(fault *atomic.Pointer[func(chat.Event) bool], e chat.Event) bool {
	does := fault.Load()
	return does != nil && (*does)(e)
}

func (b *leakyBus) Publish(ctx context.Context, conversation uuid.UUID, e chat.Event) error {
	if happens(&b.lose, e) {
		return nil
	}
	if happens(&b.delay, e) {
		time.AfterFunc(rand.N(50*time.Millisecond), func() { _ = b.Bus.Publish(context.WithoutCancel(ctx), conversation, e) })
		return nil
	}
	if happens(&b.double, e) {
		if err := b.Bus.Publish(ctx, conversation, e); err != nil {
			return err
		}
	}
	return b.Bus.Publish(ctx, conversation, e)
}

func (b *leakyBus) loseAll(yes bool) {
	if !yes {
		b.lose.Store(nil)
		return
	}
	all := func(chat.Event) bool { return true }
	b.lose.Store(&all)
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
