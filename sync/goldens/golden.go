// Package goldens asks a release some questions and notes the answers. The builder
// seals both into the manifest; who opens the release asks again before anybody is
// served from it. So a reader that sees another map than the builder did, for a
// defect of either or of the machine, is found before a player is.
//
//	builder ─► Pick ─► positions ─► Ask ─► manifest ─► … ─► Check ─► serve | refuse
//
// An answer is what does not depend on the time: the district of the position,
// and of the postings in its window the places, the texts and the labels, from
// which all that a lookup tells of a drop follows. Which task drops there is in
// the catalog, of which the digest is checked, and is not asked.
package goldens

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/manifest"
)

// maxPostings is how many postings of a window are looked at, in the order of the
// index: a place may have a million, and be asked all the same.
const maxPostings = 4096

// Map is an open release, or one that is about to be sealed.
type Map struct {
	Index  *index.Index
	Areas  *grid.AreaIndex
	Radius int // of the window, in cells
}

// Ask is the answer at each position, each of which is valid. The error wraps
// index.ErrFault or index.ErrCorrupt.
func (m Map) Ask(positions []coord.E7) (answers []manifest.Golden, err error) {
	a := asking{m: m}
	err = index.Protect(func() error {
		for _, p := range positions {
			answers = append(answers, a.ask(p))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ask golden queries: %w", err)
	}
	return answers, nil
}

// Check asks again what a manifest has the answers of. The error wraps
// manifest.ErrGolden where one is another.
func (m Map) Check(want []manifest.Golden) error {
	if m.Radius < 0 || m.Radius > grid.MaxRadius {
		return fmt.Errorf("%w: windows of radius %d", manifest.ErrInvalid, m.Radius)
	}
	positions := make([]coord.E7, len(want))
	for i, q := range want {
		positions[i] = coord.E7{Lat: q.Lat, Lng: q.Lng}
		if !positions[i].Valid() {
			return fmt.Errorf("%w: golden query %d is at no position", manifest.ErrInvalid, i)
		}
	}
	got, err := m.Ask(positions)
	if err != nil {
		return err
	}
	for i := range want {
		if got[i] != want[i] {
			return fmt.Errorf("%w: to query %d of %d, with %d postings where the builder found %d", manifest.ErrGolden, i+1, len(want), got[i].Postings, want[i].Postings)
		}
	}
	return nil
}

// asking are the buffers of queries.
type asking struct {
	m      Map
	ranges []index.Range
	labels []string
	buf    []byte
}

func (a *asking) ask(p coord.E7) manifest.Golden {
	h := sha256.New()
	district := int64(-1)
	if area, ok := a.m.Areas.First(p); ok {
		district = int64(area)
	}
	a.write(h, uint64(district), nil)
	answer := manifest.Golden{Lat: p.Lat, Lng: p.Lng}
	a.ranges = a.m.Index.Window(p, a.m.Radius, nil, a.ranges[:0])
	for _, r := range a.ranges {
		s := a.m.Index.Segments()[r.Segment]
		for _, posting := range s.Postings()[r.First:r.End] {
			if answer.Postings++; answer.Postings <= maxPostings {
				a.posting(h, s, posting)
			}
		}
	}
	answer.Answer = manifest.Digest(hex.EncodeToString(h.Sum(nil)))
	return answer
}

func (a *asking) posting(h hash.Hash, s *index.Segment, p index.Posting) {
	a.write(h, uint64(uint32(p.Pos.Lat))<<32|uint64(uint32(p.Pos.Lng)), s.Text(p))
	a.labels = s.Combo(p.Combo, a.labels[:0])
	for _, label := range a.labels {
		a.write(h, 0, []byte(label))
	}
	a.write(h, uint64(len(a.labels)), nil)
}

// write adds a number and a text, so that no two lists of these make the same
// bytes.
func (a *asking) write(h hash.Hash, n uint64, text []byte) {
	a.buf = binary.LittleEndian.AppendUint64(a.buf[:0], n)
	a.buf = binary.LittleEndian.AppendUint64(a.buf, uint64(len(text)))
	h.Write(append(a.buf, text...)) // a hash takes everything
}
