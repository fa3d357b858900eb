package origin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

func stored(t *testing.T, o *Origin) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(o.store.dir, objectsDir))
	must(t, err)
	return len(entries)
}

// TestCollect: of the releases 1…9 with one segment each, all beside the shared
// areas, what is kept after each is published.
func TestCollect(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	o := open(t, Options{Keep: 2, Linger: time.Minute, Now: func() time.Time { return now }})
	var releases []*manifest.Manifest
	published := func(want ...int) {
		t.Helper()
		now = now.Add(time.Second)
		m, _ := publish(t, o, uint64(len(releases)+1), fmt.Sprint("segment ", len(releases)+1))
		releases = append(releases, m)
		var kept []string
		for _, n := range want {
			kept = append(kept, releases[n-1].ID)
		}
		if got := ids(o); !slices.Equal(got, kept) {
			t.Errorf("after %d: kept %q, want %q", len(releases), got, kept)
		}
		if got, objects := stored(t, o), 3*len(want)+1; got != objects {
			t.Errorf("after %d: %d files, want %d", len(releases), got, objects)
		}
	}
	published(1)
	o.reading(releases[0].Areas.Digest) // every release has it: it keeps none
	published(1, 2)
	published(2, 3)
	_, err := o.Point("stable", releases[1].ID)
	must(t, err)
	published(2, 3, 4)
	published(2, 4, 5)
	reading := o.reading(releases[3].Segments[0].Digest) // of the fourth
	published(2, 4, 5, 6)
	published(2, 4, 6, 7)
	reading.done(now)
	published(2, 4, 7, 8) // it was read a moment ago
	now = now.Add(time.Minute)
	published(2, 8, 9)
	if w := ask(o, "GET", "/v1/objects/"+string(releases[3].Segments[0].Digest)); w.Code != 404 {
		t.Errorf("an object that was removed: %d", w.Code)
	}
}

// TestReadingDoesNotFillTheDisk: however many releases are being read, so many
// linger.
func TestReadingDoesNotFillTheDisk(t *testing.T) {
	o := open(t, Options{Keep: 1})
	for n := range 3 * maxLingering {
		m, _ := publish(t, o, uint64(n+1), fmt.Sprint("segment ", n))
		o.reading(m.Segments[0].Digest)
	}
	const newest, before = 1, 1
	if n := len(o.Releases()); n != maxLingering+newest+before {
		t.Errorf("%d releases, want %d", n, maxLingering+newest+before)
	}
}

