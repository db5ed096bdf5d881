package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/agentcare/agentcare/chat"
	"github.com/agentcare/agentcare/clinic"
)

// Subprotocol is the name of the WebSocket protocol, which a client must offer.
const Subprotocol = "agentcare.v1"

// Signer makes and checks the tokens that open sockets; keyring.Ring is one.
type Signer interface {
	Sign(purpose string, payload []byte, expires time.Time) string
	Verify(purpose, token string, now time.Time) ([]byte, error)
}

// Config is what a [Server] needs. Everything up to Now is required.
type Config struct {
	Clinics  Clinics
	Sessions Sessions
	Inbox    Inbox
	History  History
	Bus      Bus
	Limiter  Limiter
	Signer   Signer
	Greeting func(c clinic.Clinic, language string) chat.Body // the first message of a new conversation
	Return   func(c clinic.Clinic, language string) chat.Body // what somebody is told whose history is hidden since they were away
	Assets   fs.FS                                            // the built front end: widget.js and demo/
	Logger   *slog.Logger
	Now      func() time.Time

	// PublicURL is where browsers reach this server: "https://chat.harborview.example". Its origin may always use the chat.
	PublicURL string
	// AllowedOrigins are the origins of the clinics' own sites: "https://www.harborview.example".
	AllowedOrigins []string
	// Development lets pages on this machine, and pages that this server itself served under whatever name, use the chat.
	Development bool
	// TrustedProxies are the addresses whose X-Forwarded-For is believed; none by default.
	TrustedProxies []netip.Prefix
	// Languages a conversation can be opened in besides the clinic's own, by ISO 639-1 code.
	Languages []string

	TokenTTL    time.Duration // how long a token opens sockets; 10 min by default
	SessionIdle time.Duration // after so long without a sign of the patient the session must be opened again; 30 min by default
	IdleLock    time.Duration // after so long the widget hides the conversation; 10 min by default
	Debounce    time.Duration // how long the answer to a text waits for more of them; 0 by default

	Limits Limits
}

// Limits bound what clients can use up. Zero values take the defaults; a negative rate is none at all.
type Limits struct {
	SessionsPerMinute int           // per client address; 300
	SocketsPerMinute  int           // handshakes per session; a client address may make twice as many as sessions; 60
	MessagesPerMinute int           // per session, over all its sockets; 300
	FramesPerWindow   int           // of any kind per socket in ten seconds; 400
	ErrorsPerWindow   int           // refused frames per socket in ten seconds; 20
	SocketsPerSession int           // the oldest gives way; 5
	Sockets           int           // of this process; 25,000
	FrameBytes        int64         // of one frame from a client; 416 KiB, so that 100,000 characters of any script are refused in words
	QueueFrames       int           // waiting for one slow client; 256
	QueueBytes        int           // the same in bytes; 256 KiB
	PollEvery         time.Duration // how often the heads of open conversations are read; 1 s
	PingEvery         time.Duration // how often a silent client is pinged, in whole seconds; two unanswered ones end the socket; 25 s
	ReadTimeout       time.Duration // how long a client may take over one frame, with all of its fragments; 15 s
	BodyTimeout       time.Duration // how long it may take over the body of a request; 10 s
	WriteTimeout      time.Duration // a client that takes nothing for so long is cut off; 10 s
	CloseTimeout      time.Duration // how long a closed client may take to say goodbye; 5 s
	StoreTimeout      time.Duration // of one call of the store; 8 s
}

func (l *Limits) setDefaults() {
	l.SessionsPerMinute = cmp.Or(l.SessionsPerMinute, 300)
	l.SocketsPerMinute = cmp.Or(l.SocketsPerMinute, 60)
	l.MessagesPerMinute = cmp.Or(l.MessagesPerMinute, 300)
	l.FramesPerWindow = cmp.Or(l.FramesPerWindow, 400)
	l.ErrorsPerWindow = cmp.Or(l.ErrorsPerWindow, 20)
	l.SocketsPerSession = cmp.Or(l.SocketsPerSession, 5)
	l.Sockets = cmp.Or(l.Sockets, 25_000)
	l.FrameBytes = cmp.Or(l.FrameBytes, 416<<10)
	l.QueueFrames = cmp.Or(l.QueueFrames, 256)
	l.QueueBytes = cmp.Or(l.QueueBytes, 256<<10)
	l.PollEvery = cmp.Or(l.PollEvery, time.Second)
	l.PingEvery = cmp.Or(l.PingEvery, 25*time.Second)
	l.ReadTimeout = cmp.Or(l.ReadTimeout, 15*time.Second)
	l.BodyTimeout = cmp.Or(l.BodyTimeout, 10*time.Second)
	l.WriteTimeout = cmp.Or(l.WriteTimeout, 10*time.Second)
	l.CloseTimeout = cmp.Or(l.CloseTimeout, 5*time.Second)
	l.StoreTimeout = cmp.Or(l.StoreTimeout, 8*time.Second)
}

