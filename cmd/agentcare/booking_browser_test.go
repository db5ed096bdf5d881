package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
)

// somebody fills in who they are. Every number is a fictitious one.
func somebody(phone string) map[string]string {
	return map[string]string{
		"given_name": "Robin", "family_name": "Example", "birth_date": "1984-05-17", "phone": phone, "consent": "true",
	}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code waits for the first one-time code on the development phone.
func code(t *testing.T, base, phone string) string {
	t.Helper()
	return nthCode(t, base, phone, 1)
}

// nthCode waits for the nth code to a number.
func nthCode(t *testing.T, base, phone string, n int) string {
	t.Helper()
	var found string
	eventually(t, "a code arrives", func() error {
		bodies := texts(t, base, phone)
		if len(bodies) < n {
			return fmt.Errorf("%d texts to the number yet", len(bodies))
		}
		if found = sixDigits.FindString(bodies[0]); found == "" {
			return errors.New("no code in the newest text")
		}
		return nil
	})
	return found
}

func TestPatientBooksInTheBrowser(t *testing.T) {
	server := startServer(t, nil)
	p := openPage(t, browser(t), server.base, 390, 844)
	p.checkAccessibility("the clinic's page")
	p.openChat()
	p.checkAccessibility("the greeting")
	p.shoot("1-greeting")

	p.say("I need a skin check, next week if possible")
	p.wait("slots are offered", inChat(".option.slot")+` !== null`)
	p.checkAccessibility("the offered slots")
	p.shoot("2-slots")
	p.click(".option.slot")

	p.waitForForm("given_name")
	p.checkAccessibility("the form")
	p.shoot("3-form")
	p.fill(somebody("+12125550142"))
	p.waitForForm("code")
	p.shoot("4-code")
	p.fill(map[string]string{"code": code(t, server.base, "+12125550142")})

	p.wait("it asks for confirmation", inChat(".option.confirm")+` !== null`)
	p.shoot("5-confirm")
	if n := server.booked(t); n != 0 {
		t.Fatalf("%d appointments before the patient confirmed", n)
	}
	p.click(".option.confirm")
	p.wait("the card of the appointment is there", inChat(".appointment.booked")+` !== null`)
	p.checkAccessibility("the confirmation")
	p.shoot("6-booked")
	if n := server.booked(t); n != 1 {
		t.Fatalf("%d appointments in the record, want 1", n)
	}

	before := p.transcript()
	p.do(chromedp.Reload())
	p.wait("the widget is there again", `!!document.querySelector("agentcare-chat")?.shadowRoot`)
	p.openChat()
	p.wait("the conversation is there again", inChat(".appointment.booked")+` !== null`)
	if after := p.transcript(); !slices.Equal(before, after) {
		t.Errorf("after a reload the conversation is another one:\n%s\nwas:\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}

// booked counts the appointments of Robin Example in the record.
func (s *testServer) booked(t *testing.T) int {
	t.Helper()
	var n int
	err := s.Owner.QueryRow(t.Context(), `
		select count(*) from appointment a
		join patient p on p.clinic_id = a.clinic_id and p.id = a.patient_id
		join allocation l on l.clinic_id = a.clinic_id and l.appointment_id = a.id and l.resource_id = a.practitioner_id and l.state = 2
		where a.state = 'booked' and p.given_name = 'Robin' and p.family_name = 'Example'`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConnectionCutInTheMiddleOfAReply(t *testing.T) {
	finish := make(chan struct{})
	engine := agenttest.New(agenttest.Step{
		Deltas: []string{"Let me look. ", "One moment. "},
		Until:  finish,
		Reply:  agent.Reply{Messages: []chat.Body{{Text: "Here is the whole answer."}}},
	})
	server := startServer(t, engine)
	line := newCable(t, server.base)
	p := openPage(t, browser(t), line.base, 1280, 800)
	p.openChat()
	p.say("hello")
	p.wait("the beginning is shown", inChat("[data-draft]")+`?.textContent.includes("One moment")`)
	line.Cut()
	close(finish)
	eventually(t, "the answer is in the record", func() error {
		var answered bool
		if err := server.Owner.QueryRow(t.Context(), `select bool_or(answered_seq >= 2) from conversation`).Scan(&answered); err != nil {
			return err
		}
		if !answered {
			return errors.New("not answered yet")
		}
		return nil
	})
	line.Mend()
	p.wait("the whole answer is shown", allInChat("[data-role=agent] .bubble")+`.some(b => b.textContent === "Here is the whole answer.")`)
	p.wait("the beginning is gone", inChat("[data-draft]")+` === null`)
	lines := p.transcript()
	if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.Contains(l, "whole answer") })); n != 1 {
		t.Errorf("the answer stands there %d times:\n%s", n, strings.Join(lines, "\n"))
	}
}

func TestTwoBrowsersWantOneSlot(t *testing.T) {
	server := startServer(t, nil)
	ask := "the earliest skin check with Dr. Chen please"
	first, second := openPage(t, browser(t), server.base, 1280, 800), openPage(t, browser(t), server.base, 1280, 800)
	for _, p := range []*page{first, second} {
		p.openChat()
		p.say(ask)
		p.wait("slots are offered", inChat(".option.slot")+` !== null`)
	}
	label := inChat(".option.slot") + `.textContent.trim()`
	wanted, offered := js[string](first, label), js[string](second, label)
	if wanted != offered {
		t.Fatalf("the two are offered different times at first: %q and %q", wanted, offered)
	}
	first.click(".option.slot")
	first.waitForForm("given_name")
	second.click(".option.slot")
	second.wait("others are offered", fmt.Sprintf(`%s.some(b => !b.disabled && b.textContent.trim() !== %q)`, allInChat(".option.slot"), wanted))
	second.shoot("taken")
	open := js[[]string](second, allInChat(".option.slot")+`.filter(b => !b.disabled).map(b => b.textContent.trim())`)
	if slices.Contains(open, wanted) {
		t.Errorf("the taken slot is offered again: %q", open)
	}
	first.fill(somebody("+12125550143"))
	first.waitForForm("code")
	first.fill(map[string]string{"code": code(t, server.base, "+12125550143")})
	first.wait("it asks for confirmation", inChat(".option.confirm")+` !== null`)
	first.click(".option.confirm")
	first.wait("it is booked", inChat(".appointment.booked")+` !== null`)
	first.shoot("desktop-booked")
	if n := server.booked(t); n != 1 {
		t.Errorf("%d appointments in the record, want 1", n)
	}
}

func TestEverythingFitsAtEveryWidth(t *testing.T) {
	server := startServer(t, nil)
	ctx := browser(t)
	for _, width := range []int64{320, 390, 768, 1280} {
		t.Run(strconv.FormatInt(width, 10), func(t *testing.T) {
			p := openPage(t, ctx, server.base, width, 700)
			page := js[int64](p, `document.documentElement.scrollWidth`)
			p.openChat()
			p.say("skin check tomorrow")
			p.wait("slots are offered", inChat(".option.slot")+` !== null`)
			wide := js[[]string](p, allInChat("*")+`.filter(e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== "absolute").map(e => e.tagName + "." + e.className)`)
			if page > width || len(wide) > 0 {
				t.Errorf("the page is %d wide; beyond the edge: %v", page, wide)
			}
			p.shoot(fmt.Sprintf("width-%d", width))
		})
	}
}