// TestSharedObjectsStay: an object that a kept release needs outlives the
// release that brought it.
func TestSharedObjectsStay(t *testing.T) {
	o := open(t, Options{Keep: 1})
	publish(t, o, 1, "a", "b")
	second, _ := publish(t, o, 2, "a", "c")
	for name, object := range second.Objects {
		if w := ask(o, "GET", "/v1/objects/"+string(object.Digest)); w.Code != 200 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// TestReopen: an origin goes on where it was.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	o, err := Open(Options{Dir: dir})
	must(t, err)
	publish(t, o, 1, "a")
	_, p := publish(t, o, 2, "b")
	before := ask(o, "GET", "/v1/channels/main")
	releases := o.Releases()
	must(t, o.Close())
	must(t, os.WriteFile(filepath.Join(dir, objectsDir, "left by a kill"), nil, 0o444))
	again := open(t, Options{Dir: dir})
	if at, ok := again.Pointer("main"); !ok || !at.Since.Equal(p.Since) || at.Version != p.Version {
		t.Errorf("%+v after reopening, want %+v", at, p)
	}
	if after := ask(again, "GET", "/v1/channels/main"); after.Header().Get("ETag") != before.Header().Get("ETag") {
		t.Error("the pointer has another ETag after reopening")
	}
	if got := again.Releases(); len(got) != 2 || got[0].ID != releases[0].ID || got[1].ID != releases[1].ID {
		t.Errorf("releases %+v, want %+v", got, releases)
	}
	if n := stored(t, again); n != 7 {
		t.Errorf("%d files, want 7", n)
	}
}

// TestDamageHeals: a channel whose release lost an object has none, until one is
// published, under a version that nodes take.
func TestDamageHeals(t *testing.T) {
	dir, release := t.TempDir(), t.TempDir()
	m := seal(t, release, 1, "a")
	o, err := Open(Options{Dir: dir})
	must(t, err)
	p, err := o.Publish(t.Context(), release, Publication{})
	must(t, err)
	must(t, o.Close())
	must(t, os.Remove(o.store.path(m.Segments[0].Digest)))
	again := open(t, Options{Dir: dir})
	if w := ask(again, "GET", "/v1/channels/main"); w.Code != 404 {
		t.Errorf("the channel answers %d", w.Code)
	}
	healed, err := again.Publish(t.Context(), release, Publication{})
	must(t, err)
	if healed.Release != p.Release || healed.Version <= p.Version {
		t.Errorf("%+v after %+v", healed, p)
	}
}

// TestDamageIsRolledBack: a channel whose release lost an object goes back to the
// one before it when operators say so.
func TestDamageIsRolledBack(t *testing.T) {
	dir := t.TempDir()
	o, err := Open(Options{Dir: dir})
	must(t, err)
	first, _ := publish(t, o, 1, "a")
	second, _ := publish(t, o, 2, "b")
	must(t, o.Close())
	must(t, os.Remove(o.store.path(second.Segments[0].Digest)))
	again := open(t, Options{Dir: dir})
	if _, err := again.Pin("main", true); !errors.Is(err, ErrUnknown) {
		t.Errorf("Pin = %v, want ErrUnknown", err)
	}
	if p, err := again.Rollback("main"); err != nil || p.Release != first.ID {
		t.Errorf("Rollback = %+v, %v, want %s", p, err, first.ID)
	}
	at(t, again, first.ID)
}

// TestKilledWhilePublishing looks at the folder as it is at each step, as
// another process would find it after a kill: the channel is at a release that
// is whole, and publishing again leads to the new one.
func TestKilledWhilePublishing(t *testing.T) {
	dir, release := t.TempDir(), t.TempDir()
	o := open(t, Options{Dir: dir, Keep: 1})
	publish(t, o, 1, "z")
	m, _ := publish(t, o, 2, "a")
	next := seal(t, release, 3, "b")
	seen := map[string]bool{}
	o.step = func(name string) {
		seen[name] = true
		found := open(t, Options{Dir: copyTree(t, dir), Keep: 1})
		p, ok := found.Pointer("main")
		if !ok || p.Release != m.ID && p.Release != next.ID {
			t.Errorf("at %q the channel is at %+v", name, p)
		}
		for _, r := range found.Releases() {
			if _, err := found.store.whole(r); err != nil {
				t.Errorf("at %q: %v", name, err)
			}
		}
		if p, err := found.Publish(t.Context(), release, Publication{}); err != nil || p.Release != next.ID {
			t.Errorf("after a kill at %q: %+v, %v", name, p, err)
		}
	}
	_, err := o.Publish(t.Context(), release, Publication{})
	must(t, err)
	for _, name := range []string{"object", "manifest", "list", "marks", "pointer", "unlist", "removed"} {
		if !seen[name] {
			t.Errorf("no step %q", name)
		}
	}
}

// copyTree copies a folder but its lock.
func copyTree(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	must(t, os.CopyFS(to, os.DirFS(dir)))
	must(t, os.Remove(filepath.Join(to, ".lock")))
	return to
}

func TestOpenRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"list of releases": releasesName, "channel": filepath.Join(channelsDir, "main.json"), "misplaced channel": filepath.Join(channelsDir, "other.json"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o, err := Open(Options{Dir: dir})
			must(t, err)
			_, p := publish(t, o, 1, "a")
			must(t, o.Close())
			body, err := p.Encode()
			must(t, err)
			if name != "misplaced channel" {
				body = body[:len(body)/2]
			}
			must(t, atomicfile.Write(filepath.Dir(filepath.Join(dir, file)), filepath.Base(file), body))
			if o, err := Open(Options{Dir: dir}); err == nil {
				t.Errorf("opened: %v", o.Close())
			}
			if unlock, err := atomicfile.LockDir(dir); err != nil {
				t.Errorf("still locked: %v", err)
			} else {
				must(t, unlock())
			}
		})
	}
}
