// Package upstreamtest runs upstreams for the tests of those who follow one.
package upstreamtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"geodrop/sync/origin"
)

// OpenOrigin opens an origin until the test ends, in a folder of its own unless the
// options name one.
func OpenOrigin(t testing.TB, o origin.Options) *origin.Origin {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	opened, err := origin.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// Listen serves a handler on loopback until the test ends.
func Listen(t testing.TB, h http.Handler) *url.URL {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
