package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"geodrop/api"
)

func TestConditional(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	for _, target := range []string{"/v1/lookup?lat=51.5145&lng=-0.127", "/v1/cells/200-78785-62223", "/ui/map.json"} {
		first := ask(s, "GET", target, "")
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || len(tag) < 10 || tag[0] != '"' {
			t.Fatalf("%s: %d, ETag %s", target, first.Code, tag)
		}
		for header, want := range map[string]int{
			tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304,
			`"x"`: 200, "": 200, tag[1:]: 200, strings.ToLower(tag) + "x": 200,
		} {
			w := ask(s, "GET", target, "", "If-None-Match: "+header)
			if w.Code != want {
				t.Errorf("%s, If-None-Match %s: %d, want %d", target, header, w.Code, want)
			}
			if w.Header().Get("ETag") != tag || w.Header().Get("Cache-Control") == "" {
				t.Errorf("%s: headers %v", target, w.Header())
			}
			if w.Code == 304 && w.Body.Len() > 0 {
				t.Errorf("304 with a body of %d bytes", w.Body.Len())
			}
			if w.Code == 200 && w.Body.String() != first.Body.String() {
				t.Errorf("%s: other bytes under one tag", target)
			}
		}
	}
}

// TestTagsTellApart: requests that mean the same have one tag, others have
// others.
func TestTagsTellApart(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	tag := func(query string) string {
		t.Helper()
		w := ask(s, "GET", "/v1/lookup?"+query, "", "Authorization: Bearer "+token)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		return w.Header().Get("ETag")
	}
	base := "lat=51.5145&lng=-0.127"
	for _, same := range []string{
		"lng=-0.127&lat=51.5145", "lat=51.51450&lng=-127e-3", base + "&crs=wgs84", base + "&sort=distance", base + "&user=u", base + "&x=y", base + "&preview=false",
	} {
		if tag(same) != tag(base) {
			t.Errorf("%s has another tag than %s", same, base)
		}
	}
	if tag(base+"&kinds=cash,coupon") != tag(base+"&kinds=coupon,cash,cash") {
		t.Error("the order of kinds makes another tag")
	}
	seen := map[string]string{}
	for _, other := range []string{
		base, "lat=51.5146&lng=-0.127", "lat=51.5145&lng=-0.1271", base + "&limit=1", base + "&sort=index", base + "&kinds=cash", base + "&kinds=coupon",
		base + "&preview=true", base + "&at=2027-01-01T12:00:00Z", base + "&at=2028-01-01T12:00:00Z", "lat=0&lng=0",
	} {
		if before, ok := seen[tag(other)]; ok {
			t.Errorf("%s and %s have one tag", before, other)
		}
		seen[tag(other)] = other
	}
}

// TestMaxAge: no cache keeps an answer beyond the next change of a task.
func TestMaxAge(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t), CacheAge: 24 * time.Hour})
	w := ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127", "")
	if got := w.Header().Get("Cache-Control"); got != "public, max-age=14400" { // 12:00 to 16:00
		t.Errorf("Cache-Control %q", got)
	}
	w = ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127&preview=true", "", "Authorization: Bearer "+token)
	if got := w.Header().Get("Cache-Control"); !strings.HasPrefix(got, "private,") || w.Header().Get("Vary") != "Authorization" {
		t.Errorf("Cache-Control of an operator %q", got)
	}
	w = ask(s, "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127}`)
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control of POST %q", got)
	}
	if w := ask(s, "GET", "/v1/tasks/city-packets", ""); w.Header().Get("Cache-Control") != "public, max-age=86400" {
		t.Errorf("Cache-Control of a task %q", w.Header().Get("Cache-Control"))
	}
}

// TestNoPosition: nothing that is counted or refused repeats where somebody is.
func TestNoPosition(t *testing.T) {
	var log strings.Builder
	s := newServer(t, Options{Releases: openSample(t), Log: textLog(&log)})
	ask(s, "GET", "/v1/lookup?lat=51.5145&lng=-0.127&user=somebody", "")
	ask(s, "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127,"crs":"bd09"}`)
	ask(s, "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127,"at":"x"}`)
	ask(s, "GET", "/v1/tiles/22/2095672/1394580.mvt", "")
	ask(s, "GET", "/v1/lookup/51.5145,-0.127", "")
	ask(s, "51.5145", "/v1/lookup", "")
	far := ask(s, "POST", "/v1/lookup", `{"lat":51.5145,"lng":200.5145}`)
	checkProblem(t, far, 400, api.CodeCoordinateRange, "lng")
	for what, text := range map[string]string{"log": log.String(), "metrics": ask(s, "GET", "/metrics", "").Body.String(), "problem": far.Body.String()} {
		for _, secret := range []string{"51.5145", "0.127", "5145", "somebody", "2095672", "1394580"} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s has %s:\n%s", what, secret, text)
			}
		}
	}
	for _, want := range []string{"route=/v1/lookup ", "route=/v1/tiles/{z}/{x}/{y}.mvt ", "method=GET route=none ", "method=other route=none "} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}
