// Package publish keeps a shelf of releases up to date with a config. It decides
// when to build, and whether what was built may be published; how to read, build
// and serve is for the packages it wires.
//
//	config ──► loop ──► builder ──► check ──► shelf ──► who serves
//	  poll state,         DIR/releases/8        DIR/shelf.json
//	  wait for quiet
//
// What is on the shelf stays while a build fails, whatever the config does.
package publish

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"geodrop/builder"
	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/shelf"
	"geodrop/poi"
)

// Config is what releases are made of. It is used by one goroutine.
type Config interface {
	// State is that of this moment, at little cost.
	State(ctx context.Context) (State, error)
	// Open opens the config as it is now.
	Open(ctx context.Context) (poi.Source, error)
	// Close ends what Config keeps open.
	Close() error
}

// State is what tells one state of a config from another.
type State struct {
	Revision poi.Revision
	Origin   string // which store or folder: revisions of different ones say nothing of each other
}

// Options of a publisher. Config and Shelf have to be set; Run closes neither.
type Options struct {
	Config   Config
	Shelf    *shelf.Shelf
	Check    func(dir string) error // of a release, before it is published; default: none
	Interval time.Duration          // between two looks at the config; default 1 s
	Quiet    time.Duration          // without a change before a build; default 1 s
	Timeout  time.Duration          // of a look at the config; default 30 s
	Build    builder.Options        // Out, TempDir and Log are the publisher's
	Log      *slog.Logger           // default: discarded
	Tracer   trace.Tracer           // of builds; default: none

	// Step is told of each step of a release's way, as it is done: tests end the
	// process there. Default: nobody.
	Step func(name string)
}

// Publisher builds and publishes.
type Publisher struct {
	options Options
	state   *state
	current current
}

// New makes a publisher.
func New(o Options) *Publisher {
	o.Interval, o.Quiet = cmp.Or(o.Interval, time.Second), cmp.Or(o.Quiet, time.Second)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Check == nil {
		o.Check = func(string) error { return nil }
	}
	return &Publisher{options: o, state: newState(time.Now())}
}

// Run polls and publishes until the context is done.
func (p *Publisher) Run(ctx context.Context) {
	l := &loop{
		look: p.options.Config.State, published: p.published, build: p.build,
		changed:  p.options.Shelf.Changed,
		interval: p.options.Interval, quiet: p.options.Quiet, timeout: p.options.Timeout,
		state: p.state, log: p.options.Log,
	}
	l.run(ctx)
}

// Parts are what /readyz tells of the publisher.
func (p *Publisher) Parts() []board.Checker { return []board.Checker{p.state.source, p.state.builder} }

// Metrics are what Prometheus is told of it.
func (p *Publisher) Metrics() []prometheus.Collector { return p.state.metrics() }

// AsOf is when what is published was last known to be what the config says;
// zero if it never was.
func (p *Publisher) AsOf() time.Time { return p.state.asOf() }
