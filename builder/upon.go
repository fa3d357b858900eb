package builder

import (
	"context"
	"errors"
	"fmt"

	"geodrop/grid/index"
	"geodrop/poi"
	"geodrop/poi/catalog"
	"geodrop/poi/phrase"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// makeUpon makes the parts of a release from those of a base and from what
// changed since. Cuts depend on nothing but the entries since the last one, and
// a segment on nothing but its entries, so what comes out is what a build of
// everything makes. An error leaves that to one, see make.
func (b *build) makeUpon(ctx context.Context, before *manifest.Manifest) (p *parts, err error) {
	base, err := b.openBase(ctx, before)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, base.close()) }()
	b.stage("changes")
	changes, err := b.src.(poi.Tracker).ChangesSince(ctx, base.notes.Mark)
	if err != nil {
		return nil, err
	}
	if changes.Districts || changes.Zones {
		return nil, fmt.Errorf("%w: districts or zones were written", errBase)
	}
	if b.segmentBytes = b.meanSegment(changes.Rows); b.segmentBytes != base.notes.SegmentBytes {
		return nil, fmt.Errorf("%w: its segments have another size", errBase)
	}
	if err := b.readSmall(ctx); err != nil {
		return nil, err
	}
	combos := &index.Combinations{}
	edits, err := b.readEdits(ctx, base, changes, combos)
	if err != nil {
		return nil, err
	}
	b.stage("write")
	r := newRewriter(b, base, combos, edits)
	segments, err := r.run(ctx)
	if err != nil {
		return nil, err
	}
	if err := base.sound(); err != nil {
		return nil, err
	}
	if err := b.shareObjects(base, r.reused); err != nil {
		return nil, err
	}
	b.sumUp(base, changes, r.tally)
	if b.summary.Read != changes.Rows { // rows came or went past the log: by TRUNCATE, or with no trigger
		return nil, fmt.Errorf("%w: it makes %s, the source has %s", errBase, phrase.Count(b.summary.Read, "POI"), phrase.Number(changes.Rows))
	}
	return &parts{segments: segments, areas: base.m.Areas, districts: base.catalog.Districts}, nil
}

// readSmall reads what the base has not: tasks, and zones with their shapes.
func (b *build) readSmall(ctx context.Context) (err error) {
	if b.config, err = b.src.Config(ctx); err != nil {
		return err
	}
	zones, err := gather(b, b.src.Zones(ctx))
	if err != nil {
		return err
	}
	if n := b.src.Rejects().Total(); n > 0 {
		return fmt.Errorf("%w: %s of the config %s rejected now", errBase, phrase.Count(n, "row"), phrase.Agree(n, "is", "are"))
	}
	b.summary.Zones = len(zones)
	b.supply = supplyOf(b.config.Tasks)
	return b.indexZones(zones)
}

// shareObjects brings what is taken over into the folder of the release.
func (b *build) shareObjects(base *base, reused []manifest.Segment) error {
	if base.dir == b.opts.Out {
		return nil
	}
	for _, s := range reused {
		if err := base.share(b.opts.Out, s.FileName(manifest.SegmentKind)); err != nil {
			return err
		}
	}
	if err := base.share(b.opts.Out, base.m.Areas.FileName(manifest.AreasKind)); err != nil {
		return err
	}
	return atomicfile.SyncDir(b.opts.Out)
}

// sumUp fills the summary as a build of everything does: without rejects, what
// was read is in the release or was screened out.
func (b *build) sumUp(base *base, changes *poi.Changes, t *tally) {
	s := b.summary
	b.reportScreened()
	s.Base, s.Districts, s.Memberships = base.m.ID, len(base.catalog.Districts), changes.Memberships
	s.Read = s.Postings + s.Screened
	for combo, count := range t.counts {
		if count == 0 {
			continue
		}
		s.Combinations++
		place, _ := catalog.ParsePlace(t.combos.Labels(uint32(combo))) // looked at when counted
		if place.District == "" {
			s.Outside += count
		}
		if len(place.Sets) > 0 {
			s.InSets += count
		}
		if !b.supply.Drops(place.Sets, place.District) {
			s.WithoutTasks += count
		}
	}
}
