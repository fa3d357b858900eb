package agent

import (
	"context"
	"net/url"
	"strings"
	"testing"
)

// TestNoSecretInNames: what may be a secret in an address is refused, or is in no
// name and no error.
func TestNoSecretInNames(t *testing.T) {
	tests := []struct {
		url  string
		name string // empty: refused
	}{
		{"http://origin:8090", "http://origin:8090"},
		{"https://user:kept@origin/way", "https://origin"},
		{"http://kept@origin", "http://origin"},
		{"http://origin/kept", "http://origin"},
		{"http://origin?token=kept", ""},
		{"http://origin?", ""},
		{"http://origin#kept", ""},
		{"ftp://origin?token=kept", ""},
		{"http:?token=kept", ""},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		must(t, err)
		o := Options{Dir: t.TempDir(), Upstreams: []*url.URL{u}, Serve: func(context.Context, string) error { return nil }}
		a, err := Open(o)
		if (err != nil) != (tt.name == "") {
			t.Errorf("%s: %v", tt.url, err)
		}
		if err != nil {
			if strings.Contains(err.Error(), "kept") {
				t.Errorf("%s: %v", tt.url, err)
			}
			continue
		}
		if name := a.upstreams.All()[0].Name(); name != tt.name {
			t.Errorf("%s is called %s, want %s", tt.url, name, tt.name)
		}
		must(t, a.Close())
	}
}
