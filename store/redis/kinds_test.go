package redis

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/agentcare/agentcare/store/storetest"
)

// everything uses each part of a store once.
func everything(t *testing.T, s *Store) {
	t.Helper()
	ctx, clinic, conversation := context.Background(), uuid.New(), uuid.New()
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
	if err := s.Memory().Save(ctx, clinic, conversation, snapshot()); err != nil {
		t.Error(err)
	}
	if _, found, err := s.Memory().Load(ctx, clinic, conversation); !found || err != nil {
		t.Errorf("memory: found %v, %v", found, err)
	}
	for i := range 20 { // names on many slots of a cluster
		other := uuid.New()
		events, _ := listen(t, s.Bus(), other)
		publish(t, s.Bus(), other, int64(i))
		if e := receive(t, "an event", events); e.Message.Seq != int64(i) {
			t.Errorf("seq %d", e.Message.Seq)
		}
	}
	if n := allowed(t, s.Limiter(), "key", 3, 2); n != 2 {
		t.Errorf("%d pass, want 2", n)
	}
	if err := s.List("list", 2).Add(ctx, []byte("a")); err != nil {
		t.Error(err)
	}
}

func TestCluster(t *testing.T) {
	ctx, port := context.Background(), freePort(t)
	address := "redis://127.0.0.1:" + port
	// The bus of a cluster's nodes wants a second port; its usual one, 10,000 higher, may be taken or beyond the last.
	start(t, address, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(),
		"--cluster-enabled", "yes", "--cluster-port", freePort(t))
	node := raw(t, address)
	if err := node.ClusterAddSlotsRange(ctx, 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cluster", func() bool { return node.Set(ctx, "probe", "", 0).Err() == nil })
	everything(t, open(t, address+"?cluster=true", keys(t)))
}

func TestSentinel(t *testing.T) {
	port, master := freePort(t), storetest.Redis(t)
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	host, masterPort := hostOf(t, master)[:len("127.0.0.1")], hostOf(t, master)[len("127.0.0.1:"):]
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main %s %s 1\n", port, host, masterPort)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "redis://127.0.0.1:"+port, config, "--sentinel")
	everything(t, open(t, "redis://127.0.0.1:"+port+"?master_name=main", keys(t)))
}
