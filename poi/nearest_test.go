package poi

import "testing"

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
