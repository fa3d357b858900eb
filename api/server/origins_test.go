package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	elsewhere = "https://map.example"
	preflight = "Access-Control-Request-Method: POST"
)

// TestOrigins: pages of the origins named read the public routes, whatever they
// answer; others, and other routes, are left to browsers, which keep to their
// own origin.
func TestOrigins(t *testing.T) {
	lookup := `{"lat":51.5145,"lng":-0.127}`
	tests := []struct {
		name                   string
		method, target, origin string
		body                   string
		status                 int
		may                    bool
	}{
		{"lookup", "POST", "/v1/lookup", elsewhere, lookup, 200, true},
		{"lookup by GET", "GET", "/v1/lookup?lat=1&lng=1", elsewhere, "", 200, true},
		{"second origin", "GET", "/v1/releases/current", "http://localhost:3000", "", 200, true},
		{"task", "GET", "/v1/tasks/city-packets", elsewhere, "", 200, true},
		{"cell", "GET", "/v1/cells/200-78784-62224", elsewhere, "", 200, true},
		{"tile", "GET", "/v1/tiles/14/8185/5448.mvt", elsewhere, "", 200, true},
		{"document", "GET", "/openapi.json", elsewhere, "", 200, true},
		{"problem", "POST", "/v1/lookup", elsewhere, "{", 400, true},
		{"other origin", "POST", "/v1/lookup", "https://map.example.org", lookup, 200, false},
		{"in another case", "POST", "/v1/lookup", "https://Map.example", lookup, 200, false},
		{"other port", "POST", "/v1/lookup", elsewhere + ":8443", lookup, 200, false},
		{"no origin", "POST", "/v1/lookup", "", lookup, 200, false},
		{"file", "POST", "/v1/lookup", "null", lookup, 200, false},
		{"metrics", "GET", "/metrics", elsewhere, "", 200, false},
		{"state", "GET", "/readyz", elsewhere, "", 200, false},
		{"page", "GET", "/", elsewhere, "", 200, false},
		{"window of the page", "POST", "/ui/window", elsewhere, lookup, 200, false},
	}
	s := newServer(t, Options{Releases: openSample(t), Origins: []string{elsewhere, "http://localhost:3000"}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(s, tt.method, tt.target, tt.body, "Origin: "+tt.origin)
			want := ""
			if tt.may {
				want = tt.origin
			}
			h := w.Header()
			if got := h.Get("Access-Control-Allow-Origin"); w.Code != tt.status || got != want {
				t.Errorf("%d for %q, want %d for %q", w.Code, got, tt.status, want)
			}
			if tt.may && !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Retry-After") {
				t.Errorf("the page may not read Retry-After: %v", h)
			}
			if h.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are let through")
			}
			if strings.HasPrefix(tt.target, "/v1/") && !slices.Contains(h["Vary"], "Origin") {
				t.Errorf("a cache may give it to another origin: Vary %q", h["Vary"])
			}
		})
	}
	if vary := ask(s, "POST", "/v1/lookup", lookup).Header()["Vary"]; !slices.Equal(vary, []string{"Origin", "Accept"}) {
		t.Errorf("Vary %q", vary)
	}
}

func TestPreflight(t *testing.T) {
	tests := []struct {
		name    string
		target  string
		headers []string
		status  int
		may     bool
	}{
		{"lookup", "/v1/lookup", []string{preflight, "Access-Control-Request-Headers: content-type", "Origin: " + elsewhere}, 204, true},
		{"cell", "/v1/cells/x", []string{"Access-Control-Request-Method: GET", "Access-Control-Request-Headers: if-none-match", "Origin: " + elsewhere}, 204, true},
		{"other origin", "/v1/lookup", []string{preflight, "Origin: https://other.example"}, 204, false},
		{"operator's header", "/v1/lookup", []string{preflight, "Access-Control-Request-Headers: authorization", "Origin: " + elsewhere}, 204, false},
		{"method of nobody", "/v1/lookup", []string{"Access-Control-Request-Method: DELETE", "Origin: " + elsewhere}, 204, false},
		{"no preflight", "/v1/lookup", []string{"Origin: " + elsewhere}, 405, false},
		{"other route", "/ui/window", []string{preflight, "Origin: " + elsewhere}, 405, false},
	}
	s := newServer(t, Options{Releases: &shown{}, Origins: []string{elsewhere}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(s, "OPTIONS", tt.target, "", tt.headers...)
			allowed := w.Header().Get("Access-Control-Allow-Methods") != "" && w.Header().Get("Access-Control-Allow-Origin") == elsewhere
			if w.Code != tt.status || allowed != tt.may {
				t.Errorf("%d %v, want %d and that it may: %v", w.Code, w.Header(), tt.status, tt.may)
			}
		})
	}
}

// TestNoOrigins: without origins in the options no page from elsewhere reads
// anything.
func TestNoOrigins(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	for _, method := range []string{"OPTIONS", "POST"} {
		w := ask(s, method, "/v1/lookup", `{"lat":1,"lng":1}`, preflight, "Origin: "+elsewhere)
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %d %s", method, w.Code, name)
			}
		}
		if method == "OPTIONS" && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("a preflight gets %d", w.Code)
		}
	}
}

// TestTurnedAwayElsewhere: a page from elsewhere sees that there was no room, and
// when to come back.
func TestTurnedAwayElsewhere(t *testing.T) {
	s := newServer(t, Options{Releases: &shown{}, Origins: []string{elsewhere}})
	s.brake.on.Store(true)
	s.brake.limit = 1e-9
	w := ask(s, "GET", "/v1/lookup?lat=1&lng=1", "", "Origin: "+elsewhere)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Access-Control-Allow-Origin") != elsewhere || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestCheckOrigin(t *testing.T) {
	for _, origin := range []string{"https://map.example", "http://localhost:3000", "https://[::1]:8443", "http://10.0.0.5", "capacitor://localhost"} {
		if err := CheckOrigin(origin); err != nil {
			t.Error(err)
		}
	}
	wrong := []string{"", "*", "null", "map.example", "https://", "https://map.example/", "https://map.example/a", "https://Map.example",
		"https://*.example", "https://a@map.example", "https://map.example?x", "https://map.example:443", "http://map.example:80"}
	for _, origin := range wrong {
		if err := CheckOrigin(origin); err == nil {
			t.Errorf("%q is taken", origin)
		}
		if _, err := New(Options{Releases: &shown{}, Origins: []string{elsewhere, origin}}); err == nil {
			t.Errorf("a server takes %q", origin)
		}
	}
}
