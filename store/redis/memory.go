package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"

	"github.com/agentcare/agentcare/chat"
)

// Memory keeps conversations between turns, sealed, until their TTL is over.
type Memory struct {
	client goredis.UniversalClient
	names  box
	ttl    time.Duration
}

// Load reads a conversation; false when it is not there. One that cannot be opened (its key was retired, or it was
// written by another version) is not there either, and is deleted.
func (m *Memory) Load(ctx context.Context, clinicID, conversation uuid.UUID) (chat.Snapshot, bool, error) {
	name := m.name(clinicID, conversation)
	sealed, err := m.client.Get(ctx, name).Bytes()
	if errors.Is(err, goredis.Nil) {
		return chat.Snapshot{}, false, nil
	}
	if err != nil {
		return chat.Snapshot{}, false, fmt.Errorf("loading a conversation's memory: %w", err)
	}
	var s chat.Snapshot
	if m.names.open(name, sealed, &s) == nil {
		return s, true, nil
	}
	if err := m.client.Del(ctx, name).Err(); err != nil {
		return chat.Snapshot{}, false, fmt.Errorf("deleting an unreadable memory: %w", err)
	}
	return chat.Snapshot{}, false, nil
}

// Save replaces what is kept of a conversation.
func (m *Memory) Save(ctx context.Context, clinicID, conversation uuid.UUID, s chat.Snapshot) error {
	name := m.name(clinicID, conversation)
	sealed, err := m.names.seal(name, s)
	if err != nil {
		return fmt.Errorf("saving a conversation's memory: %w", err)
	}
	if err := m.client.Set(ctx, name, sealed, m.ttl).Err(); err != nil {
		return fmt.Errorf("saving a conversation's memory: %w", err)
	}
	return nil
}

func (m *Memory) name(clinicID, conversation uuid.UUID) string {
	return m.names.name("memory", clinicID.String()+"/"+conversation.String())
}
