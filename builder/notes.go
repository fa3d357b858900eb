package builder

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"geodrop/poi"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

// notes are what a builder leaves beside a release for the next one that is
// built upon it. They are no part of the release: without them the next build
// reads everything.
type notes struct {
	Version      int                  `json:"version"`
	Mark         poi.Mark             `json:"mark"` // of the state that the release was built from
	SegmentBytes int64                `json:"segment_bytes"`
	WithoutHash  bool                 `json:"without_hash"`
	Rejected     int64                `json:"rejected"`
	Screened     map[poi.ZoneID]int64 `json:"screened"` // POIs, by the zone without times that they are in
}

// notesVersion changes whenever this package makes other segments of the same
// config (cuts, labels, texts, the formats), or other notes.
const notesVersion = 1

// notesKind is the ending of the file, which is named by the release's seal.
const notesKind = ".build"

// maxNotes bounds the file: all the zones that there can be.
const maxNotes = 16 << 20

func notesName(m *manifest.Manifest) string { return string(m.Seal) + notesKind }

// newNotes are the notes of what was built.
func (b *build) newNotes() *notes {
	n := &notes{
		Version: notesVersion, Mark: b.mark, SegmentBytes: b.segmentBytes, WithoutHash: b.opts.WithoutHash,
		Rejected: b.src.Rejects().Total(), Screened: map[poi.ZoneID]int64{},
	}
	for i, count := range b.screened {
		if count > 0 {
			n.Screened[b.always.records[i].ID] = count
		}
	}
	return n
}

// write writes the notes of a release: a line of JSON, and a line with its
// digest.
func (n *notes) write(dir string, m *manifest.Manifest) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write notes: %w", err)
	}
	sum := sha256.Sum256(text)
	return atomicfile.Write(dir, notesName(m), fmt.Appendf(nil, "%s\n%x\n", text, sum))
}

// readNotes reads the notes of a release and holds them against its counts.
func readNotes(dir string, m *manifest.Manifest) (*notes, error) {
	f, err := atomicfile.OpenRegular(filepath.Join(dir, notesName(m)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: it has no notes of its build", errBase)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(f, maxNotes))
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	text, sum, _ := bytes.Cut(b, []byte("\n"))
	want := sha256.Sum256(text)
	if string(sum) != hex.EncodeToString(want[:])+"\n" {
		return nil, fmt.Errorf("%w: its notes are damaged", errBase)
	}
	n := &notes{}
	if err := json.Unmarshal(text, n); err != nil {
		return nil, fmt.Errorf("%w: its notes: %w", errBase, err)
	}
	total := int64(0)
	for _, count := range n.Screened {
		total += count
	}
	if total != m.Counts[countScreened] {
		return nil, fmt.Errorf("%w: its notes are those of another release", errBase)
	}
	return n, nil
}
