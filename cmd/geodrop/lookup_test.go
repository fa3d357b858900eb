package main

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
)

// only is a node's one release.
type only struct{ release *query.Release }

func (o only) Acquire() (server.Held, bool) { return o, true }
func (o only) Release() *query.Release      { return o.release }
func (only) Since() time.Time               { return time.Time{} }
func (only) Outlines() ([]byte, error)      { return nil, nil }
func (only) Done()                          {}

// TestLookupJSON: the command prints what a node sends, byte for byte.
func TestLookupJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	bundle, release := filepath.Join(t.TempDir(), "london"), filepath.Join(t.TempDir(), "release")
	geodrop(t, "sample", "--out", bundle)
	geodrop(t, "build", "--src", "dir:"+bundle, "--out", release)
	r, err := query.Open(release, query.Options{})
	must(t, err)
	defer func() { must(t, r.Close()) }()
	node, err := server.New(server.Options{Releases: only{r}, OperatorToken: "open sesame"})
	must(t, err)
	const here = `"lat":51.5145,"lng":-0.127`
	tests := []struct {
		body  string // beside the time
		flags []string
	}{
		{here, []string{"--lat", "51.5145", "--lng", "-0.127"}},
		{here + `,"limit":3,"sort":"index"`, []string{"--lat", "51.5145", "--lng", "-0.127", "--limit", "3", "--sort", "index"}},
		{here + `,"kinds":["collectable"]`, []string{"--lat", "51.5145", "--lng", "-0.127", "--kinds", "collectable"}},
		{here + `,"preview":true`, []string{"--lat", "51.5145", "--lng", "-0.127", "--all"}},
		{`"lat":39.908692,"lng":116.397477,"crs":"gcj02"`, []string{"--lat", "39.908692", "--lng", "116.397477", "--crs", "gcj02"}},
	}
	for _, tt := range tests {
		for _, at := range []string{"2027-01-15T20:30:00Z", "2031-01-01T00:00:00+08:00"} {
			sent := httptest.NewRequest("POST", "/v1/lookup", strings.NewReader(fmt.Sprintf(`{%s,"at":%q}`, tt.body, at)))
			sent.Header.Set("Authorization", "Bearer open sesame")
			answer := httptest.NewRecorder()
			node.ServeHTTP(answer, sent)
			printed, err := exec.Command("geodrop", append([]string{"lookup", "--json", "--release", release, "--at", at}, tt.flags...)...).Output()
			must(t, err)
			if got, want := string(printed), answer.Body.String()+"\n"; got != want || answer.Code != 200 {
				t.Errorf("%s at %s: printed\n%s\nthe node answers %d\n%s", tt.body, at, got, answer.Code, want)
			}
		}
	}
}
