package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"geodrop/api/server"
	"geodrop/sync/manifest"
)

// TestShelved: releases are found by their id whatever their folders are called,
// one at a time, and what is no release is passed over.
func TestShelved(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, filepath.Join(dir, "7"))
	must(t, os.CopyFS(filepath.Join(dir, "8"), os.DirFS(filepath.Join(dir, "7"))))
	m, err := manifest.Read(filepath.Join(dir, "8"))
	must(t, err)
	m.Sequence = 8
	other, err := m.Sealed()
	must(t, err)
	must(t, manifest.Write(filepath.Join(dir, "8"), other))
	must(t, os.Mkdir(filepath.Join(dir, "9"), 0o755))
	s := newShelved(dir, time.Now)

	first, err := s.Take(t.Context(), m.ID)
	must(t, err)
	if id := first.Release().Manifest().ID; id != m.ID {
		t.Errorf("taken is %s, asked was %s", id, m.ID)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Take(done, other.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("a second one while the first is open: %v", err)
	}
	first.Done()
	second, err := s.Take(t.Context(), other.ID)
	must(t, err)
	second.Done()
	if _, err := s.Take(t.Context(), "r9-00000000"); !errors.Is(err, server.ErrNotAtHand) {
		t.Errorf("a release that is not there: %v", err)
	}
	if _, err := newShelved(filepath.Join(dir, "none"), time.Now).Take(t.Context(), m.ID); !errors.Is(err, server.ErrNotAtHand) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
