package extsort

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// item is a record of a test.
type item struct {
	key     uint64
	payload []byte
}

func compareItems(a, b item) int {
	return cmp.Or(cmp.Compare(a.key, b.key), bytes.Compare(a.payload, b.payload))
}

func sortedItems(items []item) []item {
	want := slices.Clone(items)
	slices.SortFunc(want, compareItems)
	return want
}

// run sorts items and returns what came out, with the sorter closed.
func run(o Options, items []item) ([]item, Stats, error) {
	s := New(o)
	got, err := drain(s, items)
	err = errors.Join(err, s.Close())
	return got, s.Stats(), err
}

func drain(s *Sorter, items []item) ([]item, error) {
	for _, it := range items {
		if err := s.Add(it.key, it.payload); err != nil {
			return nil, err
		}
	}
	it, err := s.Sort(background)
	if err != nil {
		return nil, err
	}
	var got []item
	for it.Next() {
		got = append(got, item{it.Key(), bytes.Clone(it.Payload())})
	}
	return got, it.Err()
}

func diffItems(got, want []item) error {
	for i := range min(len(got), len(want)) {
		if compareItems(got[i], want[i]) != 0 {
			return fmt.Errorf("record %d is %x %.40x, want %x %.40x", i, got[i].key, got[i].payload, want[i].key, want[i].payload)
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d records, want %d", len(got), len(want))
	}
	return nil
}

// emptyDir fails the test if something is left in dir.
func emptyDir(t interface{ Fatalf(string, ...any) }, dir string) {
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Fatalf("left in the folder: %v %v", left, err)
	}
}

// mix makes n records whose keys and sizes are drawn by the functions.
func mix(n int, key func(*rand.Rand) uint64, size func(*rand.Rand) int) []item {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	items := make([]item, n)
	for i := range items {
		p := make([]byte, size(r))
		for j := range p {
			p[j] = byte(r.Uint32())
		}
		items[i] = item{key(r), p}
	}
	return items
}

func anyKey(r *rand.Rand) uint64  { return r.Uint64() }
func fewKeys(r *rand.Rand) uint64 { return r.Uint64N(5) * (math.MaxUint64 / 4) }
func oneKey(*rand.Rand) uint64    { return math.MaxUint64 }

func fixed(n int) func(*rand.Rand) int { return func(*rand.Rand) int { return n } }
func upTo(n int) func(*rand.Rand) int  { return func(r *rand.Rand) int { return r.IntN(n + 1) } }

// sometimes is up to small bytes, and large ones once in a while.
func sometimes(small, large, every int) func(*rand.Rand) int {
	return func(r *rand.Rand) int {
		if r.IntN(every) == 0 {
			return large - r.IntN(3)
		}
		return r.IntN(small + 1)
	}
}

func TestSort(t *testing.T) {
	largest := Options{Memory: MinMemory}.geometry().maxPayload()
	inline := Options{Memory: MinMemory}.geometry().inline()
	tests := []struct {
		name    string
		memory  int64
		fanIn   int
		items   []item
		minRuns int
		minPass int
	}{
		{name: "nothing"},
		{name: "one", items: mix(1, anyKey, fixed(3))},
		{name: "in memory", items: mix(20000, anyKey, upTo(60))},
		{name: "empty payloads", memory: MinMemory, items: mix(20000, anyKey, fixed(0)), minRuns: 2},
		{name: "identical", memory: MinMemory, items: mix(20000, oneKey, fixed(0)), minRuns: 2},
		{name: "one key", memory: MinMemory, items: mix(20000, oneKey, upTo(60)), minRuns: 5},
		{name: "least and greatest keys", memory: MinMemory, items: mix(20000, fewKeys, upTo(60)), minRuns: 5},
		{name: "few runs", memory: 1 << 20, items: mix(60000, anyKey, fixed(60)), minRuns: 2},
		{name: "passes", memory: MinMemory, items: mix(60000, anyKey, fixed(60)), minRuns: 30, minPass: 1},
		{name: "passes of two", memory: MinMemory, fanIn: 2, items: mix(8000, anyKey, upTo(120)), minRuns: 8, minPass: 4},
		{name: "around a block", memory: MinMemory, items: mix(2000, fewKeys, sometimes(20, inline-8, 3)), minRuns: 5},
		{name: "larger than a block", memory: MinMemory, items: mix(3000, anyKey, sometimes(60, 3000, 9)), minRuns: 5},
		{name: "large in memory", memory: 1 << 24, items: mix(200, anyKey, fixed(40000))},
		{name: "largest", memory: MinMemory, items: mix(200, fewKeys, fixed(largest)), minRuns: 5},
		{name: "largest among small", memory: MinMemory, items: mix(3000, anyKey, sometimes(200, largest, 20)), minRuns: 5, minPass: 1},
		{name: "long common prefixes", memory: 1 << 20, items: prefixed(3000), minRuns: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			got, st, err := run(Options{Memory: tt.memory, TempDir: dir, fanIn: tt.fanIn}, tt.items)
			if err != nil {
				t.Fatal(err)
			}
			if err := diffItems(got, sortedItems(tt.items)); err != nil {
				t.Fatal(err)
			}
			emptyDir(t, dir)
			if st.Runs < tt.minRuns || st.MergePasses < tt.minPass || (tt.minRuns == 0 && st.SpilledBytes > 0) {
				t.Errorf("%+v does not exercise what it should", st)
			}
			if limit := max(tt.memory, MinMemory); tt.memory > 0 && st.PeakMemory > limit {
				t.Errorf("held %d bytes of %d", st.PeakMemory, limit)
			}
			if st.Records != int64(len(tt.items)) {
				t.Errorf("counted %d of %d records", st.Records, len(tt.items))
			}
		})
	}
}

