// Package origin assembles an origin: a publisher makes releases of a config, an
// origin of package sync/origin carries them to nodes, and whoever watches over
// it is told how it is.
//
//	config ──► publisher ──► DIR/shelf.json ──► announce ──► DIR/origin ──► GET /v1/…
//	               └─────────── /readyz, /metrics ◄──┘
package origin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
	"geodrop/sync/manifest"
	carrier "geodrop/sync/origin"
	"geodrop/sync/trust"
)

// Options of an origin. Shelf, Dir, Listener and Publish have to be set.
type Options struct {
	Dir      string       // below which what is carried is kept
	Listener net.Listener // closed by Run
	Publish  publish.Options
	Log      *slog.Logger // default: discarded

	Keys    []trust.Key // that sign; default: nobody does
	Lineage string      // default: that of Dir

	NodeToken string // of nodes that report; default: none is needed

	Plan carrier.Plan // of the waves in which releases reach nodes; default: all at once

	Admin net.Listener // for operators, who send the Token; nil: none. Closed by Run
	Token string

	// Step is told of each step of a release's way, as it is done: tests end the
	// process there. Default: nobody.
	Step func(name string)

	// Announced is told of each release that nodes can fetch.
	Announced func(manifest.Pointer)
}

// folder is what is carried, in the folder of the shelf.
const folder = "origin"

// origin is a running one.
type origin struct {
	options   Options
	shelf     *shelf.Shelf
	publisher *publish.Publisher
	carrier   *carrier.Origin
	admin     http.Handler // for operators; nil without an address for it
	channel   *board.Part  // Last: when nodes were given a release
}

// Run runs an origin until the context is done. The error is nil after such a
// stop.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Announced == nil {
		o.Announced = func(manifest.Pointer) {}
	}
	r := &origin{options: o, shelf: o.Publish.Shelf, publisher: publish.New(o.Publish), channel: board.NewPart("channel", time.Now())}
	if err := r.open(); err != nil {
		return errors.Join(fmt.Errorf("start the origin: %w", err), o.closeListeners())
	}
	return errors.Join(r.run(ctx), r.carrier.Close())
}

// closeListeners is for an origin that does not start.
func (o *Options) closeListeners() error {
	err := o.Listener.Close()
	if o.Admin != nil {
		err = errors.Join(err, o.Admin.Close())
	}
	return err
}

func (r *origin) open() (err error) {
	registry := prometheus.NewRegistry()
	parts := board.New(append(r.publisher.Parts(), channelCheck{r.channel, r.pointer, r.withheld})...)
	metrics := append(r.publisher.Metrics(), parts, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, c := range metrics {
		err = errors.Join(err, registry.Register(c))
	}
	if err != nil {
		return err
	}
	r.channel.Working("there is no release yet", time.Now())
	r.carrier, err = carrier.Open(carrier.Options{
		Dir: filepath.Join(r.options.Dir, folder), Registry: registry, Log: r.options.Log,
		Keys: r.options.Keys, Lineage: r.options.Lineage, NodeToken: r.options.NodeToken, Plans: map[string]carrier.Plan{manifest.DefaultChannel: r.options.Plan},
		Step: r.options.Step,
		Also: NewProbe(r.ready, parts, registry),
	})
	if err != nil || r.options.Admin == nil {
		return err
	}
	if r.admin, err = r.carrier.Admin(r.options.Token); err != nil {
		err = errors.Join(err, r.carrier.Close())
	}
	return err
}

// ready is the release that nodes can fetch; empty without one.
func (r *origin) ready() string {
	p, ok := r.pointer()
	if !ok {
		return ""
	}
	return p.Release
}

// pointer is where the channel of those who name none is.
func (r *origin) pointer() (manifest.Pointer, bool) {
	return r.carrier.Pointer(manifest.DefaultChannel)
}

// withheld is since when nodes do not get the release that was built last.
func (r *origin) withheld() (since time.Time, withheld bool) {
	return r.carrier.Withheld(manifest.DefaultChannel)
}

// run runs the parts until the context is done or the listener fails, and waits
// for all.
func (r *origin) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { r.publisher.Run(ctx) })
	parts.Go(func() { r.announce(ctx) })
	parts.Go(func() { r.carrier.RunWaves(ctx) })
	if r.options.Admin != nil {
		parts.Go(func() { r.serveAdmin(ctx) })
	}
	err := r.carrier.Serve(ctx, r.options.Listener)
	stop()
	parts.Wait()
	return err
}
