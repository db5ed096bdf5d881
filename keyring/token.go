package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Errors of [Ring.Verify].
var (
	ErrBadToken     = errors.New("the token is not one of ours")
	ErrTokenExpired = errors.New("the token has expired")
)

const (
	expiryBytes = 8
	macBytes    = sha256.Size
)

// Sign makes a token that carries payload, readable by anybody, until expires (whole seconds).
// It is safe in an address, and valid for the same purpose alone.
func (r *Ring) Sign(purpose string, payload []byte, expires time.Time) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(max(0, expires.Unix())))
	body = append(body, payload...)
	return base64.RawURLEncoding.EncodeToString(append(body, tokenMAC(r.keys[0], purpose, body)...))
}

// Verify returns the payload of a token that any key of the ring has signed for this purpose, while it is valid.
func (r *Ring) Verify(purpose, token string, now time.Time) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < expiryBytes+macBytes {
		return nil, ErrBadToken
	}
	body, mac := raw[:len(raw)-macBytes], raw[len(raw)-macBytes:]
	if !r.signed(purpose, body, mac) {
		return nil, ErrBadToken
	}
	expires := binary.BigEndian.Uint64(body)
	if now.Unix() >= int64(expires) { //nolint:gosec // signed by us: made from an int64
		return nil, ErrTokenExpired
	}
	return body[expiryBytes:], nil
}

func (r *Ring) signed(purpose string, body, mac []byte) bool {
	for _, k := range r.keys {
		if hmac.Equal(mac, tokenMAC(k, purpose, body)) {
			return true
		}
	}
	return false
}

func tokenMAC(k key, purpose string, body []byte) []byte {
	mac := hmac.New(sha256.New, derive(k.raw, "token/"+purpose))
	mac.Write(body)
	return mac.Sum(nil)
}
