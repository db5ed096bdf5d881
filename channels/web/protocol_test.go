package web_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/chat"
)

// TestBadFrames sends everything that a frame can be wrong in. Each is answered, and the socket goes on.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.ErrorsPerWindow = -1 })
	c, s := w.greeted()
	tests := []struct{ name, frame, id, code string }{
		{"no JSON", `hello`, "", chat.CodeBadJSON},
		{"cut off", `{"type":"message","id":"1","te`, "", chat.CodeBadJSON},
		{"no object", `[]`, "", chat.CodeBadFrame},
		{"unknown type", `{"type":"sing","id":"x"}`, "x", chat.CodeUnknownType},
		{"no id", `{"type":"message","text":"hi"}`, "", chat.CodeBadFrame},
		{"NUL in a text", `{"type":"message","id":"n","text":"a\u0000b"}`, "n", chat.CodeBadText},
		{"empty text", `{"type":"message","id":"e","text":"  \n"}`, "e", chat.CodeEmpty},
		{"no text", `{"type":"message","id":"e"}`, "e", chat.CodeEmpty},
		{"100,000 characters", `{"type":"message","id":"l","text":"` + strings.Repeat("x", 100_000) + `"}`, "l", chat.CodeTooLong},
		{"100,000 characters of four bytes", `{"type":"message","id":"l","text":"` + strings.Repeat("😀", 100_000) + `"}`, "l", chat.CodeTooLong},
		{"an option that was never offered", `{"type":"choose","id":"o","option":"018f0000-0000-7000-8000-000000000001"}`, "o", chat.CodeUnknownOption},
		{"an option that is no id", `{"type":"choose","id":"o","option":"' or 1=1"}`, "o", chat.CodeUnknownOption},
		{"a form that was never asked", `{"type":"form","id":"f","form":"018f0000-0000-7000-8000-000000000001","values":{}}`, "f", chat.CodeUnknownForm},
		{"hello before the beginning", `{"type":"hello","after":-3}`, "", chat.CodeBadFrame},
	}
	for _, tt := range tests {
		t.Log(tt.name)
		c.sendRaw(websocket.TextMessage, []byte(tt.frame))
		c.wantError(tt.id, tt.code)
	}
	c.say("after", "and all is well")
	c.wantAck("after", 2)
	c.wantMessage(2, "patient", "and all is well")
	w.answer(s, text("Good."))
	c.wantMessage(3, "agent", "Good.")
}

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	w := open(t)
	tests := []struct {
		name string
		kind int
		data []byte
		code int
	}{
		{"binary", websocket.BinaryMessage, []byte(`{"type":"hello"}`), web.CloseBinary},
		{"not UTF-8", websocket.TextMessage, []byte("{\"type\":\"message\",\"id\":\"1\",\"text\":\"\xff\xfe\"}"), web.CloseInvalidText},
		{"too large", websocket.TextMessage, []byte(`{"text":"` + strings.Repeat("x", 600<<10) + `"}`), web.CloseTooLarge},
	}
	for _, tt := range tests {
		t.Log(tt.name)
		c, s := w.greeted()
		c.say("kept", "this was before")
		c.wantAck("kept", 2)
		c.sendRaw(tt.kind, tt.data)
		c.wantClosed(tt.code)
		again := w.hello(s, 1)
		again.wantMessage(2, "patient", "this was before")
	}
}

// TestFrameThatNeverEnds is a client that holds on to a frame's memory, and keeps answering pings meanwhile.
func TestFrameThatNeverEnds(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.ReadTimeout, c.Limits.FrameBytes = 300*time.Millisecond, 1<<30 })
	c, s := w.greeted()
	frame, err := c.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := frame.Write(make([]byte, 8<<10)); err != nil { // beyond gorilla's buffer: a fragment each time
				return
			}
		}
	}()
	f, err := c.read()
	if timeout := net.Error(nil); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("still there: %+v, %v", f, err)
	}
	<-ended
	w.hello(s, 0).wantMessage(1, "agent", greeting)
}

func TestFloodOfErrors(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.ErrorsPerWindow = 5 })
	c, _ := w.greeted()
	for range 6 {
		c.sendRaw(websocket.TextMessage, []byte("x"))
	}
	frames := c.wantClosed(web.CloseFlood)
	last := frames[len(frames)-1]
	if last.Code != chat.CodeRateLimited || last.RetryAfterMs == 0 {
		t.Errorf("last came %+v", last)
	}
}

func TestFloodOfFrames(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.FramesPerWindow = 50 })
	c, _ := w.greeted()
	for range 50 {
		c.send(map[string]any{"type": "typing"})
	}
	c.wantClosed(web.CloseFlood)
}

func TestMessageRateLimit(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Limits.MessagesPerMinute = 2 })
	c, _ := w.greeted()
	for i, id := range []string{"1", "2"} {
		c.say(id, "hi")
		c.wantAck(id, int64(i+2))
		c.next()
	}
	c.say("3", "hi")
	if f := c.wantError("3", chat.CodeRateLimited); f.RetryAfterMs <= 0 {
		t.Error("not told how long to wait")
	}
}

func TestSameIDTwice(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("m-1", "Hello there")
	c.wantAck("m-1", 2)
	c.wantMessage(2, "patient", "Hello there")
	c.say("m-1", "Hello there")
	c.wantAck("m-1", 2)

	again := w.hello(s, 2)
	again.say("m-1", "Hello there")
	again.wantAck("m-1", 2)
	again.say("m-2", "Something else")
	again.wantAck("m-2", 3)
	again.wantMessage(3, "patient", "Something else")
}

