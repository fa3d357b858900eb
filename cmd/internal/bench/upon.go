package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"geodrop/builder"
	"geodrop/poi"
	"geodrop/sync/manifest"
)

// targetUpon is how many times faster a build upon the release before is to be
// than one of everything, after a clustered edit.
const targetUpon = 8

// unedited is the mark of the config before an edit.
const unedited poi.Mark = "before"

// Mark implements poi.Tracker.
func (s *editedSource) Mark(context.Context) (poi.Mark, error) {
	if s.edit.name == "" {
		return unedited, nil
	}
	return poi.Mark(s.edit.name), nil
}

// ChangesSince implements poi.Tracker: from the config before the edit.
func (s *editedSource) ChangesSince(_ context.Context, since poi.Mark) (*poi.Changes, error) {
	if since != unedited {
		return nil, fmt.Errorf("%w: since %q", poi.ErrUntracked, since)
	}
	return &poi.Changes{Rows: s.rows, POIs: func(yield func(*poi.POIChange, error) bool) {
		for i := range s.changes {
			if !yield(&s.changes[i], nil) {
				return
			}
		}
	}}, nil
}

// track gathers what the edit changes, as the log of a store has it at hand.
func (s *editedSource) track() {
	s.rows = int64(s.points.Len())
	if s.edit.touches == nil {
		return
	}
	r := s.points.Reader()
	for i := range s.points.Len() {
		if _, town := r.At(i); !s.edit.touches(i, town) {
			continue
		}
		row := newBatch(r, i, i+1).Rows[0]
		id, was := row.ID, row.Pos
		now := &row.POI
		if !editRow(&row, i) {
			now = nil
		}
		if now != nil && now.ID != id {
			s.changes = append(s.changes, poi.POIChange{ID: now.ID, Now: now})
			s.rows++
			now = nil
		}
		if now == nil {
			s.rows--
		}
		s.changes = append(s.changes, poi.POIChange{ID: id, Was: &was, Now: now})
	}
}

// upon builds an edited release upon the one before, and compares bytes and time
// with those of the build of everything.
func (p *patching) upon(ctx context.Context, e edit, after *openRelease) (row Row, err error) {
	src := &editedSource{source: newSource(p.points), edit: e}
	src.track()
	dir := filepath.Join(p.work, e.name+"-upon")
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p.opts.Progress.Stage("build " + e.name + " upon the release before")
	began := time.Now()
	summary, err := builder.Build(ctx, src, builder.Options{Out: dir, Base: p.before.dir, Progress: p.opts.Progress})
	took := time.Since(began)
	if err != nil {
		return row, err
	}
	if summary.Base != p.before.manifest.ID {
		return row, fmt.Errorf("nothing was built upon the release before: %s", summary.NotUpon)
	}
	got, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	if err != nil {
		return row, err
	}
	want, err := os.ReadFile(filepath.Join(after.dir, manifest.Name))
	if err != nil {
		return row, err
	}
	if !bytes.Equal(got, want) {
		return row, errors.New("the build upon the release before made other bytes than that of everything")
	}
	row = newRow("upon/"+e.name+"/"+countName(p.opts.POIs), "build_s", took.Seconds(), unitSeconds).
		timesBetter("a build of everything", after.took.Seconds()).
		noted("%d of %d segments rebuilt, the same bytes; %d changes from memory", summary.Rebuilt, summary.Segments, len(src.changes))
	if e.rebuilt > 0 {
		row = row.atLeast(targetUpon)
	}
	return row, nil
}
