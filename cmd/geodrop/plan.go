package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/builder/plan"
	planreport "geodrop/builder/plan/report"
	"geodrop/grid"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/poi/phrase"
	"geodrop/sync/manifest"
)

type planCmd struct {
	Src        string `placeholder:"SRC" env:"GEODROP_SRC" help:"New config, as for build; it is built into a temporary folder, on the grid of --against."`
	CRS        string `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of places whose row names none: ${enum}."`
	Release    string `placeholder:"DIR" help:"New release, instead of building one; --src then only tells what its zones keep out."`
	Against    string `placeholder:"RELEASE" help:"Folder of the release to compare with."`
	AgainstSrc string `placeholder:"SRC" help:"Config that --against was built from, to tell which places zones free."`

	Format string `enum:"text,json,markdown,html" default:"text" help:"What to write: ${enum}."`
	Out    string `short:"o" placeholder:"FILE" help:"Where to write it; default: standard output."`
	Schema bool   `help:"Print the JSON Schema of --format json instead."`

	FailOnRemoved *percent `placeholder:"SHARE" help:"Exit with 1 if more than this share of the drops is removed, such as 5%. A task that is paused or over keeps its drops."`
	FailOnUnseen  *percent `placeholder:"SHARE" help:"Exit with 1 if players see no drop from more than this share of the dense cells, where there are any."`

	Dense                int     `default:"5" help:"Places that make a cell a dense one."`
	Memory               size    `default:"1GiB" help:"Memory to stay within."`
	Temp                 string  `placeholder:"DIR" help:"Where the release is built and sorting spills; default: the system's folder for temporary files."`
	SegmentBytes         size    `help:"Mean size of segments, as of the builds that are published; default: that of build."`
	MaxRejected          percent `default:"1%" help:"Share of rows that may be rejected."`
	MaxShrink            percent `default:"20%" help:"Share of POIs beyond which a loss needs approval; the plan says so."`
	AcceptRejectedConfig bool    `help:"Build although a zone, district, set, task, prize or merchant was rejected."`
}

func (*planCmd) Help() string {
	return `What a change of the config does to the map: drops added, removed, moved and
changed by district and task, budgets, zones, coverage, the bytes to carry. Nothing
is published. The same releases give the same bytes, so plans can be compared.

Markdown fits a comment on a change; html is one file with a map of before, after
and the difference. Names of the new config are shown as text, whatever they are.

Exit codes: 0 done, whatever the plan says; 1 a --fail-on gate, or a release or
config that is not right.

Example: geodrop plan --src dir:london --against release
         geodrop plan --src dir:london --against release --format html --out plan.html
         geodrop plan --src dir:london --against release --fail-on-removed 5%`
}

// Validate refuses what would stand for a default, and calls without a new
// release.
func (c *planCmd) Validate() error {
	switch {
	case c.Schema:
		return nil
	case c.Against == "":
		return errors.New("say what to compare with: --against RELEASE")
	case c.Src == "" && c.Release == "":
		return errors.New("say what is new: --src SRC, or --release DIR")
	}
	return within("dense", c.Dense, 1, 1_000_000, "places")
}

func (c *planCmd) Run(r *run) error {
	if c.Schema {
		_, err := r.stdout.Write(planreport.Schema())
		return err
	}
	const heapShare = 0.3 // what sorting leaves of the memory
	debug.SetMemoryLimit(int64(heapShare * float64(c.Memory)))
	p, err := c.plan(r)
	if err != nil {
		return wrongPlan(err)
	}
	if err := c.write(r, p); err != nil {
		return err
	}
	return c.gates(p)
}

// wrongPlan marks errors about the config and the releases.
func wrongPlan(err error) error {
	for _, is := range []error{builder.ErrRejected, builder.ErrEmpty, decode.ErrFormat, plan.ErrGrid} {
		if errors.Is(err, is) {
			return notRight{err}
		}
	}
	if errors.Is(err, builder.ErrOptions) {
		return usage{err}
	}
	return wrong(err)
}

// plan compares what is there with what is new.
func (c *planCmd) plan(r *run) (p *plan.Plan, err error) {
	before, err := query.Open(c.Against, query.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, before.Close()) }()
	sourceBefore, err := c.source(r, c.AgainstSrc)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closed(sourceBefore)) }()
	sourceAfter, err := c.source(r, c.Src)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closed(sourceAfter)) }()
	return c.compare(r, before, sourceBefore, sourceAfter)
}

