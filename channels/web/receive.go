package web

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/agentcare/agentcare/chat"
)

const (
	windowBeats = 10 // seconds over which frames and errors are counted
	helloCost   = 20 // frames that a hello counts for: it reads the record
	floodPause  = windowBeats * time.Second
)

// window counts what a client sends in ten seconds.
type window struct {
	since  uint32 // beats
	frames int
	errors int
}

// roll starts a new window when the old one is over.
func (w *window) roll(now uint32) {
	if now-w.since >= windowBeats {
		*w = window{since: now}
	}
}

func within(n, limit int) bool { return limit < 0 || n <= limit }

// receive takes one text frame. Whatever is wrong with it is answered; nothing that is not committed is acknowledged.
func (so *socket) receive(data []byte) {
	defer so.recovered()
	now := so.server.beats.Load()
	so.window.roll(now)
	f, err := decode(data, so.language)
	so.window.frames++
	if f.Type == frameHello {
		so.window.frames += helloCost - 1
	}
	if !within(so.window.frames, so.server.cfg.Limits.FramesPerWindow) {
		so.flooded(f.ID)
		return
	}
	if err == nil {
		err = so.handle(f, now)
	}
	if err != nil {
		so.refuse(f.ID, err)
	}
}

func (so *socket) handle(f frame, now uint32) error {
	ctx, cancel := so.server.storeContext()
	defer cancel()
	if f.Type != frameHello {
		so.touch(now)
	}
	switch f.Type {
	case frameHello:
		return so.greet(ctx, f.After, now)
	case frameMessage:
		text, err := chat.CheckText(f.Text, so.language)
		if err != nil {
			return err
		}
		return so.accept(ctx, chat.Inbound{Text: text, DueAfter: so.server.cfg.Debounce}, f.ID)
	case frameChoose:
		return so.accept(ctx, chat.Inbound{Option: f.Option}, f.ID)
	case frameForm:
		values, err := so.checkForm(ctx, f)
		if err != nil {
			return err
		}
		return so.accept(ctx, chat.Inbound{Form: f.Form, Values: values}, f.ID)
	case frameEnd:
		return so.finish(ctx)
	default:
		return nil // that the patient is typing is a sign of life, which touch has noted
	}
}

// touch notes that the patient is there.
func (so *socket) touch(now uint32) {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.used = now
}

// greet answers a hello.
func (so *socket) greet(ctx context.Context, after int64, now uint32) error {
	heads, err := so.server.cfg.History.Heads(ctx, []conversationID{so.conversation})
	if err == nil {
		err = so.hide(ctx, now)
	}
	if errors.Is(err, &chat.Error{Code: chat.CodeEnded}) {
		return err
	}
	if err != nil {
		so.refuse("", err)
		so.close(CloseTryLater, "the conversation cannot be read now; connect again later")
		return nil
	}
	so.hello(after, heads[so.conversation])
	return nil
}

// hide reads anew what this endpoint may not see: since the socket was opened, the session may have been taken up again
// on another one after its idle time, and what was said before it be hidden.
func (so *socket) hide(ctx context.Context, now uint32) error {
	if so.looked == now {
		return nil
	}
	endpoint, err := so.server.cfg.Sessions.Endpoint(ctx, so.clinic, so.endpoint)
	if err != nil {
		return err
	}
	so.looked = now
	so.mu.Lock()
	defer so.mu.Unlock()
	if p := &so.progress; endpoint.VisibleAfter > p.visible {
		p.visible, p.hidden = endpoint.VisibleAfter, span{}
	}
	return nil
}

// checkForm reads the form as it was asked and checks what was filled in.
func (so *socket) checkForm(ctx context.Context, f frame) (map[string]string, error) {
	form, err := so.server.cfg.History.Form(ctx, so.clinic, so.conversation, f.Form)
	if err != nil {
		return nil, err
	}
	c, err := so.server.cfg.Clinics.FindClinic(ctx, so.slug, "")
	if err != nil {
		return nil, err
	}
	return form.Validate(f.Values, chat.ValidateContext{
		Now: so.server.cfg.Now(), Zone: c.Zone, Region: c.Region, Language: so.language,
	})
}

