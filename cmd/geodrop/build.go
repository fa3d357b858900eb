package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"geodrop/builder"
	"geodrop/grid"
	"geodrop/poi/decode"
	"geodrop/sync/trust"
)

type buildCmd struct {
	sourceFlags
	Out                  string  `required:"" placeholder:"DIR" help:"Folder of the release; made if missing, replaced whole if not."`
	Memory               size    `default:"1GiB" help:"Memory to stay within."`
	Temp                 string  `placeholder:"DIR" help:"Where sorting spills; default: the folder of the release."`
	Cell                 int     `default:"200" help:"Edge of a cell in metres, 10 to 1000."`
	Radius               int     `default:"2" help:"Radius of the window in cells; 2 is 5×5."`
	SegmentBytes         size    `help:"Mean size of segments; default: 384KiB, and twice as much for each doubling beyond 33 million places."`
	NoHash               bool    `help:"Leave the prefix hash out; lookups bisect."`
	MaxRejected          percent `default:"1%" help:"Share of places, and of memberships of sets, that may be rejected."`
	MaxShrink            percent `default:"20%" help:"Share of POIs that may be lost against the release in --out; of tasks, quotas, sets, districts and zones it is half, or this if more."`
	Base                 string  `placeholder:"DIR" help:"Release to build upon; default: that in --out."`
	Full                 bool    `help:"Read everything, and build upon no release."`
	AcceptRejectedConfig bool    `help:"Build although a zone, district, set, task, prize or merchant was rejected."`
	Sign                 string  `placeholder:"KEY" help:"Private key to sign the release with."`
	JSON                 bool    `name:"json" help:"Print the summary as JSON."`
}

func (*buildCmd) Help() string {
	return `Nothing is sealed, and what was in the folder stays, when too many rows are
rejected or the map would lose too many places. Two builds of one config give
the same bytes. A signature stands beside the manifest.

A store knows what was changed in it. Where there is a release of an earlier state
of it, only what changed is read, and segments without a change are taken over;
the bytes are the same. The summary says so, or why everything was read.

Example: geodrop build --src dir:london --out release
         geodrop build --src dir:london --out release --sign builder.key`
}

func (c *buildCmd) Run(r *run) (err error) {
	if err := checkOut(c.Out); err != nil {
		return err
	}
	src, err := c.open(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	var signers []string
	if c.Sign != "" {
		signers = []string{c.Sign}
	}
	keys, err := readKeys(signers) // before the work
	if err != nil {
		return err
	}
	const heapShare = 0.3 // what sorting leaves of the memory
	debug.SetMemoryLimit(int64(heapShare * float64(c.Memory)))
	progress := newProgress(r.stderr)
	summary, err := builder.Build(r.ctx, src, builder.Options{
		Out: c.Out, TempDir: c.Temp, Memory: int64(c.Memory), CellSize: grid.Size(c.Cell), Radius: c.Radius,
		SegmentBytes: int64(c.SegmentBytes), WithoutHash: c.NoHash,
		MaxRejected: c.MaxRejected.limit(), MaxShrink: c.MaxShrink.limit(),
		AcceptRejectedConfig: c.AcceptRejectedConfig,
		Base:                 c.Base, Full: c.Full,
		Progress: progress, Log: r.log,
	})
	if err == nil && len(keys) > 0 {
		err = trust.SignRelease(c.Out, keys...)
	}
	if len(summary.Stages) > 0 { // else it did not begin
		if printErr := c.print(r.stdout, summary); err == nil {
			err = printErr
		}
	}
	if errors.Is(err, builder.ErrRejected) {
		if c.JSON { // else the summary names them
			nameRejected(r.stderr, summary)
		}
		err = refused(err, c.Src)
	}
	for _, unsealed := range []error{builder.ErrRejected, builder.ErrShrink, builder.ErrEmpty, decode.ErrFormat} {
		if errors.Is(err, unsealed) {
			return notRight{err}
		}
	}
	if errors.Is(err, builder.ErrOptions) {
		return usage{err}
	}
	return err
}

// Validate refuses what would stand for a default in builder.Options.
func (c *buildCmd) Validate() error {
	switch {
	case c.Cell < int(grid.MinSize) || c.Cell > int(grid.MaxSize):
		return fmt.Errorf("--cell %d is not within %d…%d metres", c.Cell, grid.MinSize, grid.MaxSize)
	case c.Radius < 1 || c.Radius > grid.MaxRadius:
		return fmt.Errorf("--radius %d is not within 1…%d cells", c.Radius, grid.MaxRadius)
	}
	return nil
}

func (c *buildCmd) print(w io.Writer, s *builder.Summary) error {
	if c.JSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	t := table{w: w}
	s.Text(t.row)
	if s.Release != "" {
		t.line("Release %s in %s.", s.Release, c.Out)
	}
	if t.err != nil {
		return fmt.Errorf("print the summary: %w", t.err)
	}
	return nil
}
