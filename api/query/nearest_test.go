package query

import (
	"testing"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
)

// TestBeyond: a position that is told to be too far is, wherever on the Earth,
// so that the bound never changes an answer.
func TestBeyond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := rapid.Float64Range(-90, 90).Draw(t, "lat")
		from := at(coord.Lat(lat), coord.Lng(rapid.Float64Range(-180, 180).Draw(t, "lng")))
		far := rapid.SampledFrom([]int32{1, 10, 1_000, 100_000, 10_000_000, 1_000_000_000}).Draw(t, "far")
		start := from.E7()
		p := coord.E7{
			Lat: start.Lat + rapid.Int32Range(-far, far).Draw(t, "north"),
			Lng: start.Lng/2 + rapid.Int32Range(-far, far).Draw(t, "east") + start.Lng/2,
		}
		if !p.Valid() {
			t.Skip("not a position")
		}
		var n nearest
		n.reset(nil, from, 1)
		if distance := from.Distance(p.WGS84()); n.beyond(p, distance+boundSlack) {
			t.Errorf("%v is told to be beyond %v m from %v", p, distance, from)
		}
		if near := from.Distance(p.WGS84()) - 1; near > 10 && near < 1000 && far <= 100_000 && lat > -80 && lat < 80 &&
			!n.beyond(p, near/2) {
			t.Errorf("%v is %v m from %v, and not told to be beyond half of it", p, near, from)
		}
	})
}
