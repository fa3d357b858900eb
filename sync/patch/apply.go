package patch

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
	"geodrop/sync/manifest"

	"github.com/golang/snappy"
)

// Apply writes the segment that the patch makes of others, and returns nil only
// if that is the object that is wanted, to the last byte: until then, treat what
// was written as nothing. The memory that it takes is bounded by the size of
// that object, whatever the patch says.
//
// The error wraps ErrCorrupt, ErrOther, or index.ErrFault or index.ErrCorrupt
// where an old segment is damaged. Whatever it is, the whole segment helps.
func Apply(w io.Writer, g *grid.Grid, from []Segment, want manifest.Object, patch io.Reader) error {
	before, err := newOld(g, from)
	if err == nil {
		err = readHeader(patch, header{want, digests(from)})
	}
	if err != nil {
		return fmt.Errorf("apply patch: %w", err)
	}
	a := newApplier(g, before, want, patch)
	if err := index.Protect(a.run); err != nil {
		return fmt.Errorf("apply patch: %w", err)
	}
	sum := &summer{out: w, left: want.Bytes, sum: sha256.New()}
	if _, err := a.out.WriteTo(sum); err != nil {
		return fmt.Errorf("apply patch: %w", err)
	}
	if got := manifest.Digest(hex.EncodeToString(sum.sum.Sum(nil))); got != want.Digest {
		return fmt.Errorf("apply patch: %w: the result is %.8s, promised was %.8s", ErrOther, got, want.Digest)
	}
	return nil
}

// summer digests what it passes on, and refuses more than was promised.
type summer struct {
	out  io.Writer
	left int64
	sum  hash.Hash
}

func (s *summer) Write(p []byte) (int, error) {
	if s.left -= int64(len(p)); s.left < 0 {
		return 0, fmt.Errorf("%w: the result is longer than promised", ErrOther)
	}
	s.sum.Write(p)
	return s.out.Write(p)
}

// applier reads the steps and gives the writer one record after another.
type applier struct {
	grid   *grid.Grid
	from   *old
	want   manifest.Object
	in     *bufio.Reader
	out    *index.Writer
	combos *index.Combinations
	known  []uint32 // numbers among combos: of the old ones, then of those sent

	at      int // next of old
	sent    coord.E7
	text    []byte
	dropped []byte
}

func newApplier(g *grid.Grid, from *old, want manifest.Object, patch io.Reader) *applier {
	combos := &index.Combinations{}
	return &applier{
		grid: g, from: from, want: want, combos: combos,
		in: bufio.NewReader(snappy.NewReader(patch)), out: index.NewWriter(g, combos),
	}
}

const (
	maxNumber = 1 << 40 // what is counted in a segment is counted in 32 bits
	maxLabels = 1 << 16 // of a combination
	maxText   = 1 << 20 // bytes of a label, or of a record's text
	// slack is by how much the writer's idea of a size may be above the size.
	slack = 1 << 20
)

func (a *applier) run() error {
	for _, segment := range a.from.segments {
		for n := range segment.Combos() {
			a.known = append(a.known, a.combos.Add(segment.Combo(uint32(n), nil)))
		}
	}
	if err := a.combinations(); err != nil {
		return err
	}
	total, err := a.number(maxNumber)
	if err != nil {
		return err
	}
	for a.out.Len() < total {
		if err := a.step(total - a.out.Len()); err != nil {
			return err
		}
	}
	if _, err := a.in.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it goes on after the last step", ErrCorrupt)
	}
	return nil
}

// combinations reads those that old lacks.
func (a *applier) combinations() error {
	n, err := a.number(maxNumber)
	if err != nil {
		return err
	}
	var bytes int64
	for range n {
		count, err := a.number(maxLabels)
		if err != nil {
			return err
		}
		labels := make([]string, count)
		for i := range labels {
			label, err := a.bytes(nil)
			if err != nil {
				return err
			}
			labels[i] = string(label)
			bytes += int64(len(label))
		}
		bytes += int64(count) + 1
		if bytes > a.want.Bytes {
			return fmt.Errorf("%w: more labels than the segment can hold", ErrCorrupt)
		}
		a.known = append(a.known, a.combos.Add(labels))
	}
	return nil
}

