package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/agent/guided"
	"github.com/agentcare/agentcare/channels/devphone"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/tools"
	"github.com/agentcare/agentcare/worker"
)

const (
	engineName   = "guided"
	engineBanner = "the built-in engine (no model)"
)

// newEngine makes the engine that answers patients: the built-in one, over the tools of the front desk.
func (p *parts) newEngine() (*guided.Engine, error) {
	desk, err := tools.New(tools.Config{
		Directories: p.db, Closings: p.db, Calendar: p.db, Bookings: p.db, Groups: p.db, Family: p.db, Waitlist: p.db, Offers: p.db,
		Verifier: p.verifier(), Tasks: p.db, Regulars: p.db,
		HoldWeb: p.settings.HoldWeb, HoldSMS: p.settings.HoldSMS,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the tools: %w", err)
	}
	return guided.New(guided.Config{Desk: desk})
}

// verifier proves who somebody is. Where no text can be sent, it says so instead of waiting for a code that never comes.
func (p *parts) verifier() tools.Verifier {
	if p.settings.development() {
		return p.db
	}
	return withoutTexts{p.db}
}

// withoutTexts is a verifier that cannot send codes.
type withoutTexts struct{ tools.Verifier }

// BeginVerification refuses.
func (withoutTexts) BeginVerification(context.Context, uuid.UUID, clinic.VerifyRequest) (clinic.Verification, error) {
	return clinic.Verification{}, clinic.Refuse(clinic.CodeNotConfigured, "Codes cannot be texted here.")
}

// newPhone makes the development phone. It must never be reachable in production.
func (p *parts) newPhone() (*devphone.Phone, error) {
	return devphone.New(devphone.Config{
		Log:    p.redis.List("development-phone", 1000),
		From:   map[chat.Channel]string{chat.SMS: "+12125550100", chat.Email: "desk@harborview.example"},
		Logger: p.log, Now: time.Now,
	})
}

// senders are the channels that deliveries can go out by. In development they lead to a phone that is a web page;
// in production there is none yet, and a delivery fails with a word that says so.
func (p *parts) senders() (map[chat.Channel]worker.Sender, error) {
	if !p.settings.development() {
		return nil, nil //nolint:nilnil // no channel is configured, and that is no error
	}
	phone, err := p.newPhone()
	if err != nil {
		return nil, err
	}
	return map[chat.Channel]worker.Sender{chat.SMS: phone, chat.Email: phone}, nil
}

// opening is the first message of a visit to the web's chat.
type opening func(c clinic.Clinic, language string) (chat.Body, error)

// orSilence logs what cannot happen: the wording is embedded, and was checked at the start.
func (o opening) orSilence(log *slog.Logger) func(clinic.Clinic, string) chat.Body {
	return func(c clinic.Clinic, language string) chat.Body {
		body, err := o(c, language)
		if err != nil {
			log.Error("no greeting", slog.Any("error", err))
		}
		return body
	}
}

// chores is the periodic work.
func (p *parts) chores() []worker.Chore {
	return []worker.Chore{
		{Name: "expiry", Every: 10 * time.Minute, Do: p.db.DeleteExpired},
		{Name: "offers", Every: 5 * time.Second, Do: p.db.LapseOffers},
		{Name: "waitlists", Every: time.Hour, Do: p.db.TidyWaitlists},
	}
}
