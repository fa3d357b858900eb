package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// shelf is the folder of an agent.
//
//	DIR/
//	  .lock
//	  agent.json         which release is served, what to fall back on, what is bad
//	  releases/
//	    r8-0123abcd/     releases, whole, as the builder makes them
//	  staging/
//	    <sha256>/        a release that is being fetched, by its manifest's digest
//
// agent.json is replaced whole, after the release that it names is served.
type shelf struct {
	dir    string
	unlock func() error
	index  index
	saved  index // what agent.json says, where it could not be replaced since
	behind bool  // it could not
}

const (
	indexName   = "agent.json"
	releasesDir = "releases"
	stagingDir  = "staging"
	// maxBad bounds the list: a channel is not at so many bad releases in turn.
	maxBad    = 256
	maxReason = 500
)

func openShelf(dir string, log *slog.Logger) (*shelf, error) {
	s := &shelf{dir: dir}
	for _, f := range []string{dir, filepath.Join(dir, releasesDir), filepath.Join(dir, stagingDir)} {
		if err := atomicfile.MkdirAll(f, 0o755); err != nil {
			return nil, err
		}
	}
	unlock, err := atomicfile.LockDir(dir)
	if err != nil {
		return nil, err
	}
	s.unlock = unlock
	if err := atomicfile.RemoveStale(dir); err != nil {
		return nil, errors.Join(err, unlock())
	}
	if err := s.load(); err != nil {
		// What is on the disk is found again by its digest, once an upstream is there.
		log.Error("it is not known which release was served; waiting for an upstream", "file", filepath.Join(dir, indexName), "error", err)
		s.index = index{}
	}
	return s, nil
}

func (s *shelf) load() error {
	b, err := os.ReadFile(filepath.Join(s.dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &s.index)
}

func (s *shelf) close() error { return s.unlock() }

func (s *shelf) path(id string) string { return filepath.Join(s.dir, releasesDir, id) }

func (s *shelf) taken() taken   { return s.index.Taken }
func (s *shelf) current() *held { return s.index.Current }

// candidates are the releases to serve, the best first.
func (s *shelf) candidates() []held { return s.index.kept() }

// kept are the releases on the disk.
func (s *shelf) kept() []held { return s.index.kept() }

// find is a release on the disk; nil if it is not there.
func (s *shelf) find(id string) *held {
	for _, h := range s.kept() {
		if h.ID == id {
			return &h
		}
	}
	return nil
}

// bad is why a release is not tried again; nil if it may be.
func (s *shelf) bad(m manifest.Object) *bad {
	i := slices.IndexFunc(s.index.Bad, func(b bad) bool { return b.Manifest == m.Digest })
	if i < 0 {
		return nil
	}
	return &s.index.Bad[i]
}

// adopt makes a release the one to start with. The one before is good if it was
// served for long enough.
func (s *shelf) adopt(p manifest.Pointer, h held, settle time.Duration) error {
	i := s.index
	i.Taken = takenFrom(p)
	if before := i.Current; before != nil && before.ID != h.ID {
		i.Previous = before
		if h.Since.Sub(before.Since) >= settle {
			i.Good = before
		}
	}
	i.Current = &h
	return s.replace(i)
}

// note keeps a pointer to the release that is current.
func (s *shelf) note(p manifest.Pointer) error {
	i := s.index
	i.Taken = takenFrom(p)
	return s.replace(i)
}

// fallBack makes a release of the shelf the current one.
func (s *shelf) fallBack(h held) error {
	i := s.index
	if i.Current != nil && i.Current.ID == h.ID {
		return nil
	}
	i.Current = &h
	if i.Previous != nil && i.Previous.ID == h.ID {
		i.Previous = nil
	}
	return s.replace(i)
}

// drop takes a release from the shelf; one that is bad, of a class, is not tried
// again.
func (s *shelf) drop(h held, class Class, reason error) error {
	i := s.index.without(h.ID)
	if class == Refused || class == Golden {
		text := reason.Error()
		i.Bad = append(slices.Clone(i.Bad), bad{h.ID, h.Manifest.Digest, class, text[:min(len(text), maxReason)]})
		i.Bad = i.Bad[max(0, len(i.Bad)-maxBad):]
	}
	return s.replace(i)
}

// replace holds from now on in this process, whatever the disk says.
func (s *shelf) replace(i index) error {
	if !s.behind {
		s.saved, s.behind = s.index, true
	}
	s.index = i
	return s.save()
}

// save brings agent.json up to date, if it is not.
func (s *shelf) save() error {
	if !s.behind {
		return nil
	}
	b, err := json.MarshalIndent(s.index, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", indexName, err)
	}
	if err := atomicfile.Write(s.dir, indexName, append(b, '\n')); err != nil {
		return err
	}
	s.behind = false
	return nil
}

// staging is the folder to stage a release in; those of other releases are
// removed.
func (s *shelf) staging(digest manifest.Digest) (string, error) {
	if err := s.pruneStaging(string(digest)); err != nil {
		return "", err
	}
	dir := filepath.Join(s.dir, stagingDir, string(digest))
	if err := atomicfile.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return dir, atomicfile.RemoveStale(dir)
}

// prune removes the releases that the shelf does not keep, but the one that is
// served, and the one that a start would serve by what the disk says.
func (s *shelf) prune(serving string) error {
	return removeBut(filepath.Join(s.dir, releasesDir), func(name string) bool {
		return name == serving || s.find(name) != nil || s.behind && s.saved.Current != nil && name == s.saved.Current.ID
	})
}

// pruneStaging removes what was staged, but in one folder.
func (s *shelf) pruneStaging(but string) error {
	return removeBut(filepath.Join(s.dir, stagingDir), func(name string) bool { return name == but })
}

func removeBut(dir string, keep func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !keep(e.Name()) {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// bytesWith is what the releases on the disk and one more take, together. Those
// whose manifest cannot be read are not counted: they are as good as gone.
func (s *shelf) bytesWith(m *manifest.Manifest) (int64, error) {
	objects := map[manifest.Digest]int64{}
	list := []*manifest.Manifest{m}
	for _, h := range s.kept() {
		if there, err := manifest.Read(s.path(h.ID)); err == nil {
			list = append(list, there)
		}
	}
	for _, m := range list {
		_, file, err := m.File()
		if err != nil {
			return 0, err
		}
		objects[file.Digest] = file.Bytes
		for _, o := range m.Objects {
			objects[o.Digest] = o.Bytes
		}
	}
	total := int64(0)
	for _, n := range objects {
		total += n
	}
	return total, nil
}

// giveUp removes the release that is needed least, but not the one that is
// served.
func (s *shelf) giveUp(serving string) (bool, error) {
	for _, h := range []*held{s.index.Good, s.index.Previous} {
		if h != nil && h.ID != serving {
			if err := s.drop(*h, "", nil); err != nil {
				return false, err
			}
			return true, s.prune(serving)
		}
	}
	return false, nil
}
