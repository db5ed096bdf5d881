package worker_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/agentcare/agentcare/agent"
	"github.com/agentcare/agentcare/agent/agenttest"
	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/keyring"
	"github.com/agentcare/agentcare/store/postgres"
	"github.com/agentcare/agentcare/store/redis"
	"github.com/agentcare/agentcare/store/storetest"
	"github.com/agentcare/agentcare/worker"
)

// A worker as a process of its own, that can be killed and paused like one. It is the test's program, started again.
const (
	roleVariable = "AGENTCARE_WORKER_TEST_ROLE"
	roleHangs    = "hangs" // its engine never answers
	roleSlow     = "slow"  // its engine takes a second
)

// child is the process's main.
func child(role string) int {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	keys, err := keyring.Parse(storetest.Keys)
	if err != nil {
		return complain(err)
	}
	ctx := context.Background()
	db, err := postgres.Open(ctx, postgres.Config{URL: os.Getenv("CHILD_DATABASE_URL"), Keys: keys, Logger: logger, Now: time.Now, MaxConns: 4})
	if err != nil {
		return complain(err)
	}
	store, err := redis.New(redis.Config{URL: os.Getenv("CHILD_REDIS_URL"), Keys: keys, Logger: logger, Now: time.Now})
	if err != nil {
		return complain(err)
	}
	river, err := pgxpool.New(ctx, os.Getenv("CHILD_DATABASE_URL"))
	if err != nil {
		return complain(err)
	}
	w, err := worker.New(worker.Config{
		Conversations: db, Leases: db, Memory: store.Memory(), Bus: store.Bus(), Outbox: db, Engine: childEngine(role), EngineName: role,
		Apology: func(context.Context, agent.Turn) chat.Body { return chat.Body{Text: "Sorry"} }, Pool: river, Logger: logger, Now: time.Now,
	})
	if err != nil {
		return complain(err)
	}
	return complain(w.Run(ctx))
}

func complain(err error) int {
	fmt.Println(err)
	return 1
}

func childEngine(role string) agent.Engine {
	return agenttest.Func(func(ctx context.Context, turn agent.Turn, out agent.Stream) (agent.Reply, error) {
		out.Delta("We have")
		fmt.Println("turn begun")
		if role == roleHangs {
			<-ctx.Done()
			return agent.Reply{}, ctx.Err()
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
		return agenttest.Echo(turn), nil // whatever ctx says
	})
}

// process is a child that runs.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	lines <-chan string
}

// spawn starts a worker as a process and waits until it consumes.
func (h *house) spawn(role string) *process {
	h.t.Helper()
	program, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), program)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "CHILD_DATABASE_URL="+h.URL, "CHILD_REDIS_URL="+h.cache)
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	lines := make(chan string, 10_000)
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait() // it was killed, and says so
	})
	p := &process{t: h.t, cmd: cmd, lines: lines}
	p.await("River client started")
	return p
}

// await waits for a line with this in it.
func (p *process) await(what string) {
	p.t.Helper()
	end := time.After(deadline)
	for {
		select {
		case line, open := <-p.lines:
			if !open {
				p.t.Fatalf("the process ended before it said %q", what)
			}
			if strings.Contains(line, what) {
				return
			}
		case <-end:
			p.t.Fatalf("waited in vain for the process to say %q", what)
		}
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}
