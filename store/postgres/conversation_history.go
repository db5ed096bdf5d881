package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// After returns at most limit messages with seq > after, in order. What an endpoint may not see is the caller's to leave out:
// it asks for what comes after [chat.Endpoint].VisibleAfter.
func (d *DB) After(ctx context.Context, clinicID, conversation uuid.UUID, after int64, limit int) ([]chat.Message, error) {
	rows, err := d.queries(clinicID).MessagesAfter(ctx, db.MessagesAfterParams{
		ClinicID: clinicID, ConversationID: conversation, After: after, Most: int32(limit), //nolint:gosec // a page's length
	})
	if err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	return d.openMessages(clinicID, conversation, rows)
}

// History returns at most limit messages with seq <= upTo, the last of them, oldest first.
func (d *DB) History(ctx context.Context, clinicID, conversation uuid.UUID, upTo int64, limit int) ([]chat.Message, error) {
	rows, err := d.queries(clinicID).MessagesUpTo(ctx, db.MessagesUpToParams{
		ClinicID: clinicID, ConversationID: conversation, UpTo: upTo, Most: int32(limit), //nolint:gosec // a prompt's length
	})
	if err != nil {
		return nil, fmt.Errorf("reading history: %w", err)
	}
	slices.Reverse(rows)
	return d.openMessages(clinicID, conversation, alike(rows))
}

// Heads returns the last seq of each conversation, in one query. Conversations that there are not are left out.
func (d *DB) Heads(ctx context.Context, conversations []uuid.UUID) (map[uuid.UUID]int64, error) {
	heads := make(map[uuid.UUID]int64, len(conversations))
	if len(conversations) == 0 {
		return heads, nil
	}
	rows, err := d.anyClinic().ConversationHeads(ctx, conversations)
	if err != nil {
		return nil, fmt.Errorf("reading heads of conversations: %w", err)
	}
	for _, r := range rows {
		heads[r.ID] = r.Seq
	}
	return heads, nil
}

// Form reads the form with this id of this conversation; a [chat.Error] when it was not offered there.
func (d *DB) Form(ctx context.Context, clinicID, conversation uuid.UUID, form string) (chat.Form, error) {
	id, err := uuid.Parse(form)
	if err != nil {
		return chat.Form{}, refuseMessage(chat.CodeUnknownForm, "")
	}
	row, err := d.queries(clinicID).FormMessage(ctx, clinicID, id, conversation)
	if noRows(err) {
		return chat.Form{}, refuseMessage(chat.CodeUnknownForm, "")
	}
	if err != nil {
		return chat.Form{}, fmt.Errorf("reading form: %w", err)
	}
	body, err := d.openBody(clinicID, conversation, row.Seq, row.Body)
	if err != nil {
		return chat.Form{}, err
	}
	if body.Form == nil || body.Form.ID != form {
		return chat.Form{}, refuseMessage(chat.CodeUnknownForm, row.Language)
	}
	return *body.Form, nil
}

// alike turns the rows of a query that reads messages into those of another.
func alike[R db.MessagesUpToRow | db.TurnMessagesRow](rows []R) []db.MessagesAfterRow {
	out := make([]db.MessagesAfterRow, len(rows))
	for i, r := range rows {
		out[i] = db.MessagesAfterRow(r)
	}
	return out
}
