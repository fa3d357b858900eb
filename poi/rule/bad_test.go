package rule

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/poi/decode"
)

// Whatever is wrong with a file is an error at its place, and the rest is read.
func TestBadInput(t *testing.T) {
	const header = "id,name,lat,lng\n"
	feature := func(rings string) string {
		return `{"type":"FeatureCollection","features":[` + "\n" + `{"type":"Feature","properties":{"adcode":"9","name":"N"},"geometry":{"type":"Polygon","coordinates":` + rings + "}}]}\n"
	}
	tests := []struct {
		name, file, text string
		line             int // 0: of the file
		rule             string
	}{
		{"NaN", "pois_x.csv", header + "x,X,NaN,0\n", 2, ""},
		{"infinite", "pois_x.csv", header + "x,X,+Inf,0\n", 2, ""},
		{"beyond every float", "pois_x.csv", header + "x,X,1e999,0\n", 2, ""},
		{"an ulp beyond the pole", "pois_x.csv", header + "x,X,90.00000000000001,0\n", 2, ""},
		{"beyond the antimeridian", "pois_x.csv", header + "x,X,0,180.0000001\n", 2, ""},
		{"a million columns", "pois_x.csv", strings.Repeat("a,", 1<<20) + "\n", 1, idUnreadable},
		{"a row of a million columns", "pois_x.csv", header + strings.Repeat(",", 1<<20) + "\n", 2, ""},
		{"UTF-16", "pois_x.csv", "\xff\xfei\x00d\x00", 1, idUnreadable},
		{"no header", "pois_x.csv", "", 1, idUnreadable},
		{"a quote that is never closed", "pois_x.csv", header + "\"x,X,0,0\n", 2, "bad-row"},
		{"invalid UTF-8", "pois_x.csv", header + "x,\xff,0.1,0.1\n", 2, "text-control"},
		{"a zip", "pois_x.csv", "PK\x03\x04", 0, idUnreadable},
		{"half a gzip", "pois_x.csv.gz", "\x1f\x8b\x08", 0, idUnreadable},
		{"an id with a space", "pois_x.csv", header + "\" x\",X,0.1,0.1\n", 2, "bad-value"},
		{"minus one", "quotas.csv", "task_id,prize,district,units\nrides,badge,1001,-1\n", 2, "amount-illegal"},
		{"2^63", "quotas.csv", "task_id,prize,district,units\nrides,badge,1001,9223372036854775808\n", 2, "amount-illegal"},
		{"trailing data", "districts_x.geojson", `{"type":"FeatureCollection","features":[]} x`, 1, idUnreadable},
		{"duplicate member", "districts_x.geojson", `{"type":"FeatureCollection","type":"FeatureCollection","features":[]}`, 1, idUnreadable},
		{"depth", "districts_x.geojson", feature(strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), 2, ""},
		{"a line for an area", "districts_x.geojson", feature("[[[0,0],[1,0],[0,0]]]"), 2, ""},
		{"beyond the pole", "districts_x.geojson", feature("[[[0,80],[1,80],[1,91],[0,80]]]"), 2, ""},
		{"over the antimeridian", "districts_x.geojson", feature("[[[170,0],[-170,0],[-170,1],[170,0]]]"), 2, ""},
		{"anchors", "tasks.yaml", "tasks:\n  - &a {id: x}\n  - *a\n", 2, "bad-row"},
		{"two documents", "tasks.yaml", "tasks: []\n---\ntasks: []\n", 2, idUnreadable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := clean()
			files[tt.file] = tt.text
			r := validated(t, files, Options{})
			if r.Count(Error) == 0 {
				t.Fatalf("nothing is wrong:\n%s", messages(r))
			}
			for _, f := range r.Findings {
				if f.At.File == tt.file && (f.At.Line == tt.line || tt.line == 0) && f.Severity == Error && (f.Rule == tt.rule || tt.rule == "") {
					return
				}
			}
			t.Errorf("no error of %q at %s:%d:\n%s", tt.rule, tt.file, tt.line, messages(r))
		})
	}
}

// A bomb of a gzip file costs its rows, not its size.
func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(append([]byte("id,name,lat,lng\n"), make([]byte, 16<<20)...))
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	files := clean()
	files["pois_bomb.csv.gz"] = packed.String()
	if r := validated(t, files, Options{}); r.Count(Error) == 0 {
		t.Error("16 MiB of zeros are in order")
	}
}

// Files do not lead out of the bundle.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "pois.csv")); err != nil {
		t.Fatal(err)
	}
	_, err := decode.Open(dir, decode.Options{})
	if r, ok := Unreadable(err, Options{}); !ok || r.Findings[0].At.File != "pois.csv" {
		t.Errorf("a link out of the bundle: %v", err)
	}
}
