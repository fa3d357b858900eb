package main

import (
	"errors"
	"fmt"

	"geodrop/data/transfer"
	"geodrop/grid/coord"
	"geodrop/poi"
)

type exportCmd struct {
	Src string `placeholder:"SRC" env:"GEODROP_SRC" required:"" help:"Store: sqlite:PATH; mysql://USER:PASSWORD@HOST:PORT/DB, encrypted with ?tls=true; mysql+unix://USER:PASSWORD@/PATH.sock/DB. Give passwords by the environment."`
	Out string `required:"" placeholder:"PATH" help:"Folder for the bundle; missing or empty."`
}

func (*exportCmd) Help() string {
	return `One consistent state of the store, as a bundle that imports to the same store and
builds to the same release. The folder appears whole or not at all. Rows that are
wrong are left out and listed; then the exit code is 1.

Example: geodrop export --src sqlite:geodrop.db --out london`
}

func (c *exportCmd) Run(r *run) (err error) {
	source := sourceFlags{Src: c.Src, CRS: coord.CRS(0).String()}
	src, err := source.open(r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return c.write(r, src)
}

func (c *exportCmd) write(r *run, src poi.Source) error {
	err := transfer.Export(r.ctx, src, c.Out, newProgress(r.stderr))
	switch {
	case errors.Is(err, transfer.ErrNotEmpty):
		return usage{err}
	case errors.Is(err, transfer.ErrInexpressible):
		return notRight{err}
	case err != nil:
		return err
	}
	t := table{w: r.stdout}
	rejects := src.Rejects().Kept()
	for i := range rejects {
		t.line("%s", printable(rejects[i].String()))
	}
	t.line("The bundle is in %s.", c.Out)
	if n := src.Rejects().Total(); n > 0 && t.err == nil {
		return notRight{fmt.Errorf("%s rejected and left out", rowsWere(n))}
	}
	return t.err
}
