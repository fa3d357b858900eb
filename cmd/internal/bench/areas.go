package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"geodrop/builder"
	"geodrop/grid"
	"geodrop/grid/coord"
)

// AreasOptions say what Areas measures. The zero value is what geodrop uses
// unless told.
type AreasOptions struct {
	Points     int    // default 1e7
	PeerPoints int    // for slower peers, scaled by the point; default 2e5
	Rounds     int    // default 3
	Data       string // folder with districts*.geojson[.gz]; default: a synthetic mesh
	Seed       uint64

	Progress builder.Progress // default: none

	withoutServer bool
}

const (
	defaultPoints     = 10000000
	defaultPeerPoints = 200000
	targetAreas       = 20 // times as fast as PostGIS
)

// The peers, as rows call them.
const (
	peerPostGIS = "PostGIS ST_Contains, GiST"
	peerH3      = "grid.Areas (H3)"
	peerBoxes   = "bounding boxes and exact test"
)

func (o AreasOptions) withDefaults() AreasOptions {
	setDefault(&o.Points, defaultPoints)
	setDefault(&o.PeerPoints, defaultPeerPoints)
	setDefault(&o.Rounds, defaultBuildRounds)
	o.PeerPoints = min(o.PeerPoints, o.Points)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	return o
}

// Areas measures how fast points are assigned to districts. The rows are valid,
// as far as it came, also with an error.
func Areas(ctx context.Context, opts AreasOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	defer o.Progress.Done()
	o.Progress.Stage("read districts")
	sets, err := districtSets(ctx, &o)
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		a := &areas{opts: &o, name: "areas/" + set.name, shapes: set.shapes}
		err := a.run(ctx)
		rows = append(rows, a.rows...)
		if err != nil {
			return rows, fmt.Errorf("bench %s: %w", a.name, err)
		}
	}
	return rows, nil
}

// areas is the measurement of one set of districts.
type areas struct {
	opts   *AreasOptions
	name   string // of the case
	shapes []grid.Shape
	points []coord.E7
	some   []coord.E7 // for slow peers
	rows   []Row

	index *grid.AreaIndex
	h3    *grid.Areas
	boxed boxed
	db    *postgis // nil if there is none
}

func (a *areas) run(ctx context.Context) (err error) {
	a.opts.Progress.Stage("index " + a.name)
	if err := a.indexShapes(); err != nil {
		return err
	}
	a.points = pointsNear(a.shapes, a.opts.Points, a.opts.Seed)
	a.some = a.points[:a.opts.PeerPoints]
	why, err := a.startServer(ctx)
	if err != nil {
		return err
	}
	if a.db != nil {
		defer func() { err = errors.Join(err, a.db.stop()) }()
	}
	a.opts.Progress.Stage("measure " + a.name)
	contenders := []contender{
		{"raster", func() (tally, error) { return assign(a.points, a.index.Find) }},
		{"h3", func() (tally, error) { return assign(a.some, a.h3.Find) }},
		{"boxes", func() (tally, error) { return assign(a.some, a.boxed.Find) }},
	}
	if a.db != nil {
		contenders = append(contenders,
			contender{"postgis", func() (tally, error) { return a.db.assign(ctx, plainPoints) }},
			contender{"postgis, points indexed", func() (tally, error) { return a.db.assign(ctx, indexedPoints) }})
	}
	times, err := contest(ctx, wallClock(), a.opts.Rounds, contenders)
	if err != nil {
		return err
	}
	a.report(times, why)
	return a.compare(ctx)
}

func (a *areas) indexShapes() (err error) {
	began := time.Now()
	if a.index, err = grid.NewAreaIndex(a.shapes); err != nil {
		return err
	}
	raster := time.Since(began)
	began = time.Now()
	if a.h3, err = grid.NewAreas(a.shapes, grid.AreasOptions{}); err != nil {
		return err
	}
	a.boxed = newBoxed(a.shapes)
	vertices := 0
	for _, s := range a.shapes {
		vertices += s.Vertices()
	}
	a.add(newRow(a.name, "index_seconds", raster.Seconds(), unitSeconds).
		timesBetter(peerH3, time.Since(began).Seconds()).noted("%d districts, %d vertices", len(a.shapes), vertices))
	return nil
}

func (a *areas) add(r Row) { a.rows = append(a.rows, r) }

// startServer starts the server and loads it. why says that there is none.
func (a *areas) startServer(ctx context.Context) (why string, err error) {
	if a.opts.withoutServer {
		return "no server was wanted", nil
	}
	a.opts.Progress.Stage("load PostGIS with " + a.name)
	a.db, err = startPostGIS(ctx)
	if errors.Is(err, errNoPostGIS) {
		return err.Error(), nil
	}
	if err == nil {
		if err = a.db.load(ctx, a.shapes, a.some); err != nil {
			err = errors.Join(err, a.db.stop())
			a.db = nil
		}
	}
	return "", err
}

func (a *areas) report(times []timing, why string) {
	cost := func(t timing, n int) float64 { return per(t.median, n) }
	ours := cost(times[0], len(a.points))
	row := func() Row { return newRow(a.name, "ns_per_point", ours, unitNs) }
	if a.db != nil {
		a.add(row().timesBetter(peerPostGIS, cost(times[3], len(a.some))).atLeast(targetAreas).
			noted("one core each; %s for PostGIS, scaled by the point", countName(len(a.some))))
		a.add(newRow(a.name+"/postgis-points-indexed", "ns_per_point", ours, unitNs).
			timesBetter(peerPostGIS, cost(times[4], len(a.some))).noted("the points in a GiST index, too, whose making is not counted"))
	} else {
		a.add(row().without(why).atLeast(targetAreas))
	}
	a.add(newRow(a.name, "seconds", times[0].median.Seconds(), unitSeconds).
		noted("%s points, %.1f %% of them in a district", countName(len(a.points)), 100*float64(times[0].found)/float64(len(a.points))))
	a.add(newRow(a.name+"/h3", "ns_per_point", ours, unitNs).timesBetter(peerH3, cost(times[1], len(a.some))))
	a.add(newRow(a.name+"/boxes", "ns_per_point", ours, unitNs).
		timesBetter(peerBoxes, cost(times[2], len(a.some))))
}

// compare counts the points for which a peer has another answer.
func (a *areas) compare(ctx context.Context) error {
	a.opts.Progress.Stage("compare " + a.name)
	a.add(a.different("h3", peerH3, different(a.some, a.index.Find, a.h3.Find)))
	a.add(a.different("boxes", peerBoxes, different(a.some, a.index.Find, a.boxed.Find)))
	if a.db == nil {
		return nil
	}
	found, err := a.db.answers(ctx, len(a.some))
	if err != nil {
		return err
	}
	var ids []int
	var dst []uint32
	for i, p := range a.some {
		if dst = a.index.Find(p, dst[:0]); !slices.Equal(dst, found[i]) {
			ids = append(ids, i)
		}
	}
	onBorder, err := a.db.onBorder(ctx, ids)
	if err != nil {
		return err
	}
	a.add(a.different("postgis", peerPostGIS, len(ids)-onBorder).
		noted("%d more lie on a border, where ST_Contains says no district and ours says one", onBorder))
	return nil
}

func (a *areas) different(name, peer string, n int) Row {
	r := newRow(a.name+"/"+name, "different_answers", float64(n), "").atMost(0)
	r.Peer = peer
	return r.noted("of %s points, all districts of each", countName(len(a.some)))
}
