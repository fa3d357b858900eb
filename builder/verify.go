package builder

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/sync/manifest"
)

// Verify reads a whole release and checks all that a builder promises of one:
// seal, digests, the invariants of every segment, that labels, texts and
// catalog can be read and refer to each other, that each place is in the
// district that it is labelled with, and the counts of the manifest as far as
// they follow from the files, and the golden queries.
//
// The error wraps one of manifest.ErrNone, ErrInvalid, ErrFormat, ErrObject and
// ErrGolden, index.ErrCorrupt, ErrVersion and ErrFault, catalog.ErrCorrupt, or is that of
// the file system.
//
// A folder in which the release is replaced meanwhile is no error: the one that
// was sealed last is verified.
func Verify(ctx context.Context, dir string) (m *manifest.Manifest, err error) {
	err = manifest.WithLatest(dir, func(latest *manifest.Manifest) error {
		m = latest
		return verify(ctx, dir, m)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func verify(ctx context.Context, dir string, m *manifest.Manifest) (err error) {
	if err := m.Verify(ctx, dir); err != nil {
		return err
	}
	v := verifier{dir: dir, m: m}
	if err := v.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.areas.Close()) }()
	for i := range m.Segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := v.segment(&m.Segments[i]); err != nil {
			return err
		}
	}
	if err := v.counts(); err != nil {
		return err
	}
	return v.golden()
}

type verifier struct {
	dir     string
	m       *manifest.Manifest
	areas   *index.AreaFile
	catalog *catalog.Catalog
	zones   map[poi.ZoneID]bool
	supply  *poi.Supply

	postings, outside, withoutTasks, inSets int64
}

func (v *verifier) open() (err error) {
	if v.catalog, err = readCatalog(v.dir, v.m); err != nil {
		return err
	}
	v.zones = make(map[poi.ZoneID]bool, len(v.catalog.Zones))
	for _, z := range v.catalog.Zones {
		v.zones[z.ID] = true
	}
	v.supply = supplyOf(v.catalog.Tasks)
	v.areas, err = openAreas(v.dir, v.m, v.catalog)
	return err
}

// counts compares what the manifest counts with what was found.
func (v *verifier) counts() error {
	for _, c := range []struct {
		name  string
		found int64
	}{
		{countPostings, v.postings},
		{countOutside, v.outside},
		{countWithout, v.withoutTasks},
		{countInSets, v.inSets},
		{countTasks, int64(len(v.catalog.Tasks))},
		{countQuotas, quotasOf(v.catalog.Tasks)},
		{countDistricts, int64(len(v.catalog.Districts))},
		// What was read and is not there was screened out, or a duplicate.
		{countRead, v.postings + v.m.Counts[countScreened] + v.m.Counts[countDuplicates]},
	} {
		if counted := v.m.Counts[c.name]; counted != c.found {
			return fmt.Errorf("%w: it counts %d %s, the release has %d", manifest.ErrInvalid, counted, c.name, c.found)
		}
	}
	return v.zoneCount()
}

// zoneCount compares the zones that were counted with those in the release: only
// such as have times are, and no others are needed to screen nothing.
func (v *verifier) zoneCount() error {
	counted, timed, screened := v.m.Counts[countZones], int64(len(v.catalog.Zones)), v.m.Counts[countScreened]
	if counted < timed || counted == timed && screened > 0 {
		return fmt.Errorf("%w: it counts %d %s, the release has %d with times, and %d POIs were screened out by others",
			manifest.ErrInvalid, counted, countZones, timed, screened)
	}
	return nil
}

func (v *verifier) segment(want *manifest.Segment) (err error) {
	s, err := index.Open(filepath.Join(v.dir, want.FileName(manifest.SegmentKind)), index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Verify(); err != nil {
		return err
	}
	first, last := s.Tiles()
	if int64(s.Len()) != want.Postings || uint64(first) != want.FirstTile || uint64(last) != want.LastTile ||
		int(s.CellSize()) != v.m.Grid.CellMetres {
		return fmt.Errorf("%w: segment %s is not the one that is listed", manifest.ErrInvalid, s.Path())
	}
	v.postings += int64(s.Len())
	return index.Protect(func() error { return v.places(s) })
}

// labelled is what the labels of a combination say of its POIs.
type labelled struct {
	district poi.Adcode
	drops    bool // some task drops there
	inSets   bool
}

// labels reads the labels of a segment's combinations.
func (v *verifier) labels(s *index.Segment) ([]labelled, error) {
	combos := make([]labelled, s.Combos())
	for n := range combos {
		place, ok := catalog.ParsePlace(s.Combo(uint32(n), nil))
		if !ok {
			return nil, fmt.Errorf("%w: segment %s has unknown labels", catalog.ErrCorrupt, s.Path())
		}
		for _, z := range place.Zones {
			if !v.zones[z] {
				return nil, fmt.Errorf("%w: segment %s refers to zone %q, which is not there", catalog.ErrCorrupt, s.Path(), z)
			}
		}
		combos[n] = labelled{
			district: place.District, drops: v.supply.Drops(place.Sets, place.District), inSets: len(place.Sets) > 0,
		}
	}
	return combos, nil
}

// places checks labels and texts of the postings of a segment.
func (v *verifier) places(s *index.Segment) error {
	combos, err := v.labels(s)
	if err != nil {
		return err
	}
	for _, p := range s.Postings() {
		text, err := catalog.ParseText(s.Text(p))
		if err != nil {
			return fmt.Errorf("segment %s: %w", s.Path(), err)
		}
		var district poi.Adcode
		if area, ok := v.areas.First(p.Pos); ok {
			district = v.catalog.Districts[area].Adcode
		} else {
			v.outside++
		}
		combo := combos[p.Combo]
		if district != combo.district {
			return fmt.Errorf("%w: segment %s has POI %q in district %q, the boundaries say %q",
				catalog.ErrCorrupt, s.Path(), text.ID, combo.district, district)
		}
		if !combo.drops {
			v.withoutTasks++
		}
		if combo.inSets {
			v.inSets++
		}
	}
	return nil
}
