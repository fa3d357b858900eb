package index_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/index"
)

// checkAccepted holds a file that Parse accepted, whatever made it, to what the
// package promises: Verify refuses it with ErrCorrupt and look-ups inside
// Protect fail with ErrCorrupt at worst; or Verify accepts it, and then
// look-ups find exactly the postings that it holds, without Protect, and
// writing them anew gives the same bytes but for the prefix hash.
func checkAccepted(t *testing.T, grids map[grid.Size]*grid.Grid, file []byte, s *index.Segment) (verified bool) {
	t.Helper()
	err := s.Verify()
	if err != nil && !errors.Is(err, index.ErrCorrupt) {
		t.Fatalf("Verify = %v, want ErrCorrupt", err)
	}
	g := gridOf(t, grids, s.CellSize())
	if g == nil {
		if err == nil {
			t.Fatalf("Verify accepts cells of %d m", s.CellSize())
		}
		return false
	}
	x, joinErr := index.New(g, []*index.Segment{s})
	if joinErr != nil {
		t.Fatal(joinErr)
	}
	if err != nil {
		lookAround(t, x, s)
		return false
	}
	checkAnswers(t, x, points(s))
	again := recode(t, g, s, 8)
	for i, span := range index.Spans(again) {
		was := index.Spans(file)[i]
		if span.Name != "stages" && span.Name != "slots" && !bytes.Equal(again[span.Offset:span.End], file[was.Offset:was.End]) {
			t.Fatalf("section %s is not what the writer makes of its entries", span.Name)
		}
	}
	return true
}

func gridOf(t *testing.T, grids map[grid.Size]*grid.Grid, size grid.Size) *grid.Grid {
	t.Helper()
	if g, ok := grids[size]; ok || size < grid.MinSize || size > grid.MaxSize {
		return g
	}
	g, err := grid.New(size)
	if err != nil {
		t.Fatal(err)
	}
	grids[size] = g
	return g
}

// points are the entries of a verified segment.
func points(s *index.Segment) []point {
	ps := make([]point, 0, s.Len())
	for _, p := range s.Postings() {
		ps = append(ps, point{pos: p.Pos, text: string(s.Text(p)), labels: s.Combo(p.Combo, nil)})
	}
	return ps
}

