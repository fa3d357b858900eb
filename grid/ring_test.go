package grid

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// randomRing is star-shaped around a centre, hence valid: vertices at
// ascending angles, at 30 to 100 % of a radius given in 1e-7 degrees.
func randomRing(rng *rand.Rand, centre coord.E7, radius float64, vertices int) Ring {
	return starRing(rng, centre, radius, 0.7, vertices)
}

// starRing is randomRing with the given roughness: 0 is a circle.
func starRing(rng *rand.Rand, centre coord.E7, radius, roughness float64, vertices int) Ring {
	ring := make(Ring, vertices)
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.8*rng.Float64()) / float64(vertices))
		r := radius * (1 - roughness*rng.Float64())
		ring[i] = coord.E7{
			Lat: centre.Lat + int32(r*sin),
			Lng: int32(eastward(-centre.Lng, int32(r*cos))),
		}
	}
	return ring
}

func TestEastward(t *testing.T) {
	const m = coord.MaxLngE7
	for _, tc := range []struct {
		a, b int32
		want int64
	}{
		{0, 0, 0},
		{-m, m, 0},
		{m, -m, 0},
		{m - 1, -m + 1, 2},
		{-m + 1, m - 1, -2},
		{-m / 2, m / 2, -int64(m)},
		{m / 2, -m / 2, -int64(m)},
		{-m/2 + 1, m / 2, int64(m) - 1},
	} {
		if got := eastward(tc.a, tc.b); got != tc.want {
			t.Errorf("eastward(%d, %d) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestInt128Sign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got int128
		want := new(big.Int)
		for _, v := range rapid.SliceOf(rapid.Int64()).Draw(t, "values") {
			got = got.add(v)
			want.Add(want, big.NewInt(v))
		}
		if got.sign() != want.Sign() {
			t.Fatalf("sign %d, want %d", got.sign(), want.Sign())
		}
	})
}

// The position of the polygon on the Earth does not matter: turning polygon
// and point by the same longitude gives the same answer.
func TestContainsTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		polygon := drawPolygon(t)
		p := drawPolygon(t)[0][0]
		by := rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7).Draw(t, "by")
		turned := make(Polygon, len(polygon))
		for i, ring := range polygon {
			for _, v := range ring {
				turned[i] = append(turned[i], coord.E7{Lat: v.Lat, Lng: int32(eastward(-by, v.Lng))})
			}
		}
		q := coord.E7{Lat: p.Lat, Lng: int32(eastward(-by, p.Lng))}
		if polygon.Contains(p) != turned.Contains(q) {
			t.Fatalf("%v in %v, turned by %d", p, polygon, by)
		}
	})
}

// The direction and the first vertex of a ring do not matter.
func TestContainsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		polygon := drawPolygon(t)
		p := drawPolygon(t)[0][0]
		first := rapid.IntRange(0, len(polygon[0])-1).Draw(t, "first")
		var turned, reversed Ring
		for i := range polygon[0] {
			turned = append(turned, polygon[0][(first+i)%len(polygon[0])])
			reversed = append(reversed, polygon[0][len(polygon[0])-1-i])
		}
		want := Polygon{polygon[0]}.Contains(p)
		if (Polygon{turned}).Contains(p) != want || (Polygon{reversed}).Contains(p) != want {
			t.Fatalf("%v in %v", p, polygon[0])
		}
	})
}
