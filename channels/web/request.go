package web

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
)

// requestID is how a request is found again in the logs: the proxy's X-Request-Id, or one of ours. It is sent back.
type requestIDKey struct{}

var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// traced gives every request its id and logs how it ended, without its query: tokens travel in there.
func (s *Server) traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainID.MatchString(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		w.Header().Set("X-Request-Id", id)
		answer := &answer{ResponseWriter: w, status: http.StatusOK}
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		start := s.cfg.Now()
		s.guarded(next, answer, r.WithContext(ctx))
		s.log.LogAttrs(ctx, levelOf(answer.status), "request",
			slog.String("request_id", id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
			slog.Int("status", answer.status), slog.Duration("took", s.cfg.Now().Sub(start)))
	})
}

// guarded keeps a fault in one request from being told in full on standard error, as net/http would: what was panicked
// with may quote a patient.
func (s *Server) guarded(next http.Handler, w *answer, r *http.Request) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
			panic(v)
		}
		s.log.LogAttrs(r.Context(), slog.LevelError, "panic in a request",
			slog.String("request_id", requestID(r.Context())), slog.String("stack", string(debug.Stack())))
		refuse(w, http.StatusInternalServerError, "", chat.CodeInternal, 0)
	}()
	next.ServeHTTP(w, r)
}

func levelOf(status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelWarn
	case status == http.StatusCreated, status == http.StatusSwitchingProtocols:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

// answer notes the status. It can be hijacked for the WebSocket handshake.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.status = http.StatusSwitchingProtocols
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap serves [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// problem is the body of a refusal over HTTP.
type problem struct {
	Error struct {
		Code         string `json:"code"`
		Message      string `json:"message"`
		RetryAfterMs int64  `json:"retry_after_ms,omitempty"`
	} `json:"error"`
}

// refuse answers with a code and a sentence, and when wait is not 0, with how long to wait.
func refuse(w http.ResponseWriter, status int, language, code string, wait time.Duration) {
	var p problem
	p.Error.Code, p.Error.Message = code, sentence(language, code)
	if wait > 0 {
		p.Error.RetryAfterMs = wait.Milliseconds()
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	writeJSON(w, status, p)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone: nobody is left to tell
}
