package console_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/poi/decode"
)

// noon is the time of the node: tasks of the sample are open.
var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// hostile is a place of the release whose name and id are markup.
const hostile = `<img src=x onerror=alert(1)>`

// site is a node with the sample. It can be without a release, and busy.
type site struct {
	release  *query.Release
	outlines []byte
	shown    atomic.Bool
	busy     atomic.Int64 // lookups to turn away
	tiled    atomic.Bool  // as a release too large for one answer is
	url      string
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	bundle, out := filepath.Join(dir, "bundle"), filepath.Join(dir, "release")
	if err := sample.Write(bundle); err != nil {
		t.Fatal(err)
	}
	row := "id,name,lat,lng\n\"" + hostile + "\",\"" + hostile + "\",51.47,-0.11\n"
	if err := os.WriteFile(filepath.Join(bundle, "pois-hostile.csv"), []byte(row), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &site{outlines: build(t, bundle, out)}
	var err error
	if s.release, err = query.Open(out, query.Options{Now: func() time.Time { return noon }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.release.Close(); err != nil {
			t.Error(err)
		}
	})
	node, err := server.New(server.Options{Releases: s, Now: func() time.Time { return noon }, Attribution: sample.Attribution()})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.shed(s.tile(node)))
	t.Cleanup(web.Close)
	s.url = web.URL
	s.shown.Store(true)
	return s
}

// build builds the bundle and returns the outlines of its districts.
func build(t *testing.T, bundle, out string) []byte {
	t.Helper()
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	ctx := context.Background()
	if _, err := builder.Build(ctx, src, builder.Options{Out: out}); err != nil {
		t.Fatal(err)
	}
	type outline struct {
		ID    string         `json:"id"`
		Name  string         `json:"name"`
		Rings [][][2]float64 `json:"rings"`
	}
	var drawn []outline
	for d, err := range src.Districts(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		o := outline{ID: string(d.Adcode), Name: d.Name}
		for _, polygon := range d.Shape {
			var ring [][2]float64
			for _, v := range polygon[0] {
				p := v.WGS84()
				ring = append(ring, [2]float64{float64(p.Lng), float64(p.Lat)})
			}
			o.Rings = append(o.Rings, ring)
		}
		drawn = append(drawn, o)
	}
	b, err := json.Marshal(drawn)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tile answers with tiles of one cluster each, in their middle, and says so in
// the map.
func (s *site) tile(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.tiled.Load() && strings.HasPrefix(r.URL.Path, "/v1/tiles/"):
			_, _ = w.Write(clusterTile(1234))
		case s.tiled.Load() && r.URL.Path == "/ui/map.json":
			answer := httptest.NewRecorder()
			r.Header.Del("Accept-Encoding")
			next.ServeHTTP(answer, r)
			_, _ = w.Write([]byte(`{"tiles":"/v1/tiles/{z}/{x}/{y}.mvt",` + strings.TrimPrefix(answer.Body.String(), "{")))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// clusterTile is a vector tile whose layer "clusters" has one point with a count.
func clusterTile(count uint64) []byte {
	text := func(b []byte, field protowire.Number, v string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
	}
	number := func(b []byte, field protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
	}
	var middle []byte // go once to 2048, 2048
	for _, n := range []uint64{1<<3 | 1, protowire.EncodeZigZag(2048), protowire.EncodeZigZag(2048)} {
		middle = protowire.AppendVarint(middle, n)
	}
	feature := text(number(text(nil, 2, "\x00\x00"), 3, 1), 4, string(middle))
	layer := number(text(nil, 1, "clusters"), 15, 2)
	layer = text(text(text(layer, 2, string(feature)), 3, "count"), 4, string(number(nil, 5, count)))
	return text(nil, 3, string(number(layer, 5, 4096)))
}

// shed turns lookups away while the site is busy, as the gate of a node does.
func (s *site) shed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/lookup") || s.busy.Add(-1) < 0 {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"type":"about:blank","title":"The node is overloaded","status":503,"code":"overloaded","instance":"req-7"}`))
	})
}

func (s *site) Acquire() (server.Held, bool) { return s, s.shown.Load() }
func (s *site) Release() *query.Release      { return s.release }
func (s *site) Since() time.Time             { return noon }
func (s *site) Outlines() ([]byte, error)    { return s.outlines, nil }
func (s *site) Done()                        {}
