package shelf

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"geodrop/sync/atomicfile"
)

const indexName = "shelf.json"

// index is the content of shelf.json; 0 is none.
type index struct {
	Current     uint64 `json:"current"`
	Previous    uint64 `json:"previous,omitempty"`
	Quarantined uint64 `json:"quarantined,omitempty"` // the last one, for whoever looks into it
}

func (x index) names(no uint64) bool {
	return no == x.Current || no == x.Previous || no == x.Quarantined
}

// without is the index when a release turned out to be damaged.
func (x index) without(no uint64) index {
	x.Quarantined = no
	switch no {
	case x.Current:
		x.Current, x.Previous = x.Previous, 0
	case x.Previous:
		x.Previous = 0
	}
	return x
}

// load reads the index and tidies up.
func (s *Shelf) load() error {
	if err := atomicfile.RemoveStale(s.dir); err != nil {
		return err
	}
	path := filepath.Join(s.dir, indexName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.prune()
	}
	if err == nil {
		err = json.Unmarshal(b, &s.index)
	}
	if err != nil {
		// Nothing is removed: the newest release that can be opened is served.
		s.log.Error("the index of releases is not readable; going by the folders", "file", path, "error", err)
		s.index, s.lost = index{}, map[uint64]bool{}
		return nil
	}
	return s.prune()
}

// replace writes the index and tells who waits.
func (s *Shelf) replace(next index) error {
	b, err := json.Marshal(next)
	if err != nil {
		return err
	}
	err = atomicfile.Write(s.dir, indexName, append(b, '\n'))
	if err != nil && !errors.Is(err, atomicfile.ErrNotDurable) {
		return err
	}
	s.index, s.lost = next, nil
	s.tell()
	return err
}

func (s *Shelf) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}
