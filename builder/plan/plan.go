// Package plan says what a new release changes on the map, against the one that
// is there: drops, budgets, zones, coverage, and the bytes that it costs to
// carry. It compares two releases, not two configs, so that what it says is what
// players will see; it writes nothing.
//
//	segments before ─┐ by cell, by id ─► same cell ──► kept, moved, changed ─┐
//	segments after ──┘               └─► sorted by id ─► moved, added,       ├─► pairs of sites
//	zones of the configs ────────────────►            └─► removed, screened ─┘       │
//	catalogs ─► tasks, quotas                                                  districts, tasks, zones
//	cells with drops ─► sorted by row ─► districts cut into rows ─► coverage
//	manifests ─► segments that differ ─► sync/patch ─► bytes
//
// # What is counted
//
// A place is a POI, known by its id. A drop is a place and a task that gives
// something there at any time. A drop of both releases is moved if the position
// of its place is another, else changed if the name, kind or attributes of the
// place are, else kept. One of a single release is added or removed. In every
// district
//
//	after = before + added - removed + arrived - left
//
// where arrived and left are drops of both releases that are in another district
// than before: the place moved, or the border did. Moved and changed ones count
// in the district that they are in now.
//
// # Coverage
//
// A cell is of the district that holds its middle. From a cell a player sees a
// drop if the window around its middle has one, whatever the time and wherever
// in the window. Cells of a grid are equal in area to 0.6 % up to 80° of
// latitude, so the share of cells is the share of the area. A dense cell is one
// with Options.Dense places or more, with drops or without, of the same release.
//
// # Zones
//
// A release carries the zones with times and which places are in them. Zones
// without times are not in it, nor are the places that they keep out: for these
// the configs are asked, where they are given. A place is screened by a zone if
// it was in the release before and the zone keeps it out now; it is freed if the
// zone kept it out and it is in the release now.
//
// # Bytes
//
// What a node that has the release before fetches to have the new one: for each
// segment that differs the patch that sync/patch makes, if an origin would keep
// it, else the segment; the other objects that differ; the manifest. These are
// bytes of files: on the way they are compressed.
package plan

import (
	"context"
	"errors"
	"fmt"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/grid/index"
	"geodrop/poi"
)

// ErrGrid marks two releases whose grids differ: their cells cannot be compared.
var ErrGrid = errors.New("the releases have different grids")

// Options of a comparison. The zero value is what geodrop uses unless told.
type Options struct {
	// The configs that the releases were built from, to tell which zones screen
	// places; nil where one is not at hand.
	SourceBefore, SourceAfter poi.Source

	// Built is what the build of the release after did, to tell which rows it left
	// out; nil where that is not known.
	Built *builder.Summary

	Memory  int64  // for sorting; default 256 MiB
	TempDir string // where that spills; default os.TempDir
	Dense   int    // places of a dense cell; default 5
	Points  int    // places on the map, of those that differ and of others each; default 6000
	Rows    int    // of the lists of quotas and moves; default 200

	// MaxShrink is as that of builder.Options: what a build would refuse beyond
	// it is told.
	MaxShrink float64
}

func (o Options) withDefaults() Options {
	setDefault(&o.Memory, 256<<20)
	setDefault(&o.Dense, 5)
	setDefault(&o.Points, 6000)
	setDefault(&o.Rows, 200)
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Compare says what leads from one release to another. Equal releases and
// options give equal plans. The error wraps ErrGrid, index.ErrFault,
// index.ErrCorrupt or catalog.ErrCorrupt, or is that of the context, of a source
// or of the file system.
func Compare(ctx context.Context, before, after *query.Release, o Options) (*Plan, error) {
	if was, is := before.Manifest().Grid, after.Manifest().Grid; was != is {
		return nil, fmt.Errorf("plan: %w: cells of %d m and a radius of %d before, %d m and %d after; build both alike",
			ErrGrid, was.CellMetres, was.Radius, is.CellMetres, is.Radius)
	}
	c := newComparison(ctx, before, after, o.withDefaults())
	err := errors.Join(index.Protect(c.run), c.close())
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return c.plan, nil
}

// comparison is a Compare under way.
type comparison struct {
	ctx     context.Context
	options Options
	sides   [2]*side
	zones   [2]*zoning
	plan    *Plan
	join    *join
	pairs   pairs
	alike   map[[2]uint32]bool   // pairs of sites with the same tasks
	hits    map[poi.ZoneID]*Zone // without times
	sums    sums
	seen    [2][]Seen // of the districts of each release, by area
	moves   *farthest
	sample  *sample // of places that differ
	others  *sample
}

func newComparison(ctx context.Context, before, after *query.Release, o Options) *comparison {
	c := &comparison{
		ctx: ctx, options: o, plan: &Plan{Schema: Schema}, pairs: pairs{},
		alike: map[[2]uint32]bool{}, hits: map[poi.ZoneID]*Zone{},
		moves: &farthest{most: o.Rows}, sample: &sample{most: o.Points}, others: &sample{most: o.Points},
	}
	for i, r := range []*query.Release{before, after} {
		c.sides[i] = newSide(r, o)
	}
	c.join = newJoin(o)
	return c
}

// run reads both releases, and must run inside index.Protect.
func (c *comparison) run() error {
	c.head()
	for _, step := range []func() error{c.screen, c.walk, c.joinIDs, c.coverage, c.transfer} {
		if err := step(); err != nil {
			return err
		}
	}
	c.sumUp()
	c.tasks()
	c.budget()
	c.draw()
	return nil
}

// close frees what sorting took.
func (c *comparison) close() error {
	return errors.Join(c.join.close(), c.sides[was].close(), c.sides[is].close())
}

// head says which releases these are, and what a build would say to the step.
func (c *comparison) head() {
	for i, to := range []*Release{&c.plan.Before, &c.plan.After} {
		m := c.sides[i].release.Manifest()
		*to = Release{ID: m.ID, Places: m.Counts["pois"], Bytes: m.Bytes(), Segments: len(m.Segments)}
	}
	m, n := c.sides[was].release.Manifest(), c.sides[is].release.Manifest()
	if refusal, ok := errors.AsType[*builder.Refusal](builder.CheckShrink(m.Counts, n.Counts, c.options.MaxShrink)); ok {
		c.plan.Refused = refusal.Reasons
	}
	c.plan.Rejected = rejectedBy(c.options.Built)
	c.plan.Grid, c.plan.Dense = Grid(m.Grid), c.options.Dense
}
