package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// fromCheckout is a folder as seen from the root of the git checkout that the
// working directory is in, or from the working directory in none; one that is not
// below that is whole.
func fromCheckout(dir string) (string, error) {
	working, err := os.Getwd()
	if err == nil {
		working, err = filepath.EvalSymlinks(working)
	}
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the config: %w", err)
	}
	if real, err := filepath.EvalSymlinks(whole); err == nil { // a folder that is not there has its finding
		whole = real
	}
	below, err := filepath.Rel(checkoutRoot(working), whole)
	if err != nil || !filepath.IsLocal(below) {
		return filepath.ToSlash(whole), nil
	}
	return filepath.ToSlash(below), nil
}

// checkoutRoot is the nearest folder at or above dir that has a .git, a folder or
// the file of a worktree; dir if there is none.
func checkoutRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
