package decode

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"title", "poi_set", "starts_at", "ends_at", "caps"}
	for name, want := range map[string]string{
		"titel": "title", "Title": "title", "poiset": "poi_set", "start_at": "starts_at", "cap": "caps",
		"x": "", "merchant": "", "": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
