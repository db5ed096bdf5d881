package web

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/agentcare/agentcare/chat"
)

// rooms are the conversations that have a socket on this process. Locks are taken in the order rooms, room, socket.
type rooms struct {
	mu    sync.Mutex
	open  map[conversationID]*room
	count int            // sockets
	down  bool           // draining: nobody comes in any more
	work  sync.WaitGroup // readers and pumps
}

// room is one conversation: its sockets, and the subscription that they share.
type room struct {
	conversation conversationID

	mu      sync.Mutex
	sockets []*socket // oldest first
	leave   func()    // the bus; nil until subscribed
}

// closed reports whether the server is draining.
func (rs *rooms) closed() bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.down
}

// full reports whether limit sockets are open.
func (rs *rooms) full(limit int) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.count >= limit
}

// shut lets nobody in any more and returns who is there.
func (rs *rooms) shut() []*socket {
	rs.mu.Lock()
	rs.down = true
	rs.mu.Unlock()
	return rs.sockets()
}

func (rs *rooms) sockets() []*socket {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := make([]*socket, 0, rs.count)
	for _, r := range rs.open {
		r.mu.Lock()
		all = append(all, r.sockets...)
		r.mu.Unlock()
	}
	return all
}

func (rs *rooms) conversations() []conversationID {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	ids := make([]conversationID, 0, len(rs.open))
	for id := range rs.open {
		ids = append(ids, id)
	}
	return ids
}

func (rs *rooms) find(id conversationID) *room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.open[id]
}

// enter puts a socket into the room of its conversation. It returns the room, whether the socket made it, and the oldest
// socket of the same session when there are more than most. The room is nil when the server is draining.
func (rs *rooms) enter(so *socket, most int) (r *room, made bool, replaced *socket) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.down {
		return nil, false, nil
	}
	r = rs.open[so.conversation]
	if r == nil {
		r, made = &room{conversation: so.conversation}, true
		rs.open[so.conversation] = r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	replaced = r.oldest(so.ticket, most)
	r.sockets = append(r.sockets, so)
	rs.count++
	rs.work.Add(1) // the reader; under the lock, so that nobody waits already
	return r, made, replaced
}

// oldest is the first socket of this session when it has as many as it may have. The room is locked.
func (r *room) oldest(t ticket, most int) *socket {
	var first *socket
	n := 0
	for _, other := range r.sockets {
		if other.endpoint != t.endpoint || other.leaving() {
			continue
		}
		if n++; first == nil {
			first = other
		}
	}
	if n < most {
		return nil
	}
	return first
}

// exit takes a socket out, and closes a room that is empty.
func (rs *rooms) exit(so *socket) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := so.room
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.sockets {
		if other == so {
			// A new slice: deliver may be reading the old one.
			r.sockets = append(append(make([]*socket, 0, len(r.sockets)-1), r.sockets[:i]...), r.sockets[i+1:]...)
			rs.count--
			break
		}
	}
	if len(r.sockets) > 0 {
		return
	}
	if rs.open[r.conversation] == r {
		delete(rs.open, r.conversation)
	}
	if r.leave != nil {
		r.leave()
		r.leave = nil
	}
}

// subscribe joins the room to the bus, unless it has closed meanwhile. A bus that fails is no reason to turn a patient
// away: what it would bring is found by the polls.
func (s *Server) subscribe(ctx context.Context, r *room) {
	leave, err := s.cfg.Bus.Subscribe(ctx, r.conversation, r.deliver)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "no events for a conversation: polls must do",
			slog.String("conversation_id", r.conversation.String()), slog.Any("error", err))
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sockets) == 0 {
		leave()
		return
	}
	r.leave = leave
}

func (r *room) members() []*socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sockets
}

// deliver takes one event, from the bus or from a socket of this process, to every socket of the room. It never waits.
func (r *room) deliver(e chat.Event) {
	switch e.Type {
	case chat.EventMessage:
		if e.Message != nil {
			r.message(*e.Message)
		}
	case chat.EventTyping:
		r.each((*socket).typing)
	case chat.EventDelta:
		frame := encodeDelta(e.Turn, e.Text)
		r.each(func(so *socket) { so.delta(e, frame) })
	case chat.EventDiscard:
		r.each(func(so *socket) { so.discard(e.Turn) })
	case chat.EventUnlocked:
		r.each((*socket).unlock)
	case chat.EventEnded:
		r.each((*socket).over)
	}
}

func (r *room) message(m chat.Message) {
	out := outgoing{seq: m.Seq, turn: m.Turn, role: m.Role, frame: encodeMessage(m)}
	r.each(func(so *socket) { so.message(out) })
}

func (r *room) each(do func(*socket)) {
	for _, so := range r.members() {
		do(so)
	}
}

// beat counts a second, pings whose turn it is, and closes who is silent or idle.
func (s *Server) beat(context.Context) {
	now := s.beats.Add(1)
	for _, so := range s.rooms.sockets() {
		so.beat(now)
	}
}

// poll reads the last seq of every open conversation and lets the sockets that are behind catch up.
func (s *Server) poll(ctx context.Context) {
	ids := s.rooms.conversations()
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.StoreTimeout)
	defer cancel()
	heads, err := s.cfg.History.Heads(ctx, ids)
	if err != nil {
		s.pollFailed(ctx, err)
		return
	}
	if s.blind.Swap(false) {
		s.log.LogAttrs(ctx, slog.LevelInfo, "the heads of open conversations can be read again")
	}
	for id, head := range heads {
		if r := s.rooms.find(id); r != nil {
			r.each(func(so *socket) { so.advance(head) })
		}
	}
}

// pollFailed says so once, not every second.
func (s *Server) pollFailed(ctx context.Context, err error) {
	if errors.Is(ctx.Err(), context.Canceled) || s.blind.Swap(true) {
		return
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "the heads of open conversations cannot be read", slog.Any("error", err))
}
