package web

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// Clinics finds the clinic that a request is for.
type Clinics interface {
	// FindClinic goes by slug, else by the Origin of the page, else takes the only one there is; a [clinic.CodeNotFound] otherwise.
	FindClinic(ctx context.Context, slug, origin string) (clinic.Clinic, error)
}

// Sessions keeps browser sessions.
type Sessions interface {
	OpenSession(ctx context.Context, r chat.SessionRequest) (chat.Session, error)
	// Endpoint reads one; [chat.CodeEnded] when it was ended.
	Endpoint(ctx context.Context, clinicID, endpoint uuid.UUID) (chat.Endpoint, error)
	// EndSession ends the conversation for the patient: the resume secret is void, nothing is shown any more.
	EndSession(ctx context.Context, clinicID, endpoint uuid.UUID) error
}

// Inbox accepts a patient's message: when Put returns, it is committed.
// Options and forms that were never offered in the conversation are a [chat.Error].
type Inbox interface {
	Put(ctx context.Context, in chat.Inbound) (chat.Accepted, error)
}

// History reads what was said.
type History interface {
	// After returns at most limit messages with seq > after, in order.
	After(ctx context.Context, clinicID, conversation uuid.UUID, after int64, limit int) ([]chat.Message, error)
	// Heads returns the last seq of each conversation, in one query.
	Heads(ctx context.Context, conversations []uuid.UUID) (map[uuid.UUID]int64, error)
	// Form reads the form with this id of this conversation, for checking what was filled in.
	Form(ctx context.Context, clinicID, conversation uuid.UUID, form string) (chat.Form, error)
}

// Bus brings events of conversations. It may lose some: [History.Heads] finds what was lost.
type Bus interface {
	// Subscribe calls deliver for every event of the conversation, one at a time, until leave is called.
	Subscribe(ctx context.Context, conversation uuid.UUID, deliver func(chat.Event)) (leave func(), err error)
	Publish(ctx context.Context, conversation uuid.UUID, e chat.Event) error
}

// Limiter bounds how often something may happen.
type Limiter interface {
	// Allow counts one event under key and returns 0 when it may happen, else how long to wait.
	Allow(ctx context.Context, key string, perMinute int) (wait time.Duration, err error)
}
