package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres/db"
)

// claimAttempt is what one round trip of [DB.Claim] brings.
type claimAttempt struct {
	claimed  *fetched[db.ClaimConversationRow]
	messages *fetched[db.MessagesAfterRow]
	endpoint *fetched[db.ClaimedEndpointRow]
	dueIn    *fetched[float64]
}

// Claim leases a conversation for worker: epoch+1, where something is unanswered and due and no other worker's live lease
// or person stands. A lease is live while its worker's last beat is younger than lease. When the conversation is not due
// yet, it is not leased, and the claim says in how long it will be. [chat.ErrNotClaimed] when there is nothing to do now.
func (d *DB) Claim(ctx context.Context, args chat.TurnArgs, worker uuid.UUID, lease time.Duration) (chat.Claim, error) {
	var got claimAttempt
	err := d.atOnce(ctx, args.Clinic, func(p *pipeline) { got = attemptClaim(ctx, p, args, worker, lease) })
	if err != nil {
		return chat.Claim{}, fmt.Errorf("claiming turn: %w", err)
	}
	row, claimed := got.claimed.one()
	if !claimed {
		return waitingClaim(args, got)
	}
	claim, err := d.openClaim(args, row, got)
	if err != nil {
		return chat.Claim{}, fmt.Errorf("claiming turn: %w", err)
	}
	return claim, nil
}

func attemptClaim(ctx context.Context, p *pipeline, args chat.TurnArgs, worker uuid.UUID, lease time.Duration) claimAttempt {
	return claimAttempt{
		claimed: fetch(p, pgx.RowToStructByPos[db.ClaimConversationRow], func(q *db.Queries) (db.ClaimConversationRow, error) {
			return q.ClaimConversation(ctx, db.ClaimConversationParams{
				ClinicID: args.Clinic, ID: args.Conversation, WorkerID: worker, Lease: interval(lease),
			})
		}),
		messages: fetch(p, pgx.RowToStructByPos[db.MessagesAfterRow], func(q *db.Queries) ([]db.ClaimedMessagesRow, error) {
			return q.ClaimedMessages(ctx, args.Clinic, args.Conversation, worker)
		}),
		endpoint: fetch(p, pgx.RowToStructByPos[db.ClaimedEndpointRow], func(q *db.Queries) (db.ClaimedEndpointRow, error) {
			return q.ClaimedEndpoint(ctx, args.Clinic, args.Conversation, worker)
		}),
		dueIn: fetch(p, pgx.RowTo[float64], func(q *db.Queries) (float64, error) {
			return q.TurnDueIn(ctx, db.TurnDueInParams{
				ClinicID: args.Clinic, ID: args.Conversation, WorkerID: worker, Lease: interval(lease),
			})
		}),
	}
}

// waitingClaim is the claim of a conversation that is not due yet, if that is all that stands in the way.
func waitingClaim(args chat.TurnArgs, got claimAttempt) (chat.Claim, error) {
	seconds, found := got.dueIn.one()
	if !found {
		return chat.Claim{}, chat.ErrNotClaimed
	}
	return chat.Claim{
		Conversation: chat.Conversation{Clinic: args.Clinic, ID: args.Conversation},
		DueIn:        max(time.Millisecond, time.Duration(seconds*float64(time.Second))),
	}, nil
}

func (d *DB) openClaim(args chat.TurnArgs, row db.ClaimConversationRow, got claimAttempt) (chat.Claim, error) {
	since, err := d.openMessages(args.Clinic, args.Conversation, got.messages.rows)
	if err != nil {
		return chat.Claim{}, err
	}
	if len(since) == 0 {
		return chat.Claim{}, errors.New("a message that wants an answer is missing")
	}
	state, err := d.open(args.Clinic, stateColumn, args.Conversation, row.State)
	if err != nil {
		return chat.Claim{}, fmt.Errorf("opening the engine's state: %w", err)
	}
	endpoint, _ := got.endpoint.one()
	return chat.Claim{
		Conversation: chat.Conversation{
			Clinic: args.Clinic, ID: args.Conversation, Seq: row.Seq, Answered: row.AnsweredSeq,
			Patient: row.PatientID.UUID, Language: row.Language,
		},
		Endpoint: toEndpoint(db.EndpointRow(endpoint)),
		Epoch:    row.Epoch,
		Attempt:  int(row.Attempts),
		State:    state,
		Since:    since,
	}, nil
}

// stateColumn is where an engine's memory belongs.
const stateColumn = "conversation.state"

// GiveBack ends the lease without an answer; the conversation is due again after wait, and at once when wait is 0.
// [chat.ErrLostLease] when it is not ours any more.
func (d *DB) GiveBack(ctx context.Context, claim chat.Claim, wait time.Duration) error {
	of := claim.Conversation
	err := d.tx(ctx, of.Clinic, func(tx pgx.Tx, q *db.Queries) error {
		given, err := q.GiveBackTurn(ctx, db.GiveBackTurnParams{
			ClinicID: of.Clinic, ID: of.ID, Epoch: claim.Epoch, Wait: interval(wait),
		})
		if err != nil {
			return err
		}
		if given == 0 {
			return chat.ErrLostLease
		}
		if wait > 0 {
			return nil // a job would come too early: whoever sweeps finds it
		}
		return d.wake(ctx, tx, of.Clinic, of.ID)
	})
	if err != nil {
		return fmt.Errorf("giving turn back: %w", err)
	}
	return nil
}
