package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/agentcare/agentcare/clinic/exchange"
)

// Exit codes of the program.
const (
	exitOK       = 0
	exitFailure  = 1
	exitSettings = 2 // a setting is missing or wrong; the message names it
)

type cli struct {
	EnvFile string `name:"env-file" type:"existingfile" placeholder:"FILE" help:"Load settings from FILE (NAME=value lines); the environment wins."`

	All       allCmd       `cmd:"" help:"Run web, worker and scheduler in one process."`
	Web       webCmd       `cmd:"" help:"Accept patients' messages: the chat's sessions and sockets, the widget."`
	Worker    workerCmd    `cmd:"" help:"Answer conversations and send deliveries."`
	Scheduler schedulerCmd `cmd:"" help:"Own the periodic work; of several, one leads."`
	Admin     adminCmd     `cmd:"" help:"Set up and load the database."`
	Config    configCmd    `cmd:"" help:"Show, check and explain the settings."`
	Services  servicesCmd  `cmd:"" help:"Look at the backing services."`
	Version   versionCmd   `cmd:"" help:"Print version, commit, build time and Go version."`
}

// console is where a command prints.
type console struct {
	out, err io.Writer
}

// exit carries kong's wish to end the program out of its parser.
type exit int

// run is the program: it parses args, runs the command until it is done or ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
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
		kong.Name("agentcare"),
		kong.Description("The front desk of a clinic as a server. Everything is set by environment: see `agentcare config template`."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&c, console{stdout, stderr}),
		kong.Vars{"kinds": strings.Join(exchange.Kinds(), ",")},
	)
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "agentcare: %v\nRun `agentcare --help` to see the commands.\n", err)
		return exitSettings
	}
	return report(stderr, command.Run())
}

// report prints what went wrong and chooses the exit code.
func report(stderr io.Writer, err error) int {
	var wrong settingsError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return exitOK
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "agentcare: %v\n`agentcare config template` explains every setting.\n", wrong)
		return exitSettings
	default:
		fmt.Fprintf(stderr, "agentcare: %v\n", err)
		return exitFailure
	}
}
