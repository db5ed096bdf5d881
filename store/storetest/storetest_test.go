package storetest_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	goredis "github.com/redis/go-redis/v9"

	"github.com/agentcare/agentcare/store/storetest"
)

// Tests share nothing: what one writes, another does not see, and both begin with the whole schema.
func TestDatabasesArePrivate(t *testing.T) {
	var both sync.WaitGroup
	envs := make([]*storetest.Env, 2)
	for i := range envs {
		envs[i] = storetest.Open(t)
	}
	for _, e := range envs {
		both.Go(func() {
			if err := e.DB.Ping(context.Background()); err != nil {
				t.Error(err)
			}
			if _, err := e.Owner.Exec(context.Background(), "insert into worker (id) values ('00000000-0000-0000-0000-000000000001')"); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
}

func TestDatabaseIsGoneAfterwards(t *testing.T) {
	server := storetest.Empty(t)
	var name string
	t.Run("a test that passes", func(t *testing.T) {
		name = storetest.Open(t).Owner.Config().ConnConfig.Database
		if !strings.Contains(name, "a_test_that_passes") && !strings.Contains(name, "testdatabaseisgone") {
			t.Errorf("the name %s does not tell whose it is", name)
		}
	})
	conn, err := pgx.Connect(context.Background(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var there bool
	if err := conn.QueryRow(context.Background(), "select exists (select from pg_database where datname = $1)", name).Scan(&there); err != nil || there {
		t.Errorf("the database %s is there: %v, %v", name, there, err)
	}
}

func TestClock(t *testing.T) {
	var c storetest.Clock
	if time.Since(c.Now()) > time.Minute {
		t.Error("a clock that was never set does not show the time")
	}
	at := time.Date(2026, 3, 8, 2, 0, 0, 0, time.UTC)
	c.Set(at)
	c.Advance(time.Hour)
	if !c.Now().Equal(at.Add(time.Hour)) {
		t.Errorf("the clock shows %v", c.Now())
	}
}

func TestRedisIsPrivate(t *testing.T) {
	ctx := context.Background()
	for range 2 {
		options, err := goredis.ParseURL(storetest.Redis(t))
		if err != nil {
			t.Fatal(err)
		}
		client := goredis.NewClient(options)
		t.Cleanup(func() { _ = client.Close() })
		if n, err := client.Incr(ctx, "count").Result(); err != nil || n != 1 {
			t.Errorf("counted to %d, %v", n, err)
		}
	}
}

// What a private database costs each test.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		storetest.Open(b)
	}
}
