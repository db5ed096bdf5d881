package storetest

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Redis starts a private Redis that ends with the test, and returns its URL.
func Redis(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath(cmp.Or(setting(t, "REDIS_SERVER"), "redis-server"))
	if err != nil {
		t.Fatalf("there is no redis-server: %v\n%s", err, help)
	}
	const attempts = 5 // somebody else may take the port between asking for a free one and using it
	var said string
	for range attempts {
		port := freePort(t)
		var up bool
		if said, up = startRedis(t, program, port); up {
			return fmt.Sprintf("redis://127.0.0.1:%d/0", port)
		}
	}
	t.Fatalf("redis-server does not start; it said:\n%s", said)
	return ""
}

// startRedis waits until the server says that it is ready. Otherwise it returns what it said.
func startRedis(t testing.TB, program string, port int) (said string, up bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", //nolint:gosec // a test's own server
		"--save", "", "--appendonly", "no", "--dir", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting redis-server: %v", err)
	}
	said, up = readUntilReady(out)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		cancel()
		<-drained
		_ = cmd.Wait() // it was killed, and says so
	})
	return said, up
}

func readUntilReady(out io.Reader) (said string, up bool) {
	var lines strings.Builder
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if strings.Contains(scanner.Text(), "Ready to accept connections") {
			return "", true
		}
		lines.WriteString(scanner.Text() + "\n")
	}
	return lines.String(), false
}

func freePort(t testing.TB) int {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
