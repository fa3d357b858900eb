package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"geodrop/builder"
	"geodrop/sync/manifest"
)

// BuildOptions say what Build measures. The zero value is what geodrop uses
// unless told.
type BuildOptions struct {
	Rows     int   // of pois.csv; default 1e6
	Memory   int64 // of the build, and of the sort; default 1 GiB
	Rounds   int   // default 3; two at least tell whether builds repeat
	PeerMost int   // most rows that GNU sort sorts; default 1e7
	Seed     uint64
	TempDir  string // where the bundle and the releases go; default: the system's

	Progress builder.Progress // default: none

	build     buildFunc
	districts mesh // default districtsMesh
}

const (
	defaultBuildRows   = 1000000
	defaultBuildRounds = 3
	targetBuild        = 1 // times the time of GNU sort
)

func (o BuildOptions) withDefaults() BuildOptions {
	setDefault(&o.Rows, defaultBuildRows)
	setDefault(&o.Memory, buildMemory)
	setDefault(&o.Rounds, defaultBuildRounds)
	setDefault(&o.PeerMost, defaultPeerMost)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	setDefault(&o.districts, districtsMesh(National(), o.Seed))
	if o.build == nil {
		o.build = buildInChild
	}
	return o
}

// Build measures builds of a synthetic bundle. The rows are valid, as far as it
// came, also with an error.
func Build(ctx context.Context, opts BuildOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	work, err := os.MkdirTemp(o.TempDir, "geodrop-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	defer o.Progress.Done()
	b := &builds{opts: &o, name: caseName("build", o.Rows), work: work}
	b.files.dir = filepath.Join(work, "bundle")
	if b.findPeer(ctx) {
		b.files.keys = filepath.Join(work, "keys")
	}
	o.Progress.Stage("write the bundle of " + b.name)
	if err := b.files.write(ctx, NewPoints(National(), o.Rows, o.Seed), o.districts); err != nil {
		return nil, err
	}
	if err := b.run(ctx); err != nil {
		return nil, fmt.Errorf("bench build of %s rows: %w", countName(o.Rows), err)
	}
	return b.report(), nil
}

// builds is the measurement of one bundle.
type builds struct {
	opts  *BuildOptions
	name  string // of the case
	work  string
	files bundleFiles
	peer  *gnuSort
	why   string // there is no peer

	ours, theirs costs
	summaries    []*builder.Summary
	manifests    [][]byte
}

// costs are what processes took, one entry each.
type costs struct {
	wall, processor []time.Duration
}

func (c *costs) add(wall, processor time.Duration) {
	c.wall, c.processor = append(c.wall, wall), append(c.processor, processor)
}

// findPeer reports whether there is a GNU sort to run.
func (b *builds) findPeer(ctx context.Context) bool {
	if b.opts.Rows > b.opts.PeerMost {
		b.why = fmt.Sprintf("GNU sort is given at most %s rows", countName(b.opts.PeerMost))
		return false
	}
	var err error
	if b.peer, err = findSort(ctx, b.opts.Memory); err != nil {
		b.why = err.Error()
	}
	return err == nil
}

// run lets build and sort take turns, each first every other time.
func (b *builds) run(ctx context.Context) error {
	for round := range b.opts.Rounds {
		turns := []func(context.Context) error{b.build, b.sort}
		if round%2 == 1 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builds) build(ctx context.Context) error {
	b.opts.Progress.Stage("build " + b.name)
	// Releases stay until the end: ext4 looks at every file that was deleted within
	// minutes whenever it makes one.
	out := filepath.Join(b.work, fmt.Sprintf("release-%d", len(b.summaries)))
	began := time.Now()
	s, processor, err := b.opts.build(ctx, b.files.dir, out, b.opts.Memory)
	if err != nil {
		return err
	}
	b.ours.add(time.Since(began), processor)
	b.summaries = append(b.summaries, s)
	m, err := os.ReadFile(filepath.Join(out, manifest.Name))
	if err != nil {
		return fmt.Errorf("read what was built: %w", err)
	}
	b.manifests = append(b.manifests, m)
	return nil
}

func (b *builds) sort(ctx context.Context) error {
	if b.peer == nil {
		return nil
	}
	b.opts.Progress.Stage("GNU sort of " + b.name)
	began := time.Now()
	processor, err := b.peer.run(ctx, b.files.keys)
	if err != nil {
		return err
	}
	b.theirs.add(time.Since(began), processor)
	return nil
}

func (b *builds) report() []Row {
	median := middle(b.ours.wall)
	speed := newRow(b.name, "seconds", median.Seconds(), unitSeconds).noted("median of %d builds, each a process", len(b.summaries))
	least := newRow(b.name, "min_seconds", slices.Min(b.ours.wall).Seconds(), unitSeconds)
	processor := newRow(b.name, "processor_seconds", middle(b.ours.processor).Seconds(), unitSeconds).noted("of all threads")
	if b.peer == nil {
		speed = speed.without(b.why)
	} else {
		peer := b.peer.String()
		speed = speed.timesCost(peer, middle(b.theirs.wall).Seconds()).noted("same keys, same rows, whole lines sorted")
		least = least.timesCost(peer, slices.Min(b.theirs.wall).Seconds())
		processor = processor.timesCost(peer, middle(b.theirs.processor).Seconds())
	}
	rows := []Row{
		speed.atMost(targetBuild), least, processor,
		newRow(b.name, "rows_per_second", float64(b.opts.Rows)/median.Seconds(), unitPerS),
		b.peak(), b.repeat(),
	}
	s := b.summaries[len(b.summaries)-1]
	rows = append(rows, newRow(b.name, "release_bytes", float64(s.Bytes), unitBytes).
		noted("%d POIs read, %d screened out, %d rejected, %d outside the districts, %d segments", s.Read, s.Screened, s.Rejected, s.Outside, s.Segments))
	for _, stage := range s.Stages {
		name := b.name + "/" + stage.Name
		rows = append(rows, newRow(name, "seconds", stage.Duration.Seconds(), unitSeconds))
		if stage.PeakBytes > 0 {
			rows = append(rows, newRow(name, "peak_bytes", float64(stage.PeakBytes), unitBytes))
		}
	}
	return rows
}

// peak is the most memory that any stage of any build had.
func (b *builds) peak() Row {
	most := int64(0)
	for _, s := range b.summaries {
		for _, stage := range s.Stages {
			most = max(most, stage.PeakBytes)
		}
	}
	row := newRow(b.name, "peak_bytes", float64(most), unitBytes)
	if most == 0 {
		return row.without("the system does not tell the peak of memory")
	}
	return row.atMost(float64(b.opts.Memory)).noted("resident memory of the build process, told to stay within %s", bytesText(float64(b.opts.Memory)))
}

// repeat says whether all builds gave the same bytes.
func (b *builds) repeat() Row {
	different := 0
	for _, m := range b.manifests[1:] {
		if !bytes.Equal(m, b.manifests[0]) {
			different++
		}
	}
	row := newRow(b.name, "different_releases", float64(different), "")
	if len(b.manifests) < 2 {
		return row.without("one build only")
	}
	return row.atMost(0).noted("manifests, and so all digests, of %d builds compared", len(b.manifests))
}

// middle is the median.
func middle(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
