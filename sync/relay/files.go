package relay

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// files is what a relay keeps: files that never change, named by what they were
// asked for and by what is in them.
//
//	DIR/files/
//	  <key>.<sha256>       whole
//	  <key>.part           being fetched, or broken off
//
// The order of their last use is kept by their times.
type files struct {
	dir   string
	quota int64

	mutex   sync.Mutex
	byKey   map[string]*list.Element // of *file
	order   *list.List               // the one used last in front
	bytes   int64                    // of those
	claimed int64                    // by transfers
}

type file struct {
	key string
	manifest.Object
	checked bool // since the process began
}

func (f *file) name() string { return f.key + "." + string(f.Digest) }

// errFull marks a file for which there is no room.
var errFull = errors.New("no room for the file")

func openFiles(dir string, quota int64) (*files, error) {
	if err := atomicfile.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	s := &files{dir: dir, quota: quota, byKey: map[string]*list.Element{}, order: list.New()}
	type aged struct {
		*file
		used time.Time
	}
	var found []aged
	for _, e := range entries {
		key, digest, _ := strings.Cut(e.Name(), ".")
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !manifest.Digest(digest).Valid() {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name()))) // parts, for one: it is not known of what
			if err != nil {
				return nil, fmt.Errorf("remove what is no file of a relay: %w", err)
			}
			continue
		}
		found = append(found, aged{&file{key: key, Object: manifest.Object{Digest: manifest.Digest(digest), Bytes: info.Size()}}, info.ModTime()})
	}
	slices.SortFunc(found, func(a, b aged) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.key, b.key)) })
	for _, f := range found {
		s.add(f.file)
	}
	return s, s.makeRoom(0)
}

// add puts a file that is on the disk in front of the order.
func (s *files) add(f *file) {
	if before := s.byKey[f.key]; before != nil {
		s.forget(before)
	}
	s.byKey[f.key] = s.order.PushFront(f)
	s.bytes += f.Bytes
}

func (s *files) forget(e *list.Element) {
	f := s.order.Remove(e).(*file)
	delete(s.byKey, f.key)
	s.bytes -= f.Bytes
}

// open opens the file of a key; false if it is not there. The first time it is
// read whole, since nobody knows what happened on the disk.
func (s *files) open(ctx context.Context, key string) (*os.File, manifest.Object, bool) {
	s.mutex.Lock()
	e := s.byKey[key]
	if e == nil {
		s.mutex.Unlock()
		return nil, manifest.Object{}, false
	}
	s.order.MoveToFront(e)
	f := *e.Value.(*file)
	s.mutex.Unlock()
	opened, err := s.check(ctx, f)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(opened.Name(), now, now) // costs the order after a restart
		return opened, f.Object, true
	}
	if ctx.Err() == nil {
		s.drop(e, f)
	}
	return nil, manifest.Object{}, false
}

func (s *files) check(ctx context.Context, f file) (*os.File, error) {
	opened, err := atomicfile.OpenRegular(filepath.Join(s.dir, f.name()))
	if err != nil || f.checked {
		return opened, err
	}
	err = f.Copy(ctx, io.Discard, opened)
	if err == nil {
		_, err = opened.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if e := s.byKey[f.key]; e != nil {
		e.Value.(*file).checked = true
	}
	return opened, nil
}

// drop forgets a file that is damaged; it is fetched again.
func (s *files) drop(e *list.Element, f file) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.byKey[f.key] == e {
		s.forget(e)
		_ = os.Remove(filepath.Join(s.dir, f.name())) // it is replaced when it comes again
	}
}

// claim makes room for a file that is to be fetched.
func (s *files) claim(n int64) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := s.makeRoom(n); err != nil {
		return err
	}
	s.claimed += n
	return nil
}

// settle gives back what was claimed, for a file that came or nil.
func (s *files) settle(f *file, claimed int64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.claimed -= claimed
	if f != nil {
		f.checked = true
		s.add(f)
	}
}

// makeRoom removes the files that nobody asked for, for longest. Who is reading
// one goes on.
func (s *files) makeRoom(n int64) error {
	if s.claimed+n > s.quota {
		return fmt.Errorf("%w: %d bytes beside %d being fetched, %d are allowed", errFull, n, s.claimed, s.quota)
	}
	for s.bytes+s.claimed+n > s.quota {
		last := s.order.Back()
		name := last.Value.(*file).name()
		s.forget(last)
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("make room: %w", err)
		}
	}
	return nil
}

func (s *files) held() (count int, bytes int64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.byKey), s.bytes
}
