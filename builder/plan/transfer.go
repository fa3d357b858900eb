package plan

import (
	"context"

	"geodrop/grid/index"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
)

// transfer makes every patch and counts its bytes.
func (c *comparison) transfer() error {
	before, after := c.sides[was].release.Manifest(), c.sides[is].release.Manifest()
	t := &c.plan.Transfer
	t.Segments = len(after.Segments)
	had := map[manifest.Digest]bool{}
	for _, s := range before.Segments {
		had[s.Digest] = true
	}
	for i, s := range after.Segments {
		if had[s.Digest] {
			t.Reused++
			continue
		}
		t.Rebuilt++
		if err := c.carry(before, i); err != nil {
			return err
		}
	}
	if before.Catalog.Digest != after.Catalog.Digest {
		t.Catalog = after.Catalog.Bytes
	}
	if before.Areas.Digest != after.Areas.Digest {
		t.Areas = after.Areas.Bytes
	}
	if before.ID != after.ID {
		_, file, err := after.File()
		if err != nil {
			return err
		}
		t.Manifest = file.Bytes
	}
	t.Bytes = t.Patches + t.Whole + t.Catalog + t.Areas + t.Manifest
	return nil
}

// carry counts what it takes to carry a segment of the new release.
func (c *comparison) carry(before *manifest.Manifest, no int) error {
	a, b := c.sides[was], c.sides[is]
	to := b.release.Manifest().Segments[no]
	var from []patch.Segment
	for _, s := range patch.From(before, to) {
		from = append(from, patch.Segment{Segment: a.segmentOf(s), Object: s.Object})
	}
	if len(from) == 0 || to.Bytes > patch.MaxPatched {
		c.plan.Transfer.Whole += to.Bytes
		return nil
	}
	n := &counter{ctx: c.ctx}
	if _, err := patch.Make(n, b.grid, from, patch.Segment{Segment: b.segments[no], Object: to.Object}); err != nil {
		return err
	}
	if patch.Worth(n.bytes, to.Bytes) {
		c.plan.Transfer.Patched++
		c.plan.Transfer.Patches += n.bytes
	} else {
		c.plan.Transfer.Whole += to.Bytes
	}
	return nil
}

// segmentOf is the open segment that a manifest lists: both are in one order.
func (s *side) segmentOf(listed manifest.Segment) *index.Segment {
	for i, m := range s.release.Manifest().Segments {
		if m.FirstTile == listed.FirstTile {
			return s.segments[i]
		}
	}
	return nil // no manifest lists what it does not
}

// counter counts bytes until its context is done.
type counter struct {
	ctx   context.Context
	bytes int64
}

// Write counts.
func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), c.ctx.Err()
}
