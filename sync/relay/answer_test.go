package relay

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"geodrop/sync/trust"
)

func newKey(t testing.TB) trust.Key {
	t.Helper()
	k, err := trust.NewKey()
	must(t, err)
	return k
}

// pointerOf is what is sent for the channel at this moment.
func pointerOf(h http.Handler) []byte { return record(h, "/v1/channels/main").Body.Bytes() }

func record(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// never is a network on which nobody answers.
type never struct{}

func (never) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
