package publish

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"geodrop/api"
	"geodrop/cmd/internal/shelf"
	"geodrop/data/sample"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/sync/disktest"
)

// patience is for machines that do much else.
const patience = time.Minute

// TestDiskFull: on a disk with no space for a release the one before stays on
// the shelf, and it is said why; with space again the new one soon follows.
func TestDiskFull(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	disk, bundle := disktest.NewSmall(t, "16m"), filepath.Join(t.TempDir(), "bundle")
	must(t, sample.Write(bundle))
	s, err := shelf.Open(filepath.Join(disk.Dir, "shelf"), slog.New(slog.DiscardHandler))
	must(t, err)
	p := New(Options{Shelf: s, Interval: 10 * time.Millisecond, Quiet: 10 * time.Millisecond, Config: &Bundle{
		Path: bundle, Reopen: func() (poi.Source, error) { return decode.Open(bundle, decode.Options{}) },
	}})
	ctx, stop := context.WithCancel(t.Context())
	done, changed := make(chan struct{}), s.Changed()
	go func() { defer close(done); p.Run(ctx) }()
	defer func() { stop(); <-done; must(t, s.Close()) }()
	await(t, changed)
	sizes := []int64{0, 8, 40, 80, 120}
	if testing.Short() {
		sizes = []int64{8, 80}
	}
	for _, kilobytes := range sizes {
		before := s.Candidates()[0]
		changed = s.Changed()
		disk.Fill(kilobytes << 10)
		dropPlace(t, bundle)
		failing(t, p)
		if got := s.Candidates()[0]; got != before {
			t.Errorf("with %d kB release %d took the place of %d", kilobytes, got, before)
		}
		must(t, whole(s.Path(before)))
		disk.Free()
		if took := await(t, changed); took > 10*time.Second {
			t.Errorf("with %d kB: %v after there was space", kilobytes, took)
		}
		must(t, whole(s.Path(s.Candidates()[0])))
	}
}

// failing waits until a publisher says that the disk is full.
func failing(t *testing.T, p *Publisher) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var last []api.Check
	for began := time.Now(); time.Since(began) < patience; <-tick.C {
		last = last[:0]
		for _, part := range p.Parts() {
			c := part.Check()
			if c.State == api.CheckFailing && c.Class == "disk_full" {
				return
			}
			last = append(last, c)
		}
	}
	t.Fatalf("nobody says within %v that the disk is full: %+v", patience, last)
}

// await waits for another release on the shelf, and tells how long that took.
func await(t *testing.T, changed <-chan struct{}) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case <-changed:
	case <-time.After(patience):
		t.Fatalf("no release within %v", patience)
	}
	return time.Since(began)
}
