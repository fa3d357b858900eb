package decode

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOpenFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"cafes.csv": "id,name,lat,lng\na,A,1,2\n", "merchants.csv": "id,name,lat,lng\nb,B,1,2\n", "x.geojson": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ kind, name, want string }{
		{"pois", "cafes.csv", ""},
		{"pois", "merchants.csv", ""},
		{"zones", "x.geojson", ""},
		{"districts", "x.geojson", ""},
		{"pois", "x.geojson", "pois are read from .csv or .csv.gz"},
		{"zones", "cafes.csv", "zones are read from .geojson or .geojson.gz"},
		{"roads", "cafes.csv", "not a kind of file"},
		{"pois", "none.csv", "there is no file "},
	} {
		b, err := OpenFiles(test.kind, []string{filepath.Join(dir, test.name)}, Options{})
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("OpenFiles(%s, %s): %v", test.kind, test.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if files := b.Files(); len(files) != 1 || b.Kind(files[0]) != test.kind {
			t.Errorf("OpenFiles(%s, %s) has the files %q", test.kind, test.name, files)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := OpenFiles("pois", []string{filepath.Join(dir, "x.geojson")}, Options{}); !errors.Is(err, ErrFormat) {
		t.Errorf("a wrong ending: %v", err)
	}
	twice := []string{filepath.Join(dir, "merchants.csv"), filepath.Join(dir, "cafes.csv"), filepath.Join(dir, ".", "merchants.csv")}
	if _, err := OpenFiles("pois", twice, Options{}); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Errorf("a file that is named twice: %v", err)
	}
	b, err := OpenFiles("pois", twice[:2], Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if files := b.Files(); !slices.Equal(files, twice[:2]) {
		t.Errorf("the files are %q, want them in the order given: %q", files, twice[:2])
	}
}
