package index_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"geodrop/grid"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// Segments of released format versions stay as they are: -update writes those
// that are missing, and never those that are there.
var update = flag.Bool("update", false, "rewrite the dumps in testdata, and the segments that are missing")

// goldenPoints are few, yet have a crowded tile, both poles, both sides of the
// antimeridian, no and several labels, an empty text and one of two length
// bytes.
func goldenPoints() []point {
	points := []point{
		{pos: coord.E7{Lat: 900_000_000}, text: "north pole"},
		{pos: coord.E7{Lat: -900_000_000, Lng: 1_200_000_000}, text: "south pole"},
		{pos: coord.E7{Lat: -170_000_000, Lng: 1_799_999_999}, text: "west of the antimeridian", labels: []string{"edge"}},
		{pos: coord.E7{Lat: -170_000_000, Lng: 1_800_000_000}, text: "on the antimeridian", labels: []string{"edge"}},
		{pos: coord.E7{}, text: "", labels: []string{"", "edge", "红包"}},
		{pos: coord.E7{Lat: 514_900_000, Lng: -1_275_000}, text: strings.Repeat("long ", 30), labels: []string{"edge", "红包"}},
		{pos: coord.E7{Lat: 515_000_000, Lng: -1_270_000}, text: "in a block with others", labels: []string{"红包"}},
		{pos: coord.E7{Lat: 515_000_000, Lng: -1_270_000}, text: "at the same place"},
		{pos: coord.E7{Lat: 515_015_000, Lng: -1_230_000}, text: "in the tile to the east"},
		{pos: coord.E7{Lat: 515_160_000, Lng: -1_230_000}, text: "beside the crowd", labels: []string{"edge"}},
	}
	for i := range 16 {
		points = append(points, point{
			pos:    coord.E7{Lat: 515_145_000 + int32(i), Lng: -1_270_000},
			text:   fmt.Sprintf("crowd %d", i),
			labels: [][]string{nil, {"红包"}}[i%2],
		})
	}
	return points
}

// golden are the segments in testdata.
var golden = []struct {
	name   string
	stages int
}{
	{"v1", 8},
	{"v1-without-hash", 0},
}

