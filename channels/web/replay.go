package web

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// progress is how much of its conversation a socket has got.
type progress struct {
	greeted  bool   // it said hello: messages may be sent
	hello    uint32 // counts hellos, so that a page read for an earlier one is recognised
	sent     int64  // every message up to here has been queued, or was not asked for
	head     int64  // the record goes at least up to here
	visible  int64  // messages up to here are hidden
	hidden   span   // hidden before, and to be sent now
	unlocked bool   // it is to be seen whether visible has changed
	blocked  bool   // the record could not be read: the next poll lets it try again
}

func (p *progress) behind() bool { return p.greeted && p.head > p.sent }

// span is the messages with after < seq <= last.
type span struct{ after, last int64 }

func (s span) some() bool { return s.after < s.last }

// draft is the reply that a client is being shown while it is written.
type draft struct {
	turn   uuid.UUID
	bytes  int  // shown so far
	broken bool // a piece is missing: nothing more is shown until the message comes
}

// hello starts the replay after the given seq, or starts it again. A client that has seen more than the record holds
// (it was restored from a backup) gets what comes from now on.
func (so *socket) hello(after, head int64) {
	so.mu.Lock()
	defer so.mu.Unlock()
	p := &so.progress
	p.greeted, p.blocked = true, false
	p.hello++
	p.head = max(p.head, head)
	p.sent = min(max(after, p.visible), head)
	so.draft = draft{}
	so.push(encodeWelcome(so.conversation, head))
	so.wake()
}

// message takes a message that was just said. Only the next one in order goes out at once.
func (so *socket) message(out outgoing) {
	so.mu.Lock()
	defer so.mu.Unlock()
	p := &so.progress
	next := p.greeted && out.seq == p.sent+1 && !p.behind()
	p.head = max(p.head, out.seq)
	if next {
		p.sent = out.seq
		so.settle(out, so.push)
	}
	so.wake()
}

// settle queues a message's frame with the given function. When it is not the message of the draft that is being shown,
// that draft's turn was lost, and is taken back first. The socket is locked.
func (so *socket) settle(out outgoing, queue func([]byte)) {
	if shown := so.draft; out.role == chat.RoleAgent {
		so.draft = draft{}
		if shown.bytes > 0 && shown.turn != out.turn {
			queue(encodeDiscard(shown.turn))
		}
	}
	queue(out.frame)
}

// advance takes the head of the record, as polled.
func (so *socket) advance(head int64) {
	so.mu.Lock()
	defer so.mu.Unlock()
	p := &so.progress
	p.blocked = false
	if p.greeted && head > p.sent {
		p.head = max(p.head, head)
		p.unlocked = p.visible > 0 // what said so may have been lost as well
	}
	so.wake()
}

// unlock takes the news that the patient has verified again.
func (so *socket) unlock() {
	so.mu.Lock()
	defer so.mu.Unlock()
	if so.progress.visible > 0 {
		so.progress.unlocked = true
		so.wake()
	}
}

// typing tells that somebody at the clinic's end is writing. A client with a full queue has other worries.
func (so *socket) typing() {
	so.mu.Lock()
	defer so.mu.Unlock()
	if so.progress.greeted && !so.crowded() {
		so.push(typingFrame)
	}
}

// crowded reports whether frames that can be missed are to be left out. The socket is locked.
func (so *socket) crowded() bool {
	limits := &so.server.cfg.Limits
	return len(so.queue) > limits.QueueFrames/4 || so.queued > limits.QueueBytes/4
}

// delta takes a piece of a reply. It is shown only to those who have all of the text before it.
func (so *socket) delta(e chat.Event, frame []byte) {
	so.mu.Lock()
	defer so.mu.Unlock()
	if !so.progress.greeted {
		return
	}
	d := &so.draft
	if d.turn != e.Turn {
		so.discardDraft()
		*d = draft{turn: e.Turn}
	}
	if d.broken = d.broken || e.Offset != d.bytes || so.crowded() || so.progress.behind(); d.broken {
		return
	}
	d.bytes += len(e.Text)
	so.push(frame)
}

