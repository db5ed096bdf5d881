// Package ical serves calendars of practitioners to the programs that subscribe to them (RFC 5545, RFC 7986):
//
//	GET /calendar/{token}.ics
//
// The token is the right to read. What it opens leaves the clinic for a program that the clinic does not run, so it says as
// little as a calendar can do with: times, the neutral name of the service, and the place. It never has a patient's name,
// number or words, nor an id from which somebody outside could learn who comes.
//
// Times are on the wall of the place, with the rules of its zone as far as the calendar reaches. A time that the clock shows
// twice means the first of the two in this format: an appointment in the second one is written in UTC.
package ical

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/agentcare/agentcare/clinic"
)

// Feeds is where calendars come from. Each read is audited there.
type Feeds interface {
	// ReadFeed is what the token opens; a [clinic.CodeNotFound] when that is nothing.
	ReadFeed(ctx context.Context, token string) (clinic.FeedContent, error)
}

// Config is what a [Server] needs.
type Config struct {
	Feeds  Feeds        // required
	Logger *slog.Logger // required; tokens are never logged
}

// Server serves calendars.
type Server struct {
	feeds Feeds
	log   *slog.Logger
}

// New makes a server.
func New(c Config) (*Server, error) {
	if c.Feeds == nil || c.Logger == nil {
		return nil, errors.New("ical: Feeds and Logger are needed")
	}
	return &Server{feeds: c.Feeds, log: c.Logger}, nil
}

// Prefix is where the handler belongs.
const Prefix = "/calendar/"

// Path is the path under which a token's calendar is read.
func Path(token string) string { return Prefix + token + extension }

const (
	extension   = ".ics"
	longest     = 200 // letters of a token
	messageNone = "There is no such calendar, or it is no longer shared. Please ask the clinic for a new address.\n"
	messageFail = "The calendar cannot be read right now. Please try again in a few minutes.\n"
)

// Handler answers GET and HEAD.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"{file}", s.serve)
	return mux
}

// serve answers 304 by the entity tag alone. The time of the last change would not tell of an appointment that went to
// somebody else's calendar.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex")
	token, ok := strings.CutSuffix(r.PathValue("file"), extension)
	if !ok || token == "" || len(token) > longest {
		http.Error(w, strings.TrimSpace(messageNone), http.StatusNotFound)
		return
	}
	content, err := s.feeds.ReadFeed(r.Context(), token)
	var calendar []byte
	if err == nil {
		calendar, err = Encode(content)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	sum := sha256.Sum256(calendar)
	header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:16])+`"`)
	header.Set("Last-Modified", content.Modified.UTC().Format(http.TimeFormat))
	header.Set("Content-Type", "text/calendar; charset=utf-8")
	header.Set("Content-Disposition", `inline; filename="calendar.ics"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(calendar))
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if clinic.CodeOf(err) == clinic.CodeNotFound {
		http.Error(w, strings.TrimSpace(messageNone), http.StatusNotFound)
		return
	}
	if r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "a calendar could not be read", slog.Any("error", err))
	}
	w.Header().Set("Retry-After", "300")
	http.Error(w, strings.TrimSpace(messageFail), http.StatusServiceUnavailable)
}
