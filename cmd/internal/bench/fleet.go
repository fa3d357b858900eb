package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"geodrop/builder"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

// FleetOptions say how many follow an origin. The zero value is what geodrop
// uses unless told.
type FleetOptions struct {
	Agents  int // default 1000
	Relays  int // between them and the origin; default none
	POIs    int // of the release that each of them has on the disk; default 5000
	Seed    uint64
	TempDir string // default: the system's folder for temporary files

	Progress builder.Progress // default: none
}

// What an agent and its origin may hold for one another at a time: the agent
// asks for a channel or for so many objects, and keeps that many connections and
// one more; each takes two goroutines on either side.
const (
	targetSocketsEach    = 5
	targetGoroutinesEach = 4*targetSocketsEach + 1 + 4
)

// The targets of a small change to a hundred agents behind two relays.
const (
	targetVisible = 2 // seconds
	targetCopies  = 3 // that the origin sends
)

// segmentsOfFleet makes releases of several segments, though they are small.
const segmentsOfFleet = 4

// Fleet publishes a release, lets so many agents loose on its origin at once, and
// then publishes a small change: how long until all have it, and what that costs.
//
//	origin ◄── HTTP on loopback ──► relays, if any ◄──► agent, agent, …
func Fleet(ctx context.Context, o FleetOptions) (rows []Row, err error) {
	setDefault(&o.Agents, 1000)
	setDefault(&o.POIs, 5000)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	defer o.Progress.Done()
	work, err := os.MkdirTemp(o.TempDir, "geodrop-fleet-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the fleet: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	f := &fleet{opts: &o, work: work, points: NewPoints(Growing(o.POIs), o.POIs, o.Seed)}
	if err := f.run(ctx); err != nil {
		return f.rows, fmt.Errorf("bench fleet: %w", err)
	}
	return f.rows, nil
}

// fleet is one run.
type fleet struct {
	opts     *FleetOptions
	work     string
	points   *Points
	servers  *fleetServers
	agents   []*fleetAgent
	arrivals chan arrival
	rows     []Row
}

// run starts an origin, and relays, and ends when they have ended.
func (f *fleet) run(ctx context.Context) (err error) {
	before := runtime.NumGoroutine()
	f.servers, err = serveFleet(ctx, f.work, f.opts.Relays)
	if err == nil {
		err = f.measure(ctx)
	}
	if err := errors.Join(err, f.servers.stop()); err != nil {
		return err
	}
	left := settledGoroutines(before)
	f.rows = append(f.rows, newRow(f.name(), "goroutines_left", float64(left-before), "").atMost(0).noted("after all have stopped, beyond those before"))
	return nil
}

func (f *fleet) name() string {
	name := "fleet/" + countName(f.opts.Agents)
	if f.opts.Relays > 0 {
		name += fmt.Sprintf("/relays-%d", f.opts.Relays)
	}
	return name
}

// measure is the herd and the change.
func (f *fleet) measure(ctx context.Context) (err error) {
	first, err := f.release(ctx, "first", edit{})
	if err != nil {
		return err
	}
	if _, err := f.servers.origin.Publish(ctx, first.dir, origin.Publication{}); err != nil {
		return err
	}
	stop, err := f.start(ctx, first.manifest.ID)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	second, err := f.release(ctx, "second", edits(f.points)[0])
	if err != nil {
		return err
	}
	return f.change(ctx, first.manifest, second)
}

// fleetRelease is a release in a folder.
type fleetRelease struct {
	dir      string
	manifest *manifest.Manifest
}

func (f *fleet) release(ctx context.Context, name string, e edit) (r fleetRelease, err error) {
	f.opts.Progress.Stage("build " + name)
	r.dir = filepath.Join(f.work, name)
	const bytesEach = 80 // of a POI, about
	_, err = builder.Build(ctx, &editedSource{source: newSource(f.points), edit: e}, builder.Options{
		Out: r.dir, SegmentBytes: int64(f.opts.POIs) * bytesEach / segmentsOfFleet, Progress: f.opts.Progress,
	})
	if err != nil {
		return r, err
	}
	r.manifest, err = manifest.Read(r.dir)
	return r, err
}

// herd waits for all agents to serve a release, and tells what that took.
func (f *fleet) herd(ctx context.Context, id string, do func() error) (herdFigures, error) {
	watch := watchProcess(f.servers.sockets)
	sent, content, refused := f.servers.egress(), f.servers.content(), f.servers.refused()
	began, processor := time.Now(), processClock()
	worked := processor()
	err := do()
	for n := 0; err == nil && n < len(f.agents); {
		select {
		case a := <-f.arrivals:
			if a.release == id {
				n++
				f.opts.Progress.Add(1)
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	figures := herdFigures{took: time.Since(began), worked: processor() - worked}
	figures.process = watch.stop()
	figures.sent, figures.content, figures.refused = f.servers.egress()-sent, f.servers.content()-content, f.servers.refused()-refused
	return figures, err
}

// herdFigures are what it took until all agents had a release.
type herdFigures struct {
	took    time.Duration
	worked  time.Duration // by processors
	sent    int64         // bytes by the origin, headers included
	content float64       // bytes of those, without headers
	refused float64       // requests, for being too many
	process processPeaks
}

// report adds the rows of a herd, in which an agent alone receives so many bytes.
func (f *fleet) report(name string, h herdFigures, each int64, of string) {
	n := float64(f.opts.Agents)
	add := func(r Row) { f.rows = append(f.rows, r) }
	add(newRow(name, "until_all_have_it", h.took.Seconds(), unitSeconds).noted("their files on one disk"))
	add(newRow(name, "processor_ns_per_agent", float64(h.worked)/n, unitNs).noted("of the origin and the agents"))
	add(newRow(name, "put_off", h.refused, "").noted("requests that came back later, the origin being busy"))
	add(newRow(name, "origin_egress_copies", h.content/float64(each), "").
		noted("of %d bytes, %s; with headers and pointers the origin sent %d", each, of, h.sent))
	add(newRow(name, "sockets_per_agent", float64(h.process.sockets)/n, "").atMost(targetSocketsEach))
	add(newRow(name, "goroutines_per_agent", float64(h.process.goroutines)/n, "").atMost(targetGoroutinesEach).
		noted("of the origin and the agents, at the peak"))
	add(newRow(name, "heap_per_agent", float64(h.process.heap)/n, unitBytes).noted("of the origin and the agents, at the peak"))
}

// change publishes a release that differs little.
func (f *fleet) change(ctx context.Context, before *manifest.Manifest, after fleetRelease) error {
	f.opts.Progress.Stage("change")
	was := f.agents[0].agent.Status()
	h, err := f.herd(ctx, after.manifest.ID, func() error {
		_, err := f.servers.origin.Publish(ctx, after.dir, origin.Publication{})
		return err
	})
	if err != nil {
		return err
	}
	is := f.agents[0].agent.Status()
	moved := is.Fetched - was.Fetched
	name := f.name() + "/change"
	f.report(name, h, moved, fmt.Sprintf("of which %d are patches", is.AsPatches-was.AsPatches))
	for i := range f.rows {
		f.aim(&f.rows[i], name)
	}
	f.rows = append(f.rows,
		newRow(name, "moved", 100*float64(moved)/float64(after.manifest.Bytes()), unitPercent).atMost(targetMoved).
			noted("of %d bytes, to one agent; %d segments of %d are other files", after.manifest.Bytes(), changed(before, after.manifest), len(after.manifest.Segments)))
	return f.verify(ctx, name, after.manifest)
}

// aim sets the targets of a change that goes through relays.
func (f *fleet) aim(r *Row, name string) {
	switch {
	case r.Case != name || f.opts.Relays == 0 || f.opts.Relays > 2:
	case r.Metric == "origin_egress_copies":
		*r = r.atMost(targetCopies)
	case r.Metric == "until_all_have_it" && f.opts.Agents == 100:
		*r = r.atMost(targetVisible)
	}
}

func changed(before, after *manifest.Manifest) int {
	has := map[manifest.Digest]bool{}
	for _, s := range before.Segments {
		has[s.Digest] = true
	}
	n := 0
	for _, s := range after.Segments {
		if !has[s.Digest] {
			n++
		}
	}
	return n
}

// verify reads the release of every agent.
func (f *fleet) verify(ctx context.Context, name string, m *manifest.Manifest) error {
	f.opts.Progress.Stage("verify")
	whole, fallbacks := 0, int64(0)
	for _, a := range f.agents {
		status := a.agent.Status()
		for _, n := range status.Fallbacks {
			fallbacks += n
		}
		if status.Release == m.ID && a.whole(ctx, m) == nil {
			whole++
		}
		f.opts.Progress.Add(1)
	}
	f.rows = append(f.rows,
		newRow(name, "agents_with_it", float64(whole), "").atLeast(float64(len(f.agents))).noted("each file read and digested"),
		newRow(name, "fallbacks", float64(fallbacks), "").atMost(0).noted("segments that came whole for want of a patch"))
	return ctx.Err()
}
