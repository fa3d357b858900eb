package main

import (
	"errors"
	"fmt"

	"geodrop/builder"
	"geodrop/grid/index"
	"geodrop/poi/catalog"
	"geodrop/poi/phrase"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

type verifyCmd struct {
	Release string `arg:"" placeholder:"RELEASE" help:"Folder of the release."`
	Key     string `placeholder:"FILE" help:"Trusted keys, one of which has to have signed the release."`
}

func (*verifyCmd) Help() string {
	return `Reads every byte: digests against the manifest, checksums, order and references
inside the segments, the district of every place against the boundaries, and every
count of the manifest. With --key also who signed it.

Example: geodrop verify release
         geodrop verify --key trusted.keys release`
}

func (c *verifyCmd) Run(r *run) error {
	m, err := builder.Verify(r.ctx, c.Release)
	if err != nil {
		return wrong(err)
	}
	by, err := c.signer(m)
	if err != nil {
		return wrong(err)
	}
	_, err = fmt.Fprintf(r.stdout, "Release %s is whole%s: %s, %s, %s.\n",
		m.ID, by, phrase.Count(len(m.Segments), "segment"), phrase.Count(m.Counts["pois"], "POI"), phrase.Count(m.Bytes(), "byte"))
	return err
}

// signer says who signed the manifest that was verified, where somebody has to.
func (c *verifyCmd) signer(m *manifest.Manifest) (string, error) {
	if c.Key == "" {
		return "", nil
	}
	keys, err := trust.ReadKeys(c.Key)
	if err != nil {
		return "", err
	}
	id, err := trust.VerifyRelease(c.Release, m, keys)
	if err != nil {
		return "", err
	}
	return ", signed with key " + id, nil
}

// wrong marks errors that say that a release, or a file of keys, is not right.
func wrong(err error) error {
	for _, is := range []error{
		manifest.ErrInvalid, manifest.ErrFormat, manifest.ErrNone, manifest.ErrObject,
		index.ErrCorrupt, index.ErrVersion, index.ErrFault, catalog.ErrCorrupt,
		trust.ErrUntrusted, trust.ErrKey, trust.ErrKeys, trust.ErrExposed,
	} {
		if errors.Is(err, is) {
			return notRight{err}
		}
	}
	return err
}
