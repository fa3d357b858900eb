package builder

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// areas are the records of one kind that have a shape, sorted by id, and the
// index of their shapes.
type areas[T any] struct {
	records []T
	index   *grid.AreaIndex
}

// newAreas indexes records; of those with one id the first stays.
func newAreas[T any](records []T, id func(T) string, shape func(T) grid.Shape) (areas[T], error) {
	slices.SortStableFunc(records, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	records = slices.CompactFunc(records, func(a, b T) bool { return id(a) == id(b) })
	shapes := make([]grid.Shape, len(records))
	for i, r := range records {
		shapes[i] = shape(r)
	}
	index, err := grid.NewAreaIndex(shapes)
	if err != nil {
		return areas[T]{}, err
	}
	return areas[T]{records: records, index: index}, nil
}

// first is the number of the first record whose shape holds a position.
func (a *areas[T]) first(p coord.E7) (int, bool) {
	n, ok := a.index.First(p)
	return int(n), ok
}

// readConfig reads all that is held in memory, and begins to index the areas.
func (b *build) readConfig(ctx context.Context) (err error) {
	if b.config, err = b.src.Config(ctx); err != nil {
		return err
	}
	districts, err := gather(b, b.src.Districts(ctx))
	if err != nil {
		return err
	}
	zones, err := gather(b, b.src.Zones(ctx))
	if err != nil {
		return err
	}
	b.countRejected(&b.rejected.config)
	b.summary.Districts, b.summary.Zones = len(districts), len(zones)
	b.indexed = make(chan error, 1)
	go func() { b.indexed <- b.indexAreas(districts, zones) }()
	return nil
}

// indexAreas runs while POIs are read; b.indexed tells when the areas can be
// used.
func (b *build) indexAreas(districts []*poi.District, zones []*poi.Zone) (err error) {
	b.districts, err = newAreas(districts,
		func(d *poi.District) string { return string(d.Adcode) }, func(d *poi.District) grid.Shape { return d.Shape })
	if err != nil {
		return fmt.Errorf("districts: %w", err)
	}
	return b.indexZones(zones)
}

func (b *build) indexZones(zones []*poi.Zone) (err error) {
	var always, timed []*poi.Zone
	for _, z := range zones {
		if z.Always() {
			always = append(always, z)
		} else {
			timed = append(timed, z)
		}
	}
	zoneID := func(z *poi.Zone) string { return string(z.ID) }
	zoneShape := func(z *poi.Zone) grid.Shape { return z.Shape }
	if b.always, err = newAreas(always, zoneID, zoneShape); err != nil {
		return fmt.Errorf("zones: %w", err)
	}
	if b.timed, err = newAreas(timed, zoneID, zoneShape); err != nil {
		return fmt.Errorf("zones with times: %w", err)
	}
	return nil
}

func gather[T any](b *build, records iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
		b.opts.Progress.Add(1)
	}
	return all, nil
}
