package web

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// tokenPurpose keeps the tokens of sockets apart from everything else that is signed.
const tokenPurpose = "chat socket"

// conversationID tells conversations apart. Their ids are unique over all clinics.
type conversationID = uuid.UUID

// ticket is what a token says: who may open a socket on what.
type ticket struct {
	clinic       uuid.UUID
	conversation conversationID
	endpoint     uuid.UUID
	language     string // of the conversation when the session was opened
	slug         string // of the clinic
}

const idBytes = len(uuid.UUID{})

func (s *Server) sign(t ticket, expires time.Time) string {
	payload := make([]byte, 0, 3*idBytes+len(t.language)+len("/")+len(t.slug))
	payload = append(payload, t.clinic[:]...)
	payload = append(payload, t.conversation[:]...)
	payload = append(payload, t.endpoint[:]...)
	payload = append(payload, t.language+"/"+t.slug...)
	return s.cfg.Signer.Sign(tokenPurpose, payload, expires)
}

var errShortToken = errors.New("the token says too little")

func (s *Server) verify(token string) (ticket, error) {
	payload, err := s.cfg.Signer.Verify(tokenPurpose, token, s.cfg.Now())
	if err != nil {
		return ticket{}, fmt.Errorf("verifying token: %w", err)
	}
	if len(payload) < 3*idBytes {
		return ticket{}, errShortToken
	}
	var t ticket
	copy(t.clinic[:], payload)
	copy(t.conversation[:], payload[idBytes:])
	copy(t.endpoint[:], payload[2*idBytes:])
	t.language, t.slug, _ = strings.Cut(string(payload[3*idBytes:]), "/")
	return t, nil
}
