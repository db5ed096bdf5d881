package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// Complete writes the answer in one transaction, if the epoch is still the claim's; else [chat.ErrLostLease] and nothing is
// written. The values of forms that are answered go from the record. When something came in meanwhile, it is due, and a
// job for it is queued. The same completion again, because the first answer got lost, returns what was written.
func (d *DB) Complete(ctx context.Context, done chat.Completion) ([]chat.Message, error) {
	of := done.Claim.Conversation
	var state []byte
	if done.State != nil {
		state = d.seal(of.Clinic, stateColumn, of.ID, done.State)
	}
	var completed *fetched[db.CompleteTurnRow]
	var messages []chat.Message
	err := d.txFrom(ctx, of.Clinic, func(p *pipeline) {
		completed = fetch(p, pgx.RowToStructByPos[db.CompleteTurnRow], func(q *db.Queries) (db.CompleteTurnRow, error) {
			return q.CompleteTurn(ctx, db.CompleteTurnParams{
				ClinicID: of.Clinic, ID: of.ID, Epoch: done.Claim.Epoch, Replies: int64(len(done.Messages)),
				Answered: done.Answered, State: state, Language: done.Language,
			})
		})
	}, func(tx pgx.Tx, _ *db.Queries) error {
		row, found := completed.one()
		if !found {
			return chat.ErrLostLease
		}
		messages = d.replies(done, row.Seq)
		return d.writeAnswer(ctx, tx, done, messages, row.Waiting)
	})
	if errors.Is(err, chat.ErrLostLease) {
		return d.completedBefore(ctx, done)
	}
	if err != nil {
		return nil, fmt.Errorf("completing turn: %w", err)
	}
	return messages, nil
}

// replies are the messages of the answer, of which the last has this seq.
func (d *DB) replies(done chat.Completion, last int64) []chat.Message {
	now, first := d.now(), last-int64(len(done.Messages))+1
	messages := make([]chat.Message, len(done.Messages))
	for i, body := range done.Messages {
		messages[i] = chat.Message{
			Seq: first + int64(i), Turn: done.Turn, Role: chat.RoleAgent, Channel: channelOf(done.Claim.Endpoint),
			At: now, Body: identified(body),
		}
	}
	return messages
}

// channelOf is the way that an answer goes.
func channelOf(e chat.Endpoint) chat.Channel {
	return cmp.Or(e.Channel, chat.Web)
}

// writeAnswer writes everything of an answer but the conversation itself.
func (d *DB) writeAnswer(ctx context.Context, tx pgx.Tx, done chat.Completion, messages []chat.Message, waiting bool) error {
	of := done.Claim.Conversation
	p := newPipeline()
	for _, m := range messages {
		if err := d.addMessage(ctx, p.q, of.Clinic, of.ID, m); err != nil {
			return err
		}
	}
	if err := d.forgetValues(ctx, p.q, of, answered(done)); err != nil {
		return err
	}
	if err := p.q.InsertTurn(ctx, d.turnRow(done)); err != nil {
		return fmt.Errorf("recording turn: %w", err)
	}
	deliveries := make([]chat.DeliverArgs, len(done.Deliveries))
	for i, delivery := range done.Deliveries {
		args, err := d.addDelivery(ctx, p.q, of.Clinic, delivery)
		if err != nil {
			return err
		}
		deliveries[i] = args
	}
	if err := p.send(ctx, tx); err != nil {
		return err
	}
	if err := d.dispatch(ctx, tx, deliveries...); err != nil || !waiting {
		return err
	}
	return d.wake(ctx, tx, of.Clinic, of.ID)
}

func (d *DB) turnRow(done chat.Completion) db.InsertTurnParams {
	of := done.Claim.Conversation
	return db.InsertTurnParams{
		ClinicID: of.Clinic, ID: done.Turn, ConversationID: of.ID, Epoch: done.Claim.Epoch,
		FromSeq: of.Answered + 1, ToSeq: done.Answered, State: string(cmp.Or(done.Outcome, chat.OutcomeDone)),
		Engine: done.Engine, ErrorCode: done.ErrorCode, StartedAt: done.Started, FinishedAt: d.now(),
	}
}

// answered are the messages that a completion covers.
func answered(done chat.Completion) []chat.Message {
	messages := done.Claim.Since
	for len(messages) > 0 && messages[len(messages)-1].Seq > done.Answered {
		messages = messages[:len(messages)-1]
	}
	return messages
}

// forgetValues drops what forms held from messages that no turn will read any more: names, dates of birth, codes. That a form
// was sent stays.
func (d *DB) forgetValues(ctx context.Context, q *db.Queries, of chat.Conversation, messages []chat.Message) error {
	for _, m := range messages {
		if m.Body.Filled == nil || len(m.Body.Filled.Values) == 0 {
			continue
		}
		body := m.Body
		body.Filled = &chat.Filled{Form: m.Body.Filled.Form, Ref: m.Body.Filled.Ref}
		sealed, err := d.sealBody(of.Clinic, of.ID, m.Seq, body)
		if err != nil {
			return err
		}
		err = q.ReplaceBody(ctx, db.ReplaceBodyParams{ClinicID: of.Clinic, ConversationID: of.ID, Seq: m.Seq, Body: sealed})
		if err != nil {
			return fmt.Errorf("dropping values of message %d: %w", m.Seq, err)
		}
	}
	return nil
}

// completedBefore is what this very turn wrote, when only the answer to its commit got lost.
func (d *DB) completedBefore(ctx context.Context, done chat.Completion) ([]chat.Message, error) {
	of := done.Claim.Conversation
	rows, err := d.queries(of.Clinic).TurnMessages(ctx, of.Clinic, done.Turn, of.ID)
	if err != nil {
		return nil, fmt.Errorf("reading what the turn wrote: %w", err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("completing turn: %w", chat.ErrLostLease)
	}
	return d.openMessages(of.Clinic, of.ID, alike(rows))
}
