package builder

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// writerOf is a segmentWriter into a folder, and what adds the next entry to it.
func writerOf(t *testing.T, dir string, memory int64) (w *segmentWriter, add func(bytes int)) {
	t.Helper()
	g, err := grid.New(grid.DefaultSize)
	if err != nil {
		t.Fatal(err)
	}
	combos := &index.Combinations{}
	combos.Add(nil)
	b := &build{opts: Options{Out: dir, Memory: memory}, grid: g, summary: &Summary{}}
	w = newSegmentWriter(b, combos)
	n := 0
	return w, func(bytes int) {
		n++
		pos := coord.E7{Lat: 100_000_000, Lng: 100_000_000}
		text := fmt.Appendf(nil, "%06d%*s", n, bytes, "")
		if err := w.add(index.Entry{Cell: g.Cell(pos), Pos: pos, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSegmentsBeingWritten: a few small ones are at a time, and of large ones one,
// however small the mean is.
func TestSegmentsBeingWritten(t *testing.T) {
	const large = 10_000
	w, add := writerOf(t, t.TempDir(), large*writingShare)
	for i, step := range []struct{ bytes, want int }{
		{1, 1}, {1, 2}, {1, 3}, {1, 3}, {large, 1}, {large, 1}, {1, 2},
	} {
		add(step.bytes)
		if err := w.cut(); err != nil {
			t.Fatal(err)
		}
		if got := len(w.writing); got != step.want {
			t.Errorf("after cut %d, %d segments are being written, want %d", i, got, step.want)
		}
	}
	segments, err := w.close()
	if err != nil || len(segments) != 7 || len(w.writing) != 0 {
		t.Errorf("%d segments, %v; %d are being written", len(segments), err, len(w.writing))
	}
}

// TestSegmentsWithoutFolder: an error is told once nothing is being written.
func TestSegmentsWithoutFolder(t *testing.T) {
	w, add := writerOf(t, filepath.Join(t.TempDir(), "missing"), MinMemory)
	for range mostWriting {
		add(1)
		if err := w.cut(); err != nil {
			t.Fatal(err)
		}
	}
	add(1)
	if err := w.cut(); !errors.Is(err, fs.ErrNotExist) || len(w.writing) != 0 {
		t.Errorf("%v, and %d segments are being written", err, len(w.writing))
	}
	if err := w.wait(); err != nil {
		t.Errorf("told again: %v", err)
	}
}
