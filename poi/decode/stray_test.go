package decode

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestStrays: of what is not read, what seems to be meant to be, and as what.
func TestStrays(t *testing.T) {
	tests := []struct {
		name    string // of an entry beside pois.csv and tasks.yaml
		nearest string
		missing bool
		stray   bool
	}{
		{"quota.csv", "quotas.csv", true, true},
		{"quotas.tsv", "quotas.csv", true, true},
		{"Prizes.CSV", "prizes.csv", true, true},
		{"zones_night.json", "zones_night.geojson", true, true},
		{"points.csv", "pois.csv", false, true},
		{"tasks.yml", "tasks.yaml", false, true},
		{"rules.yml", "rules.yaml", true, true},
		{"sets/parks.txt", "sets/parks.csv", true, true},
		{"set/", "sets", true, true},
		{"data.csv", "", false, true},
		{"notes.csv", "", false, true},
		{"users.yaml", "", false, true},
		{"README.md", "", false, false},
		{"tasks.md", "", false, false},
		{".tasks.yaml.swp", "", false, false},
		{"LICENSE", "", false, false},
		{"docs/", "", false, false},
		{"rules.yaml", "", false, false},
		{"pois_west.csv", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := writeBundle(t, map[string]string{"pois.csv": "", "tasks.yaml": ""})
			path := filepath.Join(dir, tt.name)
			err := os.MkdirAll(filepath.Dir(path), 0o777)
			if err == nil && strings.HasSuffix(tt.name, "/") {
				err = os.Mkdir(path, 0o777)
			} else if err == nil {
				err = os.WriteFile(path, nil, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
			b, err := Open(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			var want []Stray
			if tt.stray {
				want = []Stray{{filepath.Clean(tt.name), tt.nearest, tt.missing}}
			}
			if got := b.Strays(); !slices.Equal(got, want) {
				t.Errorf("strays %+v, want %+v", got, want)
			}
		})
	}
}
