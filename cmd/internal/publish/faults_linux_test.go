//go:build amd64 || arm64

package publish

import (
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"geodrop/cmd/internal/shelf"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/sync/disktest"
)

// TestFailingDisk: whichever operation on a file of the shelf fails, alone or with all
// that take space after it, the best release there is the one before or the new one,
// whole; the next attempt puts one there, and the shelf has two.
func TestFailingDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	if !disktest.Alone(t, 0) {
		return
	}
	sweep := disktest.Sweep{Stride: 2, Ends: 3}
	disktest.NewFaults(t).Sweep(t, sweep, func(t *testing.T, attempts iter.Seq[*disktest.Attempt]) {
		dir, bundle := t.TempDir(), t.TempDir()
		s, err := shelf.Open(dir, slog.New(slog.DiscardHandler))
		must(t, err)
		defer func() { must(t, s.Close()) }()
		p := New(Options{Shelf: s, Config: &Bundle{
			Path: bundle, Reopen: func() (poi.Source, error) { return decode.Open(bundle, decode.Options{}) },
		}})
		publish := func(n int) error {
			must(t, os.WriteFile(filepath.Join(bundle, "pois.csv"), fmt.Appendf(nil, "id,name,lat,lng\na,Place %d,51.5,-0.1\n", n), 0o600))
			return p.build(t.Context(), fmt.Sprint(n))
		}
		must(t, publish(0))
		for a := range attempts {
			before := s.Candidates()[0]
			err := a.Fail(dir, func() error { return publish(a.N) })
			best := s.Candidates()[0]
			must(t, whole(s.Path(best)))
			if (err != nil) != (best == before) {
				t.Fatalf("%q: it ends with %v, and release %d is there, before it was %d", a.Failed, err, best, before)
			}
			must(t, publish(-a.N))
			entries, err := os.ReadDir(filepath.Join(dir, "releases"))
			must(t, err)
			if len(entries) != 2 || s.Candidates()[0] == best {
				t.Fatalf("%q: then there are %d releases, and %v to serve", a.Failed, len(entries), s.Candidates())
			}
		}
	})
}
