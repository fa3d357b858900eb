package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"geodrop/grid/index"
)

// growth compares lookups in releases of one density whose area grows with the
// number of POIs.
func growth(ctx context.Context, work string, o *LookupOptions) (rows []Row, err error) {
	sizes := slices.Sorted(slices.Values(o.Sizes))
	sizes = slices.Compact(sizes)
	if len(sizes) < 2 {
		return nil, nil
	}
	contenders := make([]contender, len(sizes))
	for i, n := range sizes {
		x, dir, opened := growthIndex(ctx, work, n, o, &contenders[i])
		if dir != "" && o.Dir == "" {
			defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		}
		if opened != nil {
			return nil, opened
		}
		defer func() { err = errors.Join(err, x.Close()) }()
	}
	o.Progress.Stage("measure lookup/growth")
	times, err := contest(ctx, threadClock(), o.Rounds, contenders)
	if err != nil {
		return nil, err
	}
	base := times[0]
	for i, t := range times {
		row := newRow(caseName("lookup/growth", sizes[i]), "ns_per_lookup", per(t.median, o.Lookups), unitNs)
		if i > 0 {
			row = row.timesCost(caseName("lookup/growth", sizes[0]), per(base.median, o.Lookups))
		}
		if i > 0 && sizes[i] == targetGrowthBy*sizes[0] {
			row = row.atMost(targetGrowth)
		}
		rows = append(rows, row.noted("same density, %.3g POIs a window", float64(t.found)/float64(o.Lookups)))
	}
	return rows, nil
}

// growthIndex opens one of the releases and sets its contender.
func growthIndex(ctx context.Context, work string, n int, o *LookupOptions, c *contender) (x *index.Index, dir string, err error) {
	dir = filepath.Join(work, "growing-"+countName(n))
	points := NewPoints(Growing(n), n, o.Seed)
	o.Progress.Stage("build " + caseName("lookup/growth", n))
	m, err := released(ctx, dir, newSource(points), o.Progress)
	if err != nil {
		return nil, dir, err
	}
	if x, err = openIndex(dir, m, asNode()); err != nil {
		return nil, dir, err
	}
	positions := points.Positions(o.Lookups)
	*c = contender{dir, func() (tally, error) { return visitEach(x, m.Grid.Radius, positions) }}
	return x, dir, nil
}
