package grid

import (
	"math"
	"math/rand/v2"
	"testing"

	h3 "github.com/uber/h3-go/v4"
	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

func h3Cell(t testing.TB, p coord.E7, resolution int) h3.Cell {
	t.Helper()
	w := p.WGS84()
	c, err := h3.LatLngToCell(h3.LatLng{Lat: float64(w.Lat), Lng: float64(w.Lng)}, resolution)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func h3Parent(t testing.TB, c h3.Cell, resolution int) h3.Cell {
	t.Helper()
	parent, err := c.Parent(resolution)
	if err != nil {
		t.Fatal(err)
	}
	return parent
}

// regionPoints are spread over the Earth, and crowded around H3's pentagons,
// where its cells are the most distorted.
func regionPoints(t testing.TB, n int) []coord.E7 {
	rng := rand.New(rand.NewPCG(13, 14))
	pentagons, err := h3.Pentagons(4)
	if err != nil {
		t.Fatal(err)
	}
	points := make([]coord.E7, n)
	for i := range points {
		points[i] = randomPoint(rng)
		if i%2 == 0 {
			at, err := pentagons[rng.IntN(len(pentagons))].LatLng()
			if err != nil {
				t.Fatal(err)
			}
			e := fromH3(at).E7()
			scale := math.Pow(10, 2+5*rng.Float64())
			e.Lat += int32(rng.NormFloat64() * scale)
			e.Lng = int32(eastward(-e.Lng, int32(rng.NormFloat64()*scale)))
			points[i] = e
		}
	}
	return points
}

// Every position is in the region box of every index parent of its finest
// cell, with a good part of the reach to spare.
func TestRegionBoxHoldsDescendants(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	const n = 12_000
	var worst float64
	for _, p := range regionPoints(t, n) {
		finest := h3Cell(t, p, maxH3)
		for resolution := range 13 {
			c := h3Parent(t, finest, resolution)
			b, err := regionBox(c)
			if err != nil {
				t.Fatal(err)
			}
			if b.east(p.Lng) > b.width || p.Lat < b.south || p.Lat > b.north {
				t.Fatalf("%s is not in the region box of %v: %+v", degrees(p), c, b)
			}
			worst = max(worst, reachOf(t, c, p))
		}
	}
	t.Logf("regions reach %.3f times as far as the corners of their cells", worst)
	if worst < 1 || worst > 1+(regionReach-1)*2/3 {
		t.Errorf("the box allows a reach of %.2f", regionReach)
	}
}

// reachOf is the distance of p from the centre of c over that of the farthest
// corner.
func reachOf(t testing.TB, c h3.Cell, p coord.E7) float64 {
	t.Helper()
	centre, err := c.LatLng()
	if err != nil {
		t.Fatal(err)
	}
	corners, err := c.Boundary()
	if err != nil {
		t.Fatal(err)
	}
	at := fromH3(centre)
	var reach coord.Metres
	for _, corner := range corners {
		reach = max(reach, at.Distance(fromH3(corner)))
	}
	return float64(at.Distance(p.WGS84()) / reach)
}

func TestCapBoxHoldsCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawPoint := func(name string) coord.E7 {
			return coord.E7{
				Lat: rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(t, name),
				Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7).Draw(t, name),
			}
		}
		centre, p := drawPoint("centre").WGS84(), drawPoint("p")
		angle := float64(centre.Distance(p.WGS84())/coord.EarthRadius) + 1e-12
		b := capBox(centre, angle)
		if b.east(p.Lng) > b.width || p.Lat < b.south || p.Lat > b.north {
			t.Fatalf("%v is %v radians from %v but not in %+v", p, angle, centre, b)
		}
	})
}

func TestBoxWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) box {
			return box{
				west:  rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7-1).Draw(t, name),
				width: rapid.Int64Range(0, turn).Draw(t, name),
				south: -coord.MaxLatE7, north: coord.MaxLatE7,
			}
		}
		a, b, p := draw("a"), draw("b"), rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7).Draw(t, "p")
		c := a.within(&b)
		if a.east(p) <= a.width && b.east(p) <= b.width && c.east(p) > c.width {
			t.Fatalf("%d is in %+v and %+v but not in %+v", p, a, b, c)
		}
		if c.east(p) <= c.width && b.east(p) > b.width {
			t.Fatalf("%d is in %+v, which is not in %+v", p, c, b)
		}
	})
}

func TestDigits(t *testing.T) {
	for _, p := range regionPoints(t, 200) {
		c := h3Cell(t, p, maxH3)
		if got := baseCell(c); got != c.BaseCellNumber() {
			t.Errorf("baseCell(%v) = %d, want %d", c, got, c.BaseCellNumber())
		}
		for resolution := 1; resolution <= maxH3; resolution++ {
			want, err := c.IndexDigit(resolution)
			if err != nil {
				t.Fatal(err)
			}
			if got := digit(c, resolution); got != want {
				t.Errorf("digit(%v, %d) = %d, want %d", c, resolution, got, want)
			}
		}
	}
}
