package server

import (
	"bytes"
	"context"
	"sync/atomic"

	"geodrop/api"
)

// drawnMaps keeps the map of the latest release.
type drawnMaps struct {
	latest atomic.Pointer[drawnMap]
	turn   chan struct{} // one item while somebody draws
	zip    func(to *bytes.Buffer, b []byte) error
}

type drawnMap struct {
	release      string
	json, zipped []byte
}

// of is the map of a release. Who has to wait for another to draw it does so in
// nobody's way, and no longer than the context lasts.
func (d *drawnMaps) of(ctx context.Context, held Held, attribution []string) (*drawnMap, error) {
	r := held.Release()
	if m := d.latest.Load(); m != nil && m.release == r.Manifest().ID {
		return m, nil
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, api.NewProblem(api.CodeOverloaded, "", "the map is still being drawn; try again after Retry-After")
	}
	if m := d.latest.Load(); m != nil && m.release == r.Manifest().ID {
		return m, nil
	}
	m := &drawnMap{release: r.Manifest().ID}
	outlines, err := held.Outlines()
	if err != nil {
		return nil, lookupProblem(err)
	}
	if m.json, err = drawMap(r, outlines, attribution); err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	if err := d.zip(&zipped, m.json); err != nil {
		return nil, err
	}
	m.zipped = zipped.Bytes()
	d.latest.Store(m)
	return m, nil
}
