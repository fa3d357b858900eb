// Command geodrop turns a config of places, tasks and prizes into releases and
// answers what can be found around a position. Each subcommand stands in a file
// of its own and only wires packages together.
//
//	geodrop up                                     build and serve, all in one
//	geodrop origin --src SRC                       build and carry to nodes …
//	geodrop node --upstream URL                    … which serve
//	geodrop relay --upstream URL                   … maybe through others
//	geodrop sample --out DIR                       the shipped sample as a bundle
//	geodrop import --src sqlite:FILE --bundle DIR  bundle ─► store
//	geodrop export --src sqlite:FILE --out DIR     store ─► bundle
//	geodrop validate --src SRC                     what is wrong with a config, and where
//	geodrop rules                                  what is looked at, and why
//	geodrop build --src SRC --out RELEASE          config ─► release
//	geodrop plan --src SRC --against RELEASE       what would change on the map
//	geodrop verify RELEASE                         every digest and invariant
//	geodrop inspect RELEASE|FILE                   what is in it
//	geodrop release list|promote|rollback|…        where channels are
//	geodrop keys new|show|rotate|revoke            who signs, who is believed
//	geodrop lookup --release RELEASE --lat … --lng …
//	geodrop load --target URL --rate N             open-loop load on a node
//	geodrop bench WHAT                             one of the claims, measured
//	geodrop generate WHAT                          dashboard, alerts, units, Dockerfile, CI
//	geodrop guide TOPIC                            pages for who runs it
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"go.opentelemetry.io/otel/trace"

	"geodrop/cmd/internal/tracing"
)

// version is set by the linker.
var version = "devel"

// Exit codes, as the contract has them.
const (
	exitDone     = 0
	exitNotRight = 1 // the thing asked about is not right
	exitUsage    = 2
	exitCannot   = 3 // could not run: I/O, database, network
)

type cli struct {
	LogFormat string           `enum:"text,json" default:"text" help:"Format of the log on stderr: ${enum}."`
	LogLevel  slog.Level       `default:"warn" help:"Least level that is logged: debug, info, warn or error."`
	Version   kong.VersionFlag `help:"Print the version and exit."`

	Up       upCmd       `cmd:"" help:"Build and serve a config, the shipped sample by default."`
	Origin   originCmd   `cmd:"" help:"Build a config and carry the release to nodes."`
	Node     nodeCmd     `cmd:"" help:"Answer lookups from what an origin carries."`
	Relay    relayCmd    `cmd:"" help:"Carry releases from an origin to many nodes."`
	Release  releaseCmd  `cmd:"" help:"Show releases, and move channels between them."`
	Keys     keysCmd     `cmd:"" help:"Make, show, replace and revoke the keys that sign releases."`
	Sample   sampleCmd   `cmd:"" help:"Write the shipped sample as a bundle."`
	Import   importCmd   `cmd:"" help:"Load a bundle or single files into a store."`
	Export   exportCmd   `cmd:"" help:"Write a store as a bundle."`
	Validate validateCmd `cmd:"" help:"Say what is wrong with a config, and where."`
	Rules    rulesCmd    `cmd:"" help:"Show what validate looks at, and why."`
	Build    buildCmd    `cmd:"" help:"Build a release from a config."`
	Plan     planCmd     `cmd:"" help:"Say what a change of the config does to the map."`
	Verify   verifyCmd   `cmd:"" help:"Check every digest and invariant of a release."`
	Inspect  inspectCmd  `cmd:"" help:"Show what is in a release or a file of one."`
	Lookup   lookupCmd   `cmd:"" help:"Answer what can be found around a position."`
	Load     loadCmd     `cmd:"" help:"Ask a node at a rate, and tell how it answers."`
	Bench    benchCmd    `cmd:"" help:"Measure, against what people would otherwise use."`
	Generate generateCmd `cmd:"" help:"Write a dashboard, alert rules, units of systemd, a Dockerfile or a CI job."`
	Guide    guideCmd    `cmd:"" help:"Print a page for who runs geodrop, with commands to paste."`
}

// run is what a command's Run gets.
type run struct {
	ctx    context.Context // done at the first signal
	untrap func()          // for what only reads: signals end the process at once, ctx is done
	stdout io.Writer
	stderr *os.File
	log    *slog.Logger
	tracer trace.Tracer // nil: nothing is traced
}

// notRight marks an error about the thing that was asked about.
type notRight struct{ error }

func (e notRight) Unwrap() error { return e.error }

// usage marks an error in how the command was called.
type usage struct{ error }

func (e usage) Unwrap() error { return e.error }

func main() {
	os.Exit(mainCode())
}

func mainCode() int {
	var c cli
	exited := -1 // set when kong has answered --help or --version
	parser, err := kong.New(&c, kong.Name("geodrop"),
		kong.Description("Places, tasks and prizes on a map grid: build releases, look drops up.\n\n"+
			"Exit codes: 0 done; 1 what was asked about is not right (a config, a release); 2 wrong usage; 3 could not run (files, database, network)."),
		kong.Vars{"version": version}, kong.UsageOnError(), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(os.Stderr, "geodrop:", err)
		return exitCannot
	}
	command, err := parser.Parse(os.Args[1:])
	if exited >= 0 {
		return exited
	}
	if err != nil {
		return report(usage{fmt.Errorf("%w (geodrop --help lists what there is)", err)})
	}
	ctx, untrap := trap()
	defer untrap()
	log := c.logger()
	traces, err := tracing.Open(ctx, tracing.Options{Version: version, Log: log})
	if err != nil {
		return report(usage{err})
	}
	defer traces.Close()
	err = command.Run(&run{ctx: ctx, untrap: untrap, stdout: os.Stdout, stderr: os.Stderr, log: log, tracer: traces.Tracer()})
	return report(err)
}

// trap makes a context that is done at the first signal to stop. The second one
// ends the process, as untrap lets the first.
func trap() (ctx context.Context, untrap func()) {
	ctx, untrap = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, untrap)
	return ctx, untrap
}

func (c *cli) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// report says what went wrong, in one line, and returns the exit code.
func report(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("stopped by a signal: %w", err)
	}
	fmt.Fprintln(os.Stderr, "geodrop:", printable(strings.ReplaceAll(hinted(err).Error(), "\n", "; ")))
	switch {
	case errors.As(err, new(notRight)):
		return exitNotRight
	case errors.As(err, new(usage)):
		return exitUsage
	}
	return exitCannot
}
