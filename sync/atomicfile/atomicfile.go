// Package atomicfile replaces files so that a reader, a crash or a power cut
// sees the old content or the new one, whole, and nothing in between.
//
//	write to a temporary file beside it ─► fsync ─► chmod 0444 ─► rename ─► fsync the folder
//
// It is the only place where geodrop renames files into being. Of two writers of
// one name the later wins: who must be alone in a folder locks it (LockDir).
//
// Beside that it opens what is to be a regular file for reading, without waiting
// where it is not (OpenRegular).
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// prefix marks temporary files; RemoveStale removes them.
const prefix = ".geodrop-tmp-"

// File is a file that is being written. Nothing is visible under its name
// before Commit; Abort, or the death of the process, leaves at most a temporary
// file for RemoveStale.
type File struct {
	f   *os.File
	dir string
}

// Create starts a file in a folder.
func Create(dir string) (*File, error) {
	f, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return nil, fmt.Errorf("create temporary file: %w", err)
	}
	return &File{f: f, dir: dir}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) { return f.f.Write(p) }

// ErrNotDurable marks a file that is visible, whole, under its name, but whose
// name a power cut may take back: the folder could not be synced. Committing
// the same content again settles it.
var ErrNotDurable = errors.New("written, but a power cut may undo it")

// Commit makes the file durable and visible, read-only, under name in its
// folder, replacing what was there. On an error the temporary file is gone and
// what was there still is, unless the error wraps ErrNotDurable.
func (f *File) Commit(name string) error { return f.commit(name, SyncDir) }

// CommitLater is Commit for one file of many: a power cut may take the name back
// until the next Commit or SyncDir in the folder.
func (f *File) CommitLater(name string) error {
	return f.commit(name, func(string) error { return nil })
}

func (f *File) commit(name string, syncDir func(dir string) error) error {
	err := f.f.Chmod(0o444)
	if err == nil {
		err = f.f.Sync()
	}
	if closeErr := f.f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.f.Name(), filepath.Join(f.dir, name))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Join(f.dir, name), errors.Join(err, ignoreMissing(os.Remove(f.f.Name()))))
	}
	if err := syncDir(f.dir); err != nil {
		return fmt.Errorf("write %s: %w: %w", filepath.Join(f.dir, name), ErrNotDurable, err)
	}
	return nil
}

// Abort drops the file. After Commit it does nothing.
func (f *File) Abort() error {
	if err := f.f.Close(); err != nil {
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		return fmt.Errorf("drop temporary file: %w", errors.Join(err, ignoreMissing(os.Remove(f.f.Name()))))
	}
	return ignoreMissing(os.Remove(f.f.Name()))
}

// Write replaces the file name in dir by data. Errors are those of Commit.
func Write(dir, name string, data []byte) error {
	f, err := Create(dir)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", filepath.Join(dir, name), err), f.Abort())
	}
	return f.Commit(name)
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

// RemoveStale removes the temporary files in a folder. Nobody may be writing
// there.
func RemoveStale(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("remove stale files: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			errs = append(errs, ignoreMissing(os.Remove(filepath.Join(dir, e.Name()))))
		}
	}
	return errors.Join(errs...)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
