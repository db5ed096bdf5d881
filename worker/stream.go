package worker

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// stream shows the beginning of an answer. The engine never waits for it: while one piece is on its way, what comes
// meanwhile gathers and goes as the next one.
type stream struct {
	bus          Bus
	logger       *slog.Logger
	conversation uuid.UUID
	turn         uuid.UUID

	mu      sync.Mutex
	pending strings.Builder
	sent    int // bytes that were published
	closed  bool
	wake    chan struct{}
	done    chan struct{}
}

// newStream says that somebody is typing, and is ready for text. ctx bounds publishing.
func newStream(ctx context.Context, bus Bus, logger *slog.Logger, conversation, turn uuid.UUID) *stream {
	s := &stream{
		bus: bus, logger: logger, conversation: conversation, turn: turn,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go s.run(ctx)
	return s
}

// Delta shows more text.
func (s *stream) Delta(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || text == "" {
		return
	}
	s.pending.WriteString(text)
	s.nudge()
}

// nudge wakes run. The caller holds the lock.
func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) run(ctx context.Context) {
	defer close(s.done)
	s.publish(ctx, chat.Event{Type: chat.EventTyping, Turn: s.turn})
	for range s.wake {
		text, offset, open := s.take()
		if !open {
			return
		}
		if text == "" {
			continue // it went with the piece before
		}
		s.publish(ctx, chat.Event{Type: chat.EventDelta, Turn: s.turn, Text: text, Offset: offset})
	}
}

func (s *stream) take() (text string, offset int, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", 0, false
	}
	text, offset = s.pending.String(), s.sent
	s.pending.Reset()
	s.sent += len(text)
	return text, offset, true
}

// close ends it: when it returns, nothing more is published. Text that waited is dropped, for the whole message follows.
func (s *stream) close() {
	s.mu.Lock()
	s.closed = true
	s.nudge()
	s.mu.Unlock()
	<-s.done
}

// discard takes back what was shown. The stream is closed already.
func (s *stream) discard(ctx context.Context) {
	s.publish(ctx, chat.Event{Type: chat.EventDiscard, Turn: s.turn})
}

func (s *stream) publish(ctx context.Context, e chat.Event) {
	if err := s.bus.Publish(ctx, s.conversation, e); err != nil {
		s.logger.DebugContext(ctx, "an event was not published",
			slog.String("event", string(e.Type)), slog.Any("error", err))
	}
}
