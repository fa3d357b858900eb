package query

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

func TestOpenRefuses(t *testing.T) {
	flip := func(kind string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := objects(t, dir, kind)[0]
			b, err := os.ReadFile(path)
			must(t, err)
			b[len(b)*3/4] ^= 4
			write(t, path, b)
		}
	}
	cut := func(kind string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := objects(t, dir, kind)[0]
			b, err := os.ReadFile(path)
			must(t, err)
			write(t, path, b[:len(b)-1])
		}
	}
	remove := func(kind string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { must(t, os.Remove(objects(t, dir, kind)[0])) }
	}
	edit := func(change func(m *manifest.Manifest)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			m, err := manifest.Read(dir)
			must(t, err)
			change(m)
			m, err = m.Sealed()
			must(t, err)
			must(t, manifest.Write(dir, m))
		}
	}
	foreign := func(t *testing.T, dir string) {
		other := t.TempDir()
		c := town(t)
		c.spots = c.spots[:2]
		c.write(t, other)
		b, err := os.ReadFile(filepath.Join(other, manifest.Name))
		must(t, err)
		write(t, filepath.Join(dir, manifest.Name), b)
	}
	rewritten := func(change func(c *config)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			c := town(t)
			change(c)
			c.write(t, dir)
		}
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  error
		says  string
	}{
		{"no release", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, manifest.Name))) }, manifest.ErrNone, dirMark},
		{"segment missing", remove(manifest.SegmentKind), manifest.ErrObject, manifest.SegmentKind + " is missing; fetch or build"},
		{"areas missing", remove(manifest.AreasKind), manifest.ErrObject, manifest.AreasKind + " is missing"},
		{"catalog missing", remove(manifest.CatalogKind), manifest.ErrObject, manifest.CatalogKind + " is missing"},
		{"segment cut", cut(manifest.SegmentKind), manifest.ErrObject, "are listed"},
		{"areas cut", cut(manifest.AreasKind), manifest.ErrObject, "are listed"},
		{"catalog cut", cut(manifest.CatalogKind), manifest.ErrObject, "are listed"},
		{"segment flipped", flip(manifest.SegmentKind), index.ErrCorrupt, manifest.SegmentKind},
		{"areas flipped", flip(manifest.AreasKind), index.ErrCorrupt, manifest.AreasKind},
		{"catalog flipped", flip(manifest.CatalogKind), manifest.ErrObject, "SHA-256"},
		{"manifest of another release", foreign, manifest.ErrObject, "is missing"},
		{"manifest flipped", func(t *testing.T, dir string) {
			path := filepath.Join(dir, manifest.Name)
			b, err := os.ReadFile(path)
			must(t, err)
			b[len(b)/2] ^= 1
			write(t, path, b)
		}, manifest.ErrInvalid, manifest.Name},
		{"cells of 65736 m", edit(func(m *manifest.Manifest) { m.Grid.CellMetres = 65736 }), manifest.ErrInvalid, "65736 m"},
		{"other cells", edit(func(m *manifest.Manifest) { m.Grid.CellMetres = 100 }), index.ErrCorrupt, "200 m"},
		{"radius", edit(func(m *manifest.Manifest) { m.Grid.Radius = grid.MaxRadius + 1 }), manifest.ErrInvalid, "radius 65"},
		{"other postings", edit(func(m *manifest.Manifest) { m.Segments[0].Postings++ }), manifest.ErrObject, "5 postings"},
		{"other tiles", edit(func(m *manifest.Manifest) { m.Segments[0].FirstTile-- }), manifest.ErrObject, "in tiles"},
		{"fewer areas", rewritten(func(c *config) { c.shapes = c.shapes[:1] }), index.ErrCorrupt, "1 areas, the catalog 2"},
		{"unknown zone", rewritten(func(c *config) { c.catalog.Zones = nil }), catalog.ErrCorrupt, `zone "school"`},
		{"unknown district", rewritten(func(c *config) { c.catalog.Districts[0].Adcode = "E2" }), catalog.ErrCorrupt, `district "E1"`},
		{"dangling merchant", rewritten(func(c *config) { c.catalog.Merchants[0].ID = "n" }), catalog.ErrCorrupt, `merchant "m"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			town(t).write(t, dir)
			tt.spoil(t, dir)
			r, err := Open(dir, Options{})
			if err == nil {
				must(t, r.Close())
			}
			says := strings.ReplaceAll(tt.says, dirMark, dir)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), says) {
				t.Errorf("Open = %v, want %v that says %q", err, tt.want, says)
			}
		})
	}
}

// dirMark stands for the folder of the test in an expected error.
const dirMark = "DIR"

func TestOpenUnreadable(t *testing.T) {
	dir := t.TempDir()
	town(t).write(t, dir)
	path := objects(t, dir, manifest.CatalogKind)[0]
	must(t, os.Remove(path))
	must(t, os.Symlink(path, path)) // to itself
	var want *fs.PathError
	if _, err := Open(dir, Options{}); !errors.As(err, &want) || want.Path != path {
		t.Errorf("Open = %v, want the error of the file system for %s", err, path)
	}
}

// TestOpenWhileReplaced: the objects of a release vanish between the reading of
// its manifest and theirs, since a newer one was sealed in the folder; and again.
func TestOpenWhileReplaced(t *testing.T) {
	const replaced = 3
	dir := t.TempDir()
	c := town(t)
	latest := c.write(t, dir)
	loads := 0
	r, err := open(dir, Options{}, func(dir string, m *manifest.Manifest, o Options) (*Release, error) {
		if loads++; loads <= replaced {
			must(t, os.Remove(objects(t, dir, manifest.CatalogKind)[0]))
			c.sequence++
			c.catalog.Districts[0].Name += "er"
			latest = c.write(t, dir)
		}
		return load(dir, m, o)
	})
	must(t, err)
	defer func() { must(t, r.Close()) }()
	if r.Manifest().ID != latest.ID || loads != replaced+1 {
		t.Errorf("opened %s after %d loads, want %s after %d", r.Manifest().ID, loads, latest.ID, replaced+1)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{ForceBisection: true}, {SkipChecksums: true}, {HugePages: true}, {ForceBisection: true, SkipChecksums: true}} {
		o.Now = fixed(instant(t, "12:00:00"))
		r := town(t).open(t, o)
		for _, s := range r.Index().Segments() {
			if s.Hashed() == o.ForceBisection {
				t.Errorf("%+v: hashed is %v", o, s.Hashed())
			}
		}
		if n := len(ask(t, r, Request{Pos: covent}).Drops); n != 3 {
			t.Errorf("%+v: %d drops, want 3", o, n)
		}
	}
}

func TestEmptyRelease(t *testing.T) {
	r := (&config{}).open(t, Options{})
	a := ask(t, r, Request{Pos: covent})
	if len(a.Drops) != 0 || a.District != nil || !a.NextChange.IsZero() {
		t.Errorf("answer %+v of an empty release", a)
	}
}

// TestFileCutUnderMapping: lookups that meet the damage fail, the process and
// the other lookups go on.
func TestFileCutUnderMapping(t *testing.T) {
	c := town(t)
	c.perFile = 1
	for i := range 3000 { // the tiles of this town fill some pages
		c.spots = append(c.spots, newSpot("s"+string(rune('a'+i%26))+strings.Repeat("x", i/26), at(40+0.00001*1, 20)))
	}
	dir := t.TempDir()
	m := c.write(t, dir)
	r := openIn(t, dir, Options{Now: fixed(instant(t, "12:00:00"))})
	crowd := Request{Pos: at(40, 20)}
	if n := len(ask(t, r, crowd).Drops); n != DefaultLimit {
		t.Fatalf("%d drops before the damage, want %d", n, DefaultLimit)
	}
	for _, s := range m.Segments {
		if s.Postings > 1000 {
			must(t, os.Truncate(filepath.Join(dir, s.FileName(manifest.SegmentKind)), 4096))
		}
	}
	a := &Answer{}
	for range 3 {
		err := r.Lookup(crowd, a)
		if !errors.Is(err, index.ErrFault) || len(a.Drops) != 0 {
			t.Fatalf("Lookup = %v with %d drops, want ErrFault", err, len(a.Drops))
		}
	}
	if err := r.Damaged(); !errors.Is(err, index.ErrFault) || !strings.Contains(err.Error(), m.ID) {
		t.Errorf("Damaged = %v, want ErrFault in %s", err, m.ID)
	}
	if _, err := r.Inspect(r.grid.Text(r.grid.Cell(crowd.Pos.E7()))); !errors.Is(err, index.ErrFault) {
		t.Errorf("Inspect = %v, want ErrFault", err)
	}
	if n := len(ask(t, r, Request{Pos: covent}).Drops); n != 3 {
		t.Errorf("%d drops elsewhere, want 3", n)
	}
}

// TestCutIsNoticed: a cut that no lookup has met, also one within the last page,
// is told by CheckFiles.
func TestCutIsNoticed(t *testing.T) {
	for _, kind := range []string{manifest.SegmentKind, manifest.AreasKind} {
		dir := t.TempDir()
		town(t).write(t, dir)
		r := openIn(t, dir, Options{})
		if err := r.CheckFiles(); err != nil || r.Damaged() != nil {
			t.Errorf("CheckFiles = %v, Damaged = %v before the damage", err, r.Damaged())
		}
		path := objects(t, dir, kind)[0]
		info, err := os.Stat(path)
		must(t, err)
		must(t, os.Truncate(path, info.Size()-1))
		if err := r.CheckFiles(); !errors.Is(err, index.ErrFault) || !strings.Contains(err.Error(), path) {
			t.Errorf("CheckFiles = %v, want ErrFault and %s", err, path)
		}
		if err := r.Damaged(); !errors.Is(err, index.ErrFault) {
			t.Errorf("Damaged = %v, want ErrFault", err)
		}
	}
}

// TestBytesChangedUnderMapping: what is overwritten after the check makes an
// error or another text, never a panic.
func TestBytesChangedUnderMapping(t *testing.T) {
	dir := t.TempDir()
	town(t).write(t, dir)
	r := openIn(t, dir, Options{Now: fixed(instant(t, "12:00:00"))})
	path := objects(t, dir, manifest.SegmentKind)[0]
	info, err := os.Stat(path)
	must(t, err)
	must(t, os.Chmod(path, 0o600))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	a, failed := &Answer{}, 0
	for offset := int64(0); offset < info.Size(); offset += 4 {
		_, err := f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, offset)
		must(t, err)
		switch err := r.Lookup(Request{Pos: covent}, a); {
		case err == nil:
		case errors.Is(err, index.ErrCorrupt), errors.Is(err, index.ErrFault), errors.Is(err, catalog.ErrCorrupt):
			failed++
		default:
			t.Fatalf("offset %d: %v", offset, err)
		}
	}
	if failed == 0 || r.Damaged() == nil {
		t.Errorf("%d lookups failed, Damaged is %v", failed, r.Damaged())
	}
}
