package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Link makes the file at path visible under name in dir as well, replacing what
// was there: as another name of the same file or, where the file system has no
// such thing, as a copy. The file must not change any more. SyncDir makes the
// name durable.
func Link(path, dir, name string) error {
	target := filepath.Join(dir, name)
	if os.Link(path, target) == nil || same(path, target) {
		return nil
	}
	from, err := OpenRegular(path)
	if err != nil {
		return fmt.Errorf("link %s: %w", target, err)
	}
	defer from.Close() // read only: nothing to lose
	to, err := Create(dir)
	if err != nil {
		return fmt.Errorf("link %s: %w", target, err)
	}
	if _, err := io.Copy(to, from); err != nil {
		return errors.Join(fmt.Errorf("copy %s to %s: %w", path, target, err), to.Abort())
	}
	return to.Commit(name)
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
