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

// segmentWriter cuts the entries into segments. Some are encoded, hashed and
// written by goroutines while the next is being filled.
type segmentWriter struct {
	b        *build
	combos   *index.Combinations
	open     *index.Writer
	writing  []chan written // in order; each has room for its outcome
	spare    []*index.Writer
	segments []manifest.Segment
	tile     grid.Tile
	begun    int64 // size of the open segment where the tile began
}

// Most of the time of a small segment is that of the disk.
const (
	mostWriting  = 3
	writingShare = 16 // of Options.Memory: larger segments are written one at a time
)

// written is a segment that is on disk, and its writer, ready for use again.
type written struct {
	segment manifest.Segment
	writer  *index.Writer
	err     error
}

func newSegmentWriter(b *build, combos *index.Combinations) *segmentWriter {
	w := &segmentWriter{b: b, combos: combos}
	w.open = w.writer()
	return w
}

// writer is one that is ready for use.
func (w *segmentWriter) writer() *index.Writer {
	if n := len(w.spare); n > 0 {
		writer := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return writer
	}
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
	if w.open.Len() == 0 || !(edges{w.b.segmentBytes}).cut(size, last, t) {
		return nil
	}
	w.begun = 0
	return w.cut()
}

func (w *segmentWriter) add(e index.Entry) error {
	w.b.summary.Postings++
	return w.open.Add(e)
}

// cut hands the open segment to a goroutine once there are not too many. What
// counts is its own size, not the mean: a tile may hold most places there are.
func (w *segmentWriter) cut() error {
	others := mostWriting - 1
	if w.large(w.open) {
		others = 0
	}
	if err := w.waitFor(others); err != nil {
		return err
	}
	full, done := w.open, make(chan written, 1)
	w.open, w.writing = w.writer(), append(w.writing, done)
	go func() { done <- writeSegment(w.b.opts.Out, full) }()
	return nil
}

func (w *segmentWriter) large(writer *index.Writer) bool {
	return writer.Size() > w.b.opts.Memory/writingShare
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

// wait waits for the segments that are being written.
func (w *segmentWriter) wait() error { return w.waitFor(0) }

// waitFor waits until no more than n segments are being written. After an error
// it waits for all.
func (w *segmentWriter) waitFor(n int) (err error) {
	for len(w.writing) > n {
		done := <-w.writing[0]
		w.writing, w.spare = w.writing[1:], append(w.spare, done.writer)
		if done.err != nil {
			err, n = errors.Join(err, done.err), 0
			continue
		}
		w.segments = append(w.segments, done.segment)
	}
	return err
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
	s.Object, err = writeObject(dir, manifest.SegmentKind, w.WriteTo, (*atomicfile.File).CommitLater)
	return written{segment: s, writer: w, err: err}
}

// writeObject writes one object of a release and commits it under its digest.
func writeObject(dir, kind string, write func(io.Writer) (int64, error), commit func(f *atomicfile.File, name string) error) (manifest.Object, error) {
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
	return o, commit(f, o.FileName(kind))
}
