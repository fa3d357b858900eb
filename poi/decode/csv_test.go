package decode

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"geodrop/grid/coord"
	"geodrop/poi"
)

// split is every row of a text, and the lines of the rows that are no CSV.
func split(in io.Reader) (rows [][]string, lines []int, faults []int, err error) {
	r := newCSVReader(in)
	var scratch []byte
	for {
		row, err := r.next()
		if isEOF(err) {
			return rows, lines, faults, nil
		}
		if f, ok := errors.AsType[*rowFault](err); ok {
			faults = append(faults, f.line)
			continue
		}
		if err != nil {
			return rows, lines, faults, err
		}
		var fields []string
		for i := range row.fields {
			fields = append(fields, string(row.bytes(i, &scratch)))
		}
		rows, lines = append(rows, fields), append(lines, row.line)
	}
}

// standard is what encoding/csv makes of a text; false if it refuses it, or has
// rows beyond MaxColumns, which it does not bound.
func standard(text []byte) (rows [][]string, lines []int, ok bool) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, lines, true
		}
		if err != nil || len(row) > MaxColumns {
			return nil, nil, false
		}
		line, _ := r.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
}

func agreesWithStandard(t interface{ Fatalf(string, ...any) }, text []byte) {
	want, wantLines, ok := standard(text)
	if !ok {
		return
	}
	for name, in := range map[string]io.Reader{
		"at once": bytes.NewReader(text), "byte by byte": iotest.OneByteReader(bytes.NewReader(text)),
	} {
		rows, lines, faults, err := split(in)
		if err != nil || len(faults) > 0 || !reflect.DeepEqual(rows, want) || !reflect.DeepEqual(lines, wantLines) {
			t.Fatalf("%s, %q:\n%q on lines %v, faults on %v, %v\nencoding/csv: %q on lines %v", name, text, rows, lines, faults, err, want, wantLines)
		}
	}
}

func TestCSVAgreesWithStandard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		w.UseCRLF = rapid.Bool().Draw(t, "CRLF")
		field := rapid.StringOfN(rapid.RuneFrom([]rune("ab,\"\n\r é0")), 0, 6, -1)
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			if err := w.Write(rapid.SliceOfN(field, 1, 4).Draw(t, "row")); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		agreesWithStandard(t, buf.Bytes())
	})
}

// Texts that are mostly structure, most of them wrong somewhere.
func TestCSVOfStructure(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		text := make([]byte, rng.IntN(12))
		for i := range text {
			text[i] = "a,\"\n\r"[rng.IntN(5)]
		}
		agreesWithStandard(t, text)
	}
}

func TestCSVReadError(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{"", "a,b", "a,\"b", "a,b\n", "a,\"b\""} {
		_, _, _, err := split(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A POI that package poi accepts comes back from a file as it was, save for
// attributes without value.
func TestPOIsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aZ9 ,\"'=é\u4eac😀")), 0, 12, -1)
		var want []poi.POIRow
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		header := []string{"name", "opening", "lng", "id", "lat", "kind", "note"}
		w.Write(header)
		for i := range rapid.IntRange(0, 4).Draw(t, "rows") {
			p := poi.POI{
				ID:   poi.POIID("p" + text.Draw(t, "id") + "."),
				Name: text.Draw(t, "name"),
				Kind: text.Draw(t, "kind"),
				Pos: coord.E7{
					Lat: rapid.Int32Range(-coord.MaxLatE7, coord.MaxLatE7).Draw(t, "lat"),
					Lng: rapid.Int32Range(-coord.MaxLngE7, coord.MaxLngE7-1).Draw(t, "lng"),
				},
			}
			record := []string{p.Name, text.Draw(t, "opening"), e7Text(p.Pos.Lng), string(p.ID), e7Text(p.Pos.Lat), p.Kind, text.Draw(t, "note")}
			for _, c := range []int{1, 6} {
				if record[c] != "" {
					p.Attrs = append(p.Attrs, poi.Attr{Name: header[c], Value: record[c]})
				}
			}
			w.Write(record)
			want = append(want, poi.POIRow{POI: p, Line: i + 2})
		}
		w.Flush()
		got := poisIn(t, buf.Bytes())
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nreads as %+v\nwant %+v", buf.Bytes(), got, want)
		}
	})
}

func e7Text(v int32) string {
	sign, u := "", int64(v)
	if u < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%07d", sign, u/1e7, u%1e7)
}

// memory is a table in memory.
func memory(text []byte, rejects *poi.Rejects) (*table, error) {
	b := &Bundle{rejects: rejects, reported: map[string]int{}}
	t := &table{in: &input{name: "pois.csv"}, csv: newCSVReader(bytes.NewReader(text)), report: b.reporter("pois.csv")}
	return t, t.header([]string{"id", "name", "lat", "lng"})
}

func poisIn(t interface{ Fatal(...any) }, text []byte) (rows []poi.POIRow) {
	table, err := memory(text, new(poi.Rejects))
	if err != nil {
		t.Fatal(err)
	}
	r := newPOIReader(table, coord.CRSWGS84)
	for {
		batch, err := r.batch()
		rows = append(rows, batch.Rows...)
		if isEOF(err) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// benchCSV is rows like those of published POI files.
func benchCSV(rows int) []byte {
	var buf bytes.Buffer
	buf.WriteString("id,name,lat,lng,kind,country,source\n")
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range rows {
		fmt.Fprintf(&buf, "ev-osm-%d,Charging station %d,%.6f,%.6f,charging_station,DE,routesync-ev\n",
			5214722622+i, i%977, rng.Float64()*180-90, rng.Float64()*360-180)
	}
	return buf.Bytes()
}

func BenchmarkPOIs(b *testing.B) {
	text := benchCSV(100_000)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if n := len(drain(b, text)); n != 0 {
				b.Fatal(n)
			}
		}
	})
	b.Run("ours, split only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			r := newCSVReader(bytes.NewReader(text))
			for {
				if _, err := r.next(); err != nil {
					break
				}
			}
		}
	})
	b.Run("encoding-csv and strconv", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			standardPOIs(b, text)
		}
	})
	b.Run("encoding-csv, split only", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err != nil {
					break
				}
			}
		}
	})
}

// standardPOIs does the work of drain with the standard library.
func standardPOIs(b *testing.B, text []byte) {
	r := csv.NewReader(bytes.NewReader(text))
	header, err := r.Read()
	if err != nil {
		b.Fatal(err)
	}
	var batch []poi.POI
	for {
		f, err := r.Read()
		if err == io.EOF {
			return
		}
		lat, err1 := strconv.ParseFloat(f[2], 64)
		lng, err2 := strconv.ParseFloat(f[3], 64)
		at, err3 := coord.NewWGS84(coord.Lat(lat), coord.Lng(lng))
		p := poi.POI{ID: poi.POIID(f[0]), Name: f[1], Pos: at.E7(), Kind: f[4],
			Attrs: []poi.Attr{{Name: header[5], Value: f[5]}, {Name: header[6], Value: f[6]}}}
		if err := errors.Join(err, err1, err2, err3, p.Check()); err != nil {
			b.Fatal(err)
		}
		if batch = append(batch, p); len(batch) == batchRows {
			batch = nil
		}
	}
}

// drain reads all POIs of a text and drops them; it returns the rejects.
func drain(b *testing.B, text []byte) []poi.Reject {
	rejects := new(poi.Rejects)
	table, err := memory(text, rejects)
	if err != nil {
		b.Fatal(err)
	}
	r := newPOIReader(table, coord.CRSWGS84)
	for {
		if _, err := r.batch(); err != nil {
			return rejects.Kept()
		}
	}
}
