package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"geodrop/sync/manifest"
)

// checkOut refuses a folder that holds something else than a release, such as
// the config that is to be built. What an interrupted build leaves is no such
// thing.
func checkOut(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // whether a folder can be made there is for the build to say
	}
	for _, e := range entries {
		name := e.Name()
		if name == manifest.Name {
			return nil
		}
		ext := filepath.Ext(name)
		ours := strings.HasPrefix(name, ".") || strings.HasPrefix(name, "geodrop-") || manifest.Digest(strings.TrimSuffix(name, ext)).Valid()
		if !ours {
			return usage{fmt.Errorf("--out %s holds %s, and no release; choose a new folder", dir, name)}
		}
	}
	return nil
}
