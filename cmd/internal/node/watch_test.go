package node

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// TestCutFile: a cut of one byte, which no lookup meets, is damage of the release.
func TestCutFile(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, dir)
	n := &Node{options: Options{Log: slog.New(slog.DiscardHandler)}, holder: newHolder()}
	n.checkFiles() // nothing is served
	must(t, n.holder.swap(newGeneration(n.holder, dir, openRelease(t, dir))))
	n.checkFiles()
	select {
	case d := <-n.Damaged():
		t.Fatalf("damage of a whole release: %v", d.Err)
	default:
	}
	m, err := manifest.Read(dir)
	must(t, err)
	must(t, os.Truncate(filepath.Join(dir, m.Segments[0].FileName(manifest.SegmentKind)), m.Segments[0].Bytes-1))
	n.checkFiles()
	select {
	case d := <-n.Damaged():
		if !errors.Is(d.Err, index.ErrFault) || d.Dir != dir || d.Release != m.ID {
			t.Errorf("damage %+v, want ErrFault of %s", d, m.ID)
		}
	default:
		t.Error("a cut file is no damage")
	}
	must(t, n.holder.close())
}
