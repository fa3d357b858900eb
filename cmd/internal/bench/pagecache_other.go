//go:build !linux

package bench

import "errors"

var errPages = errors.New("only Linux tells which pages are in memory")

func dropPages([]string) error { return errPages }

func cachedShare([]string) (float64, error) { return 0, errPages }

func residentBytes([]string) (int64, error) { return 0, errPages }
