package main

import (
	"fmt"
	"os"
	"path/filepath"

	"geodrop/sync/atomicfile"
)

// outFileMode lets whoever asked for a file write it, unlike those of releases.
const outFileMode = 0o644

// writeOut writes a file that a user named, whole or not at all.
func writeOut(path string, text []byte) error {
	if err := atomicfile.Write(filepath.Dir(path), filepath.Base(path), text); err != nil {
		return err
	}
	if err := os.Chmod(path, outFileMode); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