func (c *Config) setDefaults() {
	c.TokenTTL = cmp.Or(c.TokenTTL, 10*time.Minute)
	c.SessionIdle = cmp.Or(c.SessionIdle, 30*time.Minute)
	c.IdleLock = cmp.Or(c.IdleLock, 10*time.Minute)
	c.Limits.setDefaults()
}

func (c *Config) validate() error {
	required := []struct {
		name    string
		missing bool
	}{
		{"Clinics", c.Clinics == nil},
		{"Sessions", c.Sessions == nil},
		{"Inbox", c.Inbox == nil},
		{"History", c.History == nil},
		{"Bus", c.Bus == nil},
		{"Limiter", c.Limiter == nil},
		{"Signer", c.Signer == nil},
		{"Greeting", c.Greeting == nil},
		{"Return", c.Return == nil},
		{"Assets", c.Assets == nil},
		{"Logger", c.Logger == nil},
		{"Now", c.Now == nil},
	}
	for _, r := range required {
		if r.missing {
			return errors.New("web: Config." + r.name + " is required")
		}
	}
	return nil
}

// Server is the web channel of one process. Make it with [New], serve its [Server.Handler], keep [Server.Run] running
// beside it, and call [Server.Drain] before the process ends.
type Server struct {
	cfg      Config
	origins  origins
	assets   assets
	upgrader websocket.Upgrader
	log      *slog.Logger
	rooms    rooms
	beats    atomic.Uint32 // seconds that Run has counted: the clock of idle times and rate windows
	serial   atomic.Uint32 // of sockets, to spread their pings
	blind    atomic.Bool   // the last poll failed
}

// New makes a Server, or says what is wrong with the configuration.
func New(cfg Config) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	origins, err := newOrigins(cfg)
	if err != nil {
		return nil, err
	}
	assets, err := loadAssets(cfg.Assets, cfg.Development)
	if err != nil {
		return nil, fmt.Errorf("web: loading the front end: %w", err)
	}
	return &Server{
		cfg:     cfg,
		origins: origins,
		assets:  assets,
		log:     cfg.Logger,
		upgrader: websocket.Upgrader{
			ReadBufferSize:  readBuffer,
			WriteBufferSize: writeBuffer,
			WriteBufferPool: &sync.Pool{},
			Subprotocols:    []string{Subprotocol},
			CheckOrigin:     func(*http.Request) bool { return true }, // connect has checked it
			Error:           func(http.ResponseWriter, *http.Request, int, error) {},
		},
		rooms: rooms{open: make(map[conversationID]*room)},
	}, nil
}

// Handler serves the chat and the front end.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /chat/session", s.openSession)
	mux.HandleFunc("OPTIONS /chat/session", s.preflight)
	mux.HandleFunc("GET /chat/ws", s.connect)
	s.assets.register(mux, s.pageHeaders())
	return s.traced(mux)
}

// Run looks after the open sockets until ctx ends: it finds messages whose event was lost, pings, and closes what is
// silent or idle for too long. It returns nil.
func (s *Server) Run(ctx context.Context) error {
	var loops errgroup.Group
	loops.Go(func() error { every(ctx, time.Second, s.beat); return nil })
	loops.Go(func() error { every(ctx, s.cfg.Limits.PollEvery, s.poll); return nil })
	return loops.Wait()
}

func every(ctx context.Context, d time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do(ctx)
		}
	}
}

const restarting = "this server restarts; connect again"

// Drain refuses new sessions and sockets, sends what is queued, closes every socket with [CloseRestart] so that the
// clients connect to another process, and waits for them. What is left when ctx ends is cut off; the error says how many.
func (s *Server) Drain(ctx context.Context) error {
	open := s.rooms.shut()
	for _, so := range open {
		so.close(CloseRestart, restarting)
	}
	idle := make(chan struct{})
	go func() {
		s.rooms.work.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	cut := s.rooms.sockets()
	for _, so := range cut {
		so.cut()
	}
	<-idle
	return fmt.Errorf("web: cutting off %d sockets that did not close in time: %w", len(cut), ctx.Err())
}
