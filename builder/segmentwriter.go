package builder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"geodrop/grid"
	"geodrop/grid/index"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// segmentWriter cuts the entries into segments. One is encoded, hashed and
// written by a goroutine while the next is being filled.
type segmentWriter struct {
	b        *build
	combos   *index.Combinations
	open     *index.Writer
	spare    *index.Writer // while none is being written
	writing  chan written  // has room for the one that is
	segments []manifest.Segment
	tile     grid.Tile
	begun    int64 // size of the open segment where the tile began
}

// written is a segment that is on disk, and its writer, ready for use again.
type written struct {
	segment manifest.Segment
	writer  *index.Writer
	err     error
}

func newSegmentWriter(b *build, combos *index.Combinations) *segmentWriter {
	w := &segmentWriter{b: b, combos: combos, writing: make(chan written, 1)}
	w.open, w.spare = w.newWriter(), w.newWriter()
	return w
}

func (w *segmentWriter) newWriter() *index.Writer {
	writer := index.NewWriter(w.b.grid, w.combos)
	if w.b.opts.WithoutHash {
		writer.DisableHash()
	}
	return writer
}

// turnTo says in which tile the next entries are, and cuts at an edge.
func (w *segmentWriter) turnTo(t grid.Tile) error {
	if t == w.tile {
		return nil
	}
	w.tile = t
	size := w.open.Size()
	last := size - w.begun
	w.begun = size
	if w.open.Len() == 0 || !(edges{w.b.opts.SegmentBytes}).cut(size, last, t) {
		return nil
	}
	w.begun = 0
	return w.cut()
}

func (w *segmentWriter) add(e index.Entry) error {
	w.b.summary.Postings++
	return w.open.Add(e)
}

// cut hands the open segment to a goroutine once the one before is on disk.
func (w *segmentWriter) cut() error {
	if err := w.wait(); err != nil {
		return err
	}
	full := w.open
	w.open, w.spare = w.spare, nil
	go func() { w.writing <- writeSegment(w.b.opts.Out, full) }()
	return nil
}

// atCut reports whether a segment ended and the next has no entry yet.
func (w *segmentWriter) atCut() bool { return w.open.Len() == 0 }

// keep takes a segment of another release over, at a cut.
func (w *segmentWriter) keep(s manifest.Segment) error {
	err := w.wait()
	w.segments = append(w.segments, s)
	w.b.summary.Postings += s.Postings
	return err
}

// wait waits for the segment that is being written, if one is.
func (w *segmentWriter) wait() error {
	if w.spare != nil {
		return nil
	}
	done := <-w.writing
	w.spare = done.writer
	if done.err == nil {
		w.segments = append(w.segments, done.segment)
	}
	return done.err
}

// close writes what is left and returns all segments in order.
func (w *segmentWriter) close() ([]manifest.Segment, error) {
	if w.open.Len() > 0 {
		if err := w.cut(); err != nil {
			return nil, err
		}
	}
	err := w.wait()
	return w.segments, err
}

func writeSegment(dir string, w *index.Writer) written {
	s := manifest.Segment{Postings: int64(w.Len())}
	first, last := w.Tiles()
	s.FirstTile, s.LastTile = uint64(first), uint64(last)
	var err error
	s.Object, err = writeObject(dir, manifest.SegmentKind, w.WriteTo)
	return written{segment: s, writer: w, err: err}
}

// writeObject writes one object of a release under its digest.
func writeObject(dir, kind string, write func(io.Writer) (int64, error)) (manifest.Object, error) {
	f, err := atomicfile.Create(dir)
	if err != nil {
		return manifest.Object{}, err
	}
	h := sha256.New()
	n, err := write(io.MultiWriter(f, h))
	if err != nil {
		return manifest.Object{}, errors.Join(err, f.Abort())
	}
	o := manifest.Object{Digest: manifest.Digest(hex.EncodeToString(h.Sum(nil))), Bytes: n}
	return o, f.Commit(o.FileName(kind))
}
