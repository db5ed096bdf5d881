package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

// site is what a process answers over HTTP.
type site struct {
	listener net.Listener
	handler  http.Handler
	drain    func(context.Context) error // closes what http.Server does not know of: sockets; nil for nothing
	grace    time.Duration
	log      *slog.Logger
}

// serve answers until ctx ends, then lets requests finish within the grace.
func (s site) serve(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	if s.drain != nil {
		if err := s.drain(finish); err != nil {
			s.log.WarnContext(finish, "sockets were cut off", slog.Any("error", err))
		}
	}
	if err := server.Shutdown(finish); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping HTTP: %w", err)
	}
	return nil
}

// listen opens the port. Its error says what to do.
func listen(ctx context.Context, host string, port uint16) (net.Listener, error) {
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (is another process there? PORT chooses another port): %w", address, err)
	}
	return listener, nil
}
