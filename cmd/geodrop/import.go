package main

import (
	"errors"
	"fmt"
	"strings"

	"geodrop/data/transfer"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/poi/phrase"
)

type importCmd struct {
	Src    string   `placeholder:"SRC" env:"GEODROP_SRC" required:"" help:"Store: sqlite:PATH; mysql://USER:PASSWORD@HOST:PORT/DB, encrypted with ?tls=true; mysql+unix://USER:PASSWORD@/PATH.sock/DB. Give passwords by the environment."`
	Bundle string   `placeholder:"PATH" help:"Folder of a bundle."`
	Kind   string   `arg:"" optional:"" placeholder:"KIND" help:"What single files hold: pois (CSV), districts or zones (GeoJSON)."`
	Files  []string `arg:"" optional:"" placeholder:"FILE" help:"The files."`
	CRS    string   `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of places whose row names none: ${enum}."`
	Memory size     `default:"256MiB" help:"Memory for sorting."`
	Temp   string   `placeholder:"DIR" help:"Where sorting spills; default: the system's folder for temporary files."`
}

func (*importCmd) Help() string {
	return `Makes the store if it is missing. Rows replace those in the store with the same
id, and are counted unless nothing of them differs; nothing is deleted. A file is written whole or not at all,
and an import that was interrupted goes on where it stopped when it is run again.
Meanwhile others read the store as ever. In MariaDB they write to it as well while
a file of very many places is read in; otherwise they wait for the end of the file,
and are told when that takes too long.
Rows that are wrong are left out and listed with line and column, and so are rows
whose id an earlier row of the same import has, in whichever of its files; then
the exit code is 1.

Example: geodrop import --src sqlite:geodrop.db --bundle london
         geodrop import --src sqlite:geodrop.db --crs gcj02 pois cafes.csv shops.csv.gz
         GEODROP_SRC=mysql://gd_write:secret@db/geodrop?tls=true geodrop import --bundle london`
}

// Validate wants something to import.
func (c *importCmd) Validate() error {
	switch c.Kind {
	case "":
		if c.Bundle == "" {
			return errors.New("name a bundle with --bundle, or files: pois FILE…")
		}
	case "pois", "districts", "zones":
		if len(c.Files) == 0 {
			return fmt.Errorf("name files of %s", c.Kind)
		}
	default:
		return fmt.Errorf("%q is not what files hold: pois, districts or zones", c.Kind)
	}
	return nil
}

func (c *importCmd) Run(r *run) (err error) {
	if strings.HasPrefix(c.Src, "dir:") {
		return usage{errors.New("--src names a bundle; import writes to sqlite:PATH or mysql://…, and reads from --bundle")}
	}
	warnPlain(r.log, c.Src)
	store, err := openStore(r.ctx, c.Src, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	rejected := int64(0)
	if c.Bundle != "" {
		bundle, err := openBundle(c.Bundle, c.CRS)
		if err != nil {
			return err
		}
		if err := c.load(r, bundle, store, &rejected); err != nil {
			return err
		}
	}
	if len(c.Files) > 0 {
		crs, err := coord.ParseCRS(c.CRS)
		if err != nil {
			return usage{err}
		}
		bundle, err := decode.OpenFiles(c.Kind, c.Files, decode.Options{CRS: crs})
		if err != nil {
			return wrongInput(err)
		}
		if err := c.load(r, bundle, store, &rejected); err != nil {
			return err
		}
	}
	if rejected > 0 {
		return notRight{fmt.Errorf("%s rejected and left out; all others are in the store", rowsWere(rejected))}
	}
	return nil
}

// rowsWere begins what is said of some rows.
func rowsWere(n int64) string { return phrase.Count(n, "row") + phrase.Agree(n, " was", " were") }

// load imports one bundle, and says what became of it.
func (c *importCmd) load(r *run, bundle *decode.Bundle, store poi.Store, rejected *int64) (err error) {
	defer func() { err = errors.Join(err, bundle.Close()) }()
	done, err := transfer.Import(r.ctx, bundle, store, transfer.ImportOptions{
		TempDir: c.Temp, Memory: int64(c.Memory), Datum: c.CRS, Progress: newProgress(r.stderr),
	})
	t := table{w: r.stdout}
	for _, part := range done {
		t.line("%s: %s%s", printable(part.Name), phrase.Count(part.Rows, "row"), became(part))
	}
	rejects := bundle.Rejects()
	kept := rejects.Kept()
	for i := range kept {
		t.line("%s", printable(kept[i].String()))
	}
	if more := rejects.Total() - int64(len(kept)); more > 0 {
		t.line("… and %s more", phrase.Number(more))
	}
	*rejected += rejects.Total()
	return errors.Join(wrongInput(err), t.err)
}

// became says what became of the rows of a part that are not new.
func became(part transfer.Imported) string {
	replaced, same := phrase.Number(part.Replaced), phrase.Number(part.Same)
	switch {
	case part.Known:
		return ", by the import before"
	case part.Same == 0 && part.Replaced == 0:
		return ""
	case part.Same == part.Rows:
		return ", unchanged"
	case part.Same == 0:
		return fmt.Sprintf(", of which %s replaced what was there", replaced)
	case part.Replaced == 0:
		return fmt.Sprintf(", of which %s %s unchanged", same, phrase.Agree(part.Same, "is", "are"))
	}
	return fmt.Sprintf(", of which %s replaced what was there and %s %s unchanged", replaced, same, phrase.Agree(part.Same, "is", "are"))
}

// wrongInput marks errors that say that a file is not right.
func wrongInput(err error) error {
	if errors.Is(err, decode.ErrFormat) || errors.Is(err, transfer.ErrNothing) {
		return notRight{err}
	}
	return err
}
