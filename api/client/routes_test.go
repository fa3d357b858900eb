package client

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"geodrop/api"
)

// TestEveryRoute: each operation of the document is asked by a method.
func TestEveryRoute(t *testing.T) {
	c, s := newScripted(t, Options{}, tagged(`"a"`, "", "r1"))
	ctx := t.Context()
	answer := func(_ any, err error) error { return err }
	for i, err := range []error{
		answer(c.Lookup(ctx, Request{})), answer(c.LookupCached(ctx, Request{})), answer(c.Cell(ctx, "200-1-2")),
		answer(c.Tile(ctx, 14, 8186, 5447)), answer(c.Task(ctx, "t7", time.Time{})), answer(c.CurrentRelease(ctx)),
		answer(c.Ready(ctx)), c.Health(ctx), answer(c.Metrics(ctx)), answer(c.OpenAPI(ctx)), answer(c.Proto(ctx)),
	} {
		if err != nil {
			t.Errorf("method %d: %v", i, err)
		}
	}
	var document struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(api.OpenAPI(), &document); err != nil {
		t.Fatal(err)
	}
	for path, operations := range document.Paths {
		pattern := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		asked := regexp.MustCompile("^(GET|POST) /base" + pattern + "$")
		methods := map[string]bool{}
		for _, r := range s.asked {
			if line := r.Method + " " + r.URL.Path; asked.MatchString(line) {
				methods[r.Method] = true
			}
		}
		if len(methods) != len(operations) {
			t.Errorf("%s has %d operations, of which %d are asked", path, len(operations), len(methods))
		}
	}
}

// TestTileIsKept: what a caller does to a tile does not change the one kept.
func TestTileIsKept(t *testing.T) {
	c, s := newScripted(t, Options{}, scriptedAnswer{status: 200, header: "ETag: \"a\"\nCache-Control: max-age=60", body: "tile"})
	for range 2 {
		b, err := c.Tile(t.Context(), 1, 0, 1)
		if err != nil || string(b) != "tile" || len(s.asked) != 1 || s.asked[0].URL.Path != "/base/v1/tiles/1/0/1.mvt" {
			t.Errorf("%q, %v, asked %d times", b, err, len(s.asked))
		}
		clear(b)
	}
}
