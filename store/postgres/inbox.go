package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// patience bounds how long rapid messages can put off their answer: so many times the debounce after the first of them.
const patience = 5

// errDuplicate says that a message is here already.
var errDuplicate = errors.New("the message is here already")

// Put accepts a patient's message: when it returns, the message is committed, and with it what makes a worker answer.
// The same external id again is no second message. An option or form that this endpoint was not offered is a
// [chat.Error], and so is a conversation that was ended.
func (d *DB) Put(ctx context.Context, in chat.Inbound) (chat.Accepted, error) {
	message := chat.Message{Role: chat.RolePatient, Channel: in.Channel, Endpoint: in.Endpoint, At: d.now()}
	var accepted *fetched[db.AcceptMessageRow]
	var offered *fetched[db.OfferedInRow]
	err := d.txFrom(ctx, in.Clinic, func(p *pipeline) {
		accepted = acceptMessage(ctx, p, in)
		offered = offeredIn(ctx, p, in)
	}, func(tx pgx.Tx, q *db.Queries) error {
		row, found := accepted.one()
		if !found {
			return refuseMessage(chat.CodeEnded, "")
		}
		message.Seq = row.Seq
		if err := d.fillIn(&message.Body, in, row.Language, offered); err != nil {
			return err
		}
		if err := d.store(ctx, q, in, message); err != nil {
			return err
		}
		return d.wake(ctx, tx, in.Clinic, in.Conversation)
	})
	if errors.Is(err, errDuplicate) {
		return d.acceptedBefore(ctx, in)
	}
	if err != nil {
		return chat.Accepted{}, fmt.Errorf("accepting message: %w", err)
	}
	return chat.Accepted{Seq: message.Seq, Message: message}, nil
}

func acceptMessage(ctx context.Context, p *pipeline, in chat.Inbound) *fetched[db.AcceptMessageRow] {
	return fetch(p, pgx.RowToStructByPos[db.AcceptMessageRow], func(q *db.Queries) (db.AcceptMessageRow, error) {
		return q.AcceptMessage(ctx, db.AcceptMessageParams{
			ClinicID: in.Clinic, ID: in.Conversation, EndpointID: in.Endpoint,
			Debounce: interval(in.DueAfter), Patience: interval(patience * in.DueAfter),
		})
	})
}

// offeredIn looks the chosen option or the filled form up; nil when the message answers none.
func offeredIn(ctx context.Context, p *pipeline, in chat.Inbound) *fetched[db.OfferedInRow] {
	if in.Option == "" && in.Form == "" {
		return nil
	}
	id, _ := uuid.Parse(in.Option + in.Form) // what is no id was not offered: nothing has the zero one
	return fetch(p, pgx.RowToStructByPos[db.OfferedInRow], func(q *db.Queries) (db.OfferedInRow, error) {
		return q.OfferedIn(ctx, db.OfferedInParams{
			ClinicID: in.Clinic, ConversationID: in.Conversation, EndpointID: in.Endpoint, ID: id,
		})
	})
}

// fillIn writes what the patient sent into body: words, the option they chose, or the form they filled.
func (d *DB) fillIn(body *chat.Body, in chat.Inbound, language string, offered *fetched[db.OfferedInRow]) error {
	if offered == nil {
		body.Text = in.Text
		return nil
	}
	row, found := offered.one()
	if !found {
		return notOffered(in, language)
	}
	offer, err := d.openBody(in.Clinic, in.Conversation, row.Seq, row.Body)
	if err != nil {
		return err
	}
	if in.Form != "" {
		if offer.Form == nil || offer.Form.ID != in.Form {
			return notOffered(in, language)
		}
		body.Text = phrase(language, phraseDetailsSent)
		body.Filled = &chat.Filled{Form: in.Form, Ref: offer.Form.Ref, Values: in.Values}
		return nil
	}
	for _, option := range offer.Options {
		if option.ID == in.Option {
			body.Text, body.Chosen = option.Label, &option
			return nil
		}
	}
	return notOffered(in, language)
}

func notOffered(in chat.Inbound, language string) error {
	if in.Form != "" {
		return refuseMessage(chat.CodeUnknownForm, language)
	}
	return refuseMessage(chat.CodeUnknownOption, language)
}

// store writes the message, or says that it is here already.
func (d *DB) store(ctx context.Context, q *db.Queries, in chat.Inbound, m chat.Message) error {
	row, err := d.messageRow(in.Clinic, in.Conversation, m)
	if err != nil {
		return err
	}
	row.ExternalID = externalID(in)
	stored, err := q.InsertMessage(ctx, row)
	if err == nil && stored == 0 {
		return errDuplicate
	}
	return err
}

// externalID is the sender's id of the message. On the web every browser makes its own, so one says nothing about
// another's; on other channels the provider's are unique.
func externalID(in chat.Inbound) *string {
	id := in.ExternalID
	switch {
	case id == "":
		return nil
	case in.Channel == chat.Web:
		id = in.Conversation.String() + "/" + id
	}
	return &id
}

// acceptedBefore is the receipt of a message that came once more.
func (d *DB) acceptedBefore(ctx context.Context, in chat.Inbound) (chat.Accepted, error) {
	row, err := d.queries(in.Clinic).MessageByExternalID(ctx, in.Clinic, string(in.Channel), *externalID(in)) // only one with an id can have come twice
	if err != nil {
		return chat.Accepted{}, fmt.Errorf("reading message that came twice: %w", err)
	}
	body, err := d.openBody(in.Clinic, row.ConversationID, row.Seq, row.Body)
	if err != nil {
		return chat.Accepted{}, err
	}
	return chat.Accepted{Seq: row.Seq, Duplicate: true, Message: chat.Message{
		Seq: row.Seq, Role: chat.Role(row.Role), Channel: chat.Channel(row.Channel), Endpoint: row.EndpointID.UUID, At: row.CreatedAt, Body: body,
	}}, nil
}