// step takes one step, which may add so many records.
func (a *applier) step(room int) error {
	n, err := a.number(maxNumber)
	if err != nil {
		return err
	}
	k, count := kind(n%int(kinds)), n/int(kinds)
	switch {
	case count == 0:
		return fmt.Errorf("%w: an empty step", ErrCorrupt)
	case k != drop && count > room:
		return fmt.Errorf("%w: a step of %d records where %d are left to come", ErrCorrupt, count, room)
	case k != insert && count > a.from.len()-a.at:
		return fmt.Errorf("%w: a step over %d records where the old segment has %d more", ErrCorrupt, count, a.from.len()-a.at)
	}
	if k == drop {
		a.at += count
		a.dropped = append(a.dropped[:0], a.from.text(a.at-1)...)
		return nil
	}
	for range count {
		if err := a.record(k); err != nil {
			return err
		}
	}
	return nil
}

// record adds one record.
func (a *applier) record(k kind) error {
	var e index.Entry
	switch k {
	case keep, revise:
		p := a.from.at(a.at)
		e = index.Entry{Pos: p.Pos, Combo: a.known[p.Combo], Text: a.from.text(a.at)}
		a.at++
		if k == keep {
			break
		}
		if err := a.place(&e, p.Pos); err != nil {
			return err
		}
	case insert:
		if err := a.place(&e, a.sent); err != nil {
			return err
		}
		a.sent = e.Pos
		if err := a.readText(); err != nil {
			return err
		}
		e.Text = a.text
	}
	if !e.Pos.Valid() {
		return fmt.Errorf("%w: a position off the map", ErrCorrupt)
	}
	e.Cell = a.grid.Cell(e.Pos)
	if err := a.out.Add(e); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if a.out.Size() > a.want.Bytes+slack {
		return fmt.Errorf("%w: the result is longer than promised", ErrOther)
	}
	return nil
}

// place reads a position, as the difference to another, and a combination.
func (a *applier) place(e *index.Entry, base coord.E7) error {
	lat, err1 := binary.ReadVarint(a.in)
	lng, err2 := binary.ReadVarint(a.in)
	if err := errors.Join(err1, err2); err != nil {
		return cut(err)
	}
	lat, lng = lat+int64(base.Lat), lng+int64(base.Lng)
	e.Pos = coord.E7{Lat: int32(lat), Lng: int32(lng)}
	if int64(e.Pos.Lat) != lat || int64(e.Pos.Lng) != lng {
		return fmt.Errorf("%w: a position off the map", ErrCorrupt)
	}
	combo, err := a.number(len(a.known) - 1)
	if err != nil {
		return err
	}
	e.Combo = a.known[combo]
	return nil
}

// readText reads the text of an inserted record.
func (a *applier) readText() error {
	n, err := a.number(2*max(a.from.len(), maxText) + 1)
	if err != nil {
		return err
	}
	if n%2 == 1 {
		if n/2 >= a.from.len() {
			return fmt.Errorf("%w: the text of old record %d of %d", ErrCorrupt, n/2, a.from.len())
		}
		a.text = append(a.text[:0], a.from.text(n/2)...)
		return nil
	}
	if n/2 > len(a.dropped) {
		return fmt.Errorf("%w: %d bytes shared with a text of %d", ErrCorrupt, n/2, len(a.dropped))
	}
	a.text, err = a.bytes(append(a.text[:0], a.dropped[:n/2]...))
	return err
}

// bytes appends a number of bytes that comes before them.
func (a *applier) bytes(dst []byte) ([]byte, error) {
	n, err := a.number(maxText)
	if err != nil {
		return dst, err
	}
	first := len(dst)
	dst = append(dst, make([]byte, n)...)
	if _, err := io.ReadFull(a.in, dst[first:]); err != nil {
		return dst, cut(err)
	}
	return dst, nil
}

// number reads a number that is at most most.
func (a *applier) number(most int) (int, error) {
	n, err := binary.ReadUvarint(a.in)
	if err != nil {
		return 0, cut(err)
	}
	if most < 0 || n > uint64(most) {
		return 0, fmt.Errorf("%w: a number %d where at most %d can be", ErrCorrupt, n, most)
	}
	return int(n), nil
}

// cut is the error of a patch that cannot be read on.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
