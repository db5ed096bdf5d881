package main

import (
	"log/slog"
	"net/netip"
	"net/url"
	"time"
)

// settings are everything that can be set, by environment alone. An empty variable is an unset one.
//
// Tags: env is the variable's name; envDefault its value when unset; want says in words what it takes; help is its line in
// the template; needs lists the commands that cannot do without it; secret keeps the value out of every output.
type settings struct {
	Environment environment `env:"APP_ENV" envDefault:"production" want:"development or production" help:"development adds well-known keys and the development phone; never use it with real patients"`

	Host      string   `env:"HOST" want:"a host name or address" help:"address to listen on; unset: all interfaces in production, 127.0.0.1 in development"`
	Port      uint16   `env:"PORT" envDefault:"3000" want:"a port from 0 to 65535" help:"port of the web process; 0 takes a free one"`
	PublicURL *url.URL `env:"PUBLIC_URL" needs:"web" want:"an https:// address without a path" help:"address under which patients reach the web process; unset in development: http://localhost:PORT"`

	DatabaseURL      secret `env:"DATABASE_URL" needs:"web,worker,scheduler,admin" want:"postgres://user:password@host:port/name" help:"Postgres with pgvector; the user should be a member of agentcare_app and not the owner of the tables" secret:"true"`
	DatabaseOwnerURL secret `env:"DATABASE_OWNER_URL" want:"postgres://user:password@host:port/name" help:"Postgres as the owner of the tables, for admin; unset: DATABASE_URL" secret:"true"`
	DatabaseConns    int32  `env:"DATABASE_MAX_CONNS" envDefault:"20" min:"4" max:"1000" want:"a whole number from 4 to 1000" help:"connections to Postgres that a process opens for its work; up to 8 more are for jobs and heartbeats"`
	RedisURL         secret `env:"REDIS_URL" needs:"web,worker" want:"redis://:password@host:port/0; several nodes of a cluster separated by commas" help:"Redis: states at hand, events, rate limits; it may lose everything at any time" secret:"true"`
	RedisPrefix      string `env:"REDIS_PREFIX" envDefault:"agentcare" want:"a short word" help:"first part of every key in Redis"`

	EncryptionKeys secret `env:"ENCRYPTION_KEYS" needs:"web,worker,scheduler,admin" want:"id:base64 of 32 bytes, several separated by commas, newest first, and index:base64 of 32 bytes" help:"keys that seal contact data and messages (the first one seals, all of them open), and the index key of the hashes by which phone and date of birth are looked up, which can never change" secret:"true"`

	AllowedOrigins []string       `env:"ALLOWED_ORIGINS" want:"origins such as https://clinic.example, separated by commas" help:"websites that may embed the chat, besides PUBLIC_URL"`
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" want:"address ranges such as 10.0.0.0/8, separated by commas" help:"proxies whose X-Forwarded-For is believed"`
	TokenTTL       time.Duration  `env:"SESSION_TOKEN_TTL" envDefault:"10m" min:"1m" max:"1h" want:"a duration from 1m to 1h" help:"how long a chat token opens a socket"`
	SessionIdle    time.Duration  `env:"SESSION_IDLE" envDefault:"30m" min:"1m" max:"24h" want:"a duration from 1m to 24h" help:"after so long without a sign of life a browser hides the conversation until the patient verifies again"`
	IdleLock       time.Duration  `env:"IDLE_LOCK" envDefault:"10m" min:"30s" max:"24h" want:"a duration from 30s to 24h" help:"after so long without a key or a touch the chat hides itself on the screen"`
	SessionsPerMin int            `env:"SESSIONS_PER_MINUTE" envDefault:"300" min:"1" max:"100000" want:"a whole number from 1 to 100000" help:"chat sessions an address may open a minute, and twice as many sockets"`

	TurnDebounce  time.Duration `env:"TURN_DEBOUNCE" envDefault:"400ms" min:"0s" max:"10s" want:"a duration from 0s to 10s" help:"how long a turn waits for more words of the patient on the web"`
	TurnTimeout   time.Duration `env:"TURN_TIMEOUT" envDefault:"30s" min:"1s" max:"5m" want:"a duration from 1s to 5m" help:"longest time an engine may take for one answer"`
	TurnLease     time.Duration `env:"TURN_LEASE" envDefault:"3s" min:"2s" max:"1m" want:"a duration from 2s to 1m" help:"after so long without a heartbeat of its worker a conversation goes to another one"`
	TurnsAtOnce   int           `env:"TURNS_AT_ONCE" envDefault:"64" min:"1" max:"10000" want:"a whole number from 1 to 10000" help:"conversations a worker answers at once"`
	HoldWeb       time.Duration `env:"HOLD_WEB" envDefault:"5m" min:"1m" max:"2h" want:"a duration from 1m to 2h" help:"how long a chosen slot is kept on the web"`
	HoldSMS       time.Duration `env:"HOLD_SMS" envDefault:"30m" min:"1m" max:"24h" want:"a duration from 1m to 24h" help:"how long a chosen slot is kept by SMS"`
	OfferTTL      time.Duration `env:"WAITLIST_OFFER_TTL" envDefault:"30m" min:"1m" max:"24h" want:"a duration from 1m to 24h" help:"how long a time that became free is kept for somebody on the waitlist before it goes to the next"`
	ShutdownGrace time.Duration `env:"SHUTDOWN_GRACE" envDefault:"20s" min:"1s" max:"10m" want:"a duration from 1s to 10m" help:"how long a process may take to stop after SIGTERM"`

	HealthPort uint16     `env:"HEALTH_PORT" envDefault:"0" want:"a port from 0 to 65535" help:"port of /healthz and /readyz of worker and scheduler; 0: none"`
	LogLevel   slog.Level `env:"LOG_LEVEL" envDefault:"info" want:"debug, info, warn or error" help:"least serious level that is logged"`
	LogFormat  logFormat  `env:"LOG_FORMAT" envDefault:"auto" want:"auto, json or text" help:"auto: text on a terminal, else JSON"`
	Service    string     `env:"SERVICE_NAME" envDefault:"agentcare" want:"a short word" help:"the service key of the log"`
}

// development reports whether conveniences that must never meet a patient are on.
func (s settings) development() bool { return s.Environment == "development" }

// ownerURL is the address for migrations and loading.
func (s settings) ownerURL() string {
	if s.DatabaseOwnerURL != "" {
		return string(s.DatabaseOwnerURL)
	}
	return string(s.DatabaseURL)
}

// host is the address to listen on.
func (s settings) host() string {
	if s.Host == "" && s.development() {
		return "127.0.0.1"
	}
	return s.Host
}

// Keys that everybody knows: they let a development server start without any set-up, and are refused in production.
const developmentKeys = "dev:YWdlbnRjYXJlLWRldmVsb3BtZW50LW9ubHkta2V5ISE=,index:YWdlbnRjYXJlLWRldmVsb3BtZW50LWluZGV4LWtleSE="

// secret is a value that is never printed.
type secret string

const redacted = "[redacted]"

// String hides the value from fmt.
func (s secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the value from %#v.
func (s secret) GoString() string { return s.String() }

// LogValue hides the value from slog.
func (s secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from JSON.
func (s secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil } //nolint:unparam // encoding.TextMarshaler has the error
