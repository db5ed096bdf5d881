package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/agentcare/agentcare/chat"
)

const (
	readBuffer     = 512      // bytes; longer frames are read in several pieces
	writeBuffer    = 2 << 10  // bytes, shared by the sockets that are writing
	kernelBuffer   = 64 << 10 // bytes on their way to one client: what is behind them is noticed early
	limiterTimeout = time.Second
	publishTimeout = time.Second
	replayPage     = 50
)

// socket is one browser tab. Its reader is a goroutine; its pump is one only while there is something to write.
type socket struct {
	ticket
	server  *Server
	conn    *websocket.Conn
	room    *room
	request string // id of the request that opened it
	slot    uint32 // the second, of those between two pings, in which it is pinged
	heard   atomic.Bool
	window  window // the reader's alone
	looked  uint32 // beats when it was last read what is hidden; the reader's alone

	mu       sync.Mutex
	page     [][]byte // of a replay, to be sent before the queue
	queue    [][]byte
	queued   int // bytes in queue
	pumping  bool
	pingDue  bool
	unheard  int8 // pings without a sign of life; the beat's alone
	end      ending
	used     uint32 // beats when the patient last did something
	progress progress
	draft    draft
}

// outgoing is a message as a frame, with its place in the conversation.
type outgoing struct {
	frame []byte
	seq   int64
	turn  uuid.UUID
	role  chat.Role
}

// ending is how a socket ends: not at all as long as the code is 0.
type ending struct {
	code   int
	reason string
	said   bool // the close frame was sent
	gone   bool // the reader has left: nobody is there
}

// connect is GET /chat/ws: it checks the Origin, the token and the subprotocol, and makes a socket of the connection.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "", CodeUpgrade, 0)
		return
	}
	t, err := s.verify(r.URL.Query().Get("token"))
	if err != nil {
		refuse(w, http.StatusUnauthorized, "", CodeBadToken, 0)
		return
	}
	if !offers(r, Subprotocol) {
		refuse(w, http.StatusBadRequest, t.language, CodeSubprotocol, 0)
		return
	}
	if s.rooms.full(s.cfg.Limits.Sockets) || s.rooms.closed() {
		refuse(w, http.StatusServiceUnavailable, t.language, chat.CodeUnavailable, retryAfter)
		return
	}
	if wait := s.handshakes(r, t); wait > 0 {
		refuse(w, http.StatusTooManyRequests, t.language, chat.CodeRateLimited, wait)
		return
	}
	s.seat(w, r, t)
}

// handshakes counts one of a session and of the address it comes from. An address may make twice as many as sessions:
// when a server stops, all widgets of a clinic's waiting room come back at once.
func (s *Server) handshakes(r *http.Request, t ticket) time.Duration {
	limits := s.cfg.Limits
	if wait := s.allowance(r.Context(), "chat:socket:"+t.endpoint.String(), limits.SocketsPerMinute); wait > 0 {
		return wait
	}
	return s.allowance(r.Context(), "chat:sockets:"+s.clientAddress(r), 2*limits.SessionsPerMinute)
}

func offers(r *http.Request, subprotocol string) bool {
	return slices.Contains(websocket.Subprotocols(r), subprotocol)
}

// seat reads the session that the token names and upgrades the connection. A conversation that has ended gets its
// socket all the same: a browser cannot read an HTTP refusal of a handshake.
func (s *Server) seat(w http.ResponseWriter, r *http.Request, t ticket) {
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.StoreTimeout)
	defer cancel()
	endpoint, err := s.cfg.Sessions.Endpoint(ctx, t.clinic, t.endpoint)
	ended := errors.Is(err, &chat.Error{Code: chat.CodeEnded})
	if err != nil && !ended {
		s.log.LogAttrs(ctx, slog.LevelError, "no socket: the session cannot be read", slog.String("request_id", requestID(ctx)),
			slog.String("conversation_id", t.conversation.String()), slog.Any("error", err))
		refuse(w, http.StatusServiceUnavailable, t.language, chat.CodeUnavailable, retryAfter)
		return
	}
	conn, err := s.upgrader.Upgrade(w, r, http.Header{"X-Request-Id": {requestID(ctx)}})
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelDebug, "handshake failed", slog.String("request_id", requestID(ctx)), slog.Any("error", err))
		return
	}
	so := s.newSocket(conn, t, requestID(ctx))
	so.progress.visible = endpoint.VisibleAfter
	so.open(ended)
}

func (s *Server) newSocket(conn *websocket.Conn, t ticket, request string) *socket {
	now := s.beats.Load()
	so := &socket{
		ticket: t, server: s, conn: conn, request: request,
		slot: s.serial.Add(1), used: now, looked: now,
	}
	conn.SetReadLimit(s.cfg.Limits.FrameBytes)
	conn.SetPongHandler(so.pong)
	if tcp, ok := conn.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(kernelBuffer) // the kernel's own size does as well
	}
	return so
}

func (so *socket) pong(string) error {
	so.heard.Store(true)
	return nil
}

// open takes the socket into its room and starts its reader. When the conversation has ended it says so and closes.
func (so *socket) open(ended bool) {
	s := so.server
	r, made, replaced := s.rooms.enter(so, s.cfg.Limits.SocketsPerSession)
	if r == nil {
		_ = so.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(CloseRestart, restarting), time.Time{})
		so.cut()
		return
	}
	so.room = r
	if replaced != nil {
		replaced.close(CloseReplaced, "replaced by a newer connection of this session")
	}
	go so.read(made, ended)
}

