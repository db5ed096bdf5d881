package redis

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/store/storetest"
)

func snapshot() chat.Snapshot {
	return chat.Snapshot{
		Answered: 7,
		State:    json.RawMessage(`{"step":"offer"}`),
		History: []chat.Message{{
			Seq: 7, Role: chat.RolePatient, Channel: chat.Web, Endpoint: uuid.New(),
			At:   time.Date(2026, 3, 8, 6, 59, 59, 123456000, time.UTC),
			Body: chat.Body{Text: "my knee hurts"},
		}},
	}
}

func TestMemory(t *testing.T) {
	ctx, address := context.Background(), storetest.Redis(t)
	m := open(t, address, keys(t)).Memory()
	clinic, conversation := uuid.New(), uuid.New()

	if _, found, err := m.Load(ctx, clinic, conversation); found || err != nil {
		t.Fatalf("before anything was saved: found %v, %v", found, err)
	}
	want := snapshot()
	if err := m.Save(ctx, clinic, conversation, want); err != nil {
		t.Fatal(err)
	}
	got, found, err := m.Load(ctx, clinic, conversation)
	if !found || err != nil {
		t.Fatalf("after it was saved: found %v, %v", found, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what came back (-want +got):\n%s", diff)
	}
	if _, found, _ := m.Load(ctx, uuid.New(), conversation); found {
		t.Error("another clinic finds it")
	}
	if err := raw(t, address).FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if _, found, err := m.Load(ctx, clinic, conversation); found || err != nil {
		t.Errorf("after FLUSHALL: found %v, %v", found, err)
	}
}

func TestMemoryIsOpaqueAndExpires(t *testing.T) {
	ctx, address := context.Background(), storetest.Redis(t)
	m, redis := open(t, address, keys(t)).Memory(), raw(t, address)
	clinic, conversation := uuid.New(), uuid.New()
	if err := m.Save(ctx, clinic, conversation, snapshot()); err != nil {
		t.Fatal(err)
	}
	names, err := redis.Keys(ctx, "*").Result()
	if err != nil || len(names) != 1 {
		t.Fatalf("keys %q, %v", names, err)
	}
	value, err := redis.Get(ctx, names[0]).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{clinic.String(), conversation.String(), "knee", "offer", "history"} {
		if strings.Contains(names[0]+value, secret) {
			t.Errorf("%q can be read in Redis", secret)
		}
	}
	if !strings.HasPrefix(names[0], "agentcare:") {
		t.Errorf("key %q lacks the prefix", names[0])
	}
	if ttl := redis.TTL(ctx, names[0]).Val(); ttl <= 0 || ttl > 24*time.Hour {
		t.Errorf("it expires in %s, want 24 h", ttl)
	}
}

func TestUnreadableMemoryIsNotThere(t *testing.T) {
	ctx, address, ring := context.Background(), storetest.Redis(t), keys(t)
	m, redis := open(t, address, ring).Memory(), raw(t, address)
	clinic, a, b := uuid.New(), uuid.New(), uuid.New()
	for name, spoil := range map[string]func(name string){
		"garbage":                func(name string) { redis.Set(ctx, name, "garbage", 0) },
		"another conversation's": func(name string) { redis.Copy(ctx, m.name(clinic, b), name, 0, true) },
		"of another shape": func(name string) {
			redis.Set(ctx, name, ring.Seal([]byte(`{"answered":"seven"}`), []byte(name)), 0)
		},
		"sealed with a key that is gone": func(name string) { redis.Set(ctx, name, keys(t).Seal([]byte(`{}`), []byte(name)), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, conversation := range []uuid.UUID{a, b} {
				if err := m.Save(ctx, clinic, conversation, snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			spoil(m.name(clinic, a))
			if _, found, err := m.Load(ctx, clinic, a); found || err != nil {
				t.Errorf("found %v, %v", found, err)
			}
			if n := redis.Exists(ctx, m.name(clinic, a)).Val(); n != 0 {
				t.Error("it is still there")
			}
		})
	}
}

func TestRedisAwayFailsFastAndComesBack(t *testing.T) {
	ctx, address := context.Background(), storetest.Redis(t)
	s := open(t, address, keys(t))
	clinic, conversation := uuid.New(), uuid.New()
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	stop(t, address)
	eventually(t, "calls to fail at once", func() bool {
		begun := time.Now()
		_, _, err := s.Memory().Load(ctx, clinic, conversation)
		return errors.Is(err, ErrAway) && time.Since(begun) < 50*time.Millisecond
	})
	if err := s.Ping(ctx); err == nil {
		t.Error("Ping says that all is well")
	}
	startAgain(t, address)
	eventually(t, "Save to work again", func() bool { return s.Memory().Save(ctx, clinic, conversation, snapshot()) == nil })
	if _, found, err := s.Memory().Load(ctx, clinic, conversation); !found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestSilentRedisCostsOneTimeout(t *testing.T) {
	ctx := context.Background()
	p := newProxy(t, storetest.Redis(t))
	s := open(t, p.address, keys(t))
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	p.fallSilent()
	if err := s.Ping(ctx); err == nil {
		t.Fatal("a Redis that says nothing answered")
	}
	begun := time.Now()
	for range 100 {
		if err := s.Ping(ctx); !errors.Is(err, ErrAway) && time.Since(begun) < pause {
			t.Fatalf("after the first time-out: %v", err)
		}
		if time.Since(begun) >= pause {
			break
		}
	}
	p.speakAgain()
	eventually(t, "Redis to answer again", func() bool { return s.Ping(ctx) == nil })
}
