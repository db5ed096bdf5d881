package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser is one private Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	program := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); program == "" && err == nil {
			program = found
		}
	}
	if program == "" {
		t.Fatal("no browser: `scripts/services testtools` installs Chromium, or set CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(time.Minute),
	)
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		closeTab()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context of its first action, which must have no deadline
		t.Fatalf("starting %s: %v", program, err)
	}
	return ctx
}

// page is the clinic's page in a tab of a browser.
type page struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // a chromedp tab is its context
}

// openPage opens the page at address in a window of this size.
func openPage(t *testing.T, ctx context.Context, address string, width, height int64) *page {
	t.Helper()
	p := &page{t: t, ctx: ctx}
	p.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	p.wait("the widget is there", `!!document.querySelector("agentcare-chat")?.shadowRoot`)
	return p
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	evaluate(p, chromedp.Steps(steps...))
}

// evaluate runs an action and returns its value.
func evaluate[T any](p *page, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 60*time.Second)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.shoot("failure-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		p.t.Fatalf("%v\n%s", err, strings.Join(p.transcript(), "\n"))
	}
	return value
}

// js is the value of a JavaScript expression.
func js[T any](p *page, expression string) T {
	p.t.Helper()
	return evaluate(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// inChat is the JavaScript expression of an element in the widget.
func inChat(selector string) string {
	return fmt.Sprintf(`document.querySelector("agentcare-chat").shadowRoot.querySelector(%q)`, selector)
}

func allInChat(selector string) string {
	return fmt.Sprintf(`[...document.querySelector("agentcare-chat").shadowRoot.querySelectorAll(%q)]`, selector)
}

func (p *page) wait(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 60*time.Second)
	defer cancel()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(45*time.Second))
	if _, err := chromedp.Run(ctx, poll); err != nil {
		p.shoot("failure-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
		p.t.Fatalf("waiting until %s: %v\n%s", what, err, strings.Join(p.transcript(), "\n"))
	}
}

func (p *page) openChat() {
	p.t.Helper()
	js[bool](p, `document.querySelector("agentcare-chat").open = true`)
	p.wait("the greeting is there", inChat("[data-role=agent]")+` !== null`)
}

func (p *page) say(text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.JSPath(inChat("#entry")), text))
	p.click(".send")
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.JSPath(inChat(selector))))
}

// fill puts values into the fields of the open form and sends it.
func (p *page) fill(values map[string]string) {
	p.t.Helper()
	for name, value := range values {
		field := inChat(fmt.Sprintf("form[data-form] [name=%s]", name))
		switch name {
		case "consent":
			p.do(chromedp.Click(chromedp.JSPath(field)))
		case "birth_date": // typing into a date field depends on the browser's language
			js[bool](p, fmt.Sprintf(`(() => { const f = %s; f.value = %q; return f.dispatchEvent(new Event("input", {bubbles: true})); })()`, field, value))
		default:
			p.do(chromedp.SendKeys(chromedp.JSPath(field), value))
		}
	}
	p.click("form[data-form] button[type=submit]")
}

func (p *page) waitForForm(field string) {
	p.t.Helper()
	p.wait("a form asks for "+field, inChat(fmt.Sprintf("form[data-form] [name=%s]", field))+` !== null`)
}

// transcript is what can be read in the chat, a line a message.
func (p *page) transcript() []string {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	lines, _ := chromedp.Run(ctx, chromedp.Evaluate[[]string](allInChat("[data-seq]")+`.map(m => m.dataset.seq + " " + m.dataset.role + ": " + (m.querySelector(".bubble")?.textContent ?? "").trim())`))
	return lines
}

// shoot takes a screenshot into the folder SCREENSHOTS, where that is set.
func (p *page) shoot(name string) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644)); err != nil {
		p.t.Logf("no screenshot: %v", err)
	}
}

// checkAccessibility runs axe-core over the page, the widget included.
func (p *page) checkAccessibility(where string) {
	p.t.Helper()
	axe, err := os.ReadFile("../../web/node_modules/axe-core/axe.min.js")
	if err != nil {
		p.t.Fatalf("axe-core is not installed (make ui installs it): %v", err)
	}
	js[bool](p, string(axe)+"; true")
	found := js[string](p, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(r =>
		JSON.stringify(r.violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).join(", "))))`)
	var violations []string
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		p.t.Fatal(err)
	}
	for _, v := range violations {
		p.t.Errorf("%s: %s", where, v)
	}
}
