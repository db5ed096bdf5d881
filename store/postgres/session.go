package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// OpenSession takes the session with this resume secret up again, or begins a new conversation: with no secret, with one
// that is not known (any more), and after the conversation was ended. Each opening gives out a new secret.
//
// Whoever comes back r.Idle after the patient's last message has proven nothing, and what was said before is hidden until they verify again.
func (d *DB) OpenSession(ctx context.Context, r chat.SessionRequest) (chat.Session, error) {
	var session chat.Session
	err := d.auditedTx(ctx, r.Clinic, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) (err error) {
		session, err = d.resume(ctx, q, audit, r)
		if errors.Is(err, errUnknownSecret) {
			session, err = d.beginConversation(ctx, q, r)
		}
		return err
	})
	if err != nil {
		return chat.Session{}, fmt.Errorf("opening session: %w", err)
	}
	return session, nil
}

func (d *DB) beginConversation(ctx context.Context, q *db.Queries, r chat.SessionRequest) (chat.Session, error) {
	conversation := chat.Conversation{Clinic: r.Clinic, ID: uuid.Must(uuid.NewV7())}
	if greets(r.Greeting) {
		conversation.Seq, conversation.Answered = 1, 1
	}
	language, err := q.InsertConversation(ctx, db.InsertConversationParams{
		ClinicID: r.Clinic, ID: conversation.ID, Language: r.Language, Greetings: conversation.Seq, CreatedAt: d.now(),
	})
	if noRows(err) {
		return chat.Session{}, clinic.Refuse(clinic.CodeNotFound, "There is no such clinic here.")
	}
	if err != nil {
		return chat.Session{}, err
	}
	conversation.Language = language
	if greets(r.Greeting) {
		greeting := chat.Message{Seq: 1, Role: chat.RoleAgent, Channel: chat.Web, At: d.now(), Body: identified(r.Greeting)}
		if err := d.addMessage(ctx, q, r.Clinic, conversation.ID, greeting); err != nil {
			return chat.Session{}, err
		}
	}
	return d.attachBrowser(ctx, q, conversation, r)
}

// greets reports whether there is a first message at all.
func greets(b chat.Body) bool { return b.Text != "" }

// attachBrowser makes the endpoint of a new conversation.
func (d *DB) attachBrowser(ctx context.Context, q *db.Queries, c chat.Conversation, r chat.SessionRequest) (chat.Session, error) {
	secret := newSecret()
	endpoint := chat.Endpoint{ID: uuid.Must(uuid.NewV7()), Conversation: c.ID, Channel: chat.Web, Zone: zoneNamed(r.Zone)}
	err := q.InsertEndpoint(ctx, db.InsertEndpointParams{
		ClinicID: c.Clinic, ID: endpoint.ID, ConversationID: c.ID, Channel: string(endpoint.Channel), ResumeHash: hashSecret(secret),
		CallerIndex: d.callerIndex(r.Clinic, r.Address), Zone: r.Zone, At: d.now(),
	})
	if err != nil {
		return chat.Session{}, err
	}
	return chat.Session{Conversation: c, Endpoint: endpoint, Resume: secret}, nil
}

// Endpoint reads one; a [chat.CodeEnded] when it was ended, or there is no such endpoint.
func (d *DB) Endpoint(ctx context.Context, clinicID, endpoint uuid.UUID) (chat.Endpoint, error) {
	row, err := d.queries(clinicID).Endpoint(ctx, clinicID, endpoint)
	if noRows(err) {
		return chat.Endpoint{}, refuseMessage(chat.CodeEnded, "")
	}
	if err != nil {
		return chat.Endpoint{}, fmt.Errorf("reading endpoint: %w", err)
	}
	return toEndpoint(row), nil
}

func toEndpoint(row db.EndpointRow) chat.Endpoint {
	return chat.Endpoint{
		ID: row.ID, Conversation: row.ConversationID, Channel: chat.Channel(row.Channel), Level: chat.Level(row.Level),
		Patient: row.PatientID.UUID, Zone: zoneNamed(row.Zone), VisibleAfter: row.VisibleAfter,
	}
}

// zoneNamed is where a browser says that it is; nil where it does not, and for a name that is none: it is worth no failure.
func zoneNamed(name string) *time.Location {
	if name == "" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// EndSession ends the conversation for the patient, at all its endpoints: the resume secret is void, nothing is shown any
// more, nothing is answered, and what the conversation held is free. One that was ended stays so.
func (d *DB) EndSession(ctx context.Context, clinicID, endpoint uuid.UUID) error {
	err := d.auditedTx(ctx, clinicID, func(_ pgx.Tx, q *db.Queries, audit *auditTrail) error {
		row, err := q.EndpointToEnd(ctx, clinicID, endpoint)
		if noRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		now := d.now()
		if err := q.EndEndpoints(ctx, &now, clinicID, row.ConversationID); err != nil {
			return err
		}
		if err := d.endConversation(ctx, q, clinicID, row.ConversationID); err != nil {
			return err
		}
		return audit.add(ctx, auditEntry{
			actor:  clinic.Actor{Kind: "patient", ID: row.PatientID.UUID, Channel: row.Channel, Conversation: row.ConversationID},
			action: "session.end", kind: "conversation", subject: row.ConversationID,
			detail: map[string]any{"endpoint": endpoint},
		})
	})
	if err != nil {
		return fmt.Errorf("ending session: %w", err)
	}
	return nil
}

// endConversation ends a conversation, and gives up what waited for an answer in it: its hold, and what forms held.
func (d *DB) endConversation(ctx context.Context, q *db.Queries, clinicID, id uuid.UUID) error {
	now := d.now()
	was, err := q.EndConversation(ctx, &now, clinicID, id)
	if noRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := q.ReleaseHolds(ctx, clinicID, []uuid.UUID{clinic.HoldToken(id)}); err != nil {
		return fmt.Errorf("releasing hold: %w", err)
	}
	rows, err := q.MessagesAfter(ctx, db.MessagesAfterParams{
		ClinicID: clinicID, ConversationID: id, After: was.AnsweredSeq, Most: int32(was.Seq - was.AnsweredSeq), //nolint:gosec // far fewer
	})
	if err != nil {
		return fmt.Errorf("reading what is unanswered: %w", err)
	}
	unanswered, err := d.openMessages(clinicID, id, rows)
	if err != nil {
		return err
	}
	return d.forgetValues(ctx, q, chat.Conversation{Clinic: clinicID, ID: id}, unanswered)
}
