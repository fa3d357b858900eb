package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"geodrop/grid/coord"
)

func TestParseVitals(t *testing.T) {
	page := "# HELP go_goroutines x\ngo_goroutines 12\nprocess_open_fds 9\ngo_memstats_heap_alloc_bytes 1.5e+06\nprocess_resident_memory_bytes 3e+07\ngo_goroutines_other 7\n"
	v, err := parseVitals([]byte(page))
	if err != nil || v["goroutines"] != 12 || v["descriptors"] != 9 || v["heap_bytes"] != 1.5e6 {
		t.Errorf("parseVitals = %v, %v", v, err)
	}
	if _, err := parseVitals([]byte("go_goroutines 12\n")); err == nil || !strings.Contains(err.Error(), "process_open_fds") {
		t.Errorf("a page without descriptors: %v", err)
	}
	if _, err := parseVitals([]byte("go_goroutines many\n")); err == nil || !strings.Contains(err.Error(), `"many"`) {
		t.Errorf("a page without a number: %v", err)
	}
}

func TestTileAt(t *testing.T) {
	for want, p := range map[string]coord.WGS84{
		"14/8186/5447": {Lat: 51.5145, Lng: -0.127}, "1/1/0": {Lat: 1, Lng: 1}, "1/0/1": {Lat: -1, Lng: -1}, "0/0/0": {Lat: 85, Lng: 179},
	} {
		var zoom, x, y int
		if _, err := fmt.Sscanf(want, "%d/%d/%d", &zoom, &x, &y); err != nil {
			t.Fatal(err)
		}
		if got := tileAt(p, zoom); got != want {
			t.Errorf("tile of %v is %s, want %s", p, got, want)
		}
	}
}

// TestSoakReport: what grows misses its target, what only swings does not.
func TestSoakReport(t *testing.T) {
	s := &soak{opts: &SoakOptions{}}
	for i := range 100 {
		s.vitals = append(s.vitals, vitals{
			"goroutines": 20 + float64(i%3), "descriptors": 20 + float64(i), "mappings": 2,
			"heap_bytes": 1e6 * float64(1+i%10), "resident_bytes": 1e6 * float64(i),
		})
	}
	var missed []string
	for _, r := range Missed(s.report()) {
		missed = append(missed, r.Metric)
	}
	if !slices.Equal(missed, []string{"descriptors"}) {
		t.Errorf("missed %q, want what grew, the descriptors", missed)
	}
}

// TestSoakChanges: each kind of edit is one that the store takes and that is
// another config.
func TestSoakChanges(t *testing.T) {
	store, err := sampleStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c, err := readConfig(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.pois) != 742 {
		t.Errorf("%d places, the sample has 742", len(c.pois))
	}
	s := soak{store: store, opts: &SoakOptions{}}
	for range 10 {
		before, err := store.Sequence(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.editOnce(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if after, err := store.Sequence(t.Context()); err != nil || after == before {
			t.Errorf("edit %d: the sequence is %d, was %d, %v", s.edits, after, before, err)
		}
	}
	if s.edits != 10 {
		t.Errorf("%d edits, want 10", s.edits)
	}
}
