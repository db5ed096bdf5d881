package main

import (
	"slices"
	"strings"
	"testing"
)

// book takes a patient from the first word to a booked appointment.
func (p *patient) book(t *testing.T, phone string) wireFrame {
	t.Helper()
	answer := p.choose(p.say("a skin check please"), "slot", "")
	answer = p.fill(answer, somebody(phone))
	answer = p.fill(answer, map[string]string{"code": code(t, p.base, phone)})
	answer = p.choose(answer, "confirm", "")
	if answer.Appointment == nil || answer.Appointment.State != "booked" {
		t.Fatalf("not booked:\n%s", p.transcript())
	}
	return answer
}

func TestABrowserThatWasLeftAloneHidesTheConversation(t *testing.T) {
	server := startServer(t, nil)
	first := newPatient(t, server.base, "")
	first.reply()
	booked := first.book(t, "+12125550151")
	for _, past := range []string{
		`update endpoint set seen_at = seen_at - interval '2 hours'`, `update message set created_at = created_at - interval '2 hours'`,
	} {
		if _, err := server.Owner.Exec(t.Context(), past); err != nil {
			t.Fatal(err)
		}
	}

	back := newPatient(t, server.base, first.session.Resume)
	if back.session.Conversation != first.session.Conversation {
		t.Fatal("the conversation was not taken up again")
	}
	welcome := back.reply()
	if !strings.Contains(welcome.Text, "Welcome back") {
		t.Errorf("somebody who comes back is told %q", welcome.Text)
	}
	answer := back.choose(welcome, "choice", "My appointments")
	if slices.ContainsFunc(back.seen, func(f wireFrame) bool { return f.Appointment != nil }) || answer.Form == nil {
		t.Fatalf("before verifying again, this was shown:\n%s", back.transcript())
	}
	answer = back.fill(answer, somebody("+12125550151"))
	asked := answer.Seq
	back.fill(answer, map[string]string{"code": nthCode(t, server.base, "+12125550151", 2)})
	shown := func(f wireFrame) bool { return f.Seq == booked.Seq }
	listed := func(f wireFrame) bool { return f.Seq > asked && strings.Contains(f.Text, "Skin check") }
	for !slices.ContainsFunc(back.seen, shown) || !slices.ContainsFunc(back.seen, listed) {
		back.read() // what was asked for comes, and what was hidden, once the patient has verified
	}
	seen := map[int64]int{}
	for _, f := range back.seen {
		if seen[f.Seq]++; seen[f.Seq] > 1 {
			t.Errorf("message %d came %d times", f.Seq, seen[f.Seq])
		}
	}
}

func TestEndAndClear(t *testing.T) {
	server := startServer(t, nil)
	p := newPatient(t, server.base, "")
	p.reply()
	p.say("what are your hours?")
	p.send(map[string]any{"type": "end"})
	for p.read().Type != "ended" {
		continue
	}
	again := newPatient(t, server.base, p.session.Resume)
	if again.session.Conversation == p.session.Conversation {
		t.Error("an ended conversation came back")
	}
}
