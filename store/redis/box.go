package redis

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/agentcare/agentcare/keyring"
)

// box gives opaque names and seals what is put under them. A value opens under its own name alone.
type box struct {
	keys   *keyring.Ring
	prefix string
}

// nameBytes of a hash make collisions of names unthinkable; 18 are 24 characters without padding.
const nameBytes = 18

func (b box) name(purpose, id string) string {
	return b.prefix + purpose + ":" + b.hash(purpose, id)
}

func (b box) hash(purpose, id string) string {
	return base64.RawURLEncoding.EncodeToString(b.keys.Index("redis/"+purpose, id)[:nameBytes])
}

func (b box) seal(name string, value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	return b.keys.Seal(plain, []byte(name)), nil
}

func (b box) open(name string, sealed []byte, value any) error {
	plain, err := b.keys.Open(sealed, []byte(name))
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	if err := json.Unmarshal(plain, value); err != nil {
		return fmt.Errorf("decoding: %w", err)
	}
	return nil
}