// accept commits what the patient sent, acknowledges it, and shows it to the conversation's other sockets.
func (so *socket) accept(ctx context.Context, in chat.Inbound, id string) error {
	s := so.server
	if wait := s.allowance(ctx, "chat:message:"+so.endpoint.String(), s.cfg.Limits.MessagesPerMinute); wait > 0 {
		return tooFastError{wait}
	}
	in.Clinic, in.Conversation, in.Endpoint, in.Channel = so.clinic, so.conversation, so.endpoint, chat.Web
	in.ExternalID = id
	accepted, err := s.cfg.Inbox.Put(ctx, in)
	if err != nil {
		return err
	}
	so.send(encodeAck(id, accepted.Seq))
	so.server.log.LogAttrs(context.Background(), slog.LevelDebug, "message accepted", so.ids(slog.Int64("seq", accepted.Seq), slog.Bool("duplicate", accepted.Duplicate))...)
	if !accepted.Duplicate {
		so.spread(chat.Event{Type: chat.EventMessage, Message: shown(accepted.Message)})
	}
	return nil
}

// shown is a patient's message as sockets show it. What was filled in does not travel.
func shown(m chat.Message) *chat.Message {
	m.Body = chat.Body{Text: m.Body.Text}
	return &m
}

// finish ends the conversation for the patient, on all of its sockets.
func (so *socket) finish(ctx context.Context) error {
	err := so.server.cfg.Sessions.EndSession(ctx, so.clinic, so.endpoint)
	if err != nil && !errors.Is(err, &chat.Error{Code: chat.CodeEnded}) {
		return err
	}
	so.mu.Lock()
	so.push(endedFrame)
	so.closeLocked(CloseEnded, "ended")
	so.mu.Unlock()
	so.spread(chat.Event{Type: chat.EventEnded})
	return nil
}

// spread tells the other sockets: those of this process at once, the rest over the bus. The event comes back over the bus
// too, and is recognised as known.
func (so *socket) spread(e chat.Event) {
	so.room.deliver(e)
	ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
	defer cancel()
	if err := so.server.cfg.Bus.Publish(ctx, so.conversation, e); err != nil {
		so.server.log.LogAttrs(context.Background(), slog.LevelDebug, "event not published: polls must do", so.ids(slog.Any("error", err))...)
	}
}

// tooFastError is a refusal for now.
type tooFastError struct{ wait time.Duration }

func (tooFastError) Error() string { return "too many messages" }

// refuse answers a frame that was not taken, and closes the socket of a client that goes on like that.
func (so *socket) refuse(id string, err error) {
	so.window.errors++
	if !within(so.window.errors, so.server.cfg.Limits.ErrorsPerWindow) {
		so.flooded(id)
		return
	}
	var tooFast tooFastError
	var known *chat.Error
	switch {
	case errors.As(err, &tooFast):
		so.send(encodeError(id, refusal(so.language, chat.CodeRateLimited), tooFast.wait))
	case errors.As(err, &known):
		so.send(encodeError(id, inLanguage(known, so.language), retryOf(known.Code)))
		if known.Code == chat.CodeEnded {
			so.over()
		}
	default:
		so.server.log.LogAttrs(context.Background(), slog.LevelError, "frame not taken", so.ids(slog.Any("error", err))...)
		so.send(encodeError(id, refusal(so.language, chat.CodeUnavailable), retryAfter))
	}
}

// retryOf is how long to wait before sending the same again; 0 when that does not help.
func retryOf(code string) time.Duration {
	if code == chat.CodeUnavailable || code == chat.CodeInternal {
		return retryAfter
	}
	return 0
}

// flooded closes a socket whose client sends too much. What was acknowledged stays.
func (so *socket) flooded(id string) {
	so.server.log.LogAttrs(context.Background(), slog.LevelWarn, "socket closed for flooding", so.ids()...)
	so.send(encodeError(id, refusal(so.language, chat.CodeRateLimited), floodPause))
	so.close(CloseFlood, "too many frames")
}
