package bench

import (
	"math"
	"math/rand/v2"

	"geodrop/grid"
	"geodrop/grid/coord"
)

// mesh is a net of areas with wavy borders over a region. Neighbours share each
// vertex of their border, as districts ought to.
type mesh struct {
	region     Region
	cols, rows int
	perBorder  int // edges between two corners
	seed       uint64
}

// districtsMesh is about as many districts, with as many vertices, as China has
// at county level: 2,900 with 1.16 million.
func districtsMesh(r Region, seed uint64) mesh {
	return mesh{region: r, cols: 58, rows: 50, perBorder: 100, seed: seed}
}

// waves is the number of sines that a border is made of.
const waves = 16

// amplitude of the slowest sine, as a share of the area's extent; sine j has
// amplitude/j². A border leaves its corner at a slope of at most amplitude · π ·
// (1 + 1/2 + … + 1/16) = 0.85, below 1, so that no two borders cross.
const amplitude = 0.08

// shapes are the areas row by row from the south-west.
func (m mesh) shapes() ([]grid.Shape, error) {
	shapes := make([]grid.Shape, 0, m.cols*m.rows)
	for row := range m.rows {
		for col := range m.cols {
			s, err := grid.NewShape([]grid.Polygon{{m.ring(col, row)}})
			if err != nil {
				return nil, err
			}
			shapes = append(shapes, s)
		}
	}
	return shapes, nil
}

// ring goes round an area anticlockwise from its south-west corner.
func (m mesh) ring(col, row int) grid.Ring {
	ring := make(grid.Ring, 0, 4*m.perBorder)
	for k := range m.perBorder {
		ring = append(ring, m.southOf(col, row, k))
	}
	for k := range m.perBorder {
		ring = append(ring, m.westOf(col+1, row, k))
	}
	for k := m.perBorder; k > 0; k-- {
		ring = append(ring, m.southOf(col, row+1, k))
	}
	for k := m.perBorder; k > 0; k-- {
		ring = append(ring, m.westOf(col, row, k))
	}
	return ring
}

// southOf is vertex k of the border south of an area, from its west end.
func (m mesh) southOf(col, row, k int) coord.E7 {
	t := float64(k) / float64(m.perBorder)
	return m.at(float64(col)+t, float64(row)+m.wave(2*(row*(m.cols+1)+col), t))
}

// westOf is vertex k of the border west of an area, from its south end.
func (m mesh) westOf(col, row, k int) coord.E7 {
	t := float64(k) / float64(m.perBorder)
	return m.at(float64(col)+m.wave(2*(row*(m.cols+1)+col)+1, t), float64(row)+t)
}

// wave is how far border no leaves the straight line at t, 0…1; nothing at both
// ends.
func (m mesh) wave(no int, t float64) float64 {
	if t == 0 || t == 1 {
		return 0
	}
	rng := rand.New(rand.NewPCG(m.seed, uint64(no)))
	off := 0.0
	for j := 1; j <= waves; j++ {
		strength := amplitude * (2*rng.Float64() - 1) / float64(j*j)
		off += float64(strength * math.Sin(math.Pi*float64(j)*t))
	}
	return off
}

// at is a position in units of areas from the south-west corner of the region.
func (m mesh) at(x, y float64) coord.E7 {
	r := &m.region
	return coord.WGS84{
		Lat: r.South + coord.Lat(y*float64(r.North-r.South)/float64(m.rows)),
		Lng: r.West + coord.Lng(x*float64(r.East-r.West)/float64(m.cols)),
	}.E7()
}

// circle is a polygon around a centre.
func circle(centre coord.WGS84, radius coord.Metres) grid.Ring {
	const (
		corners         = 24
		metresPerDegree = 111319.49
	)
	high := float64(radius) / metresPerDegree
	wide := high / math.Cos(float64(centre.Lat)*(math.Pi/180))
	ring := make(grid.Ring, corners)
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		ring[i] = coord.WGS84{Lat: centre.Lat + coord.Lat(high*sin), Lng: centre.Lng + coord.Lng(wide*cos)}.E7()
	}
	return ring
}
