package origin

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
	"geodrop/sync/releasetest"
)

func publishTowns(t testing.TB, o *Origin, sequence uint64, segments ...[]byte) *manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	m := releasetest.Seal(t, dir, sequence, segments...)
	_, err := o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	return m
}

// patchURL is where the patch from a release to a segment is.
func patchURL(from *manifest.Manifest, to manifest.Segment) string {
	return "/v1/patches/" + string(to.Digest) + "/" + string(patch.Key(patch.From(from, to)))
}

// leads reports whether there is a patch from a release to the first segment of
// another. It is applied, and its caching looked at.
func leads(t *testing.T, o *Origin, from, to *manifest.Manifest, segments map[manifest.Digest][]byte) bool {
	t.Helper()
	w := ask(o, "GET", patchURL(from, to.Segments[0]))
	if w.Code != 200 {
		return false
	}
	g, err := grid.New(grid.DefaultSize)
	must(t, err)
	var olds []patch.Segment
	for _, s := range patch.From(from, to.Segments[0]) {
		parsed, err := index.Parse(segments[s.Digest], index.Options{})
		must(t, err)
		olds = append(olds, patch.Segment{Segment: parsed, Object: s.Object})
	}
	var got bytes.Buffer
	must(t, patch.Apply(&got, g, olds, to.Segments[0].Object, bytes.NewReader(w.Body.Bytes())))
	if !bytes.Equal(got.Bytes(), segments[to.Segments[0].Digest]) {
		t.Error("the patch leads to another segment")
	}
	if h := w.Header(); h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("ETag") != `"`+string(manifest.ObjectOf(w.Body.Bytes()).Digest)+`"` {
		t.Errorf("header %v", h)
	}
	return true
}

// TestPatches: which releases patches lead from, when 1…7 are published with a
// segment each, in which another place is edited, beside one that stays.
func TestPatches(t *testing.T) {
	registry := prometheus.NewRegistry()
	o := open(t, Options{Keep: 4, PatchFrom: 2, Registry: registry})
	far := releasetest.Town(t, 60, 100)
	segments := map[manifest.Digest][]byte{}
	releases := []*manifest.Manifest{nil}
	from := func(to int) (list []int) {
		for i := 1; i < len(releases); i++ {
			if i != to && leads(t, o, releases[i], releases[to], segments) {
				list = append(list, i)
			}
		}
		return list
	}
	want := [][]int{1: nil, 2: {1}, 3: {1, 2}, 4: {2, 3}, 5: {2, 3, 4}, 6: {2, 4, 5}, 7: {2, 5, 6}}
	for n := 1; n < len(want); n++ {
		near := releasetest.Town(t, 51, 3000, n)
		segments[manifest.ObjectOf(near).Digest] = near
		releases = append(releases, publishTowns(t, o, uint64(n), near, far))
		if got := from(n); !slices.Equal(got, want[n]) {
			t.Errorf("to %d lead patches from %v, want %v", n, got, want[n])
		}
		if n == 4 {
			_, err := o.Point("stable", releases[2].ID) // stays, whatever is published
			must(t, err)
		}
	}
	// 1 and 3 are no longer there, and nothing that begins or ends at them.
	for to, want := range [][]int{2: nil, 4: {2}, 5: {2, 4}, 6: {2, 4, 5}} {
		if to != 0 && to != 1 && to != 3 {
			if got := from(to); !slices.Equal(got, want) {
				t.Errorf("in the end patches lead from %v to %d, want %v", got, to, want)
			}
		}
	}
	sent := figure(t, registry, "geodrop_origin_sent_bytes_total")
	if held := figure(t, registry, "geodrop_origin_patch_bytes"); held == 0 || sent == 0 || held > 9*500 {
		t.Errorf("%v bytes of patches held, %v sent", held, sent)
	}
}

// TestPatchesNotMade: what moves whole.
func TestPatchesNotMade(t *testing.T) {
	const n, damaged = 2000, "a segment damaged since"
	first, second := releasetest.Town(t, 51, n), releasetest.Town(t, 51, n, 1)
	tests := []struct {
		name    string
		options Options
		before  []byte
		after   []byte
		result  string
	}{
		{"kept", Options{}, first, second, "kept"},
		{"turned off", Options{WithoutPatches: true}, first, second, ""},
		{"no time", Options{PatchTime: time.Nanosecond}, first, second, "late"},
		{"too large a segment", Options{MaxPatched: int64(len(second)) - 1}, first, second, "large"},
		{"most of it is new", Options{}, releasetest.Town(t, 51, n/10), second, "large"},
		{"another place", Options{}, releasetest.Town(t, 55, n), second, ""},
		{damaged, Options{}, first, second, "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.Registry = prometheus.NewRegistry()
			o := open(t, tt.options)
			before := publishTowns(t, o, 1, tt.before)
			if tt.name == damaged {
				must(t, atomicfile.Write(o.store.in(objectsDir), string(before.Segments[0].Digest), make([]byte, before.Segments[0].Bytes)))
			}
			after := publishTowns(t, o, 2, tt.after)
			w := ask(o, "GET", patchURL(before, after.Segments[0]))
			if made := w.Code == 200; made != (tt.result == "kept") {
				t.Errorf("the patch: %d", w.Code)
			}
			if p, _ := o.Pointer(manifest.DefaultChannel); p.Release != after.ID {
				t.Errorf("the channel is at %s", p.Release)
			}
			for _, result := range []string{"kept", "large", "late", "failed"} {
				if got := o.patchesMade(t, result); got != map[bool]float64{true: 1}[result == tt.result] {
					t.Errorf("%v patches %s", got, result)
				}
			}
		})
	}
}

