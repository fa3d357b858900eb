package builder

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/data/sample"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
	"geodrop/sync/manifest"
)

// objects are the names of a release's objects: their digests.
func objects(t testing.TB, dir string) []string {
	t.Helper()
	m, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range m.Objects {
		names = append(names, name)
	}
	return names
}

// town is a config of n POIs in towns, with sets, districts and zones; text is
// how many bytes each POI has.
func town(t failer, n, text int) *memory {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	m := parse(t, `
		zone water water 10.02 10.02 10.03 10.03
		zone school school 10.05 10.05 10.08 10.08 timed
		zone fair fair 10.06 10.06 10.09 10.09 timed
		task everywhere all *=10 d3=0
		task parks set1 d4=10`)
	for i := range 10 {
		south := 10 + 0.02*float64(i)
		m.districts = append(m.districts, &poi.District{
			Adcode: poi.Adcode(fmt.Sprint("d", 9-i)), Name: fmt.Sprint("District ", i), Shape: box(t, south, 10, south+0.025, 10.15)})
	}
	m.pois = nil
	for i := range n {
		if i%400 == 0 {
			m.pois = append(m.pois, poi.POIBatch{File: fmt.Sprintf("pois-%d.csv", i/4000)})
		}
		b := &m.pois[len(m.pois)-1]
		p := poi.POI{ID: poi.POIID(fmt.Sprint("poi-", i)), Name: fmt.Sprint("Place ", i), Kind: "shop",
			Pos: coord.E7{Lat: 100_000_000 + r.Int32N(2_000_000), Lng: 100_000_000 + r.Int32N(2_000_000)}}
		for left := text; left > 0; left -= poi.MaxAttrValue {
			p.Attrs = append(p.Attrs, poi.Attr{Name: fmt.Sprint("a", left), Value: strings.Repeat("x", min(left, poi.MaxAttrValue))})
		}
		b.Rows = append(b.Rows, poi.POIRow{POI: p, Line: i%4000 + 2})
		for set := range r.IntN(4) {
			m.addMembership(poi.SetID(fmt.Sprint("set", set*r.IntN(3))), p.ID)
		}
	}
	return m
}

