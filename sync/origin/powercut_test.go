package origin

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
	"geodrop/sync/releasetest"
)

// publishEnv names the folder of a process that publishes: of an origin, and of
// a release that is not there yet.
const publishEnv = "GEODROP_TEST_PUBLISH_IN"

// publishIn publishes the next release.
func publishIn(dir string) error {
	o, err := Open(Options{Dir: filepath.Join(dir, "origin"), Keep: 1, PatchParallel: 1})
	if err != nil {
		return err
	}
	if _, err := o.Publish(context.Background(), filepath.Join(dir, "next"), Publication{}); err != nil {
		return err
	}
	disktest.Mark("published")
	return o.Close()
}

// beforeNext is a folder in which an origin has two releases, of which the next
// one will push the first out.
func beforeNext(t *testing.T) (dir string, now, next *manifest.Manifest) {
	t.Helper()
	const places = 150
	dir = t.TempDir()
	o, err := Open(Options{Dir: filepath.Join(dir, "origin"), Keep: 1})
	must(t, err)
	publishTowns(t, o, 1, releasetest.Town(t, 50, places))
	now = publishTowns(t, o, 2, releasetest.Town(t, 50, places, 1), releasetest.Town(t, 51, places))
	must(t, o.Close())
	release := filepath.Join(dir, "next")
	must(t, os.Mkdir(release, 0o755))
	next = releasetest.Seal(t, release, 3, releasetest.Town(t, 50, places, 1, 2), releasetest.Town(t, 51, places))
	return dir, now, next
}

// TestPowerCutWhilePublishing: whenever the power goes, and whatever was not
// durable then, the channel is at a release whose every byte is there; the new
// one, once it is published.
func TestPowerCutWhilePublishing(t *testing.T) {
	dir, now, next := beforeNext(t)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), publishEnv+"="+dir)
	r := disktest.Record(t, dir, c)
	patches := filesIn(t, filepath.Join(dir, "origin", patchesDir))
	at := map[string]int{}
	n := r.Replay(t, disktest.Cuts{Random: 6, Most: atMost(300)}, func(c disktest.Cut) {
		o, err := Open(Options{Dir: filepath.Join(c.Dir, "origin"), Keep: 1})
		must(t, err)
		defer func() { must(t, o.Close()) }()
		p, ok := o.Pointer(manifest.DefaultChannel)
		m := now
		if p.Release == next.ID {
			m = next
		}
		if !ok || p.Release != m.ID || c.Marked("published") && m != next {
			t.Errorf("the channel is at %+v, %v; before there was %s, then %s", p, ok, now.ID, next.ID)
			return
		}
		at[p.Release]++
		must(t, sound(o, m))
		for name, b := range filesIn(t, o.store.in(patchesDir)) {
			if want, ok := patches[name]; ok && b != want {
				t.Errorf("the patch %s has %d bytes that it should not have", name, len(b))
			}
		}
		if c.Number%20 > 0 {
			return
		}
		p, err = o.Publish(t.Context(), filepath.Join(c.Dir, "next"), Publication{})
		if err != nil || p.Release != next.ID {
			t.Errorf("publishing again: %+v, %v", p, err)
		}
		must(t, sound(o, next))
	})
	t.Logf("%d events, %d folders; the channel was at %v", r.Events(), n, at)
	if at[now.ID] == 0 || at[next.ID] == 0 || len(patches) == 0 {
		t.Errorf("the channel was at %v, with %d patches: the power was never cut before, or after, the new release", at, len(patches))
	}
}

// sound reads every object of a release.
func sound(o *Origin, m *manifest.Manifest) error {
	for _, object := range m.Objects {
		if err := manifest.VerifyObject(context.Background(), o.store.in(objectsDir), string(object.Digest), object); err != nil {
			return fmt.Errorf("release %s: %w", m.ID, err)
		}
	}
	return nil
}

// filesIn are the files in a folder by their names.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		files[e.Name()] = string(b)
	}
	return files
}

// atMost is a number of folders, fewer of them where tests are to be short, and
// all there are where they may be long.
func atMost(n int) int {
	switch {
	case os.Getenv("GEODROP_LONG") != "":
		return 0
	case testing.Short():
		return n / 10
	}
	return n
}
