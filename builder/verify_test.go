package builder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// forged is a release that can be changed and sealed again.
type forged struct {
	*manifest.Manifest
	t   *testing.T
	dir string
}

// whole is a release of a few segments with something of everything.
func whole(t *testing.T) *forged {
	t.Helper()
	dir := t.TempDir()
	built(t, parse(t, `
		poi a 0.5 0.5 Alpha
		poi b 0.5 1.5
		poi c 20 20
		poi d 0.51 0.5
		in parks a
		district 1 0 0 1 1
		district 2 0 1 1 2
		zone s school 0 0 1 1 timed
		task t parks 1=5`), Options{Out: dir, SegmentBytes: 1})
	m, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &forged{Manifest: m, t: t, dir: dir}
}

func (f *forged) path(o manifest.Object, kind string) string {
	return filepath.Join(f.dir, o.FileName(kind))
}

func (f *forged) read(o manifest.Object, kind string) []byte {
	f.t.Helper()
	b, err := os.ReadFile(f.path(o, kind))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// put replaces a file without its name.
func (f *forged) put(path string, b []byte) {
	f.t.Helper()
	if err := errors.Join(os.Remove(path), os.WriteFile(path, b, 0o444)); err != nil {
		f.t.Fatal(err)
	}
}

// object adds an object to the folder.
func (f *forged) object(kind string, b []byte) manifest.Object {
	f.t.Helper()
	o, err := writeObject(f.dir, kind, func(w io.Writer) (int64, error) {
		n, err := w.Write(b)
		return int64(n), err
	}, (*atomicfile.File).Commit)
	if err != nil {
		f.t.Fatal(err)
	}
	return o
}

// seal seals what is there now.
func (f *forged) seal() {
	f.t.Helper()
	m, err := f.Sealed()
	if err == nil {
		err = manifest.Write(f.dir, m)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// segment replaces segment no by one of the same postings, with their labels
// and texts edited.
func (f *forged) segment(no int, edit func(labels []string, text string) ([]string, string)) {
	f.t.Helper()
	s, err := index.Open(f.path(f.Segments[no].Object, manifest.SegmentKind), index.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	defer s.Close()
	g, err := grid.New(s.CellSize())
	if err != nil {
		f.t.Fatal(err)
	}
	var combos index.Combinations
	w := index.NewWriter(g, &combos)
	for _, p := range s.Postings() {
		labels, text := edit(s.Combo(p.Combo, nil), string(s.Text(p)))
		if err := w.Add(index.Entry{Cell: g.Cell(p.Pos), Pos: p.Pos, Combo: combos.Add(labels), Text: []byte(text)}); err != nil {
			f.t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		f.t.Fatal(err)
	}
	f.Segments[no].Object = f.object(manifest.SegmentKind, out.Bytes())
}

// Each kind of damage, also by somebody who seals what he damaged, is found and
// named.
func TestVerifyFindsDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	t.Parallel()
	keep := func(labels []string, text string) ([]string, string) { return labels, text }
	tests := []struct {
		name   string
		damage func(f *forged)
		want   error
		says   func(f *forged) string
	}{
		{"no manifest", func(f *forged) { os.Remove(filepath.Join(f.dir, manifest.Name)) }, manifest.ErrNone, nil},
		{"another seal", func(f *forged) {
			f.put(filepath.Join(f.dir, manifest.Name), bytes.Replace(mustRead(f.t, f.dir), []byte(`"sequence": 7`), []byte(`"sequence": 8`), 1))
		}, manifest.ErrInvalid, func(f *forged) string { return "seal" }},
		{"another format", func(f *forged) {
			f.put(filepath.Join(f.dir, manifest.Name), bytes.Replace(mustRead(f.t, f.dir), []byte(`"format": 2`), []byte(`"format": 3`), 1))
		}, manifest.ErrFormat, nil},
		{"segment missing", func(f *forged) { os.Remove(f.path(f.Segments[1].Object, manifest.SegmentKind)) },
			manifest.ErrObject, func(f *forged) string { return f.path(f.Segments[1].Object, manifest.SegmentKind) + " is missing" }},
		{"areas missing", func(f *forged) { os.Remove(f.path(f.Areas, manifest.AreasKind)) },
			manifest.ErrObject, func(f *forged) string { return f.path(f.Areas, manifest.AreasKind) + " is missing" }},
		{"catalog missing", func(f *forged) { os.Remove(f.path(f.Catalog, manifest.CatalogKind)) },
			manifest.ErrObject, func(f *forged) string { return f.path(f.Catalog, manifest.CatalogKind) + " is missing" }},
		{"cut short", func(f *forged) {
			b := f.read(f.Segments[0].Object, manifest.SegmentKind)
			f.put(f.path(f.Segments[0].Object, manifest.SegmentKind), b[:len(b)-1])
		}, manifest.ErrObject, func(f *forged) string { return f.path(f.Segments[0].Object, manifest.SegmentKind) }},
		{"a byte more", func(f *forged) {
			f.put(f.path(f.Catalog, manifest.CatalogKind), append(f.read(f.Catalog, manifest.CatalogKind), '\n'))
		}, manifest.ErrObject, func(f *forged) string { return f.path(f.Catalog, manifest.CatalogKind) }},
		{"objects swapped", func(f *forged) {
			a, b := f.Segments[0].Object, f.Segments[1].Object
			first, second := f.read(a, manifest.SegmentKind), f.read(b, manifest.SegmentKind)
			f.put(f.path(a, manifest.SegmentKind), second)
			f.put(f.path(b, manifest.SegmentKind), first)
		}, manifest.ErrObject, nil},

		{"catalog of another release", func(f *forged) {
			f.Catalog = f.object(manifest.CatalogKind, []byte(`{"district":{"adcode":"1","name":""}}`+"\n"))
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return "1 districts, the area file 2" }},
		{"catalog without the zone", func(f *forged) {
			b := f.read(f.Catalog, manifest.CatalogKind)
			f.Catalog = f.object(manifest.CatalogKind, b[:bytes.LastIndex(b[:len(b)-1], []byte("\n"))+1])
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return `zone "s"` }},
		{"catalog is none", func(f *forged) { f.Catalog = f.object(manifest.CatalogKind, []byte("{}\n")); f.seal() },
			catalog.ErrCorrupt, func(f *forged) string { return f.path(f.Catalog, manifest.CatalogKind) }},
		{"areas are none", func(f *forged) { f.Areas = f.object(manifest.AreasKind, []byte("areas")); f.seal() },
			index.ErrCorrupt, func(f *forged) string { return f.path(f.Areas, manifest.AreasKind) }},
		{"segment is none", func(f *forged) {
			f.Segments[0].Object = f.object(manifest.SegmentKind, []byte("segment"))
			f.seal()
		}, index.ErrCorrupt, func(f *forged) string { return f.path(f.Segments[0].Object, manifest.SegmentKind) }},
		{"postings counted wrong", func(f *forged) { f.Segments[0].Postings++; f.seal() },
			manifest.ErrInvalid, func(f *forged) string { return f.path(f.Segments[0].Object, manifest.SegmentKind) }},
		{"tiles of another segment", func(f *forged) { f.Segments[len(f.Segments)-1].LastTile++; f.seal() },
			manifest.ErrInvalid, func(f *forged) string { return "is not the one that is listed" }},
		{"another answer", func(f *forged) { f.Golden[0].Answer = f.Areas.Digest; f.seal() },
			manifest.ErrGolden, func(f *forged) string { return "to query 1 of" }},
		{"more in a window", func(f *forged) { f.Golden[0].Postings++; f.seal() }, manifest.ErrGolden, nil},
		{"nobody is asked at the pole beyond", func(f *forged) { f.Golden[0].Lat = 900_000_001; f.seal() }, manifest.ErrInvalid, nil},
		{"segment left out", func(f *forged) { f.Segments = f.Segments[1:]; f.seal() },
			manifest.ErrInvalid, func(f *forged) string { return "counts 4 pois" }},
		{"cells of another size", func(f *forged) { f.Grid.CellMetres = 100; f.seal() },
			manifest.ErrInvalid, func(f *forged) string { return "is not the one that is listed" }},
		{"another district", func(f *forged) {
			f.segment(0, func(_ []string, text string) ([]string, string) { return []string{"d:2"}, text })
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return `in district "2", the boundaries say "1"` }},
		{"no district", func(f *forged) {
			f.segment(0, func(_ []string, text string) ([]string, string) { return nil, text })
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return `in district "", the boundaries say "1"` }},
		{"unknown labels", func(f *forged) {
			f.segment(0, func(labels []string, text string) ([]string, string) { return append(labels, "zz"), text })
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return "unknown labels" }},
		{"zone that is not there", func(f *forged) {
			f.segment(0, func(_ []string, text string) ([]string, string) { return []string{"d:1", "z:none"}, text })
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return `zone "none"` }},
		{"text that is none", func(f *forged) {
			f.segment(0, func(labels []string, text string) ([]string, string) { return labels, text[:1] })
			f.seal()
		}, catalog.ErrCorrupt, func(f *forged) string { return "segment " }},
		{"another set", func(f *forged) {
			f.segment(0, func(_ []string, text string) ([]string, string) { return []string{"d:1", "z:s"}, text })
			f.seal()
		}, manifest.ErrInvalid, func(f *forged) string { return "without_tasks" }},
		{"a set more", func(f *forged) {
			f.segment(1, func(labels []string, text string) ([]string, string) {
				return slices.Sorted(slices.Values(append(labels, "s:none"))), text
			})
			f.seal()
		}, manifest.ErrInvalid, func(f *forged) string { return "in_sets" }},
		{"nothing", func(f *forged) { f.segment(0, keep); f.seal() }, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := whole(t)
			tt.damage(f)
			m, err := Verify(context.Background(), f.dir)
			if !errors.Is(err, tt.want) || (m == nil) != (tt.want != nil) {
				t.Fatalf("the manifest is %v, the error %v, want %v", m, err, tt.want)
			}
			if tt.says != nil && !strings.Contains(err.Error(), tt.says(f)) {
				t.Errorf("the error is %v, want it to say %q", err, tt.says(f))
			}
		})
	}
}

func mustRead(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Each count is compared with the files, or with the others; of zones without
// times nothing is left but what they screened out.
func TestVerifyCounts(t *testing.T) {
	for _, tt := range []struct {
		count string
		by    int64
		says  string
	}{
		{countPostings, 1, countPostings},
		{countOutside, 1, countOutside},
		{countWithout, -1, countWithout},
		{countInSets, 1, countInSets},
		{countTasks, 1, countTasks},
		{countQuotas, -1, countQuotas},
		{countDistricts, 1, countDistricts},
		{countZones, -1, "it counts 0 zones"},
		{countRead, 1, countRead},
		{countScreened, 1, countRead},
		{countDuplicates, 1, countRead},
	} {
		f := whole(t)
		f.Counts[tt.count] += tt.by
		f.seal()
		_, err := Verify(context.Background(), f.dir)
		if !errors.Is(err, manifest.ErrInvalid) || !strings.Contains(fmt.Sprint(err), tt.says) {
			t.Errorf("%s: the error is %v", tt.count, err)
		}
	}
	f := whole(t)
	f.Counts[countScreened]++
	f.Counts[countRead]++ // by which zone?
	f.seal()
	if _, err := Verify(context.Background(), f.dir); !errors.Is(err, manifest.ErrInvalid) {
		t.Errorf("screened by no zone: the error is %v", err)
	}
}

// A flipped bit anywhere in any object is found, and its file is named.
func TestVerifyFindsFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	t.Parallel()
	f := whole(t)
	flips := 0
	for name, o := range f.Objects {
		path := filepath.Join(f.dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(b); at += 1 + len(b)/40 {
			b[at] ^= 1 << (at % 8)
			f.put(path, b)
			_, err := Verify(context.Background(), f.dir)
			if !errors.Is(err, manifest.ErrObject) || !strings.Contains(err.Error(), path) {
				t.Fatalf("%s, byte %d of %d: %v", name, at, o.Bytes, err)
			}
			b[at] ^= 1 << (at % 8)
			flips++
		}
		f.put(path, b)
	}
	if _, err := Verify(context.Background(), f.dir); err != nil || flips < 100 {
		t.Errorf("after %d flips: %v", flips, err)
	}
}

func TestVerifyIsCancelled(t *testing.T) {
	f := whole(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Verify(ctx, f.dir); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// replacing is a context that does something each time it is asked whether it
// is done, up to a number of times.
type replacing struct {
	context.Context
	times   int
	replace func()
}

func (r *replacing) Err() error {
	if r.times > 0 {
		r.times--
		r.replace()
	}
	return r.Context.Err()
}

// Beside a builder that seals newer releases in the folder and removes the
// objects of the older, the newest is verified.
func TestVerifyWhileReplaced(t *testing.T) {
	f := whole(t)
	ctx := &replacing{Context: t.Context(), times: 3, replace: func() {
		old := f.path(f.Catalog, manifest.CatalogKind)
		text := bytes.Replace(f.read(f.Catalog, manifest.CatalogKind), []byte(`"adcode":"1","name":"`), []byte(`"adcode":"1","name":"x`), 1)
		f.Catalog = f.object(manifest.CatalogKind, text)
		f.seal()
		if err := os.Remove(old); err != nil {
			t.Fatal(err)
		}
	}}
	m, err := Verify(ctx, f.dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Catalog != f.Catalog || ctx.times > 0 {
		t.Errorf("verified the catalog %s with %d releases to come, want %s", m.Catalog.Digest, ctx.times, f.Catalog.Digest)
	}
}
