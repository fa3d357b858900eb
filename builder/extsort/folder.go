package extsort

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	folderPrefix = "geodrop-extsort-"
	lockName     = "lock"
)

var errLocked = errors.New("locked by a live process")

// folder is a sorter's own folder of run files, locked while it is in use.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes a folder in dir and locks it. RemoveStale may see it between
// the two and take it away, so that is tried again.
func newFolder(dir string) (*folder, error) {
	const tries = 10
	var err error
	for range tries {
		var path string
		if path, err = os.MkdirTemp(dir, folderPrefix); err != nil {
			return nil, fmt.Errorf("make a folder for sort runs (is there room, may we write?): %w", err)
		}
		var lock *os.File
		if lock, err = lockFolder(path); err == nil {
			return &folder{path, lock}, nil
		}
		if !errors.Is(err, errLocked) && !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return nil, fmt.Errorf("lock a new folder for sort runs in %s: %w", dir, err)
}

// lockFolder takes a folder's lock. The file is compared with its name
// afterwards: it may have been removed by whoever held the lock before.
func lockFolder(path string) (*os.File, error) {
	name := filepath.Join(path, lockName)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	held, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	named, err := os.Stat(name)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !os.SameFile(held, named) {
		return nil, errors.Join(errLocked, f.Close())
	}
	return f, nil
}

// remove removes the folder with all run files, then lets the lock go.
func (f *folder) remove() error {
	err := os.RemoveAll(f.path)
	if err := errors.Join(err, f.lock.Close()); err != nil {
		return fmt.Errorf("remove sort runs: %w", err)
	}
	return nil
}

// RemoveStale removes what killed processes left in dir, which is os.TempDir if
// empty, and returns the folders it removed. Folders of live sorters, in this
// process or another, are locked and stay. A folder that cannot be judged or
// removed stays too and is in the error; the others are removed all the same.
// Where files cannot be locked (not Unix), nothing is known to be stale.
func RemoveStale(dir string) (removed []string, err error) {
	if !locksHold {
		return nil, nil
	}
	dir = Options{TempDir: dir}.tempDir()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for stale sort runs: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), folderPrefix) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		switch err := removeIfStale(path); {
		case err == nil:
			removed = append(removed, path)
		case errors.Is(err, errLocked), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			// In use, gone, or another user's.
		default:
			errs = append(errs, fmt.Errorf("remove stale sort runs: %w", err))
		}
	}
	return removed, errors.Join(errs...)
}

func removeIfStale(path string) error {
	lock, err := lockFolder(path)
	if err != nil {
		return err
	}
	return (&folder{path, lock}).remove()
}
