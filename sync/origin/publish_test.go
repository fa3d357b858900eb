package origin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/releasetest"
)

func ids(o *Origin) []string {
	var ids []string
	for _, r := range o.Releases() {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestPublishAgain(t *testing.T) {
	o := open(t, Options{})
	dir := t.TempDir()
	seal(t, dir, 1, "a")
	first, err := o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	again, err := o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	if again != first || len(o.Releases()) != 1 {
		t.Errorf("published again %+v, want %+v", again, first)
	}
	seal(t, dir, 1, "b") // a bundle's releases all have one sequence
	next, err := o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	if next.Version <= first.Version || next.Release == first.Release || next.Returned {
		t.Errorf("%+v after %+v", next, first)
	}
	canary, err := o.Publish(t.Context(), dir, Publication{Channel: "canary"})
	must(t, err)
	if at, ok := o.Pointer("canary"); !ok || at != canary || canary.Release != next.Release {
		t.Errorf("canary is at %+v", at)
	}
}

func TestOlderReleases(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	o := open(t, Options{Now: func() time.Time { return now }})
	old, dir := t.TempDir(), t.TempDir()
	m := seal(t, old, 5, "a")
	first, err := o.Publish(t.Context(), old, Publication{})
	must(t, err)
	seal(t, dir, 6, "b")
	_, err = o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	now = now.Add(-time.Hour) // the clock is put back: versions still grow
	if _, err := o.Publish(t.Context(), old, Publication{}); !errors.Is(err, ErrOlder) {
		t.Errorf("Publish = %v, want ErrOlder", err)
	}
	back, err := o.Publish(t.Context(), old, Publication{Older: true})
	if err != nil || !back.Returned || back.Release != m.ID || back.Version != first.Version+2 {
		t.Errorf("approved: %+v, %v", back, err)
	}
	forth, err := o.Point("", o.Releases()[1].ID)
	if err != nil || forth.Returned || forth.Version != back.Version+1 {
		t.Errorf("Point forth gives %+v, %v", forth, err)
	}
	if p, err := o.Point("", m.ID); err != nil || !p.Returned {
		t.Errorf("Point back gives %+v, %v", p, err)
	}
	if _, err := o.Point("", "r9-00000000"); !errors.Is(err, ErrUnknown) {
		t.Errorf("Point = %v, want ErrUnknown", err)
	}
	for _, name := range []string{"Main", "../main", "a.b"} {
		if _, err := o.Point(name, m.ID); !errors.Is(err, manifest.ErrPointer) {
			t.Errorf("Point of channel %q = %v, want ErrPointer", name, err)
		}
	}
}

// TestPublishRefuses: what is damaged changes nothing.
func TestPublishRefuses(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, dir, segment string)
		want   error
	}{
		{"no manifest", func(t *testing.T, dir, _ string) { must(t, os.Remove(filepath.Join(dir, manifest.Name))) }, manifest.ErrNone},
		{"damaged manifest", func(t *testing.T, dir, _ string) {
			must(t, atomicfile.Write(dir, manifest.Name, []byte(`{"format":1}`)))
		}, manifest.ErrInvalid},
		{"newer manifest", func(t *testing.T, dir, _ string) {
			must(t, atomicfile.Write(dir, manifest.Name, []byte(`{"format":99}`)))
		}, manifest.ErrFormat},
		{"object missing", func(t *testing.T, _, segment string) { must(t, os.Remove(segment)) }, os.ErrNotExist},
		{"object flipped", func(t *testing.T, dir, segment string) {
			must(t, atomicfile.Write(dir, filepath.Base(segment), releasetest.Content("B", objectSize)))
		}, manifest.ErrObject},
		{"object cut", func(t *testing.T, dir, segment string) {
			must(t, atomicfile.Write(dir, filepath.Base(segment), releasetest.Content("b", objectSize-1)))
		}, manifest.ErrObject},
		{"object flipped, of a writer", func(t *testing.T, _, segment string) {
			must(t, os.Remove(segment))
			must(t, os.WriteFile(segment, releasetest.Content("B", objectSize), 0o644))
		}, manifest.ErrObject},
		{"object a folder", func(t *testing.T, _, segment string) {
			must(t, os.Remove(segment))
			must(t, os.Mkdir(segment, 0o755))
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t, Options{})
			m, p := publish(t, o, 1, "a")
			dir := t.TempDir()
			bad := seal(t, dir, 2, "a", "b")
			tt.damage(t, dir, filepath.Join(dir, bad.Segments[1].FileName(manifest.SegmentKind)))
			if _, err := o.Publish(t.Context(), dir, Publication{}); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("Publish = %v, want %v", err, tt.want)
			}
			if at, _ := o.Pointer(manifest.DefaultChannel); at != p || !slices.Equal(ids(o), []string{m.ID}) {
				t.Errorf("the channel is at %+v", at)
			}
			if w := ask(o, "GET", "/v1/objects/"+string(bad.Segments[1].Digest)); w.Code != 404 {
				t.Errorf("the damaged object: %d", w.Code)
			}
		})
	}
}

