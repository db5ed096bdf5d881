package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/agentcare/agentcare/clinic/demo"
)

// A mother who is abroad books for her daughter, whom the clinic has linked to her. The times are said on both clocks.
func TestGuardianAbroadBooksForHerChildInTheBrowser(t *testing.T) {
	server := startServer(t, nil)
	ctx := browser(t)
	abroad := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"})
		return err
	})
	if err := chromedp.Do(ctx, abroad); err != nil {
		t.Fatal(err)
	}
	p := openPage(t, ctx, server.base, 1280, 800)
	p.openChat()

	p.say("Anita needs a check-up with the children's doctor next week")
	p.wait("slots are offered", inChat(".option.slot")+` !== null`)
	p.wait("the other clock is shown", inChat(".option.slot")+`.textContent.includes("your time")`)
	p.checkAccessibility("times on two clocks")
	p.shoot("7-two-clocks")
	p.click(".option.slot")
	p.waitForForm("given_name")
	p.press("I have booked for them before")
	p.wait("it asks for her own details", inChat("form[data-form] [name=given_name]")+` === null && `+inChat("form[data-form] [name=birth_date]")+` !== null`)
	guardian := demo.Regular()
	p.fill(map[string]string{"birth_date": guardian.BirthDate.String(), "phone": guardian.Phone})
	p.waitForForm("code")
	p.fill(map[string]string{"code": code(t, server.base, guardian.Phone)})
	p.press("Anita")
	p.wait("it asks for confirmation", inChat(".option.confirm")+` !== null`)
	p.shoot("8-for-a-child")
	p.click(".option.confirm")
	p.wait("the card of the appointment is there", inChat(".appointment.booked")+` !== null`)
	p.shoot("9-booked-for-a-child")

	if said := strings.Join(p.transcript(), "\n"); !strings.Contains(said, "for Anita") {
		t.Errorf("whom it is booked for is not said:\n%s", said)
	}
	var n int
	if err := server.Owner.QueryRow(t.Context(), `
		select count(*) from appointment a join patient_link l on l.clinic_id = a.clinic_id and l.patient_id = a.patient_id
		where a.state = 'booked' and l.guardian_id = $1 and a.conversation_id is not null`, guardian.ID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 1 {
		t.Errorf("%d appointments of her child came out of the conversation, want 1", n)
	}
}

// press presses the last button with this label.
func (p *page) press(label string) {
	p.t.Helper()
	button := fmt.Sprintf(`%s.findLast(b => b.textContent.trim() === %q)`, allInChat(".option"), label)
	p.wait(fmt.Sprintf("there is a button %q", label), button+` !== undefined`)
	js[bool](p, `(`+button+`.click(), true)`)
}

// A father of two, on the phone: visits back to back, and one yes books both.
func TestFamilyIsBookedTogetherInTheBrowser(t *testing.T) {
	server := startServer(t, nil)
	p := openPage(t, browser(t), server.base, 390, 844)
	p.openChat()

	guardian := demo.Regular()
	p.say("check-ups for both my kids, back to back, with the pediatrician next week")
	p.waitForForm("birth_date")
	p.fill(map[string]string{"birth_date": guardian.BirthDate.String(), "phone": guardian.Phone})
	p.waitForForm("code")
	p.fill(map[string]string{"code": code(t, server.base, guardian.Phone)})
	p.wait("rows of times are offered", inChat(".option")+` !== null && `+allInChat(".option")+`.some(b => / \d+:\d+ .* \d+:\d+ /.test(b.textContent))`)
	p.checkAccessibility("rows of times")
	p.shoot("10-rows")
	js[bool](p, `(`+allInChat(".option")+`.findLast(b => / \d+:\d+ .* \d+:\d+ /.test(b.textContent)).click(), true)`)
	p.wait("it asks for confirmation", inChat(".option.confirm")+` !== null`)
	p.shoot("11-family")
	p.click(".option.confirm")
	p.wait("it is booked", allInChat("[data-role=agent]")+`.at(-1).textContent.includes("All of them are booked")`)
	p.shoot("12-family-booked")

	var n int
	if err := server.Owner.QueryRow(t.Context(), `
		select count(distinct a.patient_id) from appointment a join patient_link l on l.clinic_id = a.clinic_id and l.patient_id = a.patient_id
		where a.state = 'booked' and l.guardian_id = $1 and a.conversation_id is not null`, guardian.ID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 2 {
		t.Errorf("%d children were booked, want both", n)
	}
}