// shuffled is the same content in another order, in other files and batches.
func shuffled(m *memory, seed uint64) *memory {
	r := rand.New(rand.NewPCG(seed, 0))
	s := &memory{config: m.config, districts: slices.Clone(m.districts), zones: slices.Clone(m.zones), keyOrder: seed == 0}
	var pois []poi.POIRow
	for _, b := range m.pois {
		pois = append(pois, b.Rows...)
	}
	var members []poi.MembershipRow
	for _, b := range m.memberships {
		members = append(members, b.Rows...)
	}
	members = append(members, members[:len(members)/3]...)
	shuffle(r, s.districts)
	shuffle(r, s.zones)
	shuffle(r, pois)
	shuffle(r, members)
	for b := range slices.Chunk(pois, 333) {
		s.pois = append(s.pois, poi.POIBatch{File: fmt.Sprint("file", r.IntN(5)), Rows: b})
	}
	for b := range slices.Chunk(members, 77) {
		s.memberships = append(s.memberships, poi.MembershipBatch{File: "members", Rows: b})
	}
	for _, b := range s.pois {
		for i := range b.Rows {
			b.Rows[i].Line = 0 // as a database has it
		}
	}
	return s
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

func TestEqualContentGivesEqualBytes(t *testing.T) {
	t.Parallel()
	m := town(t, full(20_000), 100)
	build := func(src poi.Source, o Options) []string {
		o.Out, o.TempDir = t.TempDir(), t.TempDir()
		o.SegmentBytes = 200_000
		built(t, src, o)
		if left := listing(t, o.TempDir); len(left) > 0 {
			t.Errorf("left in the folder for spills: %q", left)
		}
		return objects(t, o.Out)
	}
	want := build(m, Options{})
	if len(want) < 5 {
		t.Fatalf("only %d objects", len(want))
	}
	tests := []struct {
		name    string
		source  poi.Source
		options Options
	}{
		{"again", town(t, full(20_000), 100), Options{}},
		{"another order", shuffled(m, 0), Options{}},
		{"yet another order", shuffled(m, 1), Options{}},
		{"little memory", shuffled(m, 2), Options{Memory: MinMemory}},
		{"much memory", m, Options{Memory: 4 << 30}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := build(tt.source, tt.options); !slices.Equal(got, want) {
				t.Errorf("the objects are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// A build whose rows do not fit in its memory gives the same bytes as one whose
// rows do.
func TestSpillingChangesNothing(t *testing.T) {
	t.Parallel()
	m := town(t, 12_000, 3*poi.MaxAttrValue)
	var spilled bool
	dirs := map[int64]string{MinMemory: t.TempDir(), 1 << 30: t.TempDir()}
	for memory, dir := range dirs {
		temp := t.TempDir()
		m.at = func(what string) error {
			if what == "config" || memory > MinMemory {
				return nil
			}
			spilled = spilled || len(listing(t, temp)) > 0
			return nil
		}
		built(t, m, Options{Out: dir, TempDir: temp, Memory: memory})
		if left := listing(t, temp); len(left) > 0 {
			t.Errorf("left in the folder for spills: %q", left)
		}
	}
	if !spilled {
		t.Error("nothing was spilled: the test needs more rows")
	}
	if got, want := objects(t, dirs[MinMemory]), objects(t, dirs[1<<30]); !slices.Equal(got, want) {
		t.Errorf("with little memory the objects are %q, want %q", got, want)
	}
}

// The shipped sample gives the same objects, plain, packed, and cut into more
// files.
func TestFormOfTheBundleChangesNothing(t *testing.T) {
	files := map[string][]byte{}
	err := fs.WalkDir(sample.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(sample.FS(), name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	packed := map[string][]byte{}
	for name, b := range files {
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		z.Write(b)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		packed[name+".gz"] = buf.Bytes()
	}
	cut := map[string][]byte{}
	for name, b := range files {
		cut[name] = b
	}
	header, rows, _ := bytes.Cut(files["pois.csv"], []byte("\n"))
	header = bytes.TrimSuffix(header, []byte("\r"))
	half := len(rows)/2 + bytes.IndexByte(rows[len(rows)/2:], '\n') + 1
	cut["pois.csv"] = slices.Concat(header, []byte("\r\n"), rows[half:])
	cut["pois-more.csv"] = slices.Concat([]byte("\ufeff"), header, []byte("\n"), rows[:half])

	var want []string
	for _, bundle := range []map[string][]byte{files, packed, cut} {
		got := objectsOfBundle(t, bundle)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("the objects are %q, want %q", got, want)
		}
	}
}

func objectsOfBundle(t *testing.T, files map[string][]byte) []string {
	t.Helper()
	dir, out := t.TempDir(), t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	src, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	built(t, src, Options{Out: out})
	return objects(t, out)
}

// What a build says of its input does not differ from build to build either.
func TestRejectsComeInTheOrderOfTheRows(t *testing.T) {
	m := parse(t, "poi a 1 1")
	for i := range 300 {
		m.addPOI(poi.POI{ID: poi.POIID(fmt.Sprint("p", i/3))})
		m.addMembership("s", poi.POIID(fmt.Sprint("none", i)))
	}
	s := built(t, m, Options{Out: t.TempDir(), MaxRejected: 1})
	line := map[string]int{}
	for _, r := range s.Rejects {
		if r.Line <= line[r.File] {
			t.Fatalf("line %d of %s comes after %d", r.Line, r.File, line[r.File])
		}
		line[r.File] = r.Line
	}
	if s.Duplicates != 200 || s.Dangling != 300 || len(s.Rejects) != 2*poi.DefaultKeep || line["poi_sets.csv"] != 101 {
		t.Errorf("%d duplicates, %d dangling, %d kept, the last at %v", s.Duplicates, s.Dangling, len(s.Rejects), line)
	}
}
