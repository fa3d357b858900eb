// Package shelf is the folder in which a process keeps its releases. Who builds
// puts releases on it, who serves takes the best one from it; they meet nowhere
// else.
//
//	DIR/
//	  .lock            held by the process that runs here
//	  shelf.json       which release is current, and what to fall back on
//	  releases/
//	    7/  8/         releases, numbered as they were begun
//
// shelf.json is replaced whole, once a release is complete and found good: a
// folder that it does not name is what a killed build left, and is removed.
package shelf

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"geodrop/sync/atomicfile"
)

// Shelf is an open shelf. It may be used by several goroutines.
type Shelf struct {
	dir    string
	log    *slog.Logger
	unlock func() error

	mutex   sync.Mutex
	index   index
	lost    map[uint64]bool // not nil: the index could not be read; those quarantined since
	changed chan struct{}   // closed when the candidates change
}

const releasesDir = "releases"

// ErrBusy marks a folder in which another process runs.
var ErrBusy = errors.New("another geodrop runs there")

// Open opens the shelf in a folder, making it if need be, and removes what a
// killed build left.
func Open(dir string, log *slog.Logger) (*Shelf, error) {
	s := &Shelf{dir: dir, log: log, changed: make(chan struct{})}
	if err := atomicfile.MkdirAll(filepath.Join(dir, releasesDir), 0o755); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.LockDir(dir)
	if errors.Is(err, atomicfile.ErrLocked) {
		err = fmt.Errorf("%w: %w; choose another folder with --dir", ErrBusy, err)
	}
	if err != nil {
		return nil, err
	}
	s.unlock = unlock
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close gives the folder back.
func (s *Shelf) Close() error { return s.unlock() }

// Path is the folder of a release.
func (s *Shelf) Path(no uint64) string {
	return filepath.Join(s.dir, releasesDir, strconv.FormatUint(no, 10))
}

// Changed is closed when the candidates are no longer those of this moment.
func (s *Shelf) Changed() <-chan struct{} {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.changed
}

// Candidates are the releases to serve, the best first.
func (s *Shelf) Candidates() []uint64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.lost != nil {
		numbers, err := s.numbers()
		if err != nil {
			s.log.Error("the releases cannot be listed", "error", err)
		}
		slices.Reverse(numbers)
		return slices.DeleteFunc(numbers, func(no uint64) bool { return s.lost[no] })
	}
	var list []uint64
	for _, no := range []uint64{s.index.Current, s.index.Previous} {
		if no != 0 {
			list = append(list, no)
		}
	}
	return list
}

// numbers are those of the folders, in ascending order.
func (s *Shelf) numbers() ([]uint64, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, releasesDir))
	if err != nil {
		return nil, err
	}
	var list []uint64
	for _, e := range entries {
		if no, err := strconv.ParseUint(e.Name(), 10, 64); err == nil && no > 0 && e.IsDir() {
			list = append(list, no)
		}
	}
	slices.Sort(list)
	return list, nil
}

// Next is a number that no release has.
func (s *Shelf) Next() (uint64, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	list, err := s.numbers()
	if err != nil {
		return 0, err
	}
	return 1 + slices.Max(append(list, s.index.Current, s.index.Previous, s.index.Quarantined)), nil
}

// Adopt makes a release the current one. An error that wraps
// atomicfile.ErrNotDurable says that it is, unless the power goes.
func (s *Shelf) Adopt(no uint64) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	next := s.index
	next.Current, next.Previous = no, s.index.Current
	return s.replace(next)
}

// Quarantine takes a release out of the candidates.
func (s *Shelf) Quarantine(no uint64) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.lost != nil {
		s.lost[no] = true
		s.tell()
		return nil
	}
	next := s.index.without(no)
	s.index = next // it is not taken again by this process, whatever the disk says
	return s.replace(next)
}

// Prune removes the folders that the index does not name. Who has a release
// open keeps it.
func (s *Shelf) Prune() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.prune()
}

func (s *Shelf) prune() error {
	list, err := s.numbers()
	if err != nil {
		return err
	}
	for _, no := range list {
		if !s.index.names(no) {
			err = errors.Join(err, os.RemoveAll(s.Path(no)))
		}
	}
	if err != nil {
		return fmt.Errorf("remove old releases: %w", err)
	}
	return nil
}
