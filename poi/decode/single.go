package decode

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/poi"
)

// OpenFile opens one file, whatever its name begins with, as a bundle that has
// nothing else. Kind is "pois", "districts" or "zones".
func OpenFile(kind, path string, opts Options) (*Bundle, error) {
	b := &Bundle{crs: opts.CRS, rejects: opts.Rejects, reported: make(map[string]int)}
	if b.rejects == nil {
		b.rejects = new(poi.Rejects)
	}
	into, ext := &b.files.pois, ".csv"
	switch kind {
	case "pois":
	case "districts":
		into, ext = &b.files.districts, ".geojson"
	case "zones":
		into, ext = &b.files.zones, ".geojson"
	default:
		return nil, fmt.Errorf("open %s: %q is not a kind of file that stands alone: pois, districts, zones are", path, kind)
	}
	if !strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ext) {
		return nil, &FileError{File: path, Code: CodeFile, Reason: fmt.Sprintf("%s are read from %s or %s.gz", kind, ext, ext)}
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if b.root, err = os.OpenRoot(filepath.Dir(real)); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := b.add(into, filepath.Base(real)); err != nil {
		b.root.Close()
		return nil, err
	}
	return b, nil
}

// Kind is what a file of the bundle holds: "pois", "districts", "zones", or ""
// for any other.
func (b *Bundle) Kind(name string) string {
	for _, k := range []struct {
		kind  string
		files []file
	}{{"pois", b.files.pois}, {"districts", b.files.districts}, {"zones", b.files.zones}} {
		if slices.ContainsFunc(k.files, func(f file) bool { return f.name == name }) {
			return k.kind
		}
	}
	return ""
}
