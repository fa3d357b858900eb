package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/sync/manifest"
)

// shelved opens the releases in the subfolders of a folder, one at a time: each
// takes memory, and what is served comes first.
type shelved struct {
	dir  string
	now  func() time.Time
	turn chan struct{}
}

func newShelved(dir string, now func() time.Time) *shelved {
	return &shelved{dir: dir, now: now, turn: make(chan struct{}, 1)}
}

// Take opens a release once it is its turn.
func (s *shelved) Take(ctx context.Context, id string) (server.Held, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a release of the shelf: %w", ctx.Err())
	}
	r, err := s.open(id)
	if err != nil {
		<-s.turn
		return nil, err
	}
	return &taken{release: r, shelf: s}, nil
}

// open looks through the folders: what they are called is for their owner.
func (s *shelved) open(id string) (*query.Release, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the releases: %w", err)
	}
	for _, e := range entries {
		dir := filepath.Join(s.dir, e.Name())
		if m, err := manifest.Read(dir); err == nil && m.ID == id { // others may be on their way
			return query.Open(dir, query.Options{Now: s.now})
		}
	}
	return nil, server.ErrNotAtHand
}

// taken is a release of the shelf while one request has it.
type taken struct {
	release *query.Release
	shelf   *shelved
}

// Release is the open release.
func (t *taken) Release() *query.Release { return t.release }

// Since is zero: it is not served.
func (t *taken) Since() time.Time { return time.Time{} }

// Outlines are not drawn for it.
func (t *taken) Outlines() []byte { return nil }

// Done closes it and lets the next in.
func (t *taken) Done() {
	_ = t.release.Close() // it was read; there is nothing to lose
	<-t.shelf.turn
}
