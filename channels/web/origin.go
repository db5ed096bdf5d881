package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// origins decides which pages may use the chat. The Origin header protects browsers, which always send it from another
// site's page: a script or an app that sends none is let through, and gets nothing that a browser would add by itself
// (there are no cookies).
type origins struct {
	allowed     map[string]bool
	development bool
}

func newOrigins(cfg Config) (origins, error) {
	o := origins{allowed: make(map[string]bool), development: cfg.Development}
	for _, address := range append([]string{cfg.PublicURL}, cfg.AllowedOrigins...) {
		if address == "" {
			continue
		}
		origin, ok := parseOrigin(address)
		if !ok {
			return origins{}, fmt.Errorf("web: %q is not the address of a site: want https://host or http://host:port", address)
		}
		o.allowed[origin] = true
	}
	return o, nil
}

// parseOrigin is scheme://host[:port] of an address, in the spelling of browsers: lower case, without the default port.
func parseOrigin(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, "*") {
		return "", false // patterns are not supported: it would match nothing
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port := u.Port()
	if port == "" || (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		return u.Scheme + "://" + host, true
	}
	return u.Scheme + "://" + host + ":" + port, true
}

// allow reports whether the page that the request comes from may use the chat.
func (o origins) allow(r *http.Request) bool {
	headers := r.Header.Values("Origin")
	if len(headers) == 0 {
		return true
	}
	origin, ok := parseOrigin(headers[0])
	if !ok || len(headers) > 1 {
		return false
	}
	return o.allowed[origin] || o.development && (isLocal(origin) || isHost(origin, r.Host))
}

func isLocal(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func isHost(origin, host string) bool {
	_, address, _ := strings.Cut(origin, "://")
	return strings.EqualFold(address, host)
}

// clientAddress is who is on the other end, for rate limits: the peer, or when that is a trusted proxy, the nearest
// address in X-Forwarded-For that is none. IPv6 counts by /64, which is what one household gets.
func (s *Server) clientAddress(r *http.Request) string {
	address := parseAddress(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.isProxy(address); i-- {
		hop := parseAddress(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		address = hop
	}
	if address.Is6() {
		return netip.PrefixFrom(address, 64).Masked().String()
	}
	return address.String()
}

func (s *Server) isProxy(address netip.Addr) bool {
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// parseAddress reads "192.0.2.1", "192.0.2.1:443" and the like. What is no address, as the peer of a Unix socket is none,
// becomes the zero Addr: all such clients count as one.
func parseAddress(text string) netip.Addr {
	host, _, err := net.SplitHostPort(text)
	if err != nil {
		host = text
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap()
}

// limitedAddress is the address by which codes and holds are limited. In development it is none for this machine itself,
// where every patient has the same one.
func (s *Server) limitedAddress(r *http.Request) string {
	if peer := parseAddress(r.RemoteAddr); s.cfg.Development && peer.IsLoopback() && !s.isProxy(peer) {
		return ""
	}
	return s.clientAddress(r)
}
