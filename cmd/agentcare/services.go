package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

type servicesCmd struct {
	Health servicesHealthCmd `cmd:"" help:"One line a backing service; exit code 1 if a needed one is down."`
}

type servicesHealthCmd struct{}

// Run looks at every service at once and says what it found.
func (servicesHealthCmd) Run(ctx context.Context, c *cli, io console) error {
	s, err := loadSettings(c.EnvFile, "web", "worker")
	if err != nil {
		return err
	}
	p, err := openParts(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer p.close()
	found := examine(ctx, p.checks())
	for _, f := range found {
		word, remark := "up", ""
		if f.Reason != "" {
			word, remark = "DOWN", f.Reason
		}
		if _, err := fmt.Fprintf(io.out, "%-10s %-5s %s\n", f.Name, word, remark); err != nil {
			return err
		}
	}
	fmt.Fprintf(io.out, "%-10s %-5s %s\n", "engine", "up", engineBanner)
	if down(found) {
		return errors.New("a needed service is down")
	}
	return nil
}
