package agent

import (
	"net/http"
	"net/url"
	"testing"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/releasetest"
)

// TestBegin: of an object of 100 bytes, 40 of which are here, what the header of
// an answer may say. What is refused is refused before a byte is read.
func TestBegin(t *testing.T) {
	tests := []struct {
		name   string
		status int
		length int64 // -1: not told
		ranged string
		class  Class
		have   int64 // afterwards
	}{
		{"the rest", 206, 60, "bytes 40-99/100", "", 40},
		{"the rest, without a length", 206, -1, "bytes 40-99/100", "", 40},
		{"all", 200, 100, "", "", 0},
		{"all, without a length", 200, -1, "", "", 0},
		{"more than all", 200, 101, "", Length, 0},
		{"less than all", 200, 60, "", Length, 0},
		{"more than the rest", 206, 1 << 40, "bytes 40-99/100", Length, 40},
		{"from elsewhere", 206, 60, "bytes 39-98/100", Length, 40},
		{"of another object", 206, 60, "bytes 40-99/1000", Length, 40},
		{"from nowhere", 206, 60, "", Length, 40},
		{"no such range", 416, 0, "bytes */40", Length, 40},
		{"moved", 301, 0, "", Answer, 40},
		{"gone", 410, 0, "", Missing, 40},
		{"too many", 429, 0, "", Overloaded, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			part, err := atomicfile.OpenPart(t.TempDir(), "a")
			must(t, err)
			defer func() { must(t, part.Close()) }()
			want := releasetest.Content("a", 100)
			in, err := newIntake(manifest.ObjectOf(want), "object", part)
			must(t, err)
			_, err = in.Write(want[:40])
			must(t, err)
			resp := &http.Response{
				StatusCode: tt.status, ContentLength: tt.length, Header: http.Header{"Content-Range": {tt.ranged}},
				Request: &http.Request{URL: &url.URL{Scheme: "http", Host: "one"}},
			}
			err = in.begin(resp)
			if (err == nil) != (tt.class == "") || err != nil && classOf(err) != tt.class || in.have != tt.have {
				t.Errorf("begin = %v with %d bytes here, want class %q with %d", err, in.have, tt.class, tt.have)
			}
			if _, err := in.Write(make([]byte, 101-in.have)); classOf(err) != Length {
				t.Errorf("more bytes than listed: %v", err)
			}
		})
	}
}
