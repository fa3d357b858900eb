package patch_test

import (
	"fmt"
	"testing"

	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

// tiles is a segment of tiles first…last that is named by them.
func tiles(first, last uint64) manifest.Segment {
	name := fmt.Sprint(first, "…", last)
	return manifest.Segment{Object: manifest.ObjectOf([]byte(name)), FirstTile: first, LastTile: last}
}

func TestFrom(t *testing.T) {
	old := &manifest.Manifest{Segments: []manifest.Segment{tiles(10, 19), tiles(20, 29), tiles(35, 39)}}
	tests := []struct {
		first, last uint64
		want        string
	}{
		{0, 9, "[]"},
		{30, 34, "[]"},
		{40, 90, "[]"},
		{10, 19, "[10]"},
		{12, 13, "[10]"},
		{0, 10, "[10]"},
		{19, 20, "[10 20]"},
		{29, 34, "[20]"},
		{30, 35, "[35]"},
		{39, 39, "[35]"},
		{0, 90, "[10 20 35]"},
	}
	for _, tt := range tests {
		got := []uint64{}
		for _, s := range patch.From(old, tiles(tt.first, tt.last)) {
			got = append(got, s.FirstTile)
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("tiles %d…%d come from %v, want %s", tt.first, tt.last, got, tt.want)
		}
	}
	if got := patch.From(&manifest.Manifest{}, tiles(1, 2)); len(got) != 0 {
		t.Errorf("from nothing come %v", got)
	}
}

// TestKey: printf '%s\n' 'geodrop patch 1' <digest of 1…2> <that of 3…4> | sha256sum
func TestKey(t *testing.T) {
	a, b := tiles(1, 2), tiles(3, 4)
	const want = manifest.Digest("6609548d6874c8312bbac06d8bc9620476c30996b489e61c2e748aa52e30264f")
	if got := patch.Key([]manifest.Segment{a, b}); got != want {
		t.Errorf("key %s, want %s", got, want)
	}
	keys := map[manifest.Digest]bool{}
	for _, from := range [][]manifest.Segment{{}, {a}, {b}, {a, b}, {b, a}} {
		keys[patch.Key(from)] = true
	}
	if len(keys) != 5 {
		t.Errorf("%d keys of 5 lists", len(keys))
	}
}
