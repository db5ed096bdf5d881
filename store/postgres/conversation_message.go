package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// messageRow seals a message for its place in the conversation.
func (d *DB) messageRow(clinicID, conversation uuid.UUID, m chat.Message) (db.InsertMessageParams, error) {
	body, err := d.sealBody(clinicID, conversation, m.Seq, m.Body)
	if err != nil {
		return db.InsertMessageParams{}, err
	}
	return db.InsertMessageParams{
		ClinicID: clinicID, ConversationID: conversation, Seq: m.Seq, Role: string(m.Role), Channel: string(m.Channel),
		EndpointID: null(m.Endpoint), TurnID: null(m.Turn), Body: body, CreatedAt: m.At,
	}, nil
}

func (d *DB) sealBody(clinicID, conversation uuid.UUID, seq int64, body chat.Body) ([]byte, error) {
	plaintext, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encoding body of message %d: %w", seq, err)
	}
	return d.seal(clinicID, bodyColumn(seq), conversation, plaintext), nil
}

func (d *DB) openBody(clinicID, conversation uuid.UUID, seq int64, sealed []byte) (chat.Body, error) {
	plaintext, err := d.open(clinicID, bodyColumn(seq), conversation, sealed)
	if err != nil {
		return chat.Body{}, fmt.Errorf("opening body of message %d: %w", seq, err)
	}
	var body chat.Body
	if json.Unmarshal(plaintext, &body) != nil { // its error would quote from the body
		return chat.Body{}, fmt.Errorf("decoding body of message %d: it is not what was sealed once", seq)
	}
	return body, nil
}

// bodyColumn binds a body to the seq too: messages have no id of their own.
func bodyColumn(seq int64) string { return "message.body/" + strconv.FormatInt(seq, 10) }

// openMessages turns rows into messages, in the same order.
func (d *DB) openMessages(clinicID, conversation uuid.UUID, rows []db.MessagesAfterRow) ([]chat.Message, error) {
	messages := make([]chat.Message, len(rows))
	for i, r := range rows {
		body, err := d.openBody(clinicID, conversation, r.Seq, r.Body)
		if err != nil {
			return nil, err
		}
		messages[i] = chat.Message{
			Seq: r.Seq, Turn: r.TurnID.UUID, Role: chat.Role(r.Role), Channel: chat.Channel(r.Channel),
			Endpoint: r.EndpointID.UUID, At: r.CreatedAt, Body: body,
		}
	}
	return messages, nil
}

// identified gives the options and the form of a body ids where they have none. The body itself stays as it is.
func identified(body chat.Body) chat.Body {
	body.Options = slices.Clone(body.Options)
	for i := range body.Options {
		if body.Options[i].ID == "" {
			body.Options[i].ID = uuid.NewString()
		}
	}
	if body.Form != nil && body.Form.ID == "" {
		form := *body.Form
		form.ID = uuid.NewString()
		body.Form = &form
	}
	return body
}

// optionRows are what a message offers, so that a choice can be checked.
func optionRows(clinicID, conversation uuid.UUID, m chat.Message) ([]db.InsertOptionParams, error) {
	rows := make([]db.InsertOptionParams, 0, len(m.Body.Options)+1)
	add := func(id, kind string) error {
		parsed, err := uuid.Parse(id)
		if err != nil || parsed == uuid.Nil {
			return fmt.Errorf("a %s of the reply has an id that is no UUID", kind)
		}
		rows = append(rows, db.InsertOptionParams{ClinicID: clinicID, ID: parsed, ConversationID: conversation, Seq: m.Seq, Kind: kind})
		return nil
	}
	for _, option := range m.Body.Options {
		if err := add(option.ID, string(option.Kind)); err != nil {
			return nil, err
		}
	}
	if m.Body.Form != nil {
		if err := add(m.Body.Form.ID, "form"); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// addMessage writes a message of ours with what it offers.
func (d *DB) addMessage(ctx context.Context, q *db.Queries, clinicID, conversation uuid.UUID, m chat.Message) error {
	row, err := d.messageRow(clinicID, conversation, m)
	if err != nil {
		return err
	}
	options, err := optionRows(clinicID, conversation, m)
	if err != nil {
		return err
	}
	if _, err := q.InsertMessage(ctx, row); err != nil {
		return fmt.Errorf("writing message %d: %w", m.Seq, err)
	}
	for _, option := range options {
		if err := q.InsertOption(ctx, option); err != nil {
			return fmt.Errorf("writing what message %d offers: %w", m.Seq, err)
		}
	}
	return nil
}
