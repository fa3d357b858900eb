//go:build amd64 || arm64

package publish

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
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
	if !disktest.Alone(t, 0) {
		return
	}
	faults := disktest.NewFaults(t)
	for name, tt := range map[string]struct {
		errno   syscall.Errno
		lasting bool
	}{"full disk": {syscall.ENOSPC, true}, "EIO": {syscall.EIO, false}} {
		t.Run(name, func(t *testing.T) {
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
			ended := 0
			for n := 1; ; n += stride(2) {
				before := s.Candidates()[0]
				faults.Fail(dir, n, tt.errno, tt.lasting)
				err := publish(n)
				failed := faults.End()
				best := s.Candidates()[0]
				must(t, whole(s.Path(best)))
				switch {
				case err != nil && (!errors.Is(err, tt.errno) || len(failed) == 0 || best != before):
					t.Fatalf("%q: it ends with %v, and release %d is there, before it was %d", failed, err, best, before)
				case err == nil && best == before:
					t.Fatalf("%q: nothing came, and nothing is said", failed)
				case err != nil:
					ended++
				}
				if len(failed) == 0 {
					break
				}
				must(t, publish(-n))
				entries, err := os.ReadDir(filepath.Join(dir, "releases"))
				must(t, err)
				if len(entries) != 2 || s.Candidates()[0] == best {
					t.Fatalf("%q: then there are %d releases, and %v to serve", failed, len(entries), s.Candidates())
				}
			}
			if t.Logf("%d attempts ended", ended); ended < 3 {
				t.Errorf("%d attempts ended", ended)
			}
		})
	}
}

// stride is from one operation that fails to the next: n, more where tests are to be
// short, and one where they may be long.
func stride(n int) int {
	switch {
	case os.Getenv("GEODROP_LONG") != "":
		return 1
	case testing.Short():
		return 3 * n
	}
	return n
}
