// Package devphone is the phone of whoever develops: texts and mails that would go out appear on a page and as JSON.
//
// It is for development alone. It shows one-time codes and everything else that patients are sent, to anybody who asks,
// so it must never be mounted in production.
package devphone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/agentcare/agentcare/chat"
)

// Log keeps the newest messages, for all processes.
type Log interface {
	Add(ctx context.Context, entry []byte) error
	// Newest returns what is kept, newest first.
	Newest(ctx context.Context) ([][]byte, error)
}

// Config is what a [Phone] needs.
type Config struct {
	Log    Log
	From   map[chat.Channel]string // who the messages are from: the clinic's number, its mail address
	Logger *slog.Logger
	Now    func() time.Time
}

// Phone receives what is sent, and shows it. It is a sender for any channel.
type Phone struct {
	log    Log
	from   map[chat.Channel]string
	logger *slog.Logger
	now    func() time.Time
}

// Message is one that was received.
type Message struct {
	Channel chat.Channel `json:"channel"`
	To      string       `json:"to"`
	From    string       `json:"from"`
	Body    string       `json:"body"`
	At      time.Time    `json:"at"` // UTC
}

// New makes a phone. Development only.
func New(cfg Config) (*Phone, error) {
	if cfg.Log == nil || cfg.Logger == nil || cfg.Now == nil {
		return nil, errors.New("devphone: Log, Logger and Now are needed")
	}
	return &Phone{log: cfg.Log, from: cfg.From, logger: cfg.Logger, now: cfg.Now}, nil
}

// Send lets the phone receive a delivery. Its id on the channel is made of the delivery's, so that twice is noticed.
func (p *Phone) Send(ctx context.Context, d chat.Delivery) (externalID string, err error) {
	entry, err := json.Marshal(Message{
		Channel: d.Channel, To: d.To, From: p.from[d.Channel], Body: d.Text, At: p.now().UTC().Truncate(time.Millisecond),
	})
	if err != nil {
		return "", fmt.Errorf("encoding a message for the development phone: %w", err)
	}
	if err := p.log.Add(ctx, entry); err != nil {
		return "", fmt.Errorf("sending to the development phone: %w", err)
	}
	return "dev-" + d.ID.String(), nil
}

// Messages are those that came to an address, or all of them when it is empty, newest first.
func (p *Phone) Messages(ctx context.Context, to string) ([]Message, error) {
	entries, err := p.log.Newest(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the development phone: %w", err)
	}
	messages := make([]Message, 0, len(entries)) // [] in JSON, not null
	for _, entry := range entries {
		var m Message
		if err := json.Unmarshal(entry, &m); err != nil {
			return nil, fmt.Errorf("reading the development phone: %w", err)
		}
		if to == "" || sameAddress(to, m.To) {
			messages = append(messages, m)
		}
	}
	return messages, nil
}

// sameAddress compares mail addresses without regard to case, and numbers by their digits: the + of +12125550142 arrives
// as a space in a query that nobody escaped.
func sameAddress(asked, to string) bool {
	if strings.Contains(to, "@") {
		return strings.EqualFold(strings.TrimSpace(asked), to)
	}
	return digits(asked) != "" && digits(asked) == digits(to)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