// lookAround does what callers do, at all positions of a segment that need not
// be sound.
func lookAround(t *testing.T, x *index.Index, s *index.Segment) {
	t.Helper()
	visible := []index.Visible{index.All()}
	read := 0
	for _, p := range s.Postings()[:min(s.Len(), 200)] {
		if !p.Pos.Valid() {
			continue
		}
		err := index.Protect(func() error {
			for _, r := range x.Window(p.Pos, grid.DefaultRadius, visible, nil) {
				for _, q := range s.Postings()[r.First:r.End] {
					read += len(s.Text(q))
					if read > 1<<20 {
						return nil // the same postings again and again
					}
					if visible[0].Sees(q.Combo) {
						s.Combo(q.Combo, nil)
					}
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, index.ErrCorrupt) {
			t.Fatalf("look-up at %v = %v, want ErrCorrupt", p.Pos, err)
		}
	}
	if _, err := s.Stats(3); err != nil && !errors.Is(err, index.ErrCorrupt) {
		t.Fatalf("Stats = %v, want ErrCorrupt", err)
	}
}

// TestResealedBitFlips flips bits and makes the checksums right again.
func TestResealedBitFlips(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	const flips = 10_000
	grids := map[grid.Size]*grid.Grid{}
	r := rand.New(rand.NewPCG(15, 16))
	whole := readGolden(t, "v1.seg")
	parsed, verified := 0, 0
	for range flips {
		spans := index.Spans(whole)
		span := spans[r.IntN(len(spans))]
		file := bytes.Clone(whole)
		at := span.Offset + r.IntN(span.End-span.Offset)
		file[at] ^= 1 << r.IntN(8)
		index.Reseal(file)
		s, err := index.Parse(file, index.Options{ForceBisection: r.IntN(2) == 0})
		if err != nil {
			if !errors.Is(err, index.ErrCorrupt) {
				t.Fatalf("byte %d of %s: Parse = %v, want ErrCorrupt", at-span.Offset, span.Name, err)
			}
			continue
		}
		parsed++
		if checkAccepted(t, grids, file, s) {
			verified++
		}
	}
	if parsed == 0 || verified == 0 || verified == parsed {
		t.Errorf("of %d files %d opened and %d verified: the test is blind", flips, parsed, verified)
	}
}

// TestSemanticCorruption tampers with single numbers and makes the checksums
// right again.
func TestSemanticCorruption(t *testing.T) {
	const big = math.MaxUint32
	whole := readGolden(t, "v1.seg")
	for _, test := range []struct {
		name    string
		section string // with the number
		at      int    // its first byte in the section
		value   []uint32
		open    string // section that Open refuses, or
		verify  string // section that Verify refuses
	}{
		{"block twice", "blocks", 16, []uint32{0x82a8a}, "", "blocks"},
		{"block without tiles", "blocks", 8, []uint32{0, 0}, "", "blocks"},
		{"block with all tiles", "blocks", 8, []uint32{big, big}, "", "blocks"},
		{"first tile far away", "blocks", 4, []uint32{big}, "", "blocks"},
		{"no such block", "blocks", 6 * 16, []uint32{big}, "", "header"},
		{"stage without slots", "stages", 8, []uint32{0}, "stages", ""},
		{"huge stages", "stages", 0, []uint32{big, 0, 15}, "stages", ""},
		{"stage sums overflow 32 bits", "stages", 0, []uint32{1 << 31, 0, 1<<31 + 14}, "stages", ""},
		{"other seed", "stages", 4, []uint32{7}, "", "slots"},
		{"slot emptied", "slots", 8, []uint32{0, 0}, "", "slots"},
		{"free slot taken", "slots", 3 * 16, []uint32{1, 1, 1, 0}, "", "slots"},
		{"first posting far away", "tiles", 0, []uint32{big}, "", "tiles"},
		{"postings of another tile", "tiles", 64, []uint32{0}, "", "tiles"},
		{"tile of no postings", "tiles", 4, []uint32{0}, "", "tiles"},
		{"tile of too many postings", "tiles", 4, []uint32{big}, "", "tiles"},
		{"no combinations in tile", "tiles", 8, []uint32{0}, "", "tiles"},
		{"crowded, starts far away", "tiles", 6*64 + 12, []uint32{big - 1}, "", "starts"},
		{"crowded, starts at the edge", "tiles", 6*64 + 12, []uint32{1}, "", "starts"},
		{"crowded, said not to be", "tiles", 6*64 + 12, []uint32{big}, "", "tiles"},
		{"not crowded, said to be", "tiles", 12, []uint32{0}, "", "starts"},
		{"counts of 15 each", "tiles", 32, slices.Repeat([]uint32{big}, 8), "", "tiles"},
		{"row begins far away", "tiles", 16, []uint32{big}, "", "tiles"},
		{"starts descend", "starts", 4, []uint32{17, 1}, "", "starts"},
		{"starts end far away", "starts", 4 * 64, []uint32{big}, "", "starts"},
		{"no such latitude", "postings", 0, []uint32{900_000_001}, "", "postings"},
		{"beyond the north pole", "postings", 2 * 16, []uint32{900_000_001}, "", "postings"},
		{"posting in another cell", "postings", 0, []uint32{0}, "", "postings"},
		{"no such combination", "postings", 8, []uint32{big}, "", "postings"},
		{"text far away", "postings", 12, []uint32{big}, "", "texts"},
		{"text of another", "postings", 12, []uint32{20}, "", "texts"},
		{"text longer than all", "texts", 0, []uint32{0xffffffff, 0xffffff7f}, "", "texts"},
		{"text length overflows", "texts", 0, []uint32{big, big, big}, "", "texts"},
		{"combinations begin late", "combos", 0, []uint32{1}, "", "combos"},
		{"combination ends far away", "combos", 4, []uint32{big}, "", "combos"},
		{"combination ends before it begins", "combos", 8, []uint32{5, 4}, "", "combos"},
		{"combinations out of order", "members", 12, []uint32{2}, "", "combos"},
		{"combinations end far away", "combos", 20, []uint32{big}, "", "combos"},
		{"no such label", "members", 0, []uint32{big}, "", "members"},
		{"label one too many", "members", 24, []uint32{3}, "", "members"},
		{"label twice", "members", 0, []uint32{0, 0}, "", "members"},
		{"label ends far away", "labels", 4, []uint32{big}, "", "labels"},
		{"labels end far away", "labels", 12, []uint32{big}, "", "labels"},
		{"labels out of order", "names", 0, []uint32{big}, "", "names"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := bytes.Clone(whole)
			span := index.SpanOf(file, test.section)
			at := span.Offset + test.at
			for i, v := range test.value {
				binary.LittleEndian.PutUint32(file[at+4*i:span.End], v)
			}
			index.Reseal(file)
			for _, opts := range []index.Options{{}, {ForceBisection: true}} {
				s, err := index.Parse(file, opts)
				if test.open != "" {
					if !errors.Is(err, index.ErrCorrupt) || !strings.Contains(err.Error(), "section "+test.open+":") {
						t.Errorf("Parse = %v, want ErrCorrupt in section %s", err, test.open)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				err = s.Verify()
				if !errors.Is(err, index.ErrCorrupt) || !strings.Contains(err.Error(), "section "+test.verify+":") {
					t.Errorf("Verify = %v, want ErrCorrupt in section %s", err, test.verify)
				}
				checkAccepted(t, map[grid.Size]*grid.Grid{}, file, s)
			}
		})
	}
}

// TestHeaderNumbers tampers with the four numbers of the header.
func TestHeaderNumbers(t *testing.T) {
	whole := readGolden(t, "v1.seg")
	for _, test := range []struct {
		name   string
		no     int
		value  uint64
		opens  bool
		verify bool
	}{
		{"as it was", 0, 200, true, true},
		{"no size", 0, 0, true, false},
		{"another size", 0, 201, true, false},
		{"size too big", 0, 1001, false, false},
		{"size beyond 16 bits", 0, 1<<16 + 200, false, false},
		{"first after last", 1, math.MaxUint64, false, false},
		{"first too early", 1, 0, true, false},
		{"last too late", 2, math.MaxUint64, true, false},
		{"last too early", 2, 0, false, false},
		{"the number that is 0", 3, 1, false, false},
	} {
		file := bytes.Clone(whole)
		binary.LittleEndian.PutUint64(file[24+8*test.no:], test.value)
		index.ResealHeader(file)
		s, err := index.Parse(file, index.Options{})
		if (err == nil) != test.opens || err != nil && !errors.Is(err, index.ErrCorrupt) {
			t.Errorf("%s: Parse = %v", test.name, err)
		}
		if err != nil {
			continue
		}
		if err := s.Verify(); (err == nil) != test.verify || err != nil && !errors.Is(err, index.ErrCorrupt) {
			t.Errorf("%s: Verify = %v", test.name, err)
		}
		checkAccepted(t, map[grid.Size]*grid.Grid{}, file, s)
	}
}

// TestWhatNoWriterWrites takes sections apart and puts them together again with
// rows too many, too few or out of place, each consistent but for one rule.
func TestWhatNoWriterWrites(t *testing.T) {
	u32 := binary.LittleEndian.AppendUint32
	put := binary.LittleEndian.PutUint32
	for _, test := range []struct {
		name    string
		change  func(c map[string][]byte)
		section string
	}{
		{"a stage without slots", func(c map[string][]byte) {
			c["stages"] = append(c["stages"], make([]byte, 8)...)
		}, "stages"},
		{"nine stages", func(c map[string][]byte) {
			c["stages"] = slices.Repeat([]byte{1, 0, 0, 0, 0, 0, 0, 0}, 9)
			c["slots"] = make([]byte, 9*16)
		}, "stages"},
		{"half a row", func(c map[string][]byte) {
			c["tiles"] = c["tiles"][:len(c["tiles"])-32]
		}, "tiles"},
		{"a block without tiles", func(c map[string][]byte) {
			c["stages"], c["slots"] = nil, nil
			row := u32(u32(u32(u32(nil, 0x82a8b), 1), 0), 0)
			c["blocks"] = slices.Insert(c["blocks"], 16, row...)
		}, "blocks"},
		{"a tile without postings", func(c map[string][]byte) {
			clear(c["tiles"][8*64+4 : 8*64+12])
			clear(c["tiles"][8*64+16:])
			c["postings"] = c["postings"][:25*16]
			c["texts"] = c["texts"][:len(c["texts"])-25]
		}, "tiles"},
		{"crowded without need", func(c map[string][]byte) {
			put(c["tiles"][12:], 0)
			clear(c["tiles"][16:64])
			put(c["tiles"][6*64+12:], 65)
			var starts []byte
			for slot := range uint32(65) {
				starts = u32(starts, min(slot/9, 1)) // in cell 8
			}
			c["starts"] = append(starts, c["starts"]...)
		}, "starts"},
		{"starts too many", func(c map[string][]byte) { c["starts"] = u32(c["starts"], 17) }, "starts"},
		{"postings too many", func(c map[string][]byte) {
			c["postings"] = append(c["postings"], make([]byte, 16)...)
		}, "postings"},
		{"a label that none has", func(c map[string][]byte) {
			c["names"] = append(c["names"], 0xff)
			c["labels"] = u32(c["labels"], uint32(len(c["names"])))
		}, "labels"},
		{"a combination that none has", func(c map[string][]byte) {
			put(c["postings"][3*16+8:], 4) // the only one with combination 3
			put(c["tiles"][3*64+8:], 1<<4)
		}, "combos"},
		{"a text twice in a cell", func(c map[string][]byte) {
			copy(c["texts"][bytes.Index(c["texts"], []byte("crowd 1\x08")):], "crowd 0")
		}, "texts"},
		{"texts too long", func(c map[string][]byte) { c["texts"] = append(c["texts"], 0) }, "texts"},
	} {
		whole := readGolden(t, "v1.seg")
		contents := map[string][]byte{}
		for _, s := range index.Spans(whole) {
			contents[s.Name] = bytes.Clone(whole[s.Offset:s.End])
		}
		test.change(contents)
		var ordered [][]byte
		for _, name := range index.SectionNames() {
			ordered = append(ordered, contents[name])
		}
		file := index.Assemble(index.Numbers(whole), ordered)
		s, err := index.Parse(file, index.Options{})
		if err == nil {
			checkAccepted(t, map[grid.Size]*grid.Grid{}, file, s)
			err = s.Verify()
		}
		if !errors.Is(err, index.ErrCorrupt) || !strings.Contains(err.Error(), "section "+test.section+":") {
			t.Errorf("%s: %v, want ErrCorrupt in section %s", test.name, err, test.section)
		}
	}
}

func TestTextOfDamagedFileIsNil(t *testing.T) {
	for name, length := range map[string]string{
		"overlong":     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"unended":      strings.Repeat("\xff", 410),
		"past the end": "\xff\x7f",
	} {
		file := readGolden(t, "v1.seg")
		span := index.SpanOf(file, "texts")
		copy(file[span.Offset:span.End], length)
		index.Reseal(file)
		s := parse(t, file)
		if got := s.Text(s.Postings()[0]); got != nil {
			t.Errorf("length %s: text %q, want nil", name, got)
		}
	}
}

func TestParseRefusesOtherKinds(t *testing.T) {
	file := readGolden(t, "v1.seg")
	file[10]++
	index.ResealHeader(file)
	if _, err := index.Parse(file, index.Options{}); !errors.Is(err, index.ErrCorrupt) || !strings.Contains(err.Error(), "kind 2") {
		t.Errorf("Parse of another kind of file = %v", err)
	}
}
