package server

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"geodrop/api"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

func TestPageHeaders(t *testing.T) {
	s := newServer(t, Options{Releases: &shown{}})
	index := ask(s, "GET", "/", "")
	files := regexp.MustCompile(`/ui/[^"]+`).FindAllString(index.Body.String(), -1)
	if len(files) != 3 {
		t.Fatalf("the page names %q, want a script, a style and an icon", files)
	}
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	for _, target := range append(files, "/") {
		w := ask(s, "GET", target, "")
		want, caching := types[target[strings.LastIndexAny(target, "./"):]], "public, immutable, max-age=31536000"
		if target == "/" {
			want, caching = "text/html; charset=utf-8", "no-cache"
		}
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != want || h.Get("Cache-Control") != caching {
			t.Errorf("%s: %d %v, want %s and %s", target, w.Code, h, want, caching)
		}
		if policy := h.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
	for _, inline := range []string{"style=", "onclick", "<style", "<script>"} {
		if strings.Contains(index.Body.String(), inline) {
			t.Errorf("the page has %s", inline)
		}
	}
}

// TestPageZipped: the same bytes for who takes gzip, under another tag.
func TestPageZipped(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	for _, target := range []string{"/", "/ui/LICENSES.txt", "/ui/map.json", "/openapi.json"} {
		plain := ask(s, "GET", target, "")
		for header, want := range map[string]string{
			"": "", "br": "", "gzip;q=0": "", "gzip; q=0.0, br": "", "xgzip": "", "gzip;q=0, *": "",
			"gzip;q=x": "gzip", "*;q=0.1": "gzip", "gzip": "gzip", "deflate, GZIP;q=0.5": "gzip",
		} {
			w := ask(s, "GET", target, "", "Accept-Encoding: "+header)
			if got := w.Header().Get("Content-Encoding"); got != want || w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s, Accept-Encoding %q: %v", target, header, w.Header())
				continue
			}
			var body io.Reader = w.Body
			if want != "" {
				unzipped, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = unzipped
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != plain.Body.String() {
				t.Errorf("%s, Accept-Encoding %q: %v, other bytes", target, header, err)
			}
			again := ask(s, "GET", target, "", "Accept-Encoding: "+header, "If-None-Match: "+w.Header().Get("ETag"))
			if again.Code != http.StatusNotModified || again.Body.Len() > 0 || again.Header().Get("Cache-Control") != w.Header().Get("Cache-Control") {
				t.Errorf("%s again, Accept-Encoding %q: %d %v", target, header, again.Code, again.Header())
			}
			if tag := w.Header().Get("ETag"); (tag == plain.Header().Get("ETag")) != (want == "") {
				t.Errorf("%s, Accept-Encoding %q: tag %s", target, header, tag)
			}
		}
	}
}

// TestWindowOfMessage: the window of a position is that, in whatever form it is
// sent.
func TestWindowOfMessage(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	want := ask(s, "POST", "/ui/window", `{"lat":51.5145,"lng":-0.127}`).Body.String()
	if w := ask(s, "POST", "/ui/window", here, sendsMessage); w.Code != http.StatusOK || w.Body.String() != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
	checkProblem(t, ask(s, "POST", "/ui/window", "\xff", sendsMessage), 400, api.CodeInvalidProtobuf, "")
}

// TestMapTakesNoPlace: who waits for the map to be drawn, or has it, takes no
// place of a lookup, and who is gone does not wait.
func TestMapTakesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{Releases: openSample(t), Concurrent: 1})
		s.maps.turn <- struct{}{}
		maps := make(chan int)
		go func() { maps <- ask(s, "GET", "/ui/map.json", "").Code }()
		synctest.Wait()
		if w := ask(s, "GET", "/v1/lookup?lat=0&lng=0", ""); w.Code != http.StatusOK {
			t.Errorf("a lookup beside one who waits for the map: %d %s", w.Code, w.Body)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(gone, "GET", "/ui/map.json", nil))
		checkProblem(t, w, 503, api.CodeOverloaded, "")
		<-s.maps.turn
		if code := <-maps; code != http.StatusOK {
			t.Errorf("the map: %d", code)
		}
		s.gate.slots <- struct{}{} // no lookup can run
		if w := ask(s, "GET", "/ui/map.json", ""); w.Code != http.StatusOK {
			t.Errorf("a map that is drawn: %d", w.Code)
		}
	})
}

// TestMapThatCannotBeDrawn: it is drawn at the next request, not kept without its
// districts.
func TestMapThatCannotBeDrawn(t *testing.T) {
	releases := openSample(t)
	releases.undrawn = index.ErrFault
	s := newServer(t, Options{Releases: releases})
	checkProblem(t, ask(s, "GET", "/ui/map.json", ""), 503, api.CodeReleaseDamaged, "")
	releases.undrawn = nil
	if w := ask(s, "GET", "/ui/map.json", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "East") {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
}

// TestWindow: the window that is drawn holds every drop of the answer, and the
// cell of the position.
func TestWindow(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	for _, at := range []string{
		`{"lat":51.5145,"lng":-0.127}`, // between two bands
		`{"lat":51.47,"lng":-0.11}`, `{"lat":0,"lng":180}`, `{"lat":-90,"lng":0}`,
	} {
		var w mapWindow
		unmarshal(t, ask(s, "POST", "/ui/window", at).Body.Bytes(), &w)
		var answer struct {
			Cell  string
			Drops []struct {
				Lat coord.Lat
				Lng coord.Lng
			}
		}
		unmarshal(t, ask(s, "POST", "/v1/lookup", at).Body.Bytes(), &answer)
		if w.Cell != answer.Cell {
			t.Errorf("%s: cell %s, the lookup has %s", at, w.Cell, answer.Cell)
		}
		own, seen := 0, map[string]bool{}
		for _, c := range w.Cells {
			if c.ID == w.Cell {
				own++
			}
			if seen[c.ID] || c.South >= c.North || c.West >= c.East {
				t.Errorf("%s: %+v is no cell or twice there", at, c)
			}
			seen[c.ID] = true
		}
		if own != 1 || len(w.Cells) < 15 || len(w.Cells) > 25 {
			t.Errorf("%s: %d cells, the middle %d times", at, len(w.Cells), own)
		}
		for _, d := range answer.Drops {
			inside := 0
			for _, c := range w.Cells {
				if c.South <= d.Lat && d.Lat < c.North && c.West <= d.Lng && d.Lng < c.East {
					inside++
				}
			}
			if inside != 1 {
				t.Errorf("%s: the drop at %v, %v is in %d cells", at, d.Lat, d.Lng, inside)
			}
		}
	}
}

func unmarshal(t *testing.T, b []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%v: %.200s", err, b)
	}
}

// TestAttribution: what the licences of the data ask for is on the map.
func TestAttribution(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t), Attribution: []string{"<b>", "two"}})
	if body := ask(s, "GET", "/ui/map.json", "").Body.String(); !strings.Contains(body, `"attribution":["\u003cb\u003e","two"]`) {
		t.Errorf("%.200s…", body)
	}
}
