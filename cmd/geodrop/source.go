package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// sourceFlags name a config.
type sourceFlags struct {
	Src string `placeholder:"SRC" env:"GEODROP_SRC" required:"" help:"Config: dir:PATH, a bundle."`
	CRS string `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of places whose row names none: ${enum}."`
}

// open opens the source; rejects are added to a collector of its own.
func (f *sourceFlags) open() (poi.Source, error) {
	crs, err := coord.ParseCRS(f.CRS)
	if err != nil {
		return nil, usage{err}
	}
	kind, path, ok := strings.Cut(f.Src, ":")
	if !ok || kind != "dir" || path == "" {
		return nil, usage{fmt.Errorf("a config is dir:PATH, this is %s", redacted(f.Src))}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", path)
	case err != nil:
		return nil, fmt.Errorf("open the config: %w", err)
	case !info.IsDir():
		return nil, usage{fmt.Errorf("%s is a file: a bundle is a folder", path)}
	}
	bundle, err := decode.Open(path, decode.Options{CRS: crs})
	if errors.Is(err, decode.ErrFormat) {
		return nil, notRight{err}
	}
	if err != nil {
		return nil, err
	}
	return bundle, nil
}

// redacted is what may be printed of a source: no password.
func redacted(src string) string {
	kind, _, ok := strings.Cut(src, ":")
	if !ok {
		return fmt.Sprintf("%q", src)
	}
	return fmt.Sprintf("%q and more", kind+":")
}
