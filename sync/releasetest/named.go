package releasetest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"geodrop/sync/manifest"
)

// Content is that of an object: its name again and again.
func Content(name string, size int) []byte {
	return bytes.Repeat([]byte(name+"\n"), size/(len(name)+1)+1)[:size]
}

// SealNamed makes a release in a folder whose segments have Content of so many
// bytes: for those who carry files and do not look into them.
func SealNamed(t testing.TB, dir string, sequence uint64, size int, segments ...string) *manifest.Manifest {
	t.Helper()
	put := func(b []byte, kind string) manifest.Object {
		o := manifest.ObjectOf(b)
		path := filepath.Join(dir, o.FileName(kind))
		if _, err := os.Lstat(path); err != nil {
			must(t, os.WriteFile(path, b, 0o444))
		}
		return o
	}
	m := &manifest.Manifest{Sequence: sequence}
	for i, name := range segments {
		o := put(Content(name, size), manifest.SegmentKind)
		m.Segments = append(m.Segments, manifest.Segment{Object: o, Postings: 1, FirstTile: uint64(i), LastTile: uint64(i)})
	}
	m.Areas, m.Catalog = put([]byte("areas"), manifest.AreasKind), put(fmt.Appendf(nil, "catalog %d", sequence), manifest.CatalogKind)
	m, err := m.Sealed()
	must(t, err)
	must(t, manifest.Write(dir, m))
	return m
}