func (o *Origin) patchesMade(t *testing.T, result string) float64 {
	t.Helper()
	families, err := o.options.Registry.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "geodrop_origin_patches_total" && m.GetLabel()[0].GetValue() == result {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// TestPatchRanges: a patch is sent in parts, and by HEAD.
func TestPatchRanges(t *testing.T) {
	o := open(t, Options{})
	before := publishTowns(t, o, 1, releasetest.Town(t, 51, 1000))
	after := publishTowns(t, o, 2, releasetest.Town(t, 51, 1000, 1, 2, 3))
	url := patchURL(before, after.Segments[0])
	all := ask(o, "GET", url).Body.Bytes()
	if w := ask(o, "GET", url, "Range", "bytes=10-19"); w.Code != 206 || !bytes.Equal(w.Body.Bytes(), all[10:20]) {
		t.Errorf("a range: %d %q", w.Code, w.Body)
	}
	if w := ask(o, "HEAD", url); w.Code != 200 || w.Header().Get("Content-Length") != fmt.Sprint(len(all)) {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	for _, none := range []string{url + "0", "/v1/patches/" + string(after.Segments[0].Digest), "/v1/patches/../" + string(after.Segments[0].Digest)} {
		if w := ask(o, "GET", none); w.Code != 404 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", none, w.Code, w.Header())
		}
	}
}

// TestPatchesAfterReopening: patches that belong to what is published stay, what
// else is in their folder goes.
func TestPatchesAfterReopening(t *testing.T) {
	dir := t.TempDir()
	o, err := Open(Options{Dir: dir})
	must(t, err)
	segments := map[manifest.Digest][]byte{}
	var releases []*manifest.Manifest
	for n := range 3 {
		b := releasetest.Town(t, 51, 1000, n)
		segments[manifest.ObjectOf(b).Digest] = b
		releases = append(releases, publishTowns(t, o, uint64(n+1), b))
	}
	must(t, o.Close())
	stray := []string{"stray", string(releases[0].Segments[0].Digest) + "-" + string(patch.Key(nil))}
	for _, name := range stray {
		must(t, os.WriteFile(filepath.Join(dir, patchesDir, name), nil, 0o444))
	}
	lost := patchName{releases[2].Segments[0].Digest, patch.Key(releases[0].Segments)}
	must(t, os.Remove(o.store.patchPath(lost)))
	must(t, os.Mkdir(o.store.patchPath(lost), 0o755))
	again := open(t, Options{Dir: dir})
	if !leads(t, again, releases[1], releases[2], segments) || !leads(t, again, releases[0], releases[1], segments) || leads(t, again, releases[0], releases[2], segments) {
		t.Error("other patches than before")
	}
	files, err := again.store.patchFiles()
	must(t, err)
	if len(files) != 2 {
		t.Errorf("left in the folder: %v", files)
	}
}

// TestKilledWhilePatching: as each patch is made, another process would find the
// channel where it was, and publishing again leads on, with all patches.
func TestKilledWhilePatching(t *testing.T) {
	dir, release := t.TempDir(), t.TempDir()
	o := open(t, Options{Dir: dir, PatchParallel: 1}) // nothing else writes while a step is looked at
	segments := map[manifest.Digest][]byte{}
	edit := func(n int) []byte {
		b := releasetest.Town(t, 51, 1000, n)
		segments[manifest.ObjectOf(b).Digest] = b
		return b
	}
	first := publishTowns(t, o, 1, edit(1))
	second := publishTowns(t, o, 2, edit(2))
	third := releasetest.Seal(t, release, 3, edit(3))
	steps := 0
	o.step = func(name string) {
		if name != "patch" {
			return
		}
		steps++
		found := open(t, Options{Dir: copyTree(t, dir)})
		if p, _ := found.Pointer(manifest.DefaultChannel); p.Release != second.ID {
			t.Errorf("the channel is at %s", p.Release)
		}
		_, err := found.Publish(t.Context(), release, Publication{})
		must(t, err)
		if !leads(t, found, first, third, segments) || !leads(t, found, second, third, segments) {
			t.Error("patches are missing")
		}
	}
	_, err := o.Publish(t.Context(), release, Publication{})
	must(t, err)
	if steps != 2 {
		t.Errorf("%d patches made", steps)
	}
}
