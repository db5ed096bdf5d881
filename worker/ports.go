package worker

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// Conversations is the record of turns. Leases are judged by the database's clock.
type Conversations interface {
	// Claim leases a conversation for worker: epoch+1, where something is unanswered and due and no other worker's live lease
	// or person stands. A lease of this worker itself is no obstacle: it answers a conversation once at a time, so such a
	// lease is left over from an answer of the database that got lost. [chat.ErrNotClaimed] when there is nothing to do now.
	Claim(ctx context.Context, args chat.TurnArgs, worker uuid.UUID, lease time.Duration) (chat.Claim, error)
	// Complete writes the answer in one transaction, if the epoch is still the claim's; else [chat.ErrLostLease] and nothing is written.
	// The same completion again returns what it has written: an answer of the database can get lost.
	Complete(ctx context.Context, done chat.Completion) ([]chat.Message, error)
	// GiveBack ends the lease without an answer; the conversation is due again after wait. [chat.ErrLostLease] when it is not ours any more.
	GiveBack(ctx context.Context, claim chat.Claim, wait time.Duration) error
	// History returns at most limit messages with seq <= upTo, oldest first.
	History(ctx context.Context, clinicID, conversation uuid.UUID, upTo int64, limit int) ([]chat.Message, error)
}

// Leases keeps this worker's leases alive and finds conversations that nobody answers.
type Leases interface {
	// Beat keeps every lease of this worker alive, and makes the worker known at first.
	Beat(ctx context.Context, worker uuid.UUID) error
	// Retire ends this worker: its leases are free at once.
	Retire(ctx context.Context, worker uuid.UUID) error
	// Due lists conversations that are unanswered and due, and that no living worker or person has; those that wait longest first.
	Due(ctx context.Context, lease time.Duration, limit int) ([]chat.TurnArgs, error)
}

// Memory keeps conversation states at hand. It may forget: everything in it can be read from the record.
type Memory interface {
	Load(ctx context.Context, clinicID, conversation uuid.UUID) (chat.Snapshot, bool, error)
	Save(ctx context.Context, clinicID, conversation uuid.UUID, s chat.Snapshot) error
}

// Bus tells the web processes what happens, and may lose it.
type Bus interface {
	Publish(ctx context.Context, conversation uuid.UUID, e chat.Event) error
}

// Outbox is the record of deliveries.
type Outbox interface {
	// Delivery reads one that is to be sent; [chat.ErrSettled] when it was sent, failed or suppressed already.
	Delivery(ctx context.Context, args chat.DeliverArgs) (chat.Delivery, error)
	MarkSent(ctx context.Context, args chat.DeliverArgs, externalID string) error
	MarkFailed(ctx context.Context, args chat.DeliverArgs, code string) error
}

// Sender sends one delivery over its channel and returns the channel's id of it.
type Sender interface {
	Send(ctx context.Context, d chat.Delivery) (externalID string, err error)
}

// Announce says an offer to somebody who waits for a time, in the language of their conversation, and on the clock of
// their zone too where that is known (not nil). What can be chosen in it takes the time or declines it.
type Announce = func(ctx context.Context, clinicID uuid.UUID, offer clinic.WaitlistOffer, language string, zone *time.Location) (chat.Body, error)

// Waitlist is the record of who waits for a time to become free.
type Waitlist interface {
	// OfferFreed offers some of the time that has become free to the first in line whom it fits, keeps it for them for ttl,
	// and writes down what they are told, all in one transaction; found is false when there is nobody, or nothing left.
	OfferFreed(ctx context.Context, freed chat.FreedArgs, ttl time.Duration, announce Announce) (offered chat.Offered, found bool, err error)
}
