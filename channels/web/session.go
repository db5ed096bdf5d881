package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

const (
	sessionBodyBytes = 4 << 10
	preflightSeconds = "600"
	retryAfter       = 2 * time.Second // when the store is away
)

// sessionRequest is the body of POST /chat/session. What else is in there is passed over.
type sessionRequest struct {
	Clinic   string `json:"clinic"`
	Resume   string `json:"resume"`
	Language string `json:"language"`
	Zone     string `json:"zone"` // IANA name: "America/New_York"
}

// What slugs and resume secrets are written with. Whatever else is sent for one was never given out by us, and the
// record need not be asked.
var (
	slugs   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	secrets = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)
	zones   = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+/-]{1,63}$`) // IANA names
)

const maxSlug = 100 // characters

// sessionAnswer is what a browser needs to open a socket, and to show around the chat.
type sessionAnswer struct {
	Token        string    `json:"token"`
	Resume       string    `json:"resume"`
	Conversation string    `json:"conversation"`
	ExpiresAt    time.Time `json:"expires_at"`
	ClinicName   string    `json:"clinic_name"`
	Phone        string    `json:"phone,omitempty"`
	PrivacyURL   string    `json:"privacy_url,omitempty"`
	IdleLockMs   int64     `json:"idle_lock_ms"`
}

// preflight answers a browser that asks whether a page of another origin may open a session.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", preflightSeconds)
	w.WriteHeader(http.StatusNoContent)
}

// admit checks the Origin. What it lets through may be read by the page that asked, and by no other.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Add("Vary", "Origin")
	if !s.origins.allow(r) {
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "refused a page of a foreign origin", slog.String("request_id", requestID(r.Context())))
		refuse(w, http.StatusForbidden, "", CodeOrigin, 0)
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	}
	return true
}

func (s *Server) openSession(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	if s.rooms.closed() {
		refuse(w, http.StatusServiceUnavailable, "", chat.CodeUnavailable, retryAfter)
		return
	}
	if wait := s.allowance(r.Context(), "chat:session:"+s.clientAddress(r), s.cfg.Limits.SessionsPerMinute); wait > 0 {
		refuse(w, http.StatusTooManyRequests, "", chat.CodeRateLimited, wait)
		return
	}
	req, code := s.readSessionRequest(w, r)
	switch code {
	case "":
		s.startSession(w, r, req)
	case CodeTooSlow:
		refuse(w, http.StatusRequestTimeout, "", code, 0)
	case CodeTooLarge:
		refuse(w, http.StatusRequestEntityTooLarge, "", code, 0)
	default:
		refuse(w, http.StatusBadRequest, "", code, 0)
	}
}

// readSessionRequest reads the body; an empty one asks for a new conversation with the only clinic.
func (s *Server) readSessionRequest(w http.ResponseWriter, r *http.Request) (req sessionRequest, code string) {
	body, err := s.readBody(w, r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return req, CodeTooSlow
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return req, CodeTooLarge
	}
	if err != nil {
		return req, chat.CodeBadJSON
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return req, ""
	}
	if json.Unmarshal(body, &req) != nil {
		return req, chat.CodeBadJSON
	}
	return req, ""
}

// readBody reads all of it, unless that takes too long: then a deadline in the past ends the waiting. A deadline set in
// advance would have to be lifted again, since net/http goes on reading to see whether the client is still there.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	connection := http.NewResponseController(w)
	late := time.AfterFunc(s.cfg.Limits.BodyTimeout, func() { _ = connection.SetReadDeadline(time.Unix(0, 0)) })
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sessionBodyBytes))
	if !late.Stop() {
		return nil, os.ErrDeadlineExceeded
	}
	return body, err
}

func (s *Server) startSession(w http.ResponseWriter, r *http.Request, req sessionRequest) {
	if req.Clinic != "" && (len(req.Clinic) > maxSlug || !slugs.MatchString(req.Clinic)) {
		refuse(w, http.StatusNotFound, req.Language, CodeUnknownClinic, 0)
		return
	}
	if !secrets.MatchString(req.Resume) {
		req.Resume = ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.StoreTimeout)
	defer cancel()
	c, err := s.cfg.Clinics.FindClinic(ctx, req.Clinic, r.Header.Get("Origin"))
	if clinic.CodeOf(err) == clinic.CodeNotFound {
		refuse(w, http.StatusNotFound, req.Language, CodeUnknownClinic, 0)
		return
	}
	if err != nil {
		s.sessionFailed(w, r, req.Language, "finding clinic", err)
		return
	}
	language := s.languageOf(c, req.Language)
	session, err := s.cfg.Sessions.OpenSession(ctx, chat.SessionRequest{
		Clinic: c.ID, Resume: req.Resume, Language: language, Idle: s.cfg.SessionIdle, Address: s.limitedAddress(r),
		Zone:     zoneOf(req.Zone),
		Greeting: s.cfg.Greeting(c, language), Return: s.cfg.Return(c, language),
	})
	if err != nil {
		s.sessionFailed(w, r, language, "opening session", err)
		return
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "session opened", slog.String("request_id", requestID(ctx)),
		slog.String("conversation_id", session.Conversation.ID.String()), slog.Bool("resumed", session.Resumed))
	writeJSON(w, http.StatusCreated, s.describe(c, session))
}

func (s *Server) sessionFailed(w http.ResponseWriter, r *http.Request, language, doing string, err error) {
	s.log.LogAttrs(r.Context(), slog.LevelError, "no session", slog.String("request_id", requestID(r.Context())),
		slog.String("doing", doing), slog.Any("error", err))
	refuse(w, http.StatusServiceUnavailable, language, chat.CodeUnavailable, retryAfter)
}

func (s *Server) describe(c clinic.Clinic, session chat.Session) sessionAnswer {
	expires := s.cfg.Now().Add(s.cfg.TokenTTL).UTC().Truncate(time.Second)
	return sessionAnswer{
		Token: s.sign(ticket{
			clinic:       c.ID,
			conversation: session.Conversation.ID,
			endpoint:     session.Endpoint.ID,
			language:     session.Conversation.Language,
			slug:         c.Slug,
		}, expires),
		Resume:       session.Resume,
		Conversation: session.Conversation.ID.String(),
		ExpiresAt:    expires,
		ClinicName:   c.Name,
		Phone:        c.Phone,
		PrivacyURL:   c.Settings.PrivacyURL,
		IdleLockMs:   s.cfg.IdleLock.Milliseconds(),
	}
}

// languageOf is the language to open a conversation in: the one asked for ("es", "es-MX"), where we speak it; else the clinic's.
func (s *Server) languageOf(c clinic.Clinic, asked string) string {
	primary, _, _ := strings.Cut(strings.ToLower(asked), "-")
	if slices.Contains(s.cfg.Languages, primary) {
		return primary
	}
	return c.Language
}

// zoneOf is the zone that a browser says it is in, "" when that is none that we know.
func zoneOf(said string) string {
	if !zones.MatchString(said) || said == time.Local.String() { //nolint:gosmopolitan // refused: it would be this server's own
		return ""
	}
	if _, err := time.LoadLocation(said); err != nil {
		return ""
	}
	return said
}

// allowance counts one event and says how long to wait. A limiter that is away lets everything through: each socket has
// bounds of its own besides, and nobody should be turned away because Redis is.
func (s *Server) allowance(ctx context.Context, key string, perMinute int) time.Duration {
	if perMinute < 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, limiterTimeout)
	defer cancel()
	wait, err := s.cfg.Limiter.Allow(ctx, key, perMinute)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "rate limit not checked", slog.Any("error", err))
		return 0
	}
	return wait
}