// compare compares a release with the new one, which is built if there is none.
func (c *planCmd) compare(r *run, before *query.Release, sourceBefore, sourceAfter poi.Source) (p *plan.Plan, err error) {
	temp, err := os.MkdirTemp(c.Temp, "geodrop-plan-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w; choose another with --temp", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	dir := c.Release
	var built *builder.Summary
	if dir == "" {
		dir = filepath.Join(temp, "release")
		if built, err = c.build(r, sourceAfter, dir, before.Manifest().Grid); err != nil {
			return nil, err
		}
	}
	after, err := query.Open(dir, query.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, after.Close()) }()
	const share = 4 // of the memory; the rest is for mapped files and what is held of each release
	return plan.Compare(r.ctx, before, after, plan.Options{
		SourceBefore: sourceBefore, SourceAfter: sourceAfter, Memory: int64(c.Memory) / share, TempDir: temp,
		Built: built, Dense: c.Dense, MaxShrink: c.MaxShrink.limit(),
	})
}

// source opens a config; none is nil.
func (c *planCmd) source(r *run, src string) (poi.Source, error) {
	if src == "" {
		return nil, nil
	}
	flags := sourceFlags{Src: src, CRS: c.CRS}
	return flags.open(r)
}

func closed(src poi.Source) error {
	if src == nil {
		return nil
	}
	return src.Close()
}

// build builds the new release, on the grid of the one before.
func (c *planCmd) build(r *run, src poi.Source, dir string, g manifest.Grid) (*builder.Summary, error) {
	s, err := builder.Build(r.ctx, src, builder.Options{
		Out: dir, Memory: int64(c.Memory), CellSize: grid.Size(g.CellMetres), Radius: g.Radius, SegmentBytes: int64(c.SegmentBytes),
		MaxRejected: c.MaxRejected.limit(), AcceptRejectedConfig: c.AcceptRejectedConfig,
		Progress: newProgress(r.stderr), Log: r.log,
	})
	if errors.Is(err, builder.ErrRejected) {
		nameRejected(r.stderr, s)
	}
	return s, refused(err, c.Src)
}

// write writes the plan, whole or not at all.
func (c *planCmd) write(r *run, p *plan.Plan) error {
	write := map[string]func(*bytes.Buffer) error{
		"text":     func(b *bytes.Buffer) error { return planreport.Text(b, p) },
		"json":     func(b *bytes.Buffer) error { return planreport.JSON(b, p) },
		"markdown": func(b *bytes.Buffer) error { return planreport.Markdown(b, p) },
		"html":     func(b *bytes.Buffer) error { return planreport.HTML(b, p) },
	}[c.Format]
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if c.Out == "" {
		_, err := r.stdout.Write(b.Bytes())
		return err
	}
	return writeOut(c.Out, b.Bytes())
}

// gates are what a plan may be refused for.
func (c *planCmd) gates(p *plan.Plan) error {
	var errs []error
	if c.FailOnRemoved != nil && float64(p.Drops.Removed) > float64(*c.FailOnRemoved)*float64(p.Drops.Before) {
		errs = append(errs, fmt.Errorf("%s of %s removed, more than the %g %% of --fail-on-removed: look at the plan, or raise it",
			phrase.Number(p.Drops.Removed), phrase.Count(p.Drops.Before, "drop")+phrase.Agree(p.Drops.Removed, " is", " are"), 100*float64(*c.FailOnRemoved)))
	}
	after := &p.Coverage.After
	if unseen := after.Dense - after.DenseSeen; c.FailOnUnseen != nil && float64(unseen) > float64(*c.FailOnUnseen)*float64(after.Dense) {
		errs = append(errs, fmt.Errorf("%s of %s no drop, more than the %g %% of --fail-on-unseen: look at the plan, or raise it",
			phrase.Number(unseen), phrase.Count(after.Dense, "dense cell")+phrase.Agree(unseen, " sees", " see"), 100*float64(*c.FailOnUnseen)))
	}
	if err := errors.Join(errs...); err != nil {
		return notRight{err}
	}
	return nil
}
