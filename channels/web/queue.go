package web

import (
	"time"

	"github.com/gorilla/websocket"
)

// push queues a frame. One that does not fit closes the socket: what the client misses it gets when it comes back.
// The socket is locked.
func (so *socket) push(frame []byte) {
	limits := &so.server.cfg.Limits
	if so.end.code != 0 || so.end.gone {
		return
	}
	if len(so.queue) >= limits.QueueFrames || len(so.queue) > 0 && so.queued+len(frame) > limits.QueueBytes {
		so.queue, so.queued = nil, 0
		so.closeLocked(CloseTooSlow, "too slow; connect again, nothing is lost")
		return
	}
	so.queue = append(so.queue, frame)
	so.queued += len(frame)
	so.wake()
}

// send queues a frame that belongs to no place in the conversation.
func (so *socket) send(frame []byte) {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.push(frame)
}

// wake starts the pump when there is something to do and it does not run. The socket is locked.
func (so *socket) wake() {
	if so.pumping || so.end.gone || so.next() == taskNone {
		return
	}
	so.pumping = true
	so.server.rooms.work.Add(1) // the reader has not left, so the count is not zero
	go so.pump()
}

// task is what the pump does next.
type task int

const (
	taskNone    task = iota
	taskWrite        // the next frame
	taskClose        // say goodbye
	taskUnlock       // see whether hidden history may be shown
	taskHidden       // read hidden history
	taskCatchUp      // read what was missed
	taskPing
)

// next decides it. The socket is locked.
func (so *socket) next() task {
	p := &so.progress
	switch {
	case so.end.gone || so.end.said:
		return taskNone
	case len(so.page)+len(so.queue) > 0:
		return taskWrite
	case so.end.code != 0:
		return taskClose
	case p.unlocked && !p.blocked:
		return taskUnlock
	case p.hidden.some() && !p.blocked:
		return taskHidden
	case p.behind() && !p.blocked:
		return taskCatchUp
	case so.pingDue:
		return taskPing
	default:
		return taskNone
	}
}

// pump writes and catches up until there is nothing to do. It is the only writer of data frames.
func (so *socket) pump() {
	defer so.server.rooms.work.Done()
	stalled := time.AfterFunc(so.server.cfg.Limits.WriteTimeout, so.cut)
	defer stalled.Stop()
	for {
		t, frame := so.fetch()
		if t == taskNone {
			return
		}
		stalled.Reset(so.server.cfg.Limits.WriteTimeout)
		so.perform(t, frame, stalled)
	}
}

// fetch takes the next task, with what it is to write, or marks the pump as stopped.
func (so *socket) fetch() (task, []byte) {
	so.mu.Lock()
	defer so.mu.Unlock()
	t := so.next()
	switch t {
	case taskNone:
		so.pumping = false
	case taskWrite:
		return t, so.pop()
	case taskClose:
		so.end.said = true
		return t, websocket.FormatCloseMessage(so.end.code, so.end.reason)
	case taskPing:
		so.pingDue = false
	default: // the others say themselves when they are done
	}
	return t, nil
}

// pop takes the next frame. Those of a replay were said before those in the queue. The socket is locked.
func (so *socket) pop() []byte {
	from := &so.page
	if len(so.page) == 0 {
		from = &so.queue
		so.queued -= len(so.queue[0])
	}
	frame := (*from)[0]
	(*from)[0] = nil
	if *from = (*from)[1:]; len(*from) == 0 {
		*from = nil // an idle socket keeps no memory for frames
	}
	return frame
}

func (so *socket) perform(t task, frame []byte, stalled *time.Timer) {
	var err error
	switch t {
	case taskWrite:
		err = so.conn.WriteMessage(websocket.TextMessage, frame)
	case taskPing:
		err = so.conn.WriteControl(websocket.PingMessage, nil, time.Time{})
	case taskClose:
		err = so.conn.WriteControl(websocket.CloseMessage, frame, time.Time{})
		time.AfterFunc(so.server.cfg.Limits.CloseTimeout, so.cut)
	default:
		stalled.Stop()
		so.replay(t)
	}
	if err != nil {
		so.cut() // the reader notices and leaves
		so.abandon()
	}
}

// abandon gives up what is queued for a connection that does not take it any more.
func (so *socket) abandon() {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.page, so.queue, so.queued = nil, nil, 0
	so.end.said = true
}
