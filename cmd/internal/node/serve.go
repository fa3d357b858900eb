package node

import (
	"context"

	"geodrop/api/query"
	"geodrop/cmd/internal/tracing"
)

// Damage is what a lookup met in the release of a folder.
type Damage struct {
	Dir     string
	Release string // its id
	Err     error
}

// Damaged tells when a lookup met damage in the release that is served, once
// for each release. The feed then serves another, or the same once it is mended.
func (n *Node) Damaged() <-chan Damage { return n.holder.damaged }

// Serve opens the release in a folder, swaps it in, and closes the one before
// when its last request is done. On an error what was served still is.
func (n *Node) Serve(ctx context.Context, dir string) error {
	return tracing.Span(ctx, n.options.Server.Tracer, "serve release", func(context.Context) error { return n.serve(dir) })
}

func (n *Node) serve(dir string) error {
	r, err := query.Open(dir, query.Options{Now: n.options.Server.Now, HugePages: true})
	if err != nil {
		return err
	}
	n.options.Step("opened")
	n.swap(newGeneration(n.holder, dir, r))
	n.options.Step("drained")
	return nil
}

func (n *Node) swap(g *generation) {
	if err := n.holder.swap(g); err != nil {
		n.options.Log.Error("the release before was not closed in good order", "error", err)
	}
	n.state.served(g.release.Manifest().ID)
	n.options.Log.Info("serving", "release", g.release.Manifest().ID)
	if n.options.Serving != nil {
		n.options.Serving(g.release)
	}
}

// Drop serves nothing any more.
func (n *Node) Drop() {
	if err := n.holder.swap(nil); err != nil {
		n.options.Log.Error("the release was not closed in good order", "error", err)
	}
	n.state.none()
}

// Dir is the folder of the release that is served; empty without one. Feeds
// alone change it.
func (n *Node) Dir() string {
	if g := n.holder.current.Load(); g != nil {
		return g.dir
	}
	return ""
}

// Quarantined notes that the feed has put a release aside.
func (n *Node) Quarantined(d Damage) {
	n.options.Log.Error("the release is damaged and put aside", "folder", d.Dir, "error", d.Err)
	n.state.quarantines.Inc()
	n.state.damaged()
}
