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
	res, data := w.request(http.MethodGet, "/widget.js", "", "Origin", "https://any.example")
	if res.StatusCode != http.StatusOK || string(data) != script {
		t.Fatalf("%s", res.Status)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding",
	} {
		if got := res.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	tag := res.Header.Get("ETag")
	plain, _ := w.request(http.MethodGet, "/widget.js", "", "Accept-Encoding", "identity")
	if again, body := w.request(http.MethodGet, "/widget.js", "", "If-None-Match", plain.Header.Get("ETag"), "Accept-Encoding", "identity"); again.StatusCode != http.StatusNotModified || len(body) > 0 {
		t.Errorf("asked for again: %s", again.Status)
	}
	zipped, body := w.request(http.MethodGet, "/widget.js", "", "Accept-Encoding", "br, gzip;q=0.8")
	if zipped.Header.Get("Content-Encoding") != "gzip" || len(body) > len(script)/5 || zipped.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Errorf("not compressed: %v, %d bytes", zipped.Header, len(body))
	}
	refused, _ := w.request(http.MethodGet, "/widget.js", "", "Accept-Encoding", "gzip;q=0")
	if refused.Header.Get("Content-Encoding") != "" {
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
		res, data := w.request(http.MethodGet, path, "")
		if res.StatusCode != http.StatusOK || string(data) != "<!doctype html>" || res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %s %s", path, res.Status, data)
		}
		policy := res.Header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") ||
			!strings.Contains(policy, "connect-src 'self' wss://chat.harborview.example;") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("policy %q", policy)
		}
		if res.Header.Get("Strict-Transport-Security") == "" || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("headers %v", res.Header)
		}
	}
	if res, _ := w.request(http.MethodGet, "/demo/demo.css", ""); res.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s %v", res.Status, res.Header)
	}
	for _, path := range []string{"/demo/none.css", "/internal.txt", "/demo/../internal.txt", "/elsewhere"} {
		if res, _ := w.request(http.MethodGet, path, ""); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestFrontEndNotBuilt(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *web.Config) { c.Assets = fstest.MapFS{} })
	for _, path := range []string{"/", "/widget.js"} {
		res, data := w.request(http.MethodGet, path, "")
		if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(data), "make build") {
			t.Errorf("%s: %s %s", path, res.Status, data)
		}
	}
}
