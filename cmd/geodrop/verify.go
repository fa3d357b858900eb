package main

import (
	"errors"
	"fmt"

	"geodrop/builder"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

type verifyCmd struct {
	Release string `arg:"" placeholder:"RELEASE" help:"Folder of the release."`
}

func (*verifyCmd) Help() string {
	return `Reads every byte: digests against the manifest, checksums, order and references
inside the segments, and the district of every place against the boundaries.

Example: geodrop verify release`
}

func (c *verifyCmd) Run(r *run) error {
	m, err := builder.Verify(r.ctx, c.Release)
	if err != nil {
		return wrong(err)
	}
	_, err = fmt.Fprintf(r.stdout, "Release %s is whole: %d segments, %d POIs, %d bytes.\n",
		m.ID, len(m.Segments), m.Counts["pois"], m.Bytes())
	return err
}

// wrong marks errors that say that a release is not right.
func wrong(err error) error {
	for _, is := range []error{
		manifest.ErrInvalid, manifest.ErrFormat, manifest.ErrNone, manifest.ErrObject,
		index.ErrCorrupt, index.ErrVersion, index.ErrFault, catalog.ErrCorrupt,
	} {
		if errors.Is(err, is) {
			return notRight{err}
		}
	}
	return err
}
