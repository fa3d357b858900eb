package poi

import (
	"fmt"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"title", "poi_set", "starts_at", "ends_at", "caps"}
	for name, want := range map[string]string{
		"titel": "title", "Title": "title", "poiset": "poi_set", "start_at": "starts_at", "cap": "caps",
		"x": "", "merchant": "", "": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

// Names are compared without a copy of each.
func TestNearestAllocates(t *testing.T) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("Merchant-%03d", i))
	}
	if n := testing.AllocsPerRun(10, func() { Nearest("merchand-1000", names) }); n > 1 {
		t.Errorf("%v allocations for 1000 names, want one", n)
	}
}