func TestMessagesBeforeHello(t *testing.T) {
	t.Parallel()
	w := open(t)
	s := w.session()
	c := w.dial(s.Token)
	c.say("1", "no hello yet")
	c.wantAck("1", 2)
	c.send(map[string]any{"type": "hello"})
	if f := c.next(); f.Type != "welcome" || f.Seq != 2 {
		t.Fatalf("got %+v", f)
	}
	c.wantMessage(1, "agent", greeting)
	c.wantMessage(2, "patient", "no hello yet")
}

func TestChooseAndForm(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	c.say("1", "I need an appointment")
	c.wantAck("1", 2)
	c.next()
	w.answer(s, chat.Body{
		Text:    "When, and who?",
		Options: []chat.Option{{Label: "Tue 9:00", Kind: chat.OptionSlot, Ref: []byte(`{"slot":"secret"}`)}},
		Form: &chat.Form{Fields: []chat.Field{
			{Name: chat.FieldGivenName, Label: "First name", Type: chat.FieldText, Required: true},
			{Name: chat.FieldBirthDate, Label: "Date of birth", Type: chat.FieldDate, Required: true},
			{Name: chat.FieldPhoneName, Label: "Phone", Type: chat.FieldPhone, Required: true},
			{Name: chat.FieldConsent, Label: "I agree", Type: chat.FieldCheckbox, Required: true},
		}},
	})
	offer := c.wantMessage(3, "agent", "When, and who?")

	c.send(map[string]any{"type": "choose", "id": "2", "option": offer.Options[0].ID})
	c.wantAck("2", 4)
	c.wantMessage(4, "patient", "Tue 9:00")

	fill := func(id, born, phone string, consent any) {
		c.send(map[string]any{"type": "form", "id": id, "form": offer.Form.ID, "values": map[string]any{
			"given_name": "Ana", "birth_date": born, "phone": phone, "consent": consent,
		}})
	}
	for _, bad := range []struct {
		id, born, phone string
		consent         any
		field           string
	}{
		{"3", "1985-02-31", "(212) 555-0101", true, "birth_date"},
		{"4", "2985-02-01", "(212) 555-0101", true, "birth_date"},
		{"5", "1985-02-01", "12", true, "phone"},
		{"6", "1985-02-01", "(212) 555-0101", false, "consent"},
	} {
		fill(bad.id, bad.born, bad.phone, bad.consent)
		if f := c.wantError(bad.id, chat.CodeBadForm); f.Field != bad.field {
			t.Errorf("field %q, want %q", f.Field, bad.field)
		}
	}
	fill("7", "1985-02-01", "(212) 555-0101", true)
	c.wantAck("7", 5)
	c.wantMessage(5, "patient", "Details sent")

	record, err := w.env.DB.After(t.Context(), w.clinic, s.conversation(t), 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := record[0].Body.Filled; got == nil || got.Values["phone"] != "+12125550101" || got.Values["consent"] != "true" {
		t.Errorf("on record: %+v", got)
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	other := w.hello(s, 1)
	c.send(map[string]any{"type": "end"})
	for _, end := range []struct {
		c    *client
		code int
	}{{c, web.CloseEnded}, {other, web.CloseOver}} {
		if before := end.c.wantClosed(end.code); len(before) != 1 || before[0].Type != "ended" {
			t.Errorf("before the close came %+v", before)
		}
	}
	if w.resume(s.Resume).Conversation == s.Conversation {
		t.Error("the conversation can be resumed")
	}
	late := w.dial(s.Token)
	if before := late.wantClosed(web.CloseOver); len(before) != 1 || before[0].Type != "ended" {
		t.Errorf("before the close came %+v", before)
	}
}

// TestEndedWhileTheNewsIsLost is a tab that did not hear that another ended the conversation.
func TestEndedWhileTheNewsIsLost(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	record := s.conversation(t)
	var endpoint [16]byte
	if err := w.env.Owner.QueryRow(t.Context(), `select id from endpoint where conversation_id = $1`, record).Scan(&endpoint); err != nil {
		t.Fatal(err)
	}
	if err := w.env.DB.EndSession(t.Context(), w.clinic, endpoint); err != nil {
		t.Fatal(err)
	}
	c.say("1", "hello?")
	c.wantError("1", chat.CodeEnded)
	if before := c.wantClosed(web.CloseOver); len(before) != 1 || before[0].Type != "ended" {
		t.Errorf("before the close came %+v", before)
	}
}

func TestErrorsInTheConversationsLanguage(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.dial(parse[session](t, w.post(`{"language":"es"}`).body).Token)
	for frame, want := range map[string]string{
		`{"type":"choose","id":"o","option":"nothing"}`: "opción",
		`{"type":"message","id":"o","text":""}`:         "vacío",
	} {
		c.sendRaw(websocket.TextMessage, []byte(frame))
		if f := c.next(); !strings.Contains(f.Message, want) {
			t.Errorf("%q is not Spanish", f.Message)
		}
	}
}

func TestRecordAwayInTheMiddle(t *testing.T) {
	t.Parallel()
	w := open(t)
	c, s := w.greeted()
	w.store.off.Store(true)
	c.say("1", "do not lose me")
	if f := c.wantError("1", chat.CodeUnavailable); f.RetryAfterMs <= 0 {
		t.Error("not told to try again")
	}
	w.store.off.Store(false)
	c.say("1", "do not lose me")
	c.wantAck("1", 2)
	c.wantMessage(2, "patient", "do not lose me")

	w.store.off.Store(true)
	late := w.dialWithout(s)
	late.send(map[string]any{"type": "hello"})
	late.wantError("", chat.CodeUnavailable)
	late.wantClosed(web.CloseTryLater)
}
