package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// wireFrame is every frame the server sends, as a script would read it.
type wireFrame struct {
	Type         string           `json:"type"`
	ID           string           `json:"id"`
	Seq          int64            `json:"seq"`
	Turn         string           `json:"turn"`
	Role         string           `json:"role"`
	Text         string           `json:"text"`
	Code         string           `json:"code"`
	Message      string           `json:"message"`
	Conversation string           `json:"conversation"`
	Options      []wireOption     `json:"options"`
	Form         *wireForm        `json:"form"`
	Appointment  *wireAppointment `json:"appointment"`
}

type wireOption struct {
	ID       string    `json:"id"`
	Label    string    `json:"label"`
	Kind     string    `json:"kind"`
	StartsAt time.Time `json:"starts_at"`
}

type wireForm struct {
	ID     string `json:"id"`
	Fields []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"fields"`
}

type wireAppointment struct {
	ID       string    `json:"id"`
	State    string    `json:"state"`
	StartsAt time.Time `json:"starts_at"`
}

type wireSession struct {
	Token        string `json:"token"`
	Resume       string `json:"resume"`
	Conversation string `json:"conversation"`
}

// patient talks with a server over the protocol agentcare.v1.
type patient struct {
	t       *testing.T
	base    string
	session wireSession
	socket  *websocket.Conn
	seen    []wireFrame // messages, in the order of arrival
}

const patience = 20 * time.Second

// newPatient opens a session and says hello. resume is the secret of an earlier session, or "".
func newPatient(t *testing.T, base, resume string) *patient {
	t.Helper()
	p := &patient{t: t, base: base}
	body, err := json.Marshal(map[string]string{"clinic": "harbor-view", "resume": resume})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/chat/session", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("POST /chat/session answered %s", response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&p.session); err != nil {
		t.Fatal(err)
	}
	p.connect(0)
	return p
}

func (p *patient) connect(after int64) {
	p.t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"agentcare.v1"}, HandshakeTimeout: patience}
	address := "ws" + strings.TrimPrefix(p.base, "http") + "/chat/ws?token=" + url.QueryEscape(p.session.Token)
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	socket, response, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		p.t.Fatalf("opening the socket: %v", err)
	}
	_ = response.Body.Close()
	p.socket = socket
	p.t.Cleanup(func() { _ = socket.Close() })
	p.send(map[string]any{"type": "hello", "after": after})
	if f := p.read(); f.Type != "welcome" {
		p.t.Fatalf("hello was answered by %q", f.Type)
	}
}

func (p *patient) send(frame map[string]any) {
	p.t.Helper()
	if err := p.socket.WriteJSON(frame); err != nil {
		p.t.Fatalf("sending: %v", err)
	}
}

func (p *patient) read() wireFrame {
	p.t.Helper()
	if err := p.socket.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	var f wireFrame
	if err := p.socket.ReadJSON(&f); err != nil {
		p.t.Fatalf("reading: %v; so far:\n%s", err, p.transcript())
	}
	if f.Type == "message" {
		p.seen = append(p.seen, f)
	}
	return f
}

// reply waits for the agent's next message.
func (p *patient) reply() wireFrame {
	p.t.Helper()
	for {
		switch f := p.read(); {
		case f.Type == "message" && f.Role == "agent":
			return f
		case f.Type == "error":
			p.t.Fatalf("error %s: %s", f.Code, f.Message)
		}
	}
}

// say writes a text and waits for the answer.
func (p *patient) say(text string) wireFrame {
	p.t.Helper()
	p.send(map[string]any{"type": "message", "id": uuid.NewString(), "text": text})
	return p.reply()
}

// choose takes the first option of f of this kind whose label contains the text.
func (p *patient) choose(f wireFrame, kind, label string) wireFrame {
	p.t.Helper()
	for _, o := range f.Options {
		if o.Kind == kind && strings.Contains(o.Label, label) {
			p.send(map[string]any{"type": "choose", "id": uuid.NewString(), "option": o.ID})
			return p.reply()
		}
	}
	p.t.Fatalf("no %s option %q in %q %+v", kind, label, f.Text, f.Options)
	return wireFrame{}
}

// fill sends the form of f.
func (p *patient) fill(f wireFrame, values map[string]string) wireFrame {
	p.t.Helper()
	if f.Form == nil {
		p.t.Fatalf("no form in %q", f.Text)
	}
	p.send(map[string]any{"type": "form", "id": uuid.NewString(), "form": f.Form.ID, "values": values})
	return p.reply()
}

func (p *patient) transcript() string {
	var b strings.Builder
	for _, m := range p.seen {
		fmt.Fprintf(&b, "%3d %-8s %s\n", m.Seq, m.Role, m.Text)
		for _, o := range m.Options {
			fmt.Fprintf(&b, "             [%s] %s\n", o.Kind, o.Label)
		}
	}
	return b.String()
}

// texts reads the development phone of a number, newest first.
func texts(t *testing.T, base, to string) []string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/dev/messages?to="+url.QueryEscape(to), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var found []struct{ Channel, To, From, Body, At string }
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range found {
		if m.To != to {
			t.Errorf("a message to another number was listed")
		}
		bodies = append(bodies, m.Body)
	}
	return bodies
}
