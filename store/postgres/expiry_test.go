package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/clinic"
)

func TestWhatHasExpiredIsDeletedAndNothingElse(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 9, 30)), Actor: as(p.ann)})
	p.mustHold(clinic.HoldRequest{Slot: p.slot(p.ada, p.at(1, 11, 0)), Actor: as(p.bob), Expires: p.Clock.Now().Add(3 * time.Hour)})
	p.mustBook("kept", p.ann, p.slot(p.ben, p.at(2, 9, 30)))
	silent, alive := uuid.New(), uuid.New()
	for _, worker := range []uuid.UUID{silent, alive} {
		if err := p.DB.Beat(context.Background(), worker); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Owner.Exec(context.Background(), `update worker set beat_at = now() - interval '2 days' where id = $1`, silent); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(2 * time.Hour) // the first hold lapsed long ago, the second has an hour to go
	deleted, err := p.DB.DeleteExpired(context.Background())
	if err != nil || deleted == 0 {
		t.Fatalf("deleted %d rows, %v", deleted, err)
	}
	for what, c := range map[string]struct {
		query string
		want  int
	}{
		"holds":    {`select count(distinct hold_token) from allocation where state = 1`, 1},
		"bookings": {`select count(distinct appointment_id) from allocation where state = 2`, 1},
		"answers":  {`select count(*) from idempotency_key`, 1},
		"workers":  {`select count(*) from worker`, 1},
	} {
		var n int
		if err := p.Owner.QueryRow(context.Background(), c.query).Scan(&n); err != nil || n != c.want {
			t.Errorf("%d %s are left, want %d (%v)", n, what, c.want, err)
		}
	}
	if again, err := p.DB.DeleteExpired(context.Background()); err != nil || again != 0 {
		t.Errorf("a second time deleted %d rows, %v", again, err)
	}
}

func TestNobodyCanDeleteWithATimeThatHasNotCome(t *testing.T) {
	t.Parallel()
	c := newChatClinic(t)
	c.Clock.Set(time.Now())
	c.begin(c.request(c.openSession(""), jane))
	old := c.openSession("")
	c.Clock.Set(time.Now().Add(-3 * 24 * time.Hour))
	c.begin(c.request(old, jane))
	rows, err := c.DB.Unscoped().Query(context.Background(), "select delete_expired('infinity')")
	if err != nil {
		t.Fatal(err)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if left := read[int](c, "select count(*) from verification"); left != 1 {
		t.Errorf("%d codes are left, want the one that has not served its time", left)
	}
}
