package load

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"geodrop/grid/coord"
)

func TestRequestForm(t *testing.T) {
	at := coord.WGS84{Lat: 51.5145, Lng: -0.127}
	tests := []struct {
		name   string
		target string
		o      Options
		uri    string
		body   string
	}{
		{"post", "http://h:1", Options{}, "/v1/lookup", `{"lat":51.514500,"lng":-0.127000}`},
		{"post with limit", "http://h", Options{Limit: 7}, "/v1/lookup", `{"lat":51.514500,"lng":-0.127000,"limit":7}`},
		{"get", "http://h/", Options{Get: true}, "/v1/lookup?lat=51.514500&lng=-0.127000", ""},
		{"get with limit, below a path", "https://h/a%20b/", Options{Get: true, Limit: 7}, "/a%20b/v1/lookup?lat=51.514500&lng=-0.127000&limit=7", ""},
	}
	for _, tt := range tests {
		u, err := parseTarget(tt.target)
		if err != nil {
			t.Fatal(err)
		}
		form := newRequestForm(u, &tt.o)
		in := bufio.NewReader(strings.NewReader(string(form.append(nil, at))))
		r, err := http.ReadRequest(in)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.RequestURI != tt.uri || string(body) != tt.body || in.Buffered() != 0 || r.Host != u.Host {
			t.Errorf("%s: %s %q %q, %d bytes more, %v", tt.name, r.Host, r.RequestURI, body, in.Buffered(), err)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for _, bad := range []string{"", "host:80", "ftp://h", "http://", "http://user:pw@h", "http://h?x=1", "http://h:port", "::"} {
		if _, err := parseTarget(bad); err == nil {
			t.Errorf("%q is a target", bad)
		}
	}
}
