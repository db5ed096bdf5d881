package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/storetest"
)

const benchConns = 16

// BenchmarkTurn is what the record does for one turn: accept a message, claim it, complete it with a reply.
// Its floor is the same rows written by plain SQL, one statement after the other, on as many connections.
func BenchmarkTurn(b *testing.B) {
	for _, conversations := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("record/conversations=%d", conversations), func(b *testing.B) { benchmarkRecord(b, conversations) })
		b.Run(fmt.Sprintf("floor/conversations=%d", conversations), func(b *testing.B) { benchmarkFloor(b, conversations) })
	}
}

// each spreads b.N turns over the conversations, each in a goroutine of its own.
func each(b *testing.B, conversations int, turn func(conversation int) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	together(conversations, func(i int) {
		for left.Add(-1) >= 0 {
			if err := turn(i); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

func benchmarkRecord(b *testing.B, conversations int) {
	b.Helper()
	c := anotherClinic(b, storetest.OpenWith(b, func(config *postgres.Config) { config.MaxConns = benchConns }))
	worker := c.worker()
	sessions := make([]chat.Session, conversations)
	for i := range sessions {
		sessions[i] = c.openSession("")
	}
	ctx := context.Background()
	each(b, conversations, func(i int) error {
		if _, err := c.DB.Put(ctx, c.inbound(sessions[i], "Is there anything free on Tuesday?")); err != nil {
			return err
		}
		claim, err := c.DB.Claim(ctx, c.args(sessions[i]), worker, lease)
		if err != nil {
			return err
		}
		_, err = c.DB.Complete(ctx, completion(claim, chat.Body{Text: "Yes, at nine and at eleven. Which one suits you?"}))
		return err
	})
}

func benchmarkFloor(b *testing.B, conversations int) {
	b.Helper()
	c := newChatClinic(b)
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = benchConns
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	sessions := make([]chat.Session, conversations)
	for i := range sessions {
		sessions[i] = c.openSession("")
	}
	ctx, body := context.Background(), make([]byte, 100)
	each(b, conversations, func(i int) error {
		for _, step := range bareTurn(c.id, sessions[i].Conversation.ID, body) {
			if err := bareTransaction(ctx, pool, step); err != nil {
				return err
			}
		}
		return nil
	})
}

type bareStatement struct {
	sql  string
	args []any
}

// bareTurn is a turn in three transactions, without leases, sealing, row-level security or anything else.
func bareTurn(clinicID, conversation uuid.UUID, body []byte) [][]bareStatement {
	message := `insert into message (clinic_id, conversation_id, seq, role, channel, external_id, body)
		select clinic_id, id, seq, 'patient', 'web', $3, $4 from conversation where clinic_id = $1 and id = $2`
	return [][]bareStatement{
		{
			{"update conversation set seq = seq + 1, asked_seq = seq + 1 where clinic_id = $1 and id = $2", []any{clinicID, conversation}},
			{message, []any{clinicID, conversation, uuid.NewString(), body}},
			{"insert into river_job (args, kind, max_attempts, queue) values ('{}', 'turn', 1, 'turns')", nil},
		},
		{
			{"update conversation set epoch = epoch + 1 where clinic_id = $1 and id = $2", []any{clinicID, conversation}},
			{"select m.body from message m where m.clinic_id = $1 and m.conversation_id = $2 order by seq desc limit 1", []any{clinicID, conversation}},
		},
		{
			{"update conversation set seq = seq + 1, answered_seq = seq where clinic_id = $1 and id = $2", []any{clinicID, conversation}},
			{message, []any{clinicID, conversation, nil, body}},
			{
				`insert into turn (clinic_id, id, conversation_id, epoch, from_seq, to_seq, state, started_at, finished_at)
				select clinic_id, $3, id, epoch, seq, seq, 'done', now(), now() from conversation where clinic_id = $1 and id = $2`,
				[]any{clinicID, conversation, uuid.New()},
			},
		},
	}
}

func bareTransaction(ctx context.Context, pool *pgxpool.Pool, statements []bareStatement) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
