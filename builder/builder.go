// Package builder turns one state of a config into a release: it reads the
// config from a poi.Source, leaves out what may not be dropped, sorts the POIs
// by cell and writes segments, area file, catalog and, last of all, the sealed
// manifest. Memory is capped, whatever the number of POIs, and equal content
// gives equal bytes, whatever the order in which it arrives.
//
//	POIs ──┬─► sort by cell ──────────────────────────────────────────┐
//	       └─► sort by id ─┐                                          │
//	memberships ─► by id ──┴─► duplicates, sets of a POI ─► by cell ──┤
//	                                                                  │
//	manifest ◄─ catalog, areas ◄─ segments ◄─ district, zones ◄─ merge┘
//
// Upon an earlier release of a source that keeps track of changes, it reads what
// changed and writes the segments that this touches; the others are taken over,
// and the bytes are those of a build of everything:
//
//	changes ─► edits by cell ──┬─► segments, up to the next cut of the base
//	segments of the base ──────┘   and, where nothing was edited, as they are
//
// What that needs beside the release is in <seal>.build, which is no part of it.
//
// It does not watch a store for changes and does not publish: it makes one
// release in one folder.
package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"geodrop/builder/extsort"
	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// Options of a build. The zero value, with Out set, is what geodrop uses unless
// told.
//
// Memory bounds what grows with the number of POIs. On top of it come the areas
// and their index, the segment that is being filled and the few that are being
// written, the POIs of one cell, and the different combinations of sets. The heap has
// room for these where the caller sets a memory limit (debug.SetMemoryLimit).
type Options struct {
	Out          string    // folder of the release; made if missing
	TempDir      string    // where sorting spills; default Out
	Memory       int64     // see below; default 1 GiB, at least MinMemory
	CellSize     grid.Size // default grid.DefaultSize
	Radius       int       // of the window in cells; default grid.DefaultRadius
	SegmentBytes int64     // mean size of segments: half to about twice as much; default 384 KiB, more beyond 3·10⁷ POIs
	WithoutHash  bool      // leave the prefix hash out of the segments
	scale        scale     // of segments unless SegmentBytes is set; a test has a smaller one

	// MaxRejected is the share of POIs, and of memberships, that may be
	// rejected, MaxShrink the share of postings by which a release may have
	// fewer than the one it replaces in Out; CheckShrink says what else may not
	// vanish. Beyond them nothing is sealed.
	// Defaults 0.01 and 0.2; below 0 stands for none at all.
	MaxRejected float64
	MaxShrink   float64

	// AcceptRejectedConfig seals a release although a zone, a district, a task,
	// a prize or a merchant was rejected: a hazard may be missing from it.
	AcceptRejectedConfig bool

	// Base is the folder of the release to build upon; default: that in Out. A
	// source that keeps track of changes (poi.Tracker) is then read as far as it
	// changed, and segments without a change are taken over. The bytes are those
	// of a build of everything; where that is not certain, as after an edit of a
	// district, one is made. Full makes one in any case.
	Base string
	Full bool

	Progress Progress     // default: none
	Log      *slog.Logger // default: discarded
}

// Progress is told how far a build is. Its methods are called by one goroutine
// at a time.
type Progress interface {
	Stage(name string)
	Add(rows int)
	Done()
}

// MinMemory is the least that Options.Memory may be.
const MinMemory = 64 << 20

const (
	defaultMemory      = 1 << 30
	maxSegmentBytes    = 1 << 29 // the format ends at 4 GiB, and a tile is never cut
	segmentShare       = 4       // two segments are to take no more than half of the memory, in the mean
	defaultMaxRejected = 0.01
	defaultMaxShrink   = 0.2
)

// ErrOptions marks options that no build can have.
var ErrOptions = errors.New("wrong option")

// Errors of a build that was not sealed. What was in Out before is unchanged.
var (
	ErrRejected = errors.New("too many rows were rejected")
	ErrShrink   = errors.New("the release would be much smaller than the one it replaces")
	ErrEmpty    = errors.New("no POI is left to drop anything at")
	ErrBusy     = errors.New("another build is writing there")
)

func (o *Options) withDefaults() (Options, error) {
	d := *o
	if d.Out == "" {
		return d, fmt.Errorf("build: %w: no folder for the release", ErrOptions)
	}
	setDefault(&d.TempDir, d.Out)
	setDefault(&d.Memory, defaultMemory)
	setDefault(&d.CellSize, grid.DefaultSize)
	setDefault(&d.Radius, grid.DefaultRadius)
	setDefault(&d.scale, scale{leastMean, smallConfig})
	setDefault(&d.MaxRejected, defaultMaxRejected)
	setDefault(&d.MaxShrink, defaultMaxShrink)
	setDefault(&d.Log, slog.New(slog.DiscardHandler))
	if d.Progress == nil {
		d.Progress = silent{}
	}
	return d, d.check()
}

