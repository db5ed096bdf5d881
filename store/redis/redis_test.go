package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/agentcare/agentcare/channels/web"
	"github.com/agentcare/agentcare/store/storetest"
	"github.com/agentcare/agentcare/worker"
)

// What the ports ask for is there.
var (
	_ web.Bus       = (*Bus)(nil)
	_ web.Limiter   = (*Limiter)(nil)
	_ worker.Bus    = (*Bus)(nil)
	_ worker.Memory = (*Memory)(nil)
)

func TestURL(t *testing.T) {
	for address, want := range map[string]string{
		"redis://:secret@127.0.0.1:6379/2":                            "*redis.Client 127.0.0.1:6379 db 2",
		"rediss://cache.example:6380":                                 "*redis.Client cache.example:6380 db 0 tls",
		"redis://127.0.0.1:7000?addr=127.0.0.1:7001":                  "*redis.ClusterClient [127.0.0.1:7000 127.0.0.1:7001]",
		"rediss://cache.example:6379?cluster=true":                    "*redis.ClusterClient [cache.example:6379]",
		"redis://s1.example:26379?master_name=main&addr=s2.example:2": "*redis.Client FailoverClient db 0",
	} {
		t.Run(address, func(t *testing.T) {
			client, err := connect(address)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if got := describe(client); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func describe(client goredis.UniversalClient) string {
	switch c := client.(type) {
	case *goredis.ClusterClient:
		return fmt.Sprintf("%T %v", c, c.Options().Addrs)
	case *goredis.Client:
		o := c.Options()
		tls := ""
		if o.TLSConfig != nil {
			tls = " tls"
		}
		return fmt.Sprintf("%T %s db %d%s", c, o.Addr, o.DB, tls)
	}
	return fmt.Sprintf("%T", client)
}

func TestBadURL(t *testing.T) {
	for _, address := range []string{
		"", "localhost:6379", "http://:secret@127.0.0.1", "redis://:secret@127.0.0.1:x", "redis://:secret@127.0.0.1/zero",
		"redis://:secret@127.0.0.1?no_such_option=1", "redis://:secret@127.0.0.1:1?addr=nowhere", "redis://:secret@127.0.0.1:1?master_name=m&pool_size=x",
	} {
		_, err := New(Config{URL: address, Keys: keys(t), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
		if err == nil {
			t.Errorf("%q was accepted", address)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{URL: "redis://127.0.0.1:6379", Keys: keys(t), Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	for name, spoil := range map[string]func(*Config){
		"Keys":   func(c *Config) { c.Keys = nil },
		"Logger": func(c *Config) { c.Logger = nil },
		"Now":    func(c *Config) { c.Now = nil },
	} {
		c := good
		spoil(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestList(t *testing.T) {
	ctx, address, ring := context.Background(), storetest.Redis(t), keys(t)
	l := open(t, address, ring).List("phone", 3)
	if got, err := l.Newest(ctx); err != nil || len(got) != 0 {
		t.Fatalf("before anything was added: %q, %v", got, err)
	}
	for _, entry := range []string{"a", "b", "c", "d"} {
		if err := l.Add(ctx, []byte(entry)); err != nil {
			t.Fatal(err)
		}
	}
	redis := raw(t, address)
	redis.LPush(ctx, l.key, "unreadable")
	got, err := l.Newest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{[]byte("d"), []byte("c"), []byte("b")}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other, _ := open(t, address, ring).List("mail", 3).Newest(ctx); len(other) != 0 {
		t.Errorf("another list has %q", other)
	}
	stop(t, address)
	if err := l.Add(ctx, []byte("e")); err == nil {
		t.Error("added while Redis was away")
	}
	if _, err := l.Newest(ctx); err == nil {
		t.Error("read while Redis was away")
	}
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, broken := t.Context(), errors.New("connection refused")
		b := &breaker{}
		if !b.admit(ctx) {
			t.Fatal("nobody may ask at first")
		}
		b.note(broken)
		b.note(broken)
		if b.admit(ctx) {
			t.Error("somebody may ask right after it failed")
		}
		pauseFor(ctx, pause)
		synctest.Wait()
		if !b.admit(ctx) {
			t.Error("nobody may try after the pause")
		}
		if b.admit(ctx) {
			t.Error("a second one may try")
		}
		if !b.admit(context.WithValue(ctx, admitted{}, true)) {
			t.Error("who tries may not open a connection")
		}
		b.note(context.Canceled)
		pauseFor(ctx, pause)
		synctest.Wait()
		if !b.admit(ctx) {
			t.Error("nobody may try after the one who tried went away")
		}
		b.note(goredis.Nil)
		for range 2 {
			if !b.admit(ctx) {
				t.Error("it answered, and not everybody may ask")
			}
		}
	})
}