// read is the reader's goroutine, until the connection is gone. The request that brought the socket is over by then:
// its memory is free, and calls of the store have deadlines of their own.
func (so *socket) read(first, ended bool) {
	defer so.server.rooms.work.Done()
	defer so.leave()
	aside(func() { so.settleIn(first, ended) })
	for {
		kind, data, err := so.readFrame()
		if err != nil {
			so.server.log.LogAttrs(context.Background(), slog.LevelDebug, "socket closed", so.ids(slog.Int("code", closeCode(err)))...)
			so.linger(err)
			return
		}
		so.heard.Store(true)
		if so.leaving() {
			continue // until the client has said goodbye too
		}
		aside(func() { so.take(kind, data) })
	}
}

// readFrame waits for a frame and reads it. A client may be silent for as long as it answers pings, but a frame that has begun
// must end in time, or a few bytes now and then would keep all of it in memory.
func (so *socket) readFrame() (kind int, data []byte, err error) {
	kind, r, err := so.conn.NextReader()
	if err != nil {
		return 0, nil, err
	}
	late := time.AfterFunc(so.server.cfg.Limits.ReadTimeout, so.cut)
	defer late.Stop()
	data, err = io.ReadAll(r)
	return kind, data, err
}

// aside does deep work on a goroutine of its own and waits for it. A reader that went that deep itself would keep a stack
// of twice the size for as long as the socket lives.
func aside(work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	<-done
}

// settleIn is what a socket does first.
func (so *socket) settleIn(first, ended bool) {
	so.server.log.LogAttrs(context.Background(), slog.LevelDebug, "socket opened", so.ids()...)
	if first {
		ctx, cancel := so.server.storeContext()
		defer cancel()
		so.server.subscribe(ctx, so.room)
	}
	if ended {
		so.over()
	}
}

func (so *socket) take(kind int, data []byte) {
	switch {
	case kind != websocket.TextMessage:
		so.close(CloseBinary, "binary frames are not part of "+Subprotocol)
	case !utf8.Valid(data):
		so.close(CloseInvalidText, "text frames must be UTF-8")
	default:
		so.receive(data)
	}
}

// linger lets the client read why gorilla closed the connection (a frame above the limit, a breach of the protocol). To
// close with bytes of the client's still unread would take that from it.
func (so *socket) linger(err error) {
	if e := (*websocket.CloseError)(nil); errors.As(err, &e) {
		return
	}
	so.mu.Lock()
	so.end.code, so.end.said = closeCode(err), true
	so.mu.Unlock()
	time.AfterFunc(so.server.cfg.Limits.CloseTimeout, so.cut)
	_, _ = io.Copy(io.Discard, so.conn.NetConn()) // ends at once where there is no connection any more
}

// closeCode is the code that the client or the read limit ended the connection with; 1006 when there was none.
func closeCode(err error) int {
	if e := (*websocket.CloseError)(nil); errors.As(err, &e) {
		return e.Code
	}
	if errors.Is(err, websocket.ErrReadLimit) {
		return CloseTooLarge
	}
	return websocket.CloseAbnormalClosure
}

// leave ends everything of a socket whose reader has ended.
func (so *socket) leave() {
	so.mu.Lock()
	so.end.gone = true
	so.page, so.queue, so.queued = nil, nil, 0
	so.mu.Unlock()
	so.cut()
	so.server.rooms.exit(so)
}

// cut ends the connection without ceremony.
func (so *socket) cut() { _ = so.conn.Close() }

// close sends what is queued, then the code, and gives the client a moment to answer. The first close counts.
func (so *socket) close(code int, reason string) {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.closeLocked(code, reason)
}

func (so *socket) closeLocked(code int, reason string) {
	if so.end.code == 0 {
		so.end.code, so.end.reason = code, reason
		so.page = nil
		so.wake()
	}
}

// over tells the client that its conversation was ended elsewhere.
func (so *socket) over() {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.push(endedFrame)
	so.closeLocked(CloseOver, "the conversation was ended")
}

// leaving reports whether the socket is about to close.
func (so *socket) leaving() bool {
	so.mu.Lock()
	defer so.mu.Unlock()
	return so.end.code != 0 || so.end.gone
}

// beat is called once a second. It pings when it is the socket's turn, and closes it when two pings had no answer or the
// patient has done nothing for the session's idle time: whoever comes next must be asked again who they are.
func (so *socket) beat(now uint32) {
	limits, idle := so.server.cfg.Limits, so.server.cfg.SessionIdle
	so.mu.Lock()
	defer so.mu.Unlock()
	if time.Duration(now-so.used)*time.Second > idle { // the record must find it longer than idle too
		so.closeLocked(CloseStale, "nobody was there for a while; open a new session")
		return
	}
	every := max(1, uint32(limits.PingEvery/time.Second)) //nolint:gosec // seconds between pings are few
	if (now+so.slot)%every != 0 {
		return
	}
	if so.heard.Swap(false) {
		so.unheard = 0
	} else if so.unheard++; so.unheard > 2 {
		so.cut()
		return
	}
	so.pingDue = true
	so.wake()
}

// storeContext bounds one call of the store. It belongs to no request: a socket outlives the one that opened it.
func (s *Server) storeContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), s.cfg.Limits.StoreTimeout)
}

// ids are what a line in the log says of the socket, and more.
func (so *socket) ids(more ...slog.Attr) []slog.Attr {
	return append([]slog.Attr{
		slog.String("request_id", so.request),
		slog.String("conversation_id", so.conversation.String()),
	}, more...)
}

// recovered keeps a fault in one socket from ending the process. The value that was panicked with is not logged: it may
// quote what a patient wrote.
func (so *socket) recovered() {
	if v := recover(); v != nil {
		so.server.log.LogAttrs(context.Background(), slog.LevelError, "panic in a socket", so.ids(slog.String("stack", string(debug.Stack())))...)
		so.send(encodeError("", refusal(so.language, chat.CodeInternal), retryAfter))
		so.close(CloseInternal, "internal error")
	}
}
