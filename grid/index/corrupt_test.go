package index_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/grid/index"
)

// A victim is a file on disk that a test damages.
type victim struct {
	t     *testing.T
	path  string
	whole []byte
	open  func(path string) (io.Closer, error)
}

func newVictim(t *testing.T, whole []byte) *victim {
	return &victim{t: t, path: filepath.Join(t.TempDir(), "victim.seg"), whole: whole, open: func(path string) (io.Closer, error) {
		return index.Open(path, index.Options{})
	}}
}

// refused writes the file and checks that Open refuses it with an error that
// wraps want, names the file and, unless that is the version, a section.
func (v *victim) refused(file []byte, want error, section, damage string, args ...any) {
	v.t.Helper()
	if err := os.WriteFile(v.path, file, 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.openRefuses(want, section, damage, args...)
}

func (v *victim) openRefuses(want error, section, damage string, args ...any) {
	v.t.Helper()
	s, err := v.open(v.path)
	if err == nil {
		s.Close()
		v.t.Fatalf("%s: Open accepts it", fmt.Sprintf(damage, args...))
	}
	named := strings.Contains(err.Error(), v.path) &&
		(want != index.ErrCorrupt || strings.Contains(err.Error(), "section "+section+":"))
	if !errors.Is(err, want) || !named {
		v.t.Fatalf("%s: Open = %v; want %v, the file and section %s", fmt.Sprintf(damage, args...), err, want, section)
	}
}

// flip turns one bit of the file on disk over, for as long as f runs.
func (v *victim) flip(disk *os.File, bit int, f func()) {
	v.t.Helper()
	at := int64(bit / 8)
	if _, err := disk.WriteAt([]byte{v.whole[at] ^ 1<<(bit%8)}, at); err != nil {
		v.t.Fatal(err)
	}
	f()
	if _, err := disk.WriteAt(v.whole[at:at+1], at); err != nil {
		v.t.Fatal(err)
	}
}

func (v *victim) onDisk() *os.File {
	v.t.Helper()
	if err := os.WriteFile(v.path, v.whole, 0o600); err != nil {
		v.t.Fatal(err)
	}
	disk, err := os.OpenFile(v.path, os.O_RDWR, 0)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { disk.Close() })
	return disk
}

// mediumSegment has several pages in its bigger sections.
func mediumSegment(t testing.TB) []byte {
	return encode(t, newGrid(t), clustered(rand.New(rand.NewPCG(11, 12)), 1_500), 10_000)[0]
}

func TestOpenRefusesCutFiles(t *testing.T) {
	v := newVictim(t, readGolden(t, "v1.seg"))
	cuts := []int{len(v.whole) - 1}
	for n := range index.HeaderSize() + 1 {
		cuts = append(cuts, n)
	}
	for _, s := range index.Spans(v.whole) {
		cuts = append(cuts, s.Offset-1, s.Offset, s.Offset+1, s.End-1, s.End, s.End+1)
	}
	for _, n := range cuts {
		v.refused(v.whole[:n], index.ErrCorrupt, "header", "cut to %d bytes", n)
	}
}

func TestOpenRefusesCutFilesThatSayTheirLength(t *testing.T) {
	v := newVictim(t, readGolden(t, "v1.seg"))
	spans := index.Spans(v.whole)
	for i, s := range spans {
		for _, n := range []int{s.Offset - 64, s.Offset, s.End - 1} {
			if n < index.HeaderSize() {
				continue
			}
			file := bytes.Clone(v.whole[:n])
			binary.LittleEndian.PutUint64(file[16:], uint64(n))
			index.ResealHeader(file)
			section := s.Name
			if n < s.Offset && i > 0 && n < spans[i-1].End {
				section = spans[i-1].Name
			}
			v.refused(file, index.ErrCorrupt, section, "cut to %d bytes", n)
		}
	}
}

