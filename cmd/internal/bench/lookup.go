package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"geodrop/builder"
	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// LookupOptions say what Lookup measures. The zero value is what geodrop uses
// unless told.
type LookupOptions struct {
	Sizes    []int // numbers of POIs; default 1e6, 1e7
	Lookups  int   // in a round; default 262,144
	Rounds   int   // default 9
	Seed     uint64
	PeerMost int    // most points that are put into R-trees; default 1e7
	Dir      string // where releases are kept, and found again; default: a folder that is removed

	Progress builder.Progress // default: none
}

// The targets of lookups.
const (
	targetSpeed     = 8        // times as fast as an R-tree, every posting visited
	targetSpeedAt   = 10000000 // POIs
	targetGrowth    = 2        // times the time at 100 times the POIs, density kept
	targetGrowthBy  = 100
	targetPerPOI    = 64        // bytes in memory
	targetPerPOIAt  = 100000000 // POIs, and more
	targetHeap      = 64 << 20  // bytes beside the mapped files
	defaultLookups  = 1 << 18
	defaultRounds   = 9
	defaultPeerMost = 10000000
)

func (o LookupOptions) withDefaults() LookupOptions {
	if len(o.Sizes) == 0 {
		o.Sizes = []int{1000000, 10000000}
	}
	setDefault(&o.Lookups, defaultLookups)
	setDefault(&o.Rounds, defaultRounds)
	setDefault(&o.PeerMost, defaultPeerMost)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

type silent struct{}

func (silent) Stage(string) {}
func (silent) Add(int)      {}
func (silent) Done()        {}

// Lookup measures lookups in releases of several sizes. The rows are valid, as
// far as it came, also with an error.
func Lookup(ctx context.Context, opts LookupOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	work, cleanup, err := workDir(o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	defer o.Progress.Done()
	for _, n := range o.Sizes {
		got, err := lookupSize(ctx, work, n, &o)
		rows = append(rows, got...)
		if err != nil {
			return rows, fmt.Errorf("bench lookup of %s POIs: %w", countName(n), err)
		}
	}
	got, err := growth(ctx, work, &o)
	rows = append(rows, got...)
	if err != nil {
		return rows, fmt.Errorf("bench growth of lookups: %w", err)
	}
	return rows, nil
}

// workDir is the folder to work in and what removes it.
func workDir(keep string) (dir string, cleanup func() error, err error) {
	if keep != "" {
		if err := os.MkdirAll(keep, 0o755); err != nil {
			return "", nil, fmt.Errorf("make the folder of the bench: %w", err)
		}
		return keep, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "geodrop-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// lookups is the measurement of one release.
type lookups struct {
	opts      *LookupOptions
	name      string // of the case
	dir       string
	manifest  *manifest.Manifest
	points    *Points
	positions []coord.E7
	rows      []Row
	warm      float64 // ns of a lookup
}

func lookupSize(ctx context.Context, work string, n int, o *LookupOptions) (rows []Row, err error) {
	l := &lookups{opts: o, name: caseName("lookup", n), points: NewPoints(National(), n, o.Seed)}
	l.dir = filepath.Join(work, "national-"+countName(n))
	o.Progress.Stage("build " + l.name)
	if l.manifest, err = released(ctx, l.dir, newSource(l.points), o.Progress); err != nil {
		return nil, err
	}
	if o.Dir == "" {
		defer func() { err = errors.Join(err, os.RemoveAll(l.dir)) }()
	}
	l.positions = l.points.Positions(o.Lookups)
	for _, part := range []func(context.Context) error{l.speed, l.memory, l.cold} {
		if err := part(ctx); err != nil {
			return l.rows, err
		}
	}
	return l.rows, nil
}

func (l *lookups) add(r Row) { l.rows = append(l.rows, r) }

// speed lets lookups and their peers take turns on mapped, resident files.
func (l *lookups) speed(ctx context.Context) (err error) {
	l.opts.Progress.Stage("measure " + l.name)
	hashed, err := openIndex(l.dir, l.manifest, asNode())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hashed.Close()) }()
	small, err := openIndex(l.dir, l.manifest, index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.Close()) }()
	bisected, err := openIndex(l.dir, l.manifest, index.Options{ForceBisection: true, HugePages: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bisected.Close()) }()

	contenders := []contender{
		l.contender("visit", hashed, visitEach),
		l.contender("locate", hashed, locateEach),
		l.contender("locate by bisection", bisected, locateEach),
		l.contender("visit by bisection", bisected, visitEach),
		l.contender("visit, each look-up protected", hashed, visitProtected),
		l.contender("visit in small pages", small, visitEach),
	}
	trees := l.points.Len() <= l.opts.PeerMost
	if trees {
		contenders = append(contenders, l.trees(hashed.Grid())...)
	}
	times, err := contest(ctx, threadClock(), l.opts.Rounds, contenders)
	if err != nil {
		return err
	}
	l.report(times, trees)
	return l.reportAllocations(contenders[0])
}

func (l *lookups) contender(name string, x *index.Index, run func(*index.Index, int, []coord.E7) (tally, error)) contender {
	radius := l.manifest.Grid.Radius
	return contender{name, func() (tally, error) { return run(x, radius, l.positions) }}
}

// trees are the peers: filled in the order in which a config comes, and in the
// order of the index, which is kinder to them.
func (l *lookups) trees(g *grid.Grid) []contender {
	l.opts.Progress.Stage("fill R-trees of " + l.name)
	defer l.opts.Progress.Stage("measure " + l.name)
	points, radius := inOrder(l.points), l.manifest.Grid.Radius
	arrival, sorted := newTree(points), newTree(sortedByCell(g, points))
	return []contender{
		{"arrival", func() (tally, error) { return searchTree(arrival, l.positions, g.Size(), radius), nil }},
		{"sorted", func() (tally, error) { return searchTree(sorted, l.positions, g.Size(), radius), nil }},
	}
}

func (l *lookups) report(times []timing, trees bool) {
	n := len(l.positions)
	visit, locate, locateBisect, visitBisect, protected, small := times[0], times[1], times[2], times[3], times[4], times[5]
	l.warm = per(visit.median, n)
	speed := newRow(l.name, "ns_per_lookup", l.warm, unitNs).noted("every posting visited; processor time, median of %d rounds", l.opts.Rounds)
	least := newRow(l.name, "min_ns_per_lookup", per(visit.min, n), unitNs)
	found := newRow(l.name, "postings_per_lookup", float64(visit.found)/float64(n), "")
	switch {
	case trees:
		arrival, sorted := times[6], times[7]
		speed = speed.timesBetter(peerRTree, per(arrival.median, n)).noted("the tree filled in order of arrival")
		if l.points.Len() == targetSpeedAt {
			speed = speed.atLeast(targetSpeed)
		}
		l.add(speed)
		l.add(least.timesBetter(peerRTree, per(arrival.min, n)))
		l.add(newRow(l.name+"/rtree-sorted", "ns_per_lookup", l.warm, unitNs).
			timesBetter(peerRTree, per(sorted.median, n)).noted("the tree filled in the order of the index"))
		l.add(newRow(l.name+"/rtree-sorted", "min_ns_per_lookup", per(visit.min, n), unitNs).
			timesBetter(peerRTree, per(sorted.min, n)))
		l.add(found.timesBetter(peerRTree, float64(arrival.found)/float64(n)).noted("a box as large as the mean window"))
	default:
		l.add(speed.without(fmt.Sprintf("R-trees are filled with at most %s points", countName(l.opts.PeerMost))))
		l.add(least)
		l.add(found)
	}
	l.add(newRow(l.name+"/locate", "ns_per_lookup", per(locate.median, n), unitNs).
		timesBetter("forced bisection", per(locateBisect.median, n)).noted("ranges of the non-empty cells only"))
	l.add(newRow(l.name+"/locate", "min_ns_per_lookup", per(locate.min, n), unitNs).
		timesBetter("forced bisection", per(locateBisect.min, n)))
	l.add(newRow(l.name+"/bisection", "ns_per_lookup", l.warm, unitNs).
		timesBetter("forced bisection", per(visitBisect.median, n)).noted("every posting visited"))
	l.add(newRow(l.name+"/protected", "ns_per_lookup", per(protected.median, n), unitNs).
		timesCost("without Protect", l.warm).noted("each look-up inside index.Protect"))
	l.add(newRow(l.name+"/huge-pages", "ns_per_lookup", l.warm, unitNs).
		timesBetter("small pages", per(small.median, n)).noted("what the advice of a node to the kernel gains"))
}

func (l *lookups) reportAllocations(c contender) error {
	n, err := allocations(c)
	if err != nil {
		return err
	}
	// As testing.AllocsPerRun does: whole objects a lookup.
	l.add(newRow(l.name, "allocs_per_lookup", float64(n/uint64(len(l.positions))), "").atMost(0).
		noted("%d heap objects in %d lookups", n, len(l.positions)))
	return nil
}
