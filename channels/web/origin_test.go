package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	cfg := Config{PublicURL: "https://Chat.Harborview.example/", AllowedOrigins: []string{"https://www.harborview.example", "http://intranet.example:8080"}}
	tests := []struct {
		origin, host      string
		production, local bool // whether it may
	}{
		{"", "", true, true},
		{"https://chat.harborview.example", "", true, true},
		{"https://chat.harborview.example:443", "", true, true},
		{"http://chat.harborview.example", "", false, false},
		{"https://www.harborview.example", "", true, true},
		{"https://WWW.harborview.example", "", true, true},
		{"http://intranet.example:8080", "", true, true},
		{"http://intranet.example", "", false, false},
		{"https://evil.example", "localhost:3000", false, false},
		{"https://www.harborview.example.evil.example", "", false, false},
		{"https://evil.example?https://www.harborview.example", "", false, false},
		{"null", "", false, false},
		{"file://", "", false, false},
		{"https://user@www.harborview.example", "", false, false},
		{"http://localhost:5173", "", false, true},
		{"http://127.0.0.1:3000", "", false, true},
		{"http://[::1]:3000", "", false, true},
		{"http://app.localhost", "", false, true},
		{"http://localhost.evil.example", "", false, false},
		{"http://10.0.0.5:3000", "10.0.0.5:3000", false, true}, // a telephone in the same network tries the demo
		{"http://10.0.0.5:3001", "10.0.0.5:3000", false, false},
	}
	for _, development := range []bool{false, true} {
		cfg.Development = development
		o, err := newOrigins(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			want := tt.production
			if development {
				want = tt.local
			}
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/chat/ws", nil)
			if tt.host != "" {
				r.Host = tt.host
			}
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if got := o.allow(r); got != want {
				t.Errorf("origin %q at %q, development %v: %v", tt.origin, tt.host, development, got)
			}
		}
	}
}

func TestOriginTwice(t *testing.T) {
	t.Parallel()
	o, err := newOrigins(Config{AllowedOrigins: []string{"https://a.example"}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/chat/ws", nil)
	r.Header["Origin"] = []string{"https://a.example", "https://evil.example"}
	if o.allow(r) {
		t.Error("two Origin headers are none of a browser's")
	}
}

func TestNewOriginsRefusesWhatIsNoSite(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"harborview.example", "*", "ftp://a.example", "https://", "https://*.example"} {
		if _, err := newOrigins(Config{AllowedOrigins: []string{address}}); err == nil {
			t.Errorf("%q was taken for a site", address)
		}
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name, remote string
		forwarded    []string
		trusted      []netip.Prefix
		want         string
	}{
		{"direct", "192.0.2.1:999", nil, proxies, "192.0.2.1"},
		{"a stranger cannot say who they are", "192.0.2.1:999", []string{"198.51.100.1"}, proxies, "192.0.2.1"},
		{"nobody is believed by default", "10.0.0.1:999", []string{"198.51.100.1"}, nil, "10.0.0.1"},
		{"behind a proxy", "10.0.0.1:999", []string{"198.51.100.1"}, proxies, "198.51.100.1"},
		{"behind two", "10.0.0.1:999", []string{"198.51.100.1, 10.0.0.2"}, proxies, "198.51.100.1"},
		{"what the client put first does not count", "10.0.0.1:999", []string{"203.0.113.9, 198.51.100.1", "10.0.0.2"}, proxies, "198.51.100.1"},
		{"with a port", "10.0.0.1:999", []string{"198.51.100.1:5555"}, proxies, "198.51.100.1"},
		{"nonsense from a proxy", "10.0.0.1:999", []string{"unknown"}, proxies, "10.0.0.1"},
		{"a proxy that says nothing", "10.0.0.1:999", nil, proxies, "10.0.0.1"},
		{"only proxies", "10.0.0.1:999", []string{"10.0.0.3"}, proxies, "10.0.0.3"},
		{"IPv6 counts by household", "[2001:db8:1:2:3:4:5:6]:999", nil, proxies, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:192.0.2.1]:999", nil, proxies, "192.0.2.1"},
		{"a socket of the file system", "@", nil, proxies, "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &Server{cfg: Config{TrustedProxies: tt.trusted}}
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/chat/session", nil)
			r.RemoteAddr = tt.remote
			r.Header["X-Forwarded-For"] = tt.forwarded
			if got := s.clientAddress(r); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