func (o *Options) check() error {
	switch {
	case o.Memory < MinMemory:
		return fmt.Errorf("build: %w: %d bytes of memory are too few: give at least %d", ErrOptions, o.Memory, int64(MinMemory))
	case o.CellSize < grid.MinSize || o.CellSize > grid.MaxSize:
		return fmt.Errorf("build: %w: cells of %d m are not within %d…%d m", ErrOptions, o.CellSize, grid.MinSize, grid.MaxSize)
	case o.Radius < 0 || o.Radius > grid.MaxRadius:
		return fmt.Errorf("build: %w: a radius of %d is not within 0…%d cells", ErrOptions, o.Radius, grid.MaxRadius)
	case o.SegmentBytes < 0 || o.SegmentBytes > min(maxSegmentBytes, o.Memory/segmentShare):
		return fmt.Errorf("build: %w: segments of %d bytes are not within 0…%d", ErrOptions, o.SegmentBytes, min(maxSegmentBytes, o.Memory/segmentShare))
	}
	return nil
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

// Build makes a release of the source in Options.Out and returns what it did.
// It seals nothing unless all went well; then objects of a release that was
// there before and are not part of the new one are removed.
//
// A source is for one build: what it rejects is reported once.
//
// The summary is valid, as far as the build came, also with an error.
func Build(ctx context.Context, src poi.Source, opts Options) (*Summary, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return &Summary{}, err
	}
	g, err := grid.New(o.CellSize)
	if err != nil {
		return &Summary{}, fmt.Errorf("build: %w", err)
	}
	unlock, err := prepare(&o)
	if err != nil {
		return &Summary{}, fmt.Errorf("build: %w", err)
	}
	b := &build{opts: o, src: src, grid: g, summary: &Summary{ScreenedBy: map[string]int64{}}}
	err = b.run(ctx)
	b.opts.Progress.Done()
	b.clock.stop(b.summary)
	b.summary.finish(src)
	if err = errors.Join(err, unlock()); err != nil {
		return b.summary, fmt.Errorf("build: %w", err)
	}
	return b.summary, nil
}

// prepare makes Out, locks it and removes what a killed build left there.
func prepare(o *Options) (unlock func() error, err error) {
	if err := atomicfile.MkdirAll(o.Out, 0o755); err != nil {
		return nil, err
	}
	unlock, err = atomicfile.LockDir(o.Out)
	if errors.Is(err, atomicfile.ErrLocked) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return nil, err
	}
	if err := atomicfile.RemoveStale(o.Out); err != nil {
		return nil, errors.Join(err, unlock())
	}
	stale, err := extsort.RemoveStale(o.TempDir)
	for _, dir := range stale {
		o.Log.Info("removed what an interrupted build left", "folder", dir)
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
}

// build is the state of one Build.
type build struct {
	opts    Options
	src     poi.Source
	grid    *grid.Grid
	summary *Summary
	clock   stageClock

	config    *poi.Config
	districts areas[*poi.District]
	always    areas[*poi.Zone] // zones without times
	timed     areas[*poi.Zone]
	indexed   chan error // gets the outcome of indexing the areas
	sets      *setTable
	rejected  rejected
	supply    *poi.Supply
	screened  []int64  // POIs in each of the zones without times
	mark      poi.Mark // of the source's state, if it keeps track of changes
	sealing   bool     // the manifest may be in place

	segmentBytes int64 // the mean size of this release
}

func (b *build) run(ctx context.Context) (err error) {
	present, err := objectsIn(b.opts.Out)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && !b.sealing {
			err = errors.Join(err, removeObjects(b.opts.Out, present))
		}
	}()
	before, err := b.readBefore()
	if err != nil {
		return err
	}
	revision, err := b.src.Revision(ctx)
	if err != nil {
		return err
	}
	if err := b.readMark(ctx); err != nil {
		return err
	}
	p, err := b.make(ctx, before)
	if err != nil {
		return err
	}
	if err := b.checkSize(before); err != nil {
		return err
	}
	b.stage("seal")
	return b.seal(ctx, revision, p)
}

func (b *build) readMark(ctx context.Context) (err error) {
	if tracker, ok := b.src.(poi.Tracker); ok {
		b.mark, err = tracker.Mark(ctx)
	}
	return err
}

// make makes the parts of the release, upon a base if that can be. Where the disk
// is full it is not: everything would take more of it.
func (b *build) make(ctx context.Context, before *manifest.Manifest) (*parts, error) {
	p, err := b.makeUpon(ctx, before)
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case noRoom(err):
		return nil, err
	}
	b.clock.stop(b.summary)
	*b.summary = Summary{ScreenedBy: map[string]int64{}, Stages: b.summary.Stages}
	if !errors.Is(err, errNoBase) {
		b.summary.NotUpon = err.Error()
		b.opts.Log.Log(ctx, levelOf(err), "everything is built anew", "reason", err)
	}
	return b.makeAll(ctx)
}

// levelOf is that of the reason to build upon no release: it is in the order of
// things, or it failed.
func levelOf(reason error) slog.Level {
	if errors.Is(reason, errBase) || errors.Is(reason, poi.ErrUntracked) {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// makeAll makes the parts from everything that the source has.
func (b *build) makeAll(ctx context.Context) (p *parts, err error) {
	b.stage("areas")
	if err := b.readConfig(ctx); err != nil {
		return nil, err
	}
	sorted, err := b.sortPOIs(ctx)
	if err = errors.Join(err, <-b.indexed); err != nil {
		if sorted != nil {
			err = errors.Join(err, sorted.close())
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, sorted.close()) }()
	if err := b.checkRejected(); err != nil {
		return nil, err
	}
	b.segmentBytes = b.meanSegment(b.summary.Read)
	b.stage("write")
	p = &parts{}
	if p.segments, err = b.writeSegments(ctx, sorted); err != nil {
		return nil, err
	}
	b.summary.Rebuilt = len(p.segments)
	for _, d := range b.districts.records {
		p.districts = append(p.districts, catalog.District{Adcode: d.Adcode, Name: d.Name, Parent: d.Parent})
	}
	p.areas, err = writeObject(b.opts.Out, manifest.AreasKind, func(w io.Writer) (int64, error) {
		return index.WriteAreas(w, b.districts.index.Tables())
	}, (*atomicfile.File).CommitLater)
	return p, err
}

func (b *build) stage(name string) {
	b.clock.start(name, b.summary)
	b.opts.Progress.Stage(name)
	b.opts.Log.Debug("stage", "name", name)
}
