// Command agentcare-bench measures what AgentCare promises to hold, each figure beside its floor in the same run.
// `agentcare-bench --help` lists the parts; `make bench` runs them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of the program.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

type cli struct {
	Database string `env:"DATABASE_URL" placeholder:"URL" help:"The Postgres server, as somebody who may create databases. What is measured is a database of its own there, ${default_name}."`

	All        allCmd     `cmd:"" default:"1" help:"Every part, one after the other."`
	Scheduling scheduling `cmd:"" help:"Searching and booking in a network of clinics."`
}

// part is one subject of the benchmark.
type part interface {
	name() string
	measure(ctx context.Context, c *cli, r *report) error
}

type allCmd struct {
	Scheduling scheduling `embed:"" prefix:"scheduling-"`
}

// Run measures every part.
func (a *allCmd) Run(ctx context.Context, c *cli, out io.Writer) error {
	for _, p := range []part{&a.Scheduling} {
		if err := run(ctx, c, out, p); err != nil {
			return err
		}
	}
	return nil
}

// run measures one part and prints what came out: a table, and as the last line all of it for programs.
func run(ctx context.Context, c *cli, out io.Writer, p part) error {
	r := &report{out: out}
	if err := p.measure(ctx, c, r); err != nil {
		return fmt.Errorf("measuring %s: %w", p.name(), err)
	}
	return r.finish(p.name())
}

// exit carries kong's wish to end the program out of its parser.
type exit int

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is the program: it parses args, measures, and returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		switch wish := recover().(type) {
		case nil:
		case exit:
			code = int(wish)
		default:
			panic(wish)
		}
	}()
	var c cli
	parser := kong.Must(&c,
		kong.Name("agentcare-bench"),
		kong.Description("Measures AgentCare on this machine, each figure beside what it is held against. The last line of each part is JSON."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Vars{"default_name": defaultDatabase},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.Bind(&c),
	)
	chosen, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "agentcare-bench: %v\nRun `agentcare-bench --help` to see the parts.\n", err)
		return exitUsage
	}
	if err := chosen.Run(); err != nil {
		if errors.Is(err, context.Canceled) {
			err = errors.New("stopped before the end")
		}
		fmt.Fprintf(stderr, "agentcare-bench: %v\n", err)
		return exitFailure
	}
	return exitOK
}
