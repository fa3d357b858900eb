// Package sample is the config that geodrop ships: real places of London with
// campaigns made up on top of them, so that a first start has something to
// show. It is data and a way to unpack it; package poi/decode reads it like any
// other bundle.
//
//	ATTRIBUTION.md      where it all comes from, and what to show
//	pois.csv            742 cycle-hire stations
//	districts.geojson   33 boroughs
//	zones.geojson       10 areas without drops, three of them timed
//	poi_sets.csv        parks, stations, parts of the town
//	merchants.csv
//	prizes.csv
//	tasks.yaml          9 tasks in every state, alive from 2026 to 2029
//	rules.yaml          what geodrop validate finds in it on purpose
//
// The files are kept by hand.
package sample

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/sync/atomicfile"
)

//go:embed ATTRIBUTION.md *.csv *.geojson *.yaml
var bundle embed.FS

// ErrForeign marks a folder that holds something other than the sample.
var ErrForeign = errors.New("folder holds something else")

// FS is the bundle.
func FS() fs.FS { return bundle }

// Attribution are the lines that whoever shows the sample keeps in view.
func Attribution() []string {
	return []string{"Powered by TfL Open Data", "Contains National Statistics data © Crown copyright and database right"}
}

// Write puts the bundle into a folder, which it creates if need be. Files that
// are there already stay if they are the sample's own; anything else but hidden
// files is ErrForeign, and nothing is written.
func Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create a folder for the sample: %w", err)
	}
	missing, err := missingFrom(dir)
	if err != nil {
		return err
	}
	if err := atomicfile.RemoveStale(dir); err != nil {
		return fmt.Errorf("write the sample: %w", err)
	}
	for _, name := range missing {
		content, err := bundle.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read the embedded sample: %w", err)
		}
		if err := atomicfile.Write(dir, name, content); err != nil {
			return fmt.Errorf("write the sample: %w", err)
		}
		// It is there to be edited.
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			return fmt.Errorf("write the sample: %w", err)
		}
	}
	return nil
}

// missingFrom lists the files of the bundle that the folder lacks.
func missingFrom(dir string) ([]string, error) {
	own, err := bundle.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list the embedded sample: %w", err)
	}
	missing := make(map[string]bool, len(own))
	for _, e := range own {
		missing[e.Name()] = true
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look into the folder for the sample: %w", err)
	}
	for _, e := range there {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := checkOwn(dir, e); err != nil {
			return nil, err
		}
		delete(missing, e.Name())
	}
	return slices.Sorted(maps.Keys(missing)), nil
}

// checkOwn is ErrForeign unless the entry is a file of the bundle, unchanged.
func checkOwn(dir string, e fs.DirEntry) error {
	path := filepath.Join(dir, e.Name())
	want, err := bundle.ReadFile(e.Name())
	if err != nil || !e.Type().IsRegular() {
		return fmt.Errorf("%s is no part of the sample: %w; choose an empty folder", path, ErrForeign)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("compare with the sample: %w", err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s differs from the sample: %w; choose an empty folder", path, ErrForeign)
	}
	return nil
}
