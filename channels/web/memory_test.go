package web_test

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/agentcare/agentcare/channels/web"
)

// BenchmarkIdleSocket prints what one idle socket costs in memory of the process, beside a bare gorilla server. The
// clients are plain descriptors, so that only the server's side is counted. A good run:
//
//	go test -run - -bench IdleSocket -benchtime 2000x ./channels/web/
func BenchmarkIdleSocket(b *testing.B) {
	b.Run("agentcare", func(b *testing.B) {
		w := open(b, func(c *web.Config) { c.Limits.SessionsPerMinute = -1 })
		tokens := make([]string, b.N)
		for i := range tokens {
			tokens[i] = w.session().Token
		}
		http.DefaultClient.CloseIdleConnections()
		measure(b, w.url, func(i int) string { return "/chat/ws?token=" + tokens[i] }, `"seq":1,`)
	})
	b.Run("gorilla", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(echo))
		defer server.Close()
		measure(b, server.URL, func(int) string { return "/" }, `{"type":"hello"}`)
	})
}

// echo is the server that everybody writes first.
func echo(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, data) != nil {
			return
		}
	}
}

// measure opens b.N sockets that have said hello and got the answer, and reports what the process holds more than before.
func measure(b *testing.B, address string, path func(int) string, answer string) {
	b.Helper()
	peer, host := peerOf(b, address)
	before := held()
	clients := make([]int, 0, b.N)
	for i := range b.N {
		clients = append(clients, dialRaw(b, peer, host, path(i), answer))
	}
	b.ReportMetric(float64(held()-before)/float64(b.N)/1024, "KiB/socket")
	b.ReportMetric(0, "ns/op")
	for _, client := range clients {
		_ = syscall.Close(client)
	}
}

// held is the memory of heap and stacks in use, after the garbage is gone and the stacks have shrunk.
func held() int64 {
	for range 5 {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapInuse + stats.StackInuse)
}

func peerOf(b *testing.B, address string) (*syscall.SockaddrInet4, string) {
	b.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.Fatal(err)
	}
	peer := netip.MustParseAddrPort(u.Host)
	return &syscall.SockaddrInet4{Port: int(peer.Port()), Addr: peer.Addr().As4()}, u.Host
}

// dialRaw opens a socket, says hello and waits until the answer comes, without any memory that stays.
func dialRaw(b *testing.B, peer syscall.Sockaddr, host, path, answer string) int {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := syscall.Connect(fd, peer); err != nil {
		b.Fatal(err)
	}
	talk(b, fd, []byte("GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: "+web.Subprotocol+"\r\n\r\n"), "\r\n\r\n")
	hello := []byte(`{"type":"hello"}`)
	frame := binary.BigEndian.AppendUint32([]byte{0x81, 0x80 | byte(len(hello))}, 0) // a mask of zeros changes nothing
	talk(b, fd, append(frame, hello...), answer)
	return fd
}

func talk(b *testing.B, fd int, say []byte, answer string) {
	b.Helper()
	if _, err := syscall.Write(fd, say); err != nil {
		b.Fatal(err)
	}
	var heard []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(heard, []byte(answer)) {
		n, err := syscall.Read(fd, buf)
		if err != nil || n == 0 {
			b.Fatalf("after %q: %d bytes, %v", heard, n, err)
		}
		heard = append(heard, buf[:n]...)
	}
}
