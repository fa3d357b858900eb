package server

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"geodrop/api"
	"geodrop/api/query"
)

// features asks for a tile and reads its only layer.
func features(t *testing.T, s http.Handler, tile maptile.Tile, layer string) mvt.Layer {
	t.Helper()
	w := ask(s, "GET", fmt.Sprintf("/v1/tiles/%d/%d/%d.mvt", tile.Z, tile.X, tile.Y), "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/vnd.mapbox-vector-tile" {
		t.Fatalf("%+v: %d %v", tile, w.Code, w.Header())
	}
	layers, err := mvt.Unmarshal(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) == 0 {
		return mvt.Layer{}
	}
	if len(layers) > 1 || layers[0].Name != layer {
		t.Fatalf("%+v has %d layers, the first is %s", tile, len(layers), layers[0].Name)
	}
	return *layers[0]
}

// TestTiles: the places of the whole world are those of the tiles of London, and
// each lies where its lookup has it.
func TestTiles(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	world := 0.0
	for _, f := range features(t, s, maptile.Tile{}, "clusters").Features {
		world += f.Properties["count"].(float64)
	}
	const zoom = 13
	northWest, southEast := maptile.At(orb.Point{-0.6, 51.8}, zoom), maptile.At(orb.Point{0.4, 51.2}, zoom)
	listed := map[string]orb.Point{}
	for x := northWest.X; x <= southEast.X; x++ {
		for y := northWest.Y; y <= southEast.Y; y++ {
			tile := maptile.New(x, y, zoom)
			for _, f := range features(t, s, tile, "drops").Features {
				id, p := f.Properties["poi"].(string), f.Point()
				if _, ok := listed[id]; ok {
					t.Errorf("%s is in two tiles", id)
				}
				if f.Properties["tasks"].(float64) < 1 || f.Properties["kinds"] == "" || f.Properties["name"] == "" {
					t.Errorf("%s has %v", id, f.Properties)
				}
				listed[id] = orb.Point{float64(x) + p.X()/query.TileExtent, float64(y) + p.Y()/query.TileExtent}
			}
		}
	}
	if len(listed) < 500 || world != float64(len(listed)) {
		t.Errorf("clusters of the world have %v places, tiles of London list %d", world, len(listed))
	}
	want := maptile.Fraction(orb.Point{-0.128585, 51.516119}, zoom) // see the example "nearest" of the document
	got := listed["tfl-244"]
	if math.Hypot(got.X()-want.X(), got.Y()-want.Y()) > 1.5/query.TileExtent {
		t.Errorf("tfl-244 is at %v, want %v", got, want)
	}
}

// TestTileCompression: bytes that are compressed have a tag of their own.
func TestTileCompression(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	of := maptile.At(orb.Point{-0.127, 51.5145}, 12)
	target := fmt.Sprintf("/v1/tiles/12/%d/%d.mvt", of.X, of.Y)
	plain := ask(s, "GET", target, "")
	zipped := ask(s, "GET", target, "", "Accept-Encoding: br, gzip;q=0.8")
	if plain.Header().Get("Content-Encoding") != "" || zipped.Header().Get("Content-Encoding") != "gzip" ||
		plain.Header().Get("Vary") != "Accept-Encoding" || zipped.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v and %v", plain.Header(), zipped.Header())
	}
	if got := plain.Header().Get("Cache-Control"); got != "public, max-age=10" {
		t.Errorf("Cache-Control %q", got)
	}
	a, err1 := mvt.Unmarshal(plain.Body.Bytes())
	b, err2 := mvt.UnmarshalGzipped(zipped.Body.Bytes())
	if err1 != nil || err2 != nil || len(a[0].Features) == 0 || len(a[0].Features) != len(b[0].Features) {
		t.Errorf("%v, %v, %d and %d features", err1, err2, len(a[0].Features), len(b[0].Features))
	}
	if 2*zipped.Body.Len() > plain.Body.Len() {
		t.Errorf("%d bytes are compressed to %d", plain.Body.Len(), zipped.Body.Len())
	}
	tag := zipped.Header().Get("ETag")
	if tag == plain.Header().Get("ETag") {
		t.Errorf("one tag %s for both", tag)
	}
	for _, tt := range []struct {
		headers []string
		status  int
	}{
		{[]string{"Accept-Encoding: gzip", "If-None-Match: " + tag}, 304},
		{[]string{"Accept-Encoding: *", "If-None-Match: " + tag}, 304},
		{[]string{"If-None-Match: " + tag}, 200},
		{[]string{"Accept-Encoding: gzip;q=0, *", "If-None-Match: " + tag}, 200},
		{[]string{"If-None-Match: " + plain.Header().Get("ETag")}, 304},
	} {
		w := ask(s, "GET", target, "", tt.headers...)
		if w.Code != tt.status || w.Header().Get("ETag") == "" || tt.status == 200 && !bytes.Equal(w.Body.Bytes(), plain.Body.Bytes()) {
			t.Errorf("%q: %d %v, want %d", tt.headers, w.Code, w.Header(), tt.status)
		}
	}
	if w := ask(s, "GET", "/v1/tiles/20/0/0.mvt", "", "Accept-Encoding: gzip"); w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("a tile of the sea: %d, %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
}

// TestTilesWaitForTheSurvey: coarse tiles wait for a while for a release to be
// surveyed, in nobody's way; fine ones do not.
func TestTilesWaitForTheSurvey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		releases := openUnsurveyed(t)
		s := newServer(t, Options{Releases: releases, Concurrent: 1})
		began := time.Now()
		checkProblem(t, ask(s, "GET", "/v1/tiles/0/0/0.mvt", ""), 503, api.CodeNotReady, "")
		if took := time.Since(began); took != surveyWait {
			t.Errorf("refused after %v", took)
		}
		waits := make(chan int)
		go func() { waits <- ask(s, "GET", "/v1/tiles/0/0/0.mvt", "").Code }()
		synctest.Wait()
		for _, target := range []string{"/v1/tiles/12/0/0.mvt", "/v1/lookup?lat=0&lng=0"} {
			if w := ask(s, "GET", target, ""); w.Code != http.StatusOK {
				t.Errorf("%s beside one that waits: %d %s", target, w.Code, w.Body)
			}
		}
		if err := releases.release.Survey(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code := <-waits; code != http.StatusOK {
			t.Errorf("the one that waited got %d", code)
		}
	})
}

