package redis

import (
	"sync"

	"github.com/agentcare/agentcare/chat"
)

const (
	queueEvents = 256       // that wait for one receiver
	deltaBytes  = 16 * 1024 // of text that waits as one delta
)

// subscriber is one receiver with its own short queue. It has a goroutine only while something is in it: a process can
// hold ten thousands that hear nothing for minutes.
type subscriber struct {
	deliver func(chat.Event)

	mu    sync.Mutex
	queue []chat.Event
	busy  bool // a goroutine delivers
	gone  bool
}

// push queues an event. A delta joins the one before it, so that a slow receiver gets fewer and longer ones. When there
// is no room the event is dropped: if it was a message, the receiver sees from the conversation's head that one is missing.
func (s *subscriber) push(e chat.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.joined(e) || len(s.queue) >= queueEvents {
		return
	}
	s.queue = append(s.queue, e)
	if !s.busy {
		s.busy = true
		go s.drain()
	}
}

func (s *subscriber) joined(e chat.Event) bool {
	if len(s.queue) == 0 || e.Type != chat.EventDelta {
		return false
	}
	last := &s.queue[len(s.queue)-1]
	follows := last.Type == chat.EventDelta && last.Turn == e.Turn && last.Offset+len(last.Text) == e.Offset
	if !follows || len(last.Text)+len(e.Text) > deltaBytes {
		return false
	}
	last.Text += e.Text
	return true
}

func (s *subscriber) drain() {
	for {
		e, ok := s.next()
		if !ok {
			return
		}
		s.deliver(e)
	}
}

func (s *subscriber) next() (chat.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || len(s.queue) == 0 {
		s.busy, s.queue = false, nil
		return chat.Event{}, false
	}
	e := s.queue[0]
	s.queue = s.queue[1:]
	return e, true
}

func (s *subscriber) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone, s.queue = true, nil
}
