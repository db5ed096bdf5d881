package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// errUnknownSecret says that no session goes on with a resume secret.
var errUnknownSecret = errors.New("no session goes on with this secret")

// resume takes a session up again.
//
// Secrets rotate: each opening replaces the one it was opened with by the next. The replaced one stays good until the next
// is used, because the answer that carries the next may get lost, and because two tabs may open at once. It leads to the
// same next one every time, so that it does not matter which answer a browser keeps last. After that it is not known any
// more, whoever may have kept a copy.
func (d *DB) resume(ctx context.Context, q *db.Queries, audit *auditTrail, r chat.SessionRequest) (chat.Session, error) {
	if r.Resume == "" {
		return chat.Session{}, errUnknownSecret
	}
	row, err := q.EndpointByResume(ctx, hashSecret(r.Resume), r.Clinic)
	if noRows(err) {
		return chat.Session{}, errUnknownSecret
	}
	if err != nil {
		return chat.Session{}, err
	}
	session := chat.Session{
		Conversation: chat.Conversation{
			Clinic: r.Clinic, ID: row.ConversationID, Seq: row.Seq, Answered: row.AnsweredSeq,
			Patient: row.ConversationPatientID.UUID, Language: row.Language,
		},
		Endpoint: chat.Endpoint{
			ID: row.ID, Conversation: row.ConversationID, Channel: chat.Web, Level: chat.Level(row.Level),
			Patient: row.PatientID.UUID, Zone: zoneNamed(cmp.Or(r.Zone, row.Zone)), VisibleAfter: row.VisibleAfter,
		},
		Resume:  d.nextSecret(row.ID, r.Resume),
		Resumed: true,
	}
	if idle := d.now().Sub(row.SeenAt); r.Idle > 0 && idle > r.Idle {
		if err := d.lockUp(ctx, q, audit, &session, row.AskedSeq > 0, r.Return); err != nil {
			return chat.Session{}, err
		}
	}
	return session, q.ResumeEndpoint(ctx, db.ResumeEndpointParams{
		ClinicID: r.Clinic, ID: row.ID, ResumeBefore: hashSecret(r.Resume), ResumeHash: hashSecret(session.Resume),
		CallerIndex: d.callerIndex(r.Clinic, r.Address), Zone: r.Zone,
	})
}

// lockUp takes back what was proven at an endpoint, and hides what was said if a patient said anything; then it says so.
func (d *DB) lockUp(ctx context.Context, q *db.Queries, audit *auditTrail, s *chat.Session, said bool, welcome chat.Body) error {
	was := s.Endpoint
	s.Endpoint.Level, s.Endpoint.Patient = chat.LevelNone, uuid.Nil
	if said {
		s.Endpoint.VisibleAfter = s.Conversation.Seq
	}
	if s.Endpoint == was {
		return nil
	}
	err := q.LockUpEndpoint(ctx, db.LockUpEndpointParams{
		ClinicID: s.Conversation.Clinic, ID: s.Endpoint.ID, VisibleAfter: s.Endpoint.VisibleAfter, At: d.now(),
	})
	if err != nil {
		return err
	}
	if said && greets(welcome) {
		if err := d.speakFirst(ctx, q, &s.Conversation, welcome); err != nil {
			return err
		}
	}
	return audit.add(ctx, auditEntry{
		actor:  clinic.Actor{Kind: "system", Channel: string(chat.Web), Conversation: s.Conversation.ID},
		action: "session.lock", kind: "endpoint", subject: s.Endpoint.ID,
		detail: map[string]any{"conversation": s.Conversation.ID, "level": was.Level},
	})
}

// speakFirst writes a message of ours that answers nothing.
func (d *DB) speakFirst(ctx context.Context, q *db.Queries, c *chat.Conversation, body chat.Body) (err error) {
	if c.Seq, err = q.SpeakFirst(ctx, c.Clinic, c.ID); err != nil {
		return err
	}
	m := chat.Message{Seq: c.Seq, Role: chat.RoleAgent, Channel: chat.Web, At: d.now(), Body: identified(body)}
	return d.addMessage(ctx, q, c.Clinic, c.ID, m)
}

// secretBytes is how much of a resume secret nobody can guess.
const secretBytes = 32

// newSecret makes the first secret of a browser: 32 random bytes in base64url.
func newSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // since Go 1.24 it never returns an error
	return base64.RawURLEncoding.EncodeToString(raw)
}

// nextSecret is the one that follows on another at an endpoint. Nobody can work it out without the key ring.
func (d *DB) nextSecret(endpoint uuid.UUID, secret string) string {
	return base64.RawURLEncoding.EncodeToString(d.keys.Index("endpoint.resume/"+endpoint.String(), secret))
}

// hashSecret is what is kept of a secret. It has too much chance in it for a slow hash to be needed.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
