package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"geodrop/builder"
	"geodrop/cmd/internal/shelf"
	"geodrop/data/sqlite"
	"geodrop/poi"
	"geodrop/sync/manifest"
)

// edit deletes a POI of the sample's store.
func edit(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	must(t, s.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
		return w.DeletePOIs(ctx, []poi.POIID{"tfl-244"})
	}))
	must(t, s.Close())
}

// TestBuildsUpon: the second release is built upon the first. One that is refused
// is built from everything, once, and the bytes are the same. On a disk that takes
// nothing no more is tried at once.
func TestBuildsUpon(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	refused := errors.New("golden queries differ")
	full := fmt.Errorf("seal: %w", syscall.ENOSPC)
	for name, test := range map[string]struct {
		with     error
		refuses  int // checks after the first release
		checks   int
		says     []string
		saysNot  string
		releases int
	}{
		"taken":         {refused, 0, 2, []string{`upon=r`}, "refused", 2},
		"refused":       {refused, 1, 3, []string{`upon=r`, "is refused; everything is built", `upon=""`}, "", 2},
		"refused twice": {refused, 2, 3, []string{"is refused; everything is built"}, "", 1},
		"disk full":     {full, 1, 2, []string{`upon=r`}, "everything is built", 1},
		"disk failing":  {syscall.EIO, 1, 2, []string{`upon=r`}, "everything is built", 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, path := writeSample(t)
			config, _ := followStore(t, path)
			s, err := shelf.Open(t.TempDir(), slog.New(slog.DiscardHandler))
			must(t, err)
			checks := 0
			var log bytes.Buffer
			p := New(Options{
				Config: config, Shelf: s, Log: slog.New(slog.NewTextHandler(&log, nil)),
				Check: func(string) error {
					if checks++; checks > 1 && checks <= 1+test.refuses {
						return test.with
					}
					return nil
				},
			})
			must(t, p.build(t.Context(), "a"))
			edit(t, path)
			log.Reset()
			if err := p.build(t.Context(), "b"); (err != nil) != (test.releases == 1) || err != nil && !errors.Is(err, test.with) {
				t.Fatal(err)
			}
			for _, says := range test.says {
				if !strings.Contains(log.String(), says) {
					t.Errorf("the log does not say %q:\n%s", says, &log)
				}
			}
			if test.saysNot != "" && strings.Contains(log.String(), test.saysNot) {
				t.Errorf("the log says %q:\n%s", test.saysNot, &log)
			}
			list := s.Candidates()
			if checks != test.checks || len(list) != test.releases {
				t.Errorf("%d checks, %d releases, want %d and %d", checks, len(list), test.checks, test.releases)
			}
			if test.releases == 2 {
				same(t, config, s.Path(list[0]))
			}
			must(t, s.Close())
		})
	}
}

// same fails unless a build of everything makes the release in dir.
func same(t *testing.T, config Config, dir string) {
	t.Helper()
	src, err := config.Open(t.Context())
	must(t, err)
	out := t.TempDir()
	_, err = builder.Build(t.Context(), src, builder.Options{Out: out, Full: true})
	must(t, errors.Join(err, src.Close()))
	got, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	must(t, err)
	want, err := os.ReadFile(filepath.Join(out, manifest.Name))
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("other bytes than those of a build of everything:\n%s\n%s", got, want)
	}
}
