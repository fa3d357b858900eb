// Package node assembles a query node: it serves over HTTP the release that it
// was last given, and swaps it under the requests. Where releases come from, and
// which one is the right one, is for its feed; how to look up and answer is for
// the packages it wires.
//
//	feed ──► Serve ──► holder ──► server
//	  ▲      open,      atomic     requests
//	  │      check      swap,         │
//	  │                 drain,        │
//	  └──── Damaged ◄── close ◄───────┘
//
// A release whose files turn out to be damaged goes on answering what it can,
// until the feed has dealt with it.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/cmd/internal/board"
)

// Feed brings releases to a node until the context is done: it calls Serve, and
// listens to Damaged.
type Feed interface {
	Feed(ctx context.Context, n *Node) error
}

// Options of a node. Listener and Feed have to be set.
type Options struct {
	Listener net.Listener // for requests; closed by Run
	Admin    net.Listener // for probes and profiles; nil for none; closed by Run
	Feed     Feed
	Beside   []func(context.Context) error // what else the process runs
	Shelf    string                        // folder whose subfolders are releases that operators can ask; empty: none

	Parts    []board.Checker        // what else /readyz tells of
	AsOf     func() time.Time       // when what is fed was last known to be what the config says; nil: unknown
	Metrics  []prometheus.Collector // what else is told to Prometheus
	Registry *prometheus.Registry   // default: one of its own

	Server server.Options // Releases, Checks, Registry and Log are the node's
	Log    *slog.Logger   // default: discarded

	// Step is told of each step of a release's way, as it is done: tests end the
	// process there. Default: nobody.
	Step func(name string)

	// Serving is called for each release that is swapped in; it must not keep it.
	Serving func(*query.Release)
}

// Run runs a node until the context is done. The error is nil after such a
// stop.
func Run(ctx context.Context, o Options) error {
	n, err := newNode(o)
	if err != nil {
		return errors.Join(fmt.Errorf("start the node: %w", err), o.Listener.Close(), closeAdmin(o.Admin))
	}
	err = n.run(ctx)
	if n.shelf != nil {
		n.shelf.close()
	}
	return errors.Join(err, n.holder.close())
}

func closeAdmin(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// Node is a running node, as its feed knows it.
type Node struct {
	options Options
	holder  *holder
	shelf   *shelved // nil: none
	state   *state
	server  *server.Server
	served  chan struct{} // closed when requests are not answered any more
}

func newNode(o Options) (*Node, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.AsOf == nil {
		o.AsOf = func() time.Time { return time.Time{} }
	}
	n := &Node{options: o, holder: newHolder(), served: make(chan struct{}), state: newState(time.Now(), o.AsOf)}
	n.holder.step = o.Step
	parts := board.New(append(o.Parts[:len(o.Parts):len(o.Parts)], n.state.releases)...)
	so := o.Server
	so.Releases, so.Checks, so.Registry, so.Log = n.holder, parts.Checks, o.Registry, o.Log
	if o.Shelf != "" {
		n.shelf = newShelved(o.Shelf, so.Now)
		so.Shelf = n.shelf
	}
	err := n.register(append(o.Metrics[:len(o.Metrics):len(o.Metrics)], parts, n.state.quarantines))
	if err == nil {
		n.server, err = server.New(so)
	}
	return n, err
}

func (n *Node) register(metrics []prometheus.Collector) (err error) {
	metrics = append(metrics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, c := range metrics {
		err = errors.Join(err, n.options.Registry.Register(c))
	}
	return err
}

// run runs the parts until the context is done or one of them fails, and waits
// for all.
func (n *Node) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	parts := append([]func(context.Context) error{
		n.serveRequests,
		func(ctx context.Context) error { return n.options.Feed.Feed(ctx, n) },
		n.watchFiles,
	}, n.options.Beside...)
	if n.options.Admin != nil {
		parts = append(parts, n.serveAdmin)
	}
	var running sync.WaitGroup
	for _, part := range parts {
		running.Go(func() {
			if err := part(ctx); err != nil {
				stop(err)
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (n *Node) serveRequests(ctx context.Context) error {
	defer close(n.served)
	return n.server.Serve(ctx, n.options.Listener)
}

// serveAdmin ends after serveRequests, so that a drain can be watched.
func (n *Node) serveAdmin(context.Context) error {
	const headerTimeout = 5 * time.Second
	web := &http.Server{Handler: n.server.Admin(), ReadHeaderTimeout: headerTimeout}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(n.options.Admin) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve probes and profiles on %s: %w", n.options.Admin.Addr(), err)
	case <-n.served:
	}
	err := web.Close() // a profile under way is lost
	<-failed
	return err
}
