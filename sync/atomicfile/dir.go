package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MkdirAll makes a folder and those above it that are missing, as os.MkdirAll
// does, and makes their names durable. After an error some may be there.
func MkdirAll(dir string, perm fs.FileMode) error { return mkdirAll(dir, perm, SyncDir) }

func mkdirAll(dir string, perm fs.FileMode, syncDir func(dir string) error) error {
	parents, err := unmade(dir)
	if err == nil {
		err = os.MkdirAll(dir, perm)
	}
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for _, parent := range parents {
		if err := syncDir(parent); err != nil {
			return fmt.Errorf("make folder %s: %w: %w", dir, ErrNotDurable, err)
		}
	}
	return nil
}

// unmade are the folders in which a folder has to be made for dir to be there.
func unmade(dir string) (parents []string, err error) {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		_, err := os.Stat(dir)
		if err == nil {
			return parents, nil
		}
		if parent := filepath.Dir(dir); !errors.Is(err, fs.ErrNotExist) || parent == dir {
			return nil, err
		}
		parents = append(parents, filepath.Dir(dir))
	}
}
