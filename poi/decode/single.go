package decode

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/poi"
)

// OpenFiles opens files of one kind, whatever their names begin with, as a
// bundle that has nothing else: their order is that of the paths, by which they
// are called. Kind is "pois", "districts" or "zones".
func OpenFiles(kind string, paths []string, opts Options) (*Bundle, error) {
	b := newBundle(opts)
	b.files.asGiven = true
	into, ext := &b.files.pois, ".csv"
	switch kind {
	case "pois":
	case "districts":
		into, ext = &b.files.districts, ".geojson"
	case "zones":
		into, ext = &b.files.zones, ".geojson"
	default:
		return nil, fmt.Errorf("open %s: %q is not a kind of file that stands alone: pois, districts, zones are", strings.Join(paths, ", "), kind)
	}
	for _, path := range paths {
		if !strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ext) {
			err := &FileError{File: path, Code: CodeFile, Reason: fmt.Sprintf("%s are read from %s or %s.gz", kind, ext, ext)}
			return nil, errors.Join(err, b.Close())
		}
		if err := b.single(into, path); err != nil {
			return nil, errors.Join(err, b.Close())
		}
	}
	return b, nil
}

// single adds a file that may be anywhere.
func (b *Bundle) single(into *[]file, path string) error {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no file %s: %w", path, os.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	root, err := os.OpenRoot(filepath.Dir(real))
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	b.roots = append(b.roots, root)
	f := file{name: filepath.ToSlash(filepath.Clean(path)), root: root, at: filepath.Base(real)}
	if f.info, err = root.Stat(f.at); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if !f.info.Mode().IsRegular() {
		return &FileError{File: path, Code: CodeFile, Reason: "not a regular file"}
	}
	if slices.ContainsFunc(*into, func(other file) bool { return os.SameFile(other.info, f.info) }) {
		return &FileError{File: path, Code: poi.CodeDuplicate, Reason: "the file is named twice"}
	}
	*into = append(*into, f)
	return nil
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
