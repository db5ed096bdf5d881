package web_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/agentcare/agentcare/channels/web"
)

func TestWidget(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("customElements.define();", 100)
	w := open(t, func(c *web.Config) { c.Assets = fstest.MapFS{"widget.js": {Data: []byte(script)}} })
	r := w.request(http.MethodGet, "/widget.js", "", "Origin", "https://any.example")
	if r.status != http.StatusOK || string(r.body) != script {
		t.Fatalf("%d", r.status)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding",
	} {
		if got := r.header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	tag := r.header.Get("ETag")
	plain := w.request(http.MethodGet, "/widget.js", "", "Accept-Encoding", "identity")
	if again := w.request(http.MethodGet, "/widget.js", "", "If-None-Match", plain.header.Get("ETag"), "Accept-Encoding", "identity"); again.status != http.StatusNotModified || len(again.body) > 0 {
		t.Errorf("asked for again: %d", again.status)
	}
	zipped := w.request(http.MethodGet, "/widget.js", "", "Accept-Encoding", "br, gzip;q=0.8")
	if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body) > len(script)/5 || zipped.header.Get("ETag") == plain.header.Get("ETag") {
		t.Errorf("not compressed: %v, %d bytes", zipped.header, len(zipped.body))
	}
	refused := w.request(http.MethodGet, "/widget.js", "", "Accept-Encoding", "gzip;q=0")
	if refused.header.Get("Content-Encoding") != "" {
		t.Error("compressed for somebody who does not want that")
	}
	if tag == "" {
		t.Error("no ETag")
	}
}

func TestDemoPage(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) {
		c.Assets = fstest.MapFS{
			"demo/index.html": {Data: []byte("<!doctype html>")}, "demo/demo.css": {Data: []byte("body{}")}, "internal.txt": {Data: []byte("x")},
		}
	})
	for _, path := range []string{"/", "/demo/"} {
		r := w.request(http.MethodGet, path, "")
		if r.status != http.StatusOK || string(r.body) != "<!doctype html>" || r.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
		policy := r.header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") ||
			!strings.Contains(policy, "connect-src 'self' wss://chat.harborview.example;") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("policy %q", policy)
		}
		if r.header.Get("Strict-Transport-Security") == "" || r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("headers %v", r.header)
		}
	}
	if r := w.request(http.MethodGet, "/demo/demo.css", ""); r.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%d %v", r.status, r.header)
	}
	for _, path := range []string{"/demo/none.css", "/internal.txt", "/demo/../internal.txt", "/elsewhere"} {
		if r := w.request(http.MethodGet, path, ""); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

func TestFrontEndNotBuilt(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Assets = fstest.MapFS{} })
	for _, path := range []string{"/", "/widget.js"} {
		r := w.request(http.MethodGet, path, "")
		if r.status != http.StatusServiceUnavailable || !strings.Contains(string(r.body), "make build") {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}
