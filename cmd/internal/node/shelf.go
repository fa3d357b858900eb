package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"geodrop/sync/atomicfile"
)

// shelf is the folder in which a node keeps its releases.
//
//	DIR/
//	  .lock            held by the node that runs here
//	  shelf.json       which release is served, and what to fall back on
//	  releases/
//	    7/  8/         releases, numbered as they were begun
//
// shelf.json is replaced whole, once a release is complete and found good: a
// folder that it does not name is what a killed build left, and is removed.
type shelf struct {
	dir    string
	log    *slog.Logger
	unlock func() error
	index  shelfIndex
	lost   bool // the index could not be read
}

// shelfIndex is the content of shelf.json; 0 is none.
type shelfIndex struct {
	Current     uint64 `json:"current"`
	Previous    uint64 `json:"previous,omitempty"`
	Quarantined uint64 `json:"quarantined,omitempty"` // the last one, for whoever looks into it
}

const (
	shelfName   = "shelf.json"
	releasesDir = "releases"
)

var errBusy = errors.New("another geodrop runs there")

// openShelf opens the shelf in dir, making it if need be.
func openShelf(dir string, log *slog.Logger) (*shelf, error) {
	s := &shelf{dir: dir, log: log}
	if err := os.MkdirAll(filepath.Join(dir, releasesDir), 0o755); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.LockDir(dir)
	if errors.Is(err, atomicfile.ErrLocked) {
		err = fmt.Errorf("%w: %w; choose another folder", errBusy, err)
	}
	if err != nil {
		return nil, err
	}
	s.unlock = unlock
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *shelf) load() error {
	if err := atomicfile.RemoveStale(s.dir); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(s.dir, shelfName))
	if errors.Is(err, fs.ErrNotExist) {
		return s.prune()
	}
	if err == nil {
		err = json.Unmarshal(b, &s.index)
	}
	if err != nil {
		// Nothing is removed: the newest release that can be opened is served.
		s.log.Error("the index of releases is not readable; going by the folders", "file", filepath.Join(s.dir, shelfName), "error", err)
		s.index, s.lost = shelfIndex{}, true
		return nil
	}
	return s.prune()
}

func (s *shelf) close() error { return s.unlock() }

func (s *shelf) path(no uint64) string {
	return filepath.Join(s.dir, releasesDir, strconv.FormatUint(no, 10))
}

// candidates are the releases to serve, the best first.
func (s *shelf) candidates() []uint64 {
	if s.lost {
		numbers, err := s.numbers()
		if err != nil {
			s.log.Error("the releases cannot be listed", "error", err)
		}
		slices.Reverse(numbers)
		return numbers
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
func (s *shelf) numbers() ([]uint64, error) {
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

// next is a number that no release has.
func (s *shelf) next() (uint64, error) {
	list, err := s.numbers()
	if err != nil {
		return 0, err
	}
	return 1 + slices.Max(append(list, s.index.Current, s.index.Previous, s.index.Quarantined)), nil
}

// adopt makes a release the one to start with.
func (s *shelf) adopt(no uint64) error {
	index := s.index
	index.Current, index.Previous = no, s.index.Current
	return s.replace(index)
}

// quarantine takes a release out of the candidates.
func (s *shelf) quarantine(no uint64) error {
	index := s.index
	index.Quarantined = no
	switch no {
	case index.Current:
		index.Current, index.Previous = index.Previous, 0
	case index.Previous:
		index.Previous = 0
	}
	s.index = index // it is not served again by this process, whatever the disk says
	return s.replace(index)
}

func (s *shelf) replace(index shelfIndex) error {
	b, err := json.Marshal(index)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(s.dir, shelfName, append(b, '\n')); err != nil {
		return err
	}
	s.index, s.lost = index, false
	return nil
}

// prune removes the folders that the index does not name.
func (s *shelf) prune() error {
	list, err := s.numbers()
	if err != nil {
		return err
	}
	for _, no := range list {
		if no != s.index.Current && no != s.index.Previous && no != s.index.Quarantined {
			err = errors.Join(err, os.RemoveAll(s.path(no)))
		}
	}
	if err != nil {
		return fmt.Errorf("remove old releases: %w", err)
	}
	return nil
}