// discard takes back what was shown of a turn's reply.
func (so *socket) discard(turn uuid.UUID) {
	so.mu.Lock()
	defer so.mu.Unlock()
	if so.draft.turn == turn {
		so.discardDraft()
	}
}

// discardDraft takes back what the client is being shown of a reply, if anything. The socket is locked.
func (so *socket) discardDraft() {
	if so.draft.bytes > 0 {
		so.push(encodeDiscard(so.draft.turn))
	}
	so.draft = draft{}
}

// replay does one of the tasks that read the record. It is the pump's.
func (so *socket) replay(t task) {
	defer so.recovered()
	var err error
	switch t {
	case taskUnlock:
		err = so.reveal()
	case taskHidden:
		err = so.catchUpHidden()
	default:
		err = so.catchUp()
	}
	if err == nil {
		return
	}
	so.server.log.LogAttrs(context.Background(), slog.LevelWarn, "a replay must wait: the record cannot be read", so.ids(slog.Any("error", err))...)
	so.mu.Lock()
	defer so.mu.Unlock()
	so.progress.blocked = true
}

// reveal reads anew what this endpoint may see.
func (so *socket) reveal() error {
	ctx, cancel := so.server.storeContext()
	defer cancel()
	endpoint, err := so.server.cfg.Sessions.Endpoint(ctx, so.clinic, so.endpoint)
	if errors.Is(err, &chat.Error{Code: chat.CodeEnded}) {
		so.over()
		return nil
	}
	if err != nil {
		return err
	}
	so.mu.Lock()
	defer so.mu.Unlock()
	p := &so.progress
	p.unlocked = false
	if endpoint.VisibleAfter < p.visible {
		if p.greeted {
			p.hidden = span{after: endpoint.VisibleAfter, last: p.visible}
		}
		p.visible = endpoint.VisibleAfter
	}
	return nil
}

// catchUpHidden sends a page of what was hidden before.
func (so *socket) catchUpHidden() error {
	so.mu.Lock()
	want := so.progress.hidden
	so.mu.Unlock()
	page, err := so.readPage(want.after)
	if err != nil {
		return err
	}
	so.mu.Lock()
	defer so.mu.Unlock()
	after := want.last // unless there is more of it
	for _, out := range page {
		if out.seq <= want.last {
			so.shelve(out.frame)
			after = out.seq
		}
	}
	if len(page) < replayPage {
		after = want.last
	}
	so.progress.hidden.after = after
	return nil
}

// catchUp sends a page of what was missed. What is said while the page is read is on the next one.
func (so *socket) catchUp() error {
	so.mu.Lock()
	hello, after, want := so.progress.hello, so.progress.sent, so.progress.head
	so.mu.Unlock()
	page, err := so.readPage(after)
	if err != nil {
		return err
	}
	so.mu.Lock()
	defer so.mu.Unlock()
	p := &so.progress
	if p.hello != hello {
		return nil // the client wants to begin elsewhere
	}
	for _, out := range page {
		so.settle(out, so.shelve)
		p.sent = out.seq
	}
	p.head = max(p.head, p.sent)
	if len(page) < replayPage && p.head == want {
		p.head = p.sent // the rest is not there: nothing to wait for until the next poll
	}
	return nil
}

// readPage reads one page of the record.
func (so *socket) readPage(after int64) ([]outgoing, error) {
	ctx, cancel := so.server.storeContext()
	defer cancel()
	page, err := so.server.cfg.History.After(ctx, so.clinic, so.conversation, after, replayPage)
	if err != nil {
		return nil, err
	}
	out := make([]outgoing, 0, len(page))
	for _, m := range page {
		out = append(out, outgoing{seq: m.Seq, turn: m.Turn, role: m.Role, frame: encodeMessage(m)})
	}
	return out, nil
}

// shelve adds a frame to the page that is being sent, unless the socket closes. The socket is locked.
func (so *socket) shelve(frame []byte) {
	if so.end.code == 0 && !so.end.gone {
		so.page = append(so.page, frame)
	}
}
