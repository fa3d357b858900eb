// Package manifest says what a release is: a folder of immutable objects named
// by their SHA-256, and one manifest, written last, that lists them. It ships
// bytes: what is in an object is for those who read it.
//
//	RELEASE/
//	  manifest.json                what is in the release; without it there is none
//	  <sha256>.seg                 segments, in order of their tiles
//	  <sha256>.areas               districts: which one holds a position
//	  <sha256>.jsonl               catalog: tasks, prizes, merchants
//	  <sha256>.sig                 who signed the manifest of that digest, if anybody
//
// A manifest is sealed: its seal is the SHA-256 of its canonical JSON with an
// empty id and seal, and its id is made of the sequence and the seal's first
// eight hexadecimal digits. It holds no time and no path, so that equal content
// gives an equal manifest.
package manifest

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
	"syscall"

	"geodrop/sync/atomicfile"
)

// Name is the file name of a manifest in its release.
const Name = "manifest.json"

// Format is the version of the manifest and of the release's layout.
//
//	1  the first, still read
//	2  golden queries
const Format = 2

// oldest is the first format that can be read.
const oldest = 1

// MaxGolden bounds the golden queries.
const MaxGolden = 64

// maxBytes bounds a manifest: 10^5 segments.
const maxBytes = 64 << 20

// ErrInvalid marks a manifest that is damaged, not sealed, or contradicts
// itself. ErrFormat marks one of a format that this program cannot read.
// ErrNone marks a folder without a manifest. ErrGolden marks a release that gives
// other answers than it did to its builder.
var (
	ErrInvalid = errors.New("invalid manifest")
	ErrFormat  = errors.New("unknown release format")
	ErrNone    = errors.New("no release")
	ErrGolden  = errors.New("the release answers otherwise than when it was sealed")
)

// Manifest lists the objects of one release.
type Manifest struct {
	Format   int              `json:"format"`
	ID       string           `json:"id"`   // r<sequence>-<8 hex digits of the seal>
	Seal     Digest           `json:"seal"` // see the package comment
	Sequence uint64           `json:"sequence"`
	Parent   string           `json:"parent,omitempty"` // id of the release it was built upon
	Source   Source           `json:"source"`
	Grid     Grid             `json:"grid"`
	Counts   map[string]int64 `json:"counts"` // what the builder counted, by name
	Segments []Segment        `json:"segments"`
	Areas    Object           `json:"areas"`
	Catalog  Object           `json:"catalog"`
	Golden   []Golden         `json:"golden,omitempty"` // asked of every release that is opened
}

// Source is the state of the config that the release was built from.
type Source struct {
	Kind     string `json:"kind"`
	Sequence uint64 `json:"sequence,omitempty"`
	Digest   string `json:"digest,omitempty"`
}

// Grid are the parameters of the grid.
type Grid struct {
	CellMetres int `json:"cell_m"`
	Radius     int `json:"radius"` // of the window, in cells
}

// Segment is a segment file and the tiles that it answers for.
type Segment struct {
	Object
	Postings  int64  `json:"postings"`
	FirstTile uint64 `json:"first_tile"`
	LastTile  uint64 `json:"last_tile"`
}

// Golden is a query at a WGS-84 position and what does not depend on the time of
// its answer, as package goldens makes it.
type Golden struct {
	Lat      int32  `json:"lat_e7"` // 1e-7 degrees
	Lng      int32  `json:"lng_e7"`
	Postings int64  `json:"postings"` // in the window
	Answer   Digest `json:"answer"`
}

// Sealed is a copy of the manifest with its seal and id.
func (m *Manifest) Sealed() (*Manifest, error) { return m.sealedAs(Format) }

func (m *Manifest) sealedAs(format int) (*Manifest, error) {
	sealed := *m
	sealed.Format, sealed.ID, sealed.Seal = format, "", ""
	if sealed.Counts == nil { // nil and empty differ in JSON, hence in the seal
		sealed.Counts = map[string]int64{}
	}
	if sealed.Segments == nil {
		sealed.Segments = []Segment{}
	}
	b, err := sealed.encode()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	sealed.Seal = Digest(hex.EncodeToString(sum[:]))
	sealed.ID = fmt.Sprintf("r%d-%s", sealed.Sequence, sealed.Seal[:8])
	return &sealed, nil
}

