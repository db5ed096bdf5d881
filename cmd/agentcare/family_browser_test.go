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