func readGolden(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func parse(t testing.TB, file []byte) *index.Segment {
	t.Helper()
	s, err := index.Parse(file, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recode writes what a segment holds anew.
func recode(t testing.TB, g *grid.Grid, s *index.Segment, stages int) []byte {
	t.Helper()
	var combos index.Combinations
	w := index.NewWriter(g, &combos)
	w.LimitStages(stages)
	for _, p := range s.Postings() {
		e := index.Entry{Cell: g.Cell(p.Pos), Pos: p.Pos, Combo: combos.Add(s.Combo(p.Combo, nil)), Text: s.Text(p)}
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGoldenSegmentsStayReadable(t *testing.T) {
	g := newGrid(t)
	for _, golden := range golden {
		path := filepath.Join("testdata", golden.name+".seg")
		if _, err := os.Stat(path); *update && os.IsNotExist(err) {
			file := recode(t, g, parse(t, encode(t, g, goldenPoints(), 1000)[0]), golden.stages)
			if err := os.WriteFile(path, file, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		s, err := index.Open(path, index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(); err != nil {
			t.Error(err)
		}
		if s.Hashed() != (golden.stages > 0) {
			t.Errorf("%s: Hashed() = %v", path, s.Hashed())
		}
		if got := recode(t, g, s, golden.stages); !bytes.Equal(got, readGolden(t, golden.name+".seg")) {
			t.Errorf("%s: writing its entries anew gives other bytes", path)
		}
		x, err := index.New(g, []*index.Segment{s})
		if err != nil {
			t.Fatal(err)
		}
		checkAnswers(t, x, goldenPoints())
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// checkAnswers compares the windows at all points with brute force.
func checkAnswers(t *testing.T, x *index.Index, points []point) {
	t.Helper()
	g := x.Grid()
	byCell := map[grid.Cell][]string{}
	for _, p := range points {
		byCell[g.Cell(p.pos)] = append(byCell[g.Cell(p.pos)], p.text)
	}
	for _, p := range points {
		for _, radius := range []int{0, grid.DefaultRadius} {
			var want []string
			for _, c := range g.Cells(p.pos, radius, nil) {
				want = append(want, byCell[c]...)
			}
			slices.Sort(want)
			if got := found(x, p.pos, radius, nil); !slices.Equal(got, want) {
				t.Fatalf("window of %v, radius %d: %d postings %.80q, want %d", p.pos, radius, len(got), got, len(want))
			}
		}
	}
}

func dump(t testing.TB, file []byte, opts index.DumpOptions) string {
	t.Helper()
	var out strings.Builder
	if err := index.Dump(&out, file, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDump(t *testing.T) {
	for _, test := range []struct {
		name, of string
		opts     index.DumpOptions
	}{
		{"v1.dump", "v1.seg", index.DumpOptions{}},
		{"v1-without-hash.dump", "v1-without-hash.seg", index.DumpOptions{}},
		{"v1-short.dump", "v1.seg", index.DumpOptions{Rows: 2}},
	} {
		file := readGolden(t, test.of)
		got := dump(t, file, test.opts)
		if *update {
			if err := os.WriteFile(filepath.Join("testdata", test.name), []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := string(readGolden(t, test.name)); got != want {
			t.Errorf("the dump of %s is not testdata/%s; look at both, then run with -update:\n%s", test.of, test.name, got)
		}
		checkCoverage(t, test.name, got, len(file))
	}
}

var dumpLine = regexp.MustCompile(`^([0-9a-f]{6}) \+(\d+) +\S`)

// checkCoverage checks that the lines of a dump follow each other from byte 0
// to the end.
func checkCoverage(t *testing.T, name, dump string, size int) {
	t.Helper()
	at := 0
	for line := range strings.Lines(dump) {
		m := dumpLine.FindStringSubmatch(line)
		if m == nil {
			continue // the name of a section
		}
		offset, _ := strconv.ParseInt(m[1], 16, 0)
		n, _ := strconv.Atoi(m[2])
		if int(offset) != at {
			t.Fatalf("%s: want a line for byte %06x, got: %s", name, at, line)
		}
		at += n
	}
	if at != size {
		t.Errorf("%s covers %d bytes of %d", name, at, size)
	}
}

// TestPackageCommentListsTheSections holds the package comment against a dump.
func TestPackageCommentListsTheSections(t *testing.T) {
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(comment), "// The sections of a segment:\n//\n")
	list, _, _ = strings.Cut(list, "\n//\n")
	documented := []string{"header"}
	for _, row := range regexp.MustCompile(`(?m)^//\t(\w+) {2,}`).FindAllStringSubmatch(list, -1) {
		documented = append(documented, row[1])
	}
	var dumped []string
	for line := range strings.Lines(string(readGolden(t, "v1.dump"))) {
		if !dumpLine.MatchString(line) {
			dumped = append(dumped, strings.TrimSpace(line))
		}
	}
	if !slices.Equal(documented, dumped) {
		t.Errorf("the package comment lists %q, a dump %q", documented, dumped)
	}
}

// TestDumpOfDamagedFiles flips bits of the content: a dump still covers every
// byte, and says which section is damaged.
func TestDumpOfDamagedFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	whole := readGolden(t, "v1.seg")
	for _, s := range index.Spans(whole) {
		for at := s.Offset; at < s.End; at += 7 {
			file := bytes.Clone(whole)
			file[at] ^= 1 << (at % 8)
			got := dump(t, file, index.DumpOptions{})
			checkCoverage(t, s.Name, got, len(file))
			if strings.Count(got, "(its bytes have ") != 1 {
				t.Fatalf("byte %d of %s flipped: the dump does not say so", at, s.Name)
			}
		}
	}
	if err := index.Dump(&strings.Builder{}, whole[:100], index.DumpOptions{}); err == nil {
		t.Error("Dump of a cut header succeeded")
	}
}