func (m *Manifest) encode() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(b, '\n'), nil
}

// Write makes a sealed manifest the one of the release in dir. All its objects
// must be there.
func Write(dir string, m *Manifest) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	if _, err := Parse(b); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return atomicfile.Write(dir, Name, b)
}

// Read reads and checks the manifest of the release in dir. The error wraps
// ErrNone where there is none.
func Read(dir string) (*Manifest, error) {
	path := filepath.Join(dir, Name)
	f, err := atomicfile.OpenRegular(path)
	if errors.Is(err, os.ErrNotExist) {
		if _, missing := os.Stat(dir); errors.Is(missing, os.ErrNotExist) {
			return nil, fmt.Errorf("%w in %s: there is no such folder", ErrNone, dir)
		}
		return nil, fmt.Errorf("%w in %s: it has no %s; a build that was interrupted can be run again", ErrNone, dir, Name)
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, fmt.Errorf("%w in %s: it is a file; name the folder that holds %s", ErrNone, dir, Name)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer f.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	m, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Parse reads a manifest and checks its seal, digests and order.
func Parse(b []byte) (*Manifest, error) {
	if len(b) > maxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrInvalid, maxBytes)
	}
	var format struct{ Format int }
	if err := json.Unmarshal(b, &format); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if format.Format < oldest || format.Format > Format {
		return nil, fmt.Errorf("%w %d: this program reads formats %d to %d", ErrFormat, format.Format, oldest, Format)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	m := &Manifest{}
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	// The canonical form is the only one: what a reader skips or folds (white
	// space, duplicate keys, other cases of a key) would escape the seal.
	canonical, err := m.encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(canonical, b) {
		return nil, fmt.Errorf("%w: not in canonical form", ErrInvalid)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Manifest) check() error {
	sealed, err := m.sealedAs(m.Format)
	if err != nil {
		return err
	}
	if sealed.Seal != m.Seal || sealed.ID != m.ID {
		return fmt.Errorf("%w: the seal does not match the content", ErrInvalid)
	}
	for _, o := range []Object{m.Areas, m.Catalog} {
		if !o.Digest.Valid() || o.Bytes < 0 || o.Bytes > maxObject {
			return fmt.Errorf("%w: an object of %d bytes has digest %.80q", ErrInvalid, o.Bytes, o.Digest)
		}
	}
	if err := m.checkGolden(); err != nil {
		return err
	}
	for i, s := range m.Segments {
		switch {
		case !s.Digest.Valid() || s.Bytes <= 0 || s.Bytes > maxObject || s.Postings <= 0:
			return fmt.Errorf("%w: segment %d has %d postings, %d bytes and digest %.80q", ErrInvalid, i, s.Postings, s.Bytes, s.Digest)
		case s.FirstTile > s.LastTile || i > 0 && s.FirstTile <= m.Segments[i-1].LastTile:
			return fmt.Errorf("%w: segment %d does not come after the one before", ErrInvalid, i)
		}
	}
	return nil
}

func (m *Manifest) checkGolden() error {
	if n := len(m.Golden); n > MaxGolden || n > 0 && m.Format < 2 {
		return fmt.Errorf("%w: %d golden queries in format %d", ErrInvalid, n, m.Format)
	}
	for i, g := range m.Golden {
		if !g.Answer.Valid() || g.Postings < 0 {
			return fmt.Errorf("%w: golden query %d has %d postings and answer %.80q", ErrInvalid, i, g.Postings, g.Answer)
		}
	}
	return nil
}

// Objects are all objects of the release with the names of their files.
func (m *Manifest) Objects(yield func(name string, o Object) bool) {
	for _, s := range m.Segments {
		if !yield(s.FileName(SegmentKind), s.Object) {
			return
		}
	}
	if yield(m.Areas.FileName(AreasKind), m.Areas) {
		yield(m.Catalog.FileName(CatalogKind), m.Catalog)
	}
}

// Bytes is the size of all objects.
func (m *Manifest) Bytes() int64 {
	total := int64(0)
	for _, o := range m.Objects {
		total += o.Bytes
	}
	return total
}
