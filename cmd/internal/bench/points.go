package bench

import (
	"math"
	"math/rand/v2"

	"geodrop/grid/coord"
)

// Region is where synthetic places are, and how many towns they gather in.
type Region struct {
	South, North coord.Lat
	West, East   coord.Lng
	Towns        int
}

// The spreads of a town and of positions around a place: standard deviations to
// the north and to the east.
const (
	townSpread     coord.Metres = 3000
	positionSpread coord.Metres = 100
)

// townsPerPlace makes windows near places hold about 22 of them.
const townsPerPlace = 1.0 / 2500

// National is a fixed area of the size of a big country, with 4,000 towns: the
// more places, the denser they are. 10^7 places give about 22 a window near
// them.
func National() Region {
	return Region{South: 20, North: 50, West: 75, East: 130, Towns: 4000}
}

// Growing is an area and a number of towns that grow with the number of places,
// so that the density of 10^7 national places stays. 10^8 places and more fill
// all longitudes.
func Growing(places int) Region {
	extent := math.Sqrt(math.Min(float64(places)/1e8, 1))
	return Region{
		South: coord.Lat(20 - float64(30*extent)), North: coord.Lat(20 + float64(30*extent)),
		West: coord.Lng(-180 * extent), East: coord.Lng(180 * extent),
		Towns: max(int(float64(places)*townsPerPlace), 1),
	}
}

// Points are synthetic places, numbered from 0. Any of them can be had without
// those before it, so that 10^8 take no memory.
type Points struct {
	n     int
	seed  uint64
	towns []coord.WGS84
}

// NewPoints places n points in a region. Equal arguments give equal points.
func NewPoints(r Region, n int, seed uint64) *Points {
	p := &Points{n: n, seed: seed, towns: make([]coord.WGS84, r.Towns)}
	rng := rand.New(rand.NewPCG(seed, math.MaxUint64))
	for i := range p.towns {
		p.towns[i] = coord.WGS84{
			Lat: r.South + coord.Lat(rng.Float64()*float64(r.North-r.South)),
			Lng: r.West + coord.Lng(rng.Float64()*float64(r.East-r.West)),
		}
	}
	return p
}

// Len is the number of points.
func (p *Points) Len() int { return p.n }

// A PointReader computes points. It is for one goroutine.
type PointReader struct {
	points *Points
	pcg    *rand.PCG
	rng    *rand.Rand
}

// Reader returns a reader of the points.
func (p *Points) Reader() *PointReader {
	pcg := rand.NewPCG(0, 0)
	return &PointReader{points: p, pcg: pcg, rng: rand.New(pcg)}
}

// At is point i and the number of its town.
func (r *PointReader) At(i int) (at coord.E7, town int) {
	const scatter = 0x9e3779b97f4a7c15 // 2^64 / golden ratio: neighbours in i get seeds far apart
	r.pcg.Seed(r.points.seed, uint64(i)*scatter)
	town = r.rng.IntN(len(r.points.towns))
	return r.around(r.points.towns[town], townSpread), town
}

// around is a position at a normal distance.
func (r *PointReader) around(p coord.WGS84, spread coord.Metres) coord.E7 {
	const metresPerDegree = 111319.49
	lat := float64(p.Lat) + float64(r.rng.NormFloat64()*float64(spread)/metresPerDegree)
	width := metresPerDegree * math.Cos(lat*(math.Pi/180))
	lng := float64(p.Lng) + float64(r.rng.NormFloat64()*float64(spread)/width)
	if lng >= 180 {
		lng -= 360
	} else if lng < -180 {
		lng += 360
	}
	return coord.WGS84{Lat: coord.Lat(lat), Lng: coord.Lng(lng)}.E7()
}

// Positions are n positions near points drawn at random.
func (p *Points) Positions(n int) []coord.E7 {
	r := p.Reader()
	draw := rand.New(rand.NewPCG(p.seed, math.MaxUint64-1))
	positions := make([]coord.E7, n)
	for i := range positions {
		at, _ := r.At(draw.IntN(p.n))
		positions[i] = r.around(at.WGS84(), positionSpread)
	}
	return positions
}
