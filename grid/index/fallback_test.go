package index_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// TestFallbackAnswersTheSame looks up the same places with a prefix hash,
// without one, and with one that is damaged in every way that opens.
func TestFallbackAnswersTheSame(t *testing.T) {
	g := newGrid(t)
	r := rand.New(rand.NewPCG(41, 42))
	ps := clustered(r, 3_000)
	whole := encode(t, g, ps, len(ps))[0]
	hashed := parse(t, whole)
	tampered := func(section string, change func(data []byte)) []byte {
		file := bytes.Clone(whole)
		span := index.SpanOf(file, section)
		change(file[span.Offset:span.End])
		index.Reseal(file)
		return file
	}
	positions := make([]coord.E7, 500)
	for i := range positions {
		positions[i] = ps[r.IntN(len(ps))].pos
		positions[i].Lat = min(max(positions[i].Lat+int32(r.IntN(100_000)-50_000), -coord.MaxLatE7), coord.MaxLatE7)
	}
	x := joined(t, g, hashed)
	if !hashed.Hashed() {
		t.Fatal("the segment has no hash")
	}
	for _, test := range []struct {
		name   string
		file   []byte
		opts   index.Options
		verify bool
	}{
		{"forced", whole, index.Options{ForceBisection: true}, true},
		{"never written", recode(t, g, hashed, 0), index.Options{}, true},
		{"could not be built", recode(t, g, hashed, 1), index.Options{}, true},
		{"slots cleared", tampered("slots", func(b []byte) { clear(b) }), index.Options{}, false},
		{"slots exchanged", tampered("slots", func(b []byte) { swap(b[:len(b)/32*16], b[len(b)/32*16:]) }), index.Options{}, false},
		{"one bit of a slot", tampered("slots", func(b []byte) { b[firstSet(b)] ^= 1 }), index.Options{}, false},
		{"a block too many", tampered("slots", addBlock), index.Options{}, false},
		{"another seed", tampered("stages", func(b []byte) { b[4]++ }), index.Options{}, false},
		{"stages exchanged", tampered("stages", func(b []byte) { swap(b[:8], b[8:16]) }), index.Options{}, false},
	} {
		s, err := index.Parse(test.file, test.opts)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if s.Hashed() {
			t.Errorf("%s: Hashed() = true", test.name)
		}
		if err := s.Verify(); (err == nil) != test.verify || err != nil && !errors.Is(err, index.ErrCorrupt) {
			t.Errorf("%s: Verify = %v", test.name, err)
		}
		y := joined(t, g, s)
		for _, p := range positions {
			want := x.Window(p, grid.DefaultRadius, nil, nil)
			if got := y.Window(p, grid.DefaultRadius, nil, nil); !slices.Equal(got, want) {
				t.Fatalf("%s: window of %v is %v, want %v", test.name, p, got, want)
			}
		}
	}
}

func joined(t *testing.T, g *grid.Grid, s *index.Segment) *index.Index {
	t.Helper()
	x, err := index.New(g, []*index.Segment{s})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func swap(a, b []byte) {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	was := bytes.Clone(a)
	copy(a, b)
	copy(b, was)
}

func firstSet(b []byte) int { return slices.IndexFunc(b, func(v byte) bool { return v != 0 }) }

// addBlock fills the first free slot.
func addBlock(slots []byte) {
	for at := 0; at < len(slots); at += 16 {
		if slot := slots[at : at+16]; bytes.Equal(slot, make([]byte, 16)) {
			slot[0], slot[8] = 1, 1
			return
		}
	}
}
