package coord

import (
	"testing"

	"pgregory.net/rapid"
)

// The pair is the one in coordtransform's documentation.
func TestBD09KnownPair(t *testing.T) {
	g, b := GCJ02{39.915, 116.404}, BD09{39.92133699351021, 116.41036949371029}
	if got := g.BD09(); !near(got.Lat, b.Lat, 1e-12) || !near(got.Lng, b.Lng, 1e-12) {
		t.Errorf("%v.BD09() = %v, want %v", g, got, b)
	}
	if got := b.GCJ02(); !near(got.Lat, g.Lat, 1e-9) || !near(got.Lng, g.Lng, 1e-9) {
		t.Errorf("%v.GCJ02() = %v, want %v", b, got, g)
	}
	if got, want := (WGS84{39.915, 116.404}).BD09(), (WGS84{39.915, 116.404}).GCJ02().BD09(); got != want {
		t.Errorf("WGS84.BD09() = %v, by way of GCJ-02 %v", got, want)
	}
}

func TestBD09RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawWGS84(t)
		g := GCJ02(p)
		if back := g.BD09().GCJ02(); !near(back.Lat, g.Lat, 1e-9) || !near(back.Lng, g.Lng, 1e-9) {
			t.Fatalf("%v → %v → %v", g, g.BD09(), back)
		}
	})
}

func TestBD09AtOrigin(t *testing.T) {
	if got := (GCJ02{}).BD09(); !near(got.Lat, 0.006, 1e-4) || !near(got.Lng, 0.0065, 1e-4) {
		t.Errorf("origin.BD09() = %v", got)
	}
}
