package devphone

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
)

//go:embed page
var page embed.FS

var pageTemplate = template.Must(template.ParseFS(page, "page/phone.html"))

// policy lets the page load its own script and style and ask its own server, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler serves the phone under /dev/. Development only: it shows everything to everybody.
//
//	GET /dev/messages?to=+1...   [{"channel","to","from","body","at"}], newest first; all of them without to
//	GET /dev/phone?to=+1...      the same as a page that keeps itself up to date
func (p *Phone) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dev/messages", p.serveMessages)
	mux.HandleFunc("GET /dev/phone", p.servePage)
	mux.HandleFunc("GET /dev/phone.js", serveFile("page/phone.js"))
	mux.HandleFunc("GET /dev/phone.css", serveFile("page/phone.css"))
	return mux
}

func (p *Phone) serveMessages(w http.ResponseWriter, r *http.Request) {
	messages, err := p.Messages(r.Context(), r.URL.Query().Get("to"))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	body, err := json.Marshal(messages)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	send(w, append(body, '\n'))
}

// view is what the page shows.
type view struct {
	To       string
	Messages []Message
}

func (p *Phone) servePage(w http.ResponseWriter, r *http.Request) {
	to := asTyped(r.URL.Query().Get("to"))
	messages, err := p.Messages(r.Context(), to)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, view{To: to, Messages: messages}); err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	send(w, out.Bytes())
}

// asTyped is the address as it was before the query lost its +.
func asTyped(to string) string {
	if strings.HasPrefix(to, " ") && digits(to) != "" {
		return "+" + strings.TrimSpace(to)
	}
	return strings.TrimSpace(to)
}

func serveFile(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, page, name)
	}
}

func send(w http.ResponseWriter, body []byte) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // who asked may have gone
}

func (p *Phone) fail(w http.ResponseWriter, r *http.Request, err error) {
	p.logger.WarnContext(r.Context(), "the development phone cannot be read", slog.Any("error", err))
	http.Error(w, "The messages cannot be read now: is Redis running?", http.StatusServiceUnavailable)
}
