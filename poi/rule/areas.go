package rule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"geodrop/grid"
	"geodrop/poi"
)

func (v *validation) readDistricts(ctx context.Context) error {
	for d, err := range v.src.Districts(ctx) {
		if err != nil {
			return err
		}
		v.view.Districts.Records = append(v.view.Districts.Records, d)
		v.opts.Progress.Add(1)
		for i := range v.checks {
			if hook := v.checks[i].District; hook != nil {
				hook(d)
			}
		}
	}
	v.result.Districts = len(v.view.Districts.Records)
	return nil
}

func (v *validation) readZones(ctx context.Context) error {
	for z, err := range v.src.Zones(ctx) {
		if err != nil {
			return err
		}
		v.result.Zones++
		if z.Always() {
			v.view.Always.Records = append(v.view.Always.Records, z)
		} else {
			v.view.Timed.Records = append(v.view.Timed.Records, z)
		}
		v.opts.Progress.Add(1)
		for i := range v.checks {
			if hook := v.checks[i].Zone; hook != nil {
				hook(z)
			}
		}
	}
	return nil
}

// indexAreas indexes districts and zones, on two cores.
func (v *validation) indexAreas(context.Context) error {
	if v.result.Unread {
		return nil
	}
	zone := func(z *poi.Zone) (string, grid.Shape) { return string(z.ID), z.Shape }
	zones := make(chan error, 1)
	go func() { zones <- errors.Join(v.view.Always.build(zone), v.view.Timed.build(zone)) }()
	err := v.view.Districts.build(func(d *poi.District) (string, grid.Shape) { return string(d.Adcode), d.Shape })
	if err = errors.Join(err, <-zones); err != nil {
		return err
	}
	for i := range v.checks {
		if hook := v.checks[i].Areas; hook != nil {
			hook()
		}
	}
	return nil
}

// build sorts the records and makes their index; of those with one id the first
// stays.
func (a *Areas[T]) build(of func(T) (id string, shape grid.Shape)) (err error) {
	compare := func(x, y T) int {
		xid, _ := of(x)
		yid, _ := of(y)
		return cmp.Compare(xid, yid)
	}
	slices.SortStableFunc(a.Records, compare)
	a.Records = slices.CompactFunc(a.Records, func(x, y T) bool { return compare(x, y) == 0 })
	shapes := make([]grid.Shape, len(a.Records))
	for i, r := range a.Records {
		_, shapes[i] = of(r)
	}
	if a.Index, err = grid.NewAreaIndex(shapes); err != nil {
		return fmt.Errorf("index the areas: %w", err)
	}
	return nil
}
