package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// The names of Manifest.Counts.
const (
	countPostings   = poi.CountPOIs
	countRead       = "read"
	countScreened   = "screened"
	countOutside    = "outside_districts"
	countWithout    = poi.CountWithoutTasks
	countInSets     = poi.CountInSets
	countDuplicates = "duplicates"
	countTasks      = poi.CountTasks
	countQuotas     = poi.CountQuotas
	countDistricts  = poi.CountDistricts
	countZones      = poi.CountZones
)

// parts are what a release is sealed from, beside the config.
type parts struct {
	segments  []manifest.Segment
	areas     manifest.Object
	districts []catalog.District
}

// seal writes the catalog and the manifest, and removes objects that are no
// longer referred to.
func (b *build) seal(ctx context.Context, revision poi.Revision, p *parts) error {
	// Its commit makes the names of the objects before it durable, too.
	cat, err := writeObject(b.opts.Out, manifest.CatalogKind, b.catalog(p.districts).WriteTo, (*atomicfile.File).Commit)
	if err != nil {
		return err
	}
	answers, err := b.askGolden(p)
	if err != nil {
		return err
	}
	s := b.summary
	m, err := (&manifest.Manifest{
		Sequence: max(revision.Sequence, 1),
		Source:   manifest.Source(revision),
		Grid:     manifest.Grid{CellMetres: int(b.grid.Size()), Radius: b.opts.Radius},
		Counts:   b.counts(),
		Segments: p.segments, Areas: p.areas, Catalog: cat, Golden: answers,
	}).Sealed()
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.mark != "" {
		if err := b.newNotes().write(b.opts.Out, m); err != nil {
			return err
		}
	}
	b.sealing = true
	if err := manifest.Write(b.opts.Out, m); err != nil {
		return err
	}
	s.Release, s.Segments, s.Bytes = m.ID, len(p.segments), m.Bytes()
	keep := map[string]bool{notesName(m): true}
	for name := range m.Objects {
		keep[name] = true
	}
	return removeObjects(b.opts.Out, keep)
}

func (b *build) catalog(districts []catalog.District) *catalog.Catalog {
	c := &catalog.Catalog{Merchants: b.config.Merchants, Prizes: b.config.Prizes, Tasks: b.config.Tasks, Districts: districts}
	for _, z := range b.timed.records {
		c.Zones = append(c.Zones, catalog.Zone{ID: z.ID, Name: z.Name, Reason: z.Reason, When: z.When})
	}
	return c
}

// objectsIn are the names of the files in dir that are named as objects and notes
// are, or as signatures, which go with the release that they sign.
func objectsIn(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list objects: %w", err)
	}
	kinds := []string{manifest.SegmentKind, manifest.AreasKind, manifest.CatalogKind, manifest.SignatureKind, notesKind}
	names := map[string]bool{}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if slices.Contains(kinds, ext) && manifest.Digest(strings.TrimSuffix(e.Name(), ext)).Valid() {
			names[e.Name()] = true
		}
	}
	return names, nil
}

// removeObjects removes the objects in dir but those to keep. Readers that have
// them mapped keep them.
func removeObjects(dir string, keep map[string]bool) error {
	names, err := objectsIn(dir)
	if err != nil {
		return err
	}
	var errs []error
	for name := range names {
		if !keep[name] {
			errs = append(errs, os.Remove(filepath.Join(dir, name)))
		}
	}
	return errors.Join(errs...)
}
