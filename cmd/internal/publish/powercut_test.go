package publish

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"geodrop/cmd/internal/shelf"
	"geodrop/data/sample"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
)

// The environment of a process that publishes a bundle: the folder of its shelf,
// and the bundle.
const (
	publishEnv = "GEODROP_TEST_PUBLISH_IN"
	bundleEnv  = "GEODROP_TEST_PUBLISH_BUNDLE"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(publishEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := publishBundle(dir, os.Getenv(bundleEnv)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// publishBundle puts a release of a bundle on a shelf.
func publishBundle(dir, bundle string) error {
	s, err := shelf.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	p := New(Options{Shelf: s, Interval: time.Millisecond, Quiet: time.Millisecond, Config: &Bundle{
		Path: bundle, Reopen: func() (poi.Source, error) { return decode.Open(bundle, decode.Options{}) },
	}})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	changed := s.Changed()
	go func() {
		<-changed
		disktest.Mark("adopted")
		stop()
	}()
	p.Run(ctx)
	disktest.Mark("pruned")
	return s.Close()
}

// dropPlace takes the last place out of a bundle.
func dropPlace(t *testing.T, bundle string) {
	t.Helper()
	path := filepath.Join(bundle, "pois.csv")
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.Remove(path)) // a sample is read only
	must(t, os.WriteFile(path, b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1], 0o600))
}

// TestPowerCutWhileBuilding: whenever the power goes, and whatever was not durable
// then, the shelf has a release whose every byte is there, and one to fall back
// on; the new one, once it is adopted.
func TestPowerCutWhileBuilding(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	dir, bundle := filepath.Join(t.TempDir(), "shelf"), filepath.Join(t.TempDir(), "bundle")
	must(t, sample.Write(bundle))
	for range 2 {
		must(t, publishBundle(dir, bundle))
		dropPlace(t, bundle)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), publishEnv+"="+dir, bundleEnv+"="+bundle)
	r := disktest.Record(t, dir, c)
	most := 120
	if testing.Short() {
		most = 20
	}
	found := map[string]int{}
	n := r.Replay(t, disktest.Cuts{Most: most}, func(c disktest.Cut) {
		s := openShelf(t, c.Dir)
		list := s.Candidates()
		found[fmt.Sprint(list)]++
		for _, no := range list {
			must(t, whole(s.Path(no)))
		}
		if want := []uint64{3, 2}; c.Marked("adopted") && !slices.Equal(list, want) {
			t.Errorf("the shelf has %v, want %v", list, want)
		}
		must(t, s.Close())
	})
	t.Logf("%d events, %d folders; on the shelf was %v", r.Events(), n, found)
	if len(found) != 2 || found["[2 1]"] == 0 || found["[3 2]"] == 0 {
		t.Errorf("on the shelf was %v, want the releases of before, or the new one", found)
	}
}

func openShelf(t *testing.T, dir string) *shelf.Shelf {
	t.Helper()
	s, err := shelf.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	return s
}

// whole reads every object of a release.
func whole(dir string) error {
	m, err := manifest.Read(dir)
	if err != nil {
		return err
	}
	return m.Verify(context.Background(), dir)
}
