// Package keyring seals what must not be readable in the database, and makes it findable all the same.
//
// A [Ring] holds several AES-256 keys, newest first: the newest seals, all of them open, so that a key is rotated by
// putting a new one in front. A separate index key turns a value into a keyed hash by which it can be looked up exactly.
// It is never rotated alone, for every stored hash would change.
//
// In the environment a ring is one string:
//
//	2026-01:BASE64,2025-07:BASE64,index:BASE64
//
// Each BASE64 is 32 random bytes, as `openssl rand -base64 32` prints them. [Generate] makes such a string.
//
// Keys never print: the String, GoString, LogValue and JSON forms of a Ring name the ids of its keys alone.
package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const (
	keyBytes    = 32
	indexID     = "index"
	maxIDBytes  = 32
	sealVersion = 1 // version byte | length of id | id | nonce | ciphertext and tag
)

// Errors of [Ring.Open]. Which of several reasons made authentication fail is not known, and must not be told.
var (
	ErrMalformed  = errors.New("this is not something that a key ring has sealed")
	ErrUnknownKey = errors.New("sealed with a key that is not in the ring: put the retired key back behind the others")
	ErrForged     = errors.New("the sealed value was changed, or belongs elsewhere")
)

// Ring holds the keys. It is safe for concurrent use.
type Ring struct {
	keys  []key // newest first
	index []byte
}

type key struct {
	id   string
	raw  []byte
	aead cipher.AEAD
}

// Parse reads a ring from its text form; see the package comment. The error says which entry is wrong and never repeats a key.
func Parse(ring string) (*Ring, error) {
	r := &Ring{}
	for n, entry := range strings.Split(ring, ",") {
		if err := r.add(strings.TrimSpace(entry)); err != nil {
			return nil, fmt.Errorf("entry %d of the key ring: %w", n+1, err)
		}
	}
	if len(r.keys) == 0 {
		return nil, errors.New("the key ring has no key to seal with: want ID:BASE64 beside index:BASE64")
	}
	if r.index == nil {
		return nil, errors.New("the key ring has no index key: want index:BASE64 beside the other keys")
	}
	return r, nil
}

func (r *Ring) add(entry string) error {
	id, text, found := strings.Cut(entry, ":")
	if !found || id == "" {
		return errors.New("want ID:BASE64")
	}
	if len(id) > maxIDBytes {
		return fmt.Errorf("the id has %d bytes: want at most %d", len(id), maxIDBytes)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("key %q is not base64", id) // the decoder's error would quote from the key
	}
	if len(raw) != keyBytes {
		return fmt.Errorf("key %q has %d bytes: want %d", id, len(raw), keyBytes)
	}
	if id == indexID {
		return r.setIndex(raw)
	}
	return r.addKey(id, raw)
}

func (r *Ring) setIndex(raw []byte) error {
	if r.index != nil {
		return errors.New("there are two index keys")
	}
	r.index = raw
	return nil
}

func (r *Ring) addKey(id string, raw []byte) error {
	if _, found := r.find(id); found {
		return fmt.Errorf("key %q is there twice", id)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return fmt.Errorf("making cipher of key %q: %w", id, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return fmt.Errorf("making cipher of key %q: %w", id, err)
	}
	r.keys = append(r.keys, key{id: id, raw: raw, aead: aead})
	return nil
}

// Generate makes the text form of a new ring with one key of this id, and an index key.
func Generate(id string) string {
	return fmt.Sprintf("%s:%s,%s:%s", id, random(), indexID, random())
}

func random() string {
	raw := make([]byte, keyBytes)
	rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

func (r *Ring) find(id string) (key, bool) {
	for _, k := range r.keys {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// Seal encrypts plaintext with the newest key. Associated data is where the value belongs (clinic, table, column, row):
// it is not stored, and [Ring.Open] fails with any other. One key is good for 2^32 values; rotate it long before.
func (r *Ring) Seal(plaintext, associated []byte) []byte {
	k := r.keys[0]
	head := 2 + len(k.id)
	nonce := k.aead.NonceSize()
	out := make([]byte, head+nonce, head+nonce+len(plaintext)+k.aead.Overhead())
	out[0], out[1] = sealVersion, byte(len(k.id)) //nolint:gosec // at most maxIDBytes
	copy(out[2:], k.id)
	rand.Read(out[head:])
	return k.aead.Seal(out, out[head:], plaintext, bind(out[:head], associated)) //nolint:gosec // the nonce was drawn in the line before
}

// Open decrypts what [Ring.Seal] made with the same associated data.
func (r *Ring) Open(sealed, associated []byte) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != sealVersion {
		return nil, ErrMalformed
	}
	head := 2 + int(sealed[1])
	if len(sealed) < head {
		return nil, ErrMalformed
	}
	k, found := r.find(string(sealed[2:head]))
	if !found {
		return nil, ErrUnknownKey
	}
	body := head + k.aead.NonceSize()
	if len(sealed) < body+k.aead.Overhead() {
		return nil, ErrMalformed
	}
	plaintext, err := k.aead.Open(nil, sealed[head:body], sealed[body:], bind(sealed[:head], associated))
	if err != nil {
		return nil, ErrForged
	}
	return plaintext, nil
}

// KeyID is the id of the key that sealed a value, "" when it is no sealed value. It tells what is left to seal again.
func KeyID(sealed []byte) string {
	if len(sealed) < 2 || sealed[0] != sealVersion || len(sealed) < 2+int(sealed[1]) {
		return ""
	}
	return string(sealed[2 : 2+int(sealed[1])])
}

// Newest is the id of the key that seals.
func (r *Ring) Newest() string { return r.keys[0].id }

// bind puts the header under authentication too. The header has a length of its own, so no two pairs give the same bytes.
func bind(head, associated []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(associated)), head...), associated...)
}

// Index is the keyed hash (32 bytes) of a value, for exact look-up. The same value gives unrelated hashes for two purposes.
// Whoever knows neither the key nor the database learns nothing from it; equal values have equal hashes.
func (r *Ring) Index(purpose, value string) []byte {
	mac := hmac.New(sha256.New, derive(r.index, "index/"+purpose))
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// derive makes a key for one purpose out of a key of the ring (HKDF with SHA-256, RFC 5869).
func derive(raw []byte, purpose string) []byte {
	out, err := hkdf.Expand(sha256.New, raw, "agentcare/"+purpose, keyBytes)
	if err != nil {
		panic("keyring: deriving 32 bytes cannot fail: " + err.Error())
	}
	return out
}

// String names the ids of the keys, newest first.
func (r *Ring) String() string {
	ids := make([]string, len(r.keys))
	for i, k := range r.keys {
		ids[i] = k.id
	}
	return "keyring(" + strings.Join(ids, ",") + ")"
}

// GoString is [Ring.String], so that %#v shows no key either.
func (r *Ring) GoString() string { return r.String() }

// LogValue is [Ring.String], for slog.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalText is [Ring.String], for JSON and its like.
func (r *Ring) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
