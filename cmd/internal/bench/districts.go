package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi/decode"
)

// districtSet is the districts of one file.
type districtSet struct {
	name   string
	shapes []grid.Shape
}

// districtSets are the districts of each file in the folder of real data, or a
// mesh.
func districtSets(ctx context.Context, o *AreasOptions) ([]districtSet, error) {
	if o.Data == "" {
		shapes, err := districtsMesh(National(), o.Seed).shapes()
		return []districtSet{{"mesh", shapes}}, err
	}
	var paths []string
	for _, pattern := range []string{"districts*.geojson", "districts*.geojson.gz"} {
		found, err := filepath.Glob(filepath.Join(o.Data, pattern))
		if err != nil {
			return nil, fmt.Errorf("look for districts in %s: %w", o.Data, err)
		}
		paths = append(paths, found...)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there is no districts*.geojson in %s: name a folder that has one", o.Data)
	}
	var sets []districtSet
	for _, path := range paths {
		shapes, err := readDistricts(ctx, path)
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		sets = append(sets, districtSet{name, shapes})
	}
	return sets, nil
}

// readDistricts reads one file as a bundle of its own.
func readDistricts(ctx context.Context, path string) (shapes []grid.Shape, err error) {
	dir, err := os.MkdirTemp("", "geodrop-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for districts: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := copyFile(filepath.Join(dir, filepath.Base(path)), path); err != nil {
		return nil, err
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		return nil, err
	}
	defer b.Close() // read only: nothing to lose
	for d, err := range b.Districts(ctx) {
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, d.Shape)
	}
	if len(shapes) == 0 {
		return nil, fmt.Errorf("%s has no districts", path)
	}
	return shapes, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy districts: %w", err)
	}
	defer in.Close() // read only: nothing to lose
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copy districts: %w", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return out.Close()
}

// pointsNear are n points, each in the bounding box of a polygon of a district
// drawn at random: small, crowded districts get as many as large, empty ones.
func pointsNear(shapes []grid.Shape, n int, seed uint64) []coord.E7 {
	rng := rand.New(rand.NewPCG(seed, 7))
	points := make([]coord.E7, n)
	for i := range points {
		s := shapes[rng.IntN(len(shapes))]
		b := boundsOf(s[rng.IntN(len(s))][0])
		points[i] = coord.E7{
			Lat: b.south + int32(rng.Int64N(int64(b.north)-int64(b.south)+1)),
			Lng: b.west + int32(rng.Int64N(int64(b.east)-int64(b.west)+1)),
		}
	}
	return points
}

// bounds is a box in 1e-7 degrees, edges included.
type bounds struct {
	south, north, west, east int32
}

// boundsOf is the box of a ring; of one that crosses the antimeridian it spans
// all longitudes.
func boundsOf(r grid.Ring) bounds {
	b := bounds{south: r[0].Lat, north: r[0].Lat, west: r[0].Lng, east: r[0].Lng}
	crosses := false
	for i, v := range r {
		b.south, b.north = min(b.south, v.Lat), max(b.north, v.Lat)
		b.west, b.east = min(b.west, v.Lng), max(b.east, v.Lng)
		step := int64(v.Lng) - int64(r[(i+len(r)-1)%len(r)].Lng)
		crosses = crosses || max(step, -step) > int64(coord.MaxLngE7)
	}
	if crosses {
		b.west, b.east = -coord.MaxLngE7, coord.MaxLngE7
	}
	return b
}

// boxed is the plain way: the exact test on each shape whose box holds the
// point.
type boxed struct {
	shapes []grid.Shape
	boxes  []bounds
}

func newBoxed(shapes []grid.Shape) boxed {
	b := boxed{shapes: shapes, boxes: make([]bounds, len(shapes))}
	for i, s := range shapes {
		box := boundsOf(s[0][0])
		for _, polygon := range s[1:] {
			o := boundsOf(polygon[0])
			box = bounds{min(box.south, o.south), max(box.north, o.north), min(box.west, o.west), max(box.east, o.east)}
		}
		b.boxes[i] = box
	}
	return b
}

// Find appends the shapes that hold p.
func (b boxed) Find(p coord.E7, dst []uint32) []uint32 {
	for i := range b.boxes {
		box := &b.boxes[i]
		if p.Lat < box.south || p.Lat > box.north || p.Lng < box.west || p.Lng > box.east {
			continue
		}
		if b.shapes[i].Contains(p) {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// assign finds the shapes of each point.
func assign(points []coord.E7, find func(coord.E7, []uint32) []uint32) (t tally, err error) {
	dst := make([]uint32, 0, 16)
	for _, p := range points {
		dst = find(p, dst[:0])
		t.found += min(len(dst), 1)
		for _, n := range dst {
			t.sum += int64(n)
		}
	}
	return t, nil
}

// different counts the points for which two finders disagree.
func different(points []coord.E7, a, b func(coord.E7, []uint32) []uint32) int {
	n := 0
	var one, other []uint32
	for _, p := range points {
		one, other = a(p, one[:0]), b(p, other[:0])
		if !slices.Equal(one, other) {
			n++
		}
	}
	return n
}
