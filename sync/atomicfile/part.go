package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// partExt marks the files of parts.
const partExt = ".part"

// Part is a file that is written in several goes, by one process after another:
// what was written stays, under a name of its own, until Commit. First it is
// read to its end, then what follows is written behind that.
type Part struct {
	f         *os.File
	dir, name string
}

// OpenPart opens the part of the file name in dir, or begins it. Nobody else may
// have it open.
func OpenPart(dir, name string) (*Part, error) {
	f, err := os.OpenFile(filepath.Join(dir, name+partExt), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open part: %w", err)
	}
	return &Part{f: f, dir: dir, name: name}, nil
}

// Read reads what was written before.
func (p *Part) Read(b []byte) (int, error) { return p.f.Read(b) }

// Write writes where the last Read or Write ended.
func (p *Part) Write(b []byte) (int, error) { return p.f.Write(b) }

// Rewind lets Read begin again. What is written follows what was there.
func (p *Part) Rewind() error {
	if _, err := p.f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewind %s: %w", p.f.Name(), err)
	}
	return nil
}

// Drop ends the part: there is no other go.
func (p *Part) Drop() error {
	return errors.Join(p.Close(), ignoreMissing(os.Remove(p.f.Name())))
}

// Begun reports whether there is a part of the file name in dir with something
// in it.
func Begun(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name+partExt))
	return err == nil && info.Size() > 0
}

// Restart drops what was written.
func (p *Part) Restart() error {
	_, err := p.f.Seek(0, io.SeekStart)
	if err == nil {
		err = p.f.Truncate(0)
	}
	if err != nil {
		return fmt.Errorf("restart %s: %w", p.f.Name(), err)
	}
	return nil
}

// Close keeps the part for another go. After Commit it does nothing.
func (p *Part) Close() error {
	if err := p.f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close part: %w", err)
	}
	return nil
}

// Commit makes the content durable and gives it its name, read-only. The name
// is durable after SyncDir of the folder: who commits many syncs once. Where the
// disk could not take it there is no part any more: a later try would be told that
// all is well with what is lost.
func (p *Part) Commit() error {
	err := p.f.Chmod(0o444)
	if err == nil {
		if err = p.f.Sync(); err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(p.f.Name())))
		}
	}
	if closeErr := p.f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(p.f.Name(), filepath.Join(p.dir, p.name))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Join(p.dir, p.name), err)
	}
	return nil
}

// MoveDir renames a folder whose content is durable, and makes its new name so.
// There must be nothing under that name.
func MoveDir(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("move folder: %w", err)
	}
	for _, parent := range []string{filepath.Dir(to), filepath.Dir(from)} {
		if err := SyncDir(parent); err != nil {
			return fmt.Errorf("move folder to %s: %w: %w", to, ErrNotDurable, err)
		}
	}
	return nil
}