// prefixed makes records that differ only far inside or in their length.
func prefixed(n int) []item {
	r := rand.New(rand.NewPCG(3, 4))
	items := make([]item, n)
	for i := range items {
		p := make([]byte, r.IntN(600))
		if len(p) > 300 {
			p[280+r.IntN(20)] = byte(r.IntN(3))
		}
		items[i] = item{1, p}
	}
	return items
}

func TestSortProperty(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Memory:  int64(rapid.IntRange(MinMemory, 4*MinMemory).Draw(t, "memory")),
			TempDir: dir,
			fanIn:   rapid.IntRange(2, 20).Draw(t, "fan-in"),
		}
		g := o.geometry()
		keys := rapid.SampledFrom([]func(*rand.Rand) uint64{anyKey, fewKeys, oneKey}).Draw(t, "keys")
		size := rapid.SampledFrom([]int{0, 9, 70, 130, 600}).Draw(t, "size")
		large := rapid.IntRange(0, g.maxPayload()).Draw(t, "large")
		n := rapid.IntRange(0, 3000).Draw(t, "n")
		items := mix(n, keys, sometimes(size, max(large, 2), rapid.IntRange(10, 1000).Draw(t, "every")))
		got, st, err := run(o, items)
		if err != nil {
			t.Fatal(err)
		}
		if err := diffItems(got, sortedItems(items)); err != nil {
			t.Fatal(err)
		}
		if st.PeakMemory > o.Memory {
			t.Fatalf("held %d bytes of %d", st.PeakMemory, o.Memory)
		}
		emptyDir(t, dir)
	})
}

func TestOutputIsIndependentOfArrival(t *testing.T) {
	items := mix(20000, fewKeys, upTo(3))
	r := rand.New(rand.NewPCG(5, 6))
	var first []item
	for _, memory := range []int64{MinMemory, 1 << 18, 1 << 24} {
		r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		got, _, err := run(Options{Memory: memory, TempDir: t.TempDir()}, items)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if err := diffItems(got, first); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInMemoryTouchesNoFile(t *testing.T) {
	o := Options{TempDir: "/nonexistent/folder"}
	if _, _, err := run(o, mix(50000, anyKey, fixed(60))); err != nil {
		t.Fatal(err)
	}
}

func TestTooLarge(t *testing.T) {
	s := New(Options{Memory: MinMemory, TempDir: t.TempDir()})
	defer s.Close()
	if err := s.Add(1, make([]byte, s.maxPayload()+1)); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	got, err := drain(s, []item{{2, []byte("still works")}})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %v", got, err)
	}
}

func TestOrderOfCalls(t *testing.T) {
	s := New(Options{})
	if err := s.Add(1, nil); err != nil {
		t.Fatal(err)
	}
	it, err := s.Sort(background)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(2, nil); !errors.Is(err, ErrSorted) {
		t.Errorf("Add after Sort: %v", err)
	}
	if _, err := s.Sort(background); !errors.Is(err, ErrSorted) {
		t.Errorf("Sort after Sort: %v", err)
	}
	if err := it.Close(); err != nil {
		t.Error(err)
	}
	if it.Next() || it.Err() != nil {
		t.Errorf("Next after Close, %v", it.Err())
	}
	if err := s.Add(2, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Add after Close: %v", err)
	}
	if _, err := s.Sort(background); !errors.Is(err, ErrClosed) {
		t.Errorf("Sort after Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestCloseEarly(t *testing.T) {
	items := mix(20000, anyKey, fixed(60))
	for _, n := range []int{0, 1, 500, 5000, len(items)} {
		dir := t.TempDir()
		s := New(Options{Memory: MinMemory, TempDir: dir})
		for _, it := range items[:n] {
			if err := s.Add(it.key, it.payload); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("after %d: %v", n, err)
		}
		emptyDir(t, dir)
	}
}

func TestPayloadOutlivesClose(t *testing.T) {
	// Forbidden, but must not be a fault that kills the process.
	for _, size := range []int{10, 3000} {
		s := New(Options{Memory: MinMemory, TempDir: t.TempDir()})
		if err := s.Add(1, bytes.Repeat([]byte{7}, size)); err != nil {
			t.Fatal(err)
		}
		it, err := s.Sort(background)
		if err != nil || !it.Next() {
			t.Fatal(err)
		}
		payload := it.Payload()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if payload[0] != 7 {
			t.Error("payload has changed")
		}
	}
}