func TestPublishIsCancelled(t *testing.T) {
	o := open(t, Options{})
	dir := t.TempDir()
	seal(t, dir, 1, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Publish(ctx, dir, Publication{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Publish = %v, want Canceled", err)
	}
	if _, ok := o.Pointer(manifest.DefaultChannel); ok {
		t.Error("it was published")
	}
}

// TestSharedFiles: a file that nobody writes to is shared with the builder's
// folder, another one is copied.
func TestSharedFiles(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   os.FileMode
		shared bool
	}{{"read-only", 0o444, true}, {"writable", 0o644, false}} {
		t.Run(tt.name, func(t *testing.T) {
			o := open(t, Options{})
			dir := t.TempDir()
			m := seal(t, dir, 1, "a")
			from := filepath.Join(dir, m.Segments[0].FileName(manifest.SegmentKind))
			must(t, os.Chmod(from, tt.mode))
			_, err := o.Publish(t.Context(), dir, Publication{})
			must(t, err)
			was, err := os.Stat(from)
			must(t, err)
			is, err := os.Stat(o.store.path(m.Segments[0].Digest))
			must(t, err)
			if os.SameFile(was, is) != tt.shared || is.Mode() != 0o444 && !tt.shared {
				t.Errorf("shared %v, want %v; mode %v", !tt.shared, tt.shared, is.Mode())
			}
			must(t, os.RemoveAll(dir))
			if w := ask(o, "GET", "/v1/objects/"+string(m.Segments[0].Digest)); w.Code != 200 || w.Body.String() != string(releasetest.Content("a", objectSize)) {
				t.Errorf("after the builder's folder went: %d", w.Code)
			}
		})
	}
}

func TestOneProcessAtATime(t *testing.T) {
	o := open(t, Options{})
	if _, err := Open(Options{Dir: o.store.dir}); !errors.Is(err, atomicfile.ErrLocked) {
		t.Errorf("Open = %v, want ErrLocked", err)
	}
}

// TestRottenObjectIsHealed: an object that the disk changed at the same length is
// replaced by the next release that has it, also where it is one file with the
// release that it came from; a release of rotten files is refused.
func TestRottenObjectIsHealed(t *testing.T) {
	dir, from := t.TempDir(), t.TempDir()
	o, err := Open(Options{Dir: dir})
	must(t, err)
	m := seal(t, from, 1, "a")
	_, err = o.Publish(t.Context(), from, Publication{})
	must(t, err)
	must(t, o.Close())
	path := o.store.path(m.Segments[0].Digest)
	must(t, os.Chmod(path, 0o644))
	must(t, os.WriteFile(path, releasetest.Content("b", objectSize), 0o644)) // in place: in from as well
	must(t, os.Chmod(path, 0o444))

	o = open(t, Options{Dir: dir})
	if _, err := o.Publish(t.Context(), from, Publication{}); !errors.Is(err, manifest.ErrObject) {
		t.Errorf("a release with a rotten file: %v, want %v", err, manifest.ErrObject)
	}
	if w := ask(o, "GET", "/v1/objects/"+string(m.Segments[0].Digest)); w.Code != 404 {
		t.Errorf("the rotten object: %d, want 404", w.Code)
	}
	must(t, os.WriteFile(path, releasetest.Content("b", objectSize), 0o444))
	publish(t, o, 2, "a", "c")
	must(t, manifest.VerifyObject(t.Context(), filepath.Dir(path), filepath.Base(path), m.Segments[0].Object))
	if w := ask(o, "GET", "/v1/objects/"+string(m.Segments[0].Digest)); w.Code != 200 {
		t.Errorf("healed, it is %d", w.Code)
	}
}