// TestTilesHaveAGate: tiles are shed as lookups are, take no place of one, and
// keep none of their own.
func TestTilesHaveAGate(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t), Concurrent: 1, Tiles: 1, QueueWait: 1})
	s.tiles.slots <- struct{}{}
	for _, target := range []string{"/v1/tiles/0/0/0.mvt", "/v1/tiles/15/0/0.mvt"} {
		checkProblem(t, ask(s, "GET", target, ""), 503, "overloaded", "")
	}
	if w := ask(s, "GET", "/v1/lookup?lat=0&lng=0", ""); w.Code != http.StatusOK {
		t.Errorf("a lookup while tiles are shed: %d %s", w.Code, w.Body)
	}
	if text := ask(s, "GET", "/metrics", "").Body.String(); !strings.Contains(text, `geodrop_http_shed_total{reason="tiles"} 2`) {
		t.Error("the shed tiles were not counted")
	}
	<-s.tiles.slots
	s.gate.slots <- struct{}{}
	for range 3 {
		if w := ask(s, "GET", "/v1/tiles/0/0/0.mvt", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "clusters") {
			t.Fatalf("%d %q", w.Code, w.Body)
		}
	}
	<-s.gate.slots
}

// TestTileNotModified: who has a tile is told so without any work: no survey, no
// place of a gate.
func TestTileNotModified(t *testing.T) {
	for _, target := range []string{"/v1/tiles/0/0/0.mvt", "/v1/tiles/12/2046/1361.mvt"} {
		first := ask(newServer(t, Options{Releases: openSample(t)}), "GET", target, "")
		tag := first.Header().Get("ETag")
		s := newServer(t, Options{Releases: openUnsurveyed(t), Tiles: 1})
		s.tiles.slots <- struct{}{}
		w := ask(s, "GET", target, "", "If-None-Match: "+tag)
		if w.Code != http.StatusNotModified || tag == "" || w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") != first.Header().Get("Cache-Control") {
			t.Errorf("%s: %d %v, first %v", target, w.Code, w.Header(), first.Header())
		}
	}
}

// TestTileTimeout: a tile that takes too long is given up.
func TestTileTimeout(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t), TileTimeout: 1})
	of := maptile.At(orb.Point{-0.127, 51.5145}, 12)
	for range 3 {
		checkProblem(t, ask(s, "GET", fmt.Sprintf("/v1/tiles/12/%d/%d.mvt", of.X, of.Y), ""), 503, "overloaded", "")
	}
	if len(s.tiles.slots) > 0 {
		t.Error("a tile that was given up keeps its place")
	}
}
