// Package node assembles one process: it keeps a release up to date with a
// config and serves it over HTTP. It decides when to build and which release is
// served; how to build, look up and answer is for the packages it wires.
//
//	source ──► loop ──► builder ──► shelf ──► holder ──► server
//	  poll revision,     DIR/releases/8    atomic swap,    requests
//	  wait for quiet                       drain, close
//
// A node that has ever had a release starts with it, whatever the source does,
// and goes on with it when a build fails. A release whose files turn out to be
// damaged is put aside and the one before it comes back.
package node

import (
	"cmp"
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
	"geodrop/builder"
	"geodrop/poi"
)

// Options of a node. Dir, Listener and Open have to be set.
type Options struct {
	Dir      string                                        // of what the node keeps; made if missing
	Listener net.Listener                                  // for requests; closed by Run
	Admin    net.Listener                                  // for profiles; nil for none
	Open     func(ctx context.Context) (poi.Source, error) // opens the present state of the config

	Interval time.Duration // between two looks at the source; default 1 s
	Quiet    time.Duration // without a change before a build; default 1 s
	Build    builder.Options
	Server   server.Options // Releases, Checks and Registry are the node's
	Log      *slog.Logger   // default: discarded

	// Serving is called once, when there is a first release; it must not keep it.
	Serving func(*query.Release)
}

// Run runs a node until the context is done. The error is nil after such a
// stop.
func Run(ctx context.Context, o Options) error {
	o.Interval, o.Quiet = cmp.Or(o.Interval, time.Second), cmp.Or(o.Quiet, time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	n, err := newNode(o)
	if err != nil {
		return errors.Join(fmt.Errorf("start the node: %w", err), o.Listener.Close(), closeAdmin(o.Admin))
	}
	err = n.run(ctx)
	return errors.Join(err, n.holder.close(), n.shelf.close())
}

func closeAdmin(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

type node struct {
	options Options
	shelf   *shelf
	holder  *holder
	state   *state
	server  *server.Server
	told    sync.Once // Serving
}

func newNode(o Options) (*node, error) {
	shelf, err := openShelf(o.Dir, o.Log)
	if err != nil {
		return nil, err
	}
	n := &node{options: o, shelf: shelf, holder: newHolder(), state: newState(time.Now())}
	registry := prometheus.NewRegistry()
	err = n.state.register(registry)
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		err = errors.Join(err, registry.Register(c))
	}
	so := o.Server
	so.Releases, so.Checks, so.Registry, so.Log = n.holder, n.state.checks, registry, o.Log
	if err == nil {
		n.server, err = server.New(so)
	}
	if err != nil {
		return nil, errors.Join(err, shelf.close())
	}
	return n, nil
}

// run runs the parts until the context is done or one of them fails, and waits
// for all.
func (n *node) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var parts sync.WaitGroup
	start := func(part func(context.Context) error) {
		parts.Go(func() {
			if err := part(ctx); err != nil {
				stop(err)
			}
		})
	}
	start(func(ctx context.Context) error { return n.server.Serve(ctx, n.options.Listener) })
	if n.options.Admin != nil {
		start(n.serveAdmin)
	}
	start(n.keepUpToDate)
	parts.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (n *node) serveAdmin(ctx context.Context) error {
	const headerTimeout = 5 * time.Second
	web := &http.Server{Handler: server.Admin(), ReadHeaderTimeout: headerTimeout}
	unhook := context.AfterFunc(ctx, func() { _ = web.Close() }) // a profile under way is lost
	defer unhook()
	if err := web.Serve(n.options.Admin); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve profiles on %s: %w", n.options.Admin.Addr(), err)
	}
	return nil
}

// keepUpToDate serves the last good release at once, and then what the source
// makes of it.
func (n *node) keepUpToDate(ctx context.Context) error {
	n.serveLastGood()
	l := &loop{
		revision: n.revision, serving: n.serving, build: n.build,
		interval: n.options.Interval, quiet: n.options.Quiet,
		damaged: n.holder.damaged, quarantine: n.quarantine,
		state: n.state, log: n.options.Log,
	}
	l.run(ctx)
	return nil
}

// revision is that of the source now.
func (n *node) revision(ctx context.Context) (r poi.Revision, err error) {
	src, err := n.options.Open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return src.Revision(ctx)
}

// serving is the revision that the release was built from; false without one.
func (n *node) serving() (poi.Revision, bool) {
	g := n.holder.current.Load()
	if g == nil {
		return poi.Revision{}, false
	}
	// The loop is the only one who closes it, and calls this.
	return poi.Revision(g.release.Manifest().Source), true
}

// serveLastGood opens the newest release of the shelf that can be.
func (n *node) serveLastGood() {
	for _, no := range n.shelf.candidates() {
		g, err := n.open(no)
		if err != nil {
			n.options.Log.Error("a release on the shelf cannot be served", "folder", n.shelf.path(no), "error", err)
			continue
		}
		n.serve(g)
		return
	}
}

func (n *node) open(no uint64) (*generation, error) {
	dir := n.shelf.path(no)
	r, err := query.Open(dir, query.Options{Now: n.options.Server.Now})
	if err != nil {
		return nil, err
	}
	outlines, err := readOutlines(dir)
	if err != nil { // only the map of the landing page needs them
		n.options.Log.Warn("the map will have no districts", "error", err)
	}
	return newGeneration(n.holder, no, r, outlines), nil
}

// serve swaps the release in, and closes the one before when its last request
// is done.
func (n *node) serve(g *generation) {
	if err := n.holder.swap(g); err != nil {
		n.options.Log.Error("the release before was not closed in good order", "error", err)
	}
	n.state.served(g.release.Manifest().ID)
	n.options.Log.Info("serving", "release", g.release.Manifest().ID)
	n.told.Do(func() {
		if n.options.Serving != nil {
			n.options.Serving(g.release)
		}
	})
}

// quarantine puts a damaged release aside and goes back to the one before. The
// loop then finds that another revision is served than the source has, and
// builds.
func (n *node) quarantine(g *generation) {
	if n.holder.current.Load() != g {
		return // reported by a request that ended after the swap
	}
	err := g.release.Damaged()
	n.options.Log.Error("the release is damaged and put aside", "folder", n.shelf.path(g.no), "error", err)
	n.state.quarantined(g.release.Manifest().ID, err)
	if err := n.shelf.quarantine(g.no); err != nil {
		n.options.Log.Error("a damaged release may be tried again after a restart", "error", err)
	}
	for _, no := range n.shelf.candidates() {
		before, err := n.open(no)
		if err == nil {
			n.serve(before)
			return
		}
		n.options.Log.Error("a release on the shelf cannot be served", "folder", n.shelf.path(no), "error", err)
	}
	if err := n.holder.swap(nil); err != nil {
		n.options.Log.Error("the damaged release was not closed in good order", "error", err)
	}
}
