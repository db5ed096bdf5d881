package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/agentcare/agentcare/channels/web"
	ui "github.com/agentcare/agentcare/web"
	"github.com/agentcare/agentcare/worker"
)

type (
	allCmd       struct{}
	webCmd       struct{}
	workerCmd    struct{}
	schedulerCmd struct{}
)

// Run runs everything in one process.
func (allCmd) Run(ctx context.Context, c *cli, io console) error {
	return runProcesses(ctx, c, io, "web", "worker", "scheduler")
}

// Run runs the web process.
func (webCmd) Run(ctx context.Context, c *cli, io console) error {
	return runProcesses(ctx, c, io, "web")
}

// Run runs a worker.
func (workerCmd) Run(ctx context.Context, c *cli, io console) error {
	return runProcesses(ctx, c, io, "worker")
}

// Run runs a scheduler.
func (schedulerCmd) Run(ctx context.Context, c *cli, io console) error {
	return runProcesses(ctx, c, io, "scheduler")
}

func runProcesses(ctx context.Context, c *cli, io console, names ...string) error {
	s, err := loadSettings(c.EnvFile, names...)
	if err != nil {
		return err
	}
	log := newLogger(io.err, s)
	p, err := openParts(ctx, s, log)
	if err != nil {
		return err
	}
	defer p.close()
	p.out = io.out
	port := s.HealthPort
	if slices.Contains(names, "web") {
		port = s.Port
	}
	var listener net.Listener
	if port != 0 || slices.Contains(names, "web") {
		if listener, err = listen(ctx, s.host(), port); err != nil {
			return err
		}
	}
	return p.run(ctx, listener, names...)
}

// run runs the named processes until ctx ends or one of them fails, and serves on listener, which may be nil.
func (p *parts) run(ctx context.Context, listener net.Listener, names ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // also when a later process cannot be set up
	group, ctx := errgroup.WithContext(ctx)
	home := site{listener: listener, grace: p.settings.ShutdownGrace, log: p.log}
	mux, checks := http.NewServeMux(), p.checks()
	for _, name := range names {
		switch name {
		case "web":
			server, err := p.web()
			if err != nil {
				return err
			}
			group.Go(func() error { return server.Run(ctx) })
			mux.Handle("/", server.Handler())
			home.drain = server.Drain
			if err := errors.Join(p.calendars(mux), p.developmentPages(mux)); err != nil {
				return err
			}
		case "worker":
			w, err := p.worker()
			if err != nil {
				return err
			}
			group.Go(func() error { return w.Run(ctx) })
			checks = append(checks, check{name: "worker", needed: true, look: func(context.Context) error { return w.Ready() }})
		case "scheduler":
			scheduler, err := p.scheduler()
			if err != nil {
				return err
			}
			group.Go(func() error { return scheduler.Run(ctx) })
			checks = append(checks, check{name: "scheduler", needed: true, look: func(context.Context) error { return scheduler.Ready() }})
		}
	}
	if listener != nil {
		health := healthHandler(checks)
		mux.Handle("/healthz", health)
		mux.Handle("/readyz", health)
		home.handler = mux
		group.Go(func() error { return home.serve(ctx) })
	}
	p.announce(listener, names)
	return group.Wait()
}

// announce says where the process listens and which engine answers.
func (p *parts) announce(listener net.Listener, names []string) {
	attributes := []any{slog.Any("processes", names), slog.String("version", cmp.Or(version, "development"))}
	if listener != nil {
		attributes = append(attributes, slog.String("address", listener.Addr().String()))
	}
	if slices.Contains(names, "web") {
		attributes = append(attributes, slog.String("open", p.settings.PublicURL.String()))
	}
	if slices.Contains(names, "worker") {
		attributes = append(attributes, slog.String("engine", engineBanner))
	}
	p.log.Info("started", attributes...)
	if p.settings.development() && slices.Contains(names, "web") {
		fmt.Fprintf(p.out, "\n  The clinic's page:      %[1]s\n  The development phone:  %[1]s/dev/phone\n  Who answers:            %[2]s\n\n", p.settings.PublicURL, engineBanner)
	}
}

func (p *parts) web() (*web.Server, error) {
	s := p.settings
	server, err := web.New(web.Config{
		Clinics: p.db, Sessions: p.db, Inbox: p.db, History: p.db,
		Bus: p.redis.Bus(), Limiter: p.redis.Limiter(), Signer: p.keys,
		Greeting: opening(p.guided.Greeting).orSilence(p.log), Return: opening(p.guided.Return).orSilence(p.log), Assets: ui.FS, Logger: p.log, Now: time.Now,
		PublicURL: s.PublicURL.String(), AllowedOrigins: s.AllowedOrigins, Development: s.development(),
		TrustedProxies: s.TrustedProxies, Languages: p.guided.Languages(),
		TokenTTL: s.TokenTTL, SessionIdle: s.SessionIdle, IdleLock: s.IdleLock, Debounce: s.TurnDebounce,
		Limits: web.Limits{SessionsPerMinute: s.SessionsPerMin},
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the web channel: %w", err)
	}
	return server, nil
}

func (p *parts) worker() (*worker.Worker, error) {
	senders, err := p.senders()
	if err != nil {
		return nil, err
	}
	s := p.settings
	w, err := worker.New(worker.Config{
		Conversations: p.db, Leases: p.beats, Outbox: p.db,
		Memory: p.redis.Memory(), Bus: p.redis.Bus(),
		Senders: senders, Engine: p.engine, EngineName: engineName, Apology: p.guided.Apology,
		Waitlist: p.db, Announce: p.guided.Offer, OfferTTL: s.OfferTTL,
		Pool: p.jobs, Logger: p.log, Now: time.Now,
		Lease: s.TurnLease, TurnTimeout: s.TurnTimeout, MaxTurns: s.TurnsAtOnce, Grace: s.ShutdownGrace,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the worker: %w", err)
	}
	return w, nil
}

func (p *parts) scheduler() (*worker.Scheduler, error) {
	scheduler, err := worker.NewScheduler(worker.SchedulerConfig{
		Pool: p.jobs, Logger: p.log, Now: time.Now, Grace: p.settings.ShutdownGrace, Chores: p.chores(),
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the scheduler: %w", err)
	}
	return scheduler, nil
}

// developmentPages adds what must never be reachable in production.
func (p *parts) developmentPages(mux *http.ServeMux) error {
	if !p.settings.development() {
		return nil
	}
	phone, err := p.newPhone()
	if err != nil {
		return err
	}
	mux.Handle("/dev/", phone.Handler())
	return nil
}