func TestOpenRefusesEveryHeaderBitFlip(t *testing.T) {
	v := newVictim(t, readGolden(t, "v1.seg"))
	disk := v.onDisk()
	for bit := range 8 * index.HeaderSize() {
		want := index.ErrCorrupt
		if at := bit / 8; at == 8 || at == 9 {
			want = index.ErrVersion
		}
		v.flip(disk, bit, func() { v.openRefuses(want, "header", "bit %d flipped", bit) })
	}
}

func TestOpenRefusesBodyBitFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	v := newVictim(t, mediumSegment(t))
	disk := v.onDisk()
	spans := index.Spans(v.whole)
	r := rand.New(rand.NewPCG(13, 14))
	for range 10_000 {
		bit := 8*index.HeaderSize() + r.IntN(8*(len(v.whole)-index.HeaderSize()))
		section := "header" // zeros after the last section
		for _, s := range slices.Backward(spans) {
			if bit/8 < s.End {
				section = s.Name // the zeros before it, too
			}
		}
		v.flip(disk, bit, func() { v.openRefuses(index.ErrCorrupt, section, "bit %d flipped", bit) })
	}
}

func TestOpenRefusesOtherDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	v := newVictim(t, mediumSegment(t))
	for _, tail := range [][]byte{{0}, {1}, make([]byte, 64), make([]byte, 4096), v.whole} {
		v.refused(append(bytes.Clone(v.whole), tail...), index.ErrCorrupt, "header", "%d bytes appended", len(tail))
		file := append(bytes.Clone(v.whole), tail...)
		binary.LittleEndian.PutUint64(file[16:], uint64(len(file)))
		index.ResealHeader(file)
		v.refused(file, index.ErrCorrupt, "header", "%d bytes appended, length right", len(tail))
	}
	for at := 0; at < len(v.whole); at += 4096 {
		file := bytes.Clone(v.whole)
		clear(file[at:min(at+4096, len(file))])
		if at == 0 {
			v.refused(file, index.ErrCorrupt, "header", "first page zeroed")
			continue
		}
		if _, err := index.Parse(file, index.Options{}); !errors.Is(err, index.ErrCorrupt) {
			t.Errorf("page at %d zeroed: Parse = %v", at, err)
		}
	}
	spans := index.Spans(v.whole)
	for i, a := range spans {
		for j, b := range spans[:i] {
			file := bytes.Clone(v.whole)
			index.SwapTableRows(file, i, j)
			v.refused(file, index.ErrCorrupt, "header", "rows of %s and %s swapped", a.Name, b.Name)
			index.ResealHeader(file)
			v.refused(file, index.ErrCorrupt, "header", "rows of %s and %s swapped, resealed", a.Name, b.Name)

			file = bytes.Clone(v.whole)
			n := min(a.End-a.Offset, b.End-b.Offset)
			copy(file[a.Offset:], v.whole[b.Offset:b.Offset+n])
			copy(file[b.Offset:], v.whole[a.Offset:a.Offset+n])
			if n > 0 && !bytes.Equal(file, v.whole) {
				v.refused(file, index.ErrCorrupt, b.Name, "contents of %s and %s swapped", a.Name, b.Name)
			}
		}
	}
	v.refused(nil, index.ErrCorrupt, "header", "empty")
	v.refused([]byte("PK\x03\x04"+strings.Repeat("x", 1000)), index.ErrCorrupt, "header", "a zip file")
}

func TestOpenOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := index.Open(filepath.Join(dir, "none"), index.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of no file = %v", err)
	}
	if _, err := index.Open(dir, index.Options{}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("Open of a folder = %v", err)
	}
}

// TestParseRefusesOddMemory gives Parse memory that rows cannot be read from in
// place.
func TestParseRefusesOddMemory(t *testing.T) {
	whole := readGolden(t, "v1.seg")
	memory := make([]byte, len(whole)+1)
	copy(memory[1:], whole)
	if _, err := index.Parse(memory[1:], index.Options{}); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("Parse of unaligned memory = %v, want ErrCorrupt", err)
	}
}
