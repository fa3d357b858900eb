package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/sync/manifest"
)

// TestShelved: releases are found by their id whatever their folders are called,
// one at a time, and what is no release is passed over. The last one stays open for
// a while.
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
	s, opened := newShelved(dir, time.Now), 0
	defer s.close()
	open := s.open
	s.open = func(dir string) (*query.Release, error) { opened++; return open(dir) }

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
	same, err := s.Take(t.Context(), m.ID)
	must(t, err)
	first.Done()
	same.Done()
	again, err := s.Take(t.Context(), m.ID)
	must(t, err)
	if opened != 1 || again.Release() != first.Release() {
		t.Errorf("the same release was opened %d times", opened)
	}
	again.Done()
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

// TestShelvedSlow: who asks for a release that is slow to open waits as long as
// the context says; it is open for the next one, and closed in the end.
func TestShelvedSlow(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, filepath.Join(dir, "7"))
	m, err := manifest.Read(filepath.Join(dir, "7"))
	must(t, err)
	synctest.Test(t, func(t *testing.T) {
		const slow = 7 * time.Second
		s, began := newShelved(dir, time.Now), time.Now()
		open := s.open
		s.open = func(dir string) (*query.Release, error) { time.Sleep(slow); return open(dir) }
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := s.Take(ctx, m.ID); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		held, err := s.Take(t.Context(), m.ID)
		must(t, err)
		if took := time.Since(began); took != slow {
			t.Errorf("open after %v, want %v: it was under way", took, slow)
		}
		isOpen := func() bool {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			return s.present != nil
		}
		time.Sleep(2 * linger)
		if !isOpen() {
			t.Error("it is closed while it is held")
		}
		held.Done()
		time.Sleep(linger - time.Nanosecond)
		if !isOpen() {
			t.Errorf("it is closed before %v", linger)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if isOpen() {
			t.Errorf("it is open although nobody used it for %v", linger)
		}

		held, err = s.Take(t.Context(), m.ID)
		must(t, err)
		time.AfterFunc(time.Second, held.Done)
		began = time.Now()
		if s.close(); time.Since(began) != time.Second || isOpen() {
			t.Errorf("the shelf is closed after %v, before who used it was done", time.Since(began))
		}
		if _, err := s.Take(t.Context(), m.ID); !errors.Is(err, server.ErrNotAtHand) {
			t.Errorf("a shelf that is closed gives %v", err)
		}
	})
}
