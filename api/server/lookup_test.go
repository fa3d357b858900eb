package server

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"geodrop/api"
	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// TestSharedTasks: what answers share of a task follows its state, whichever
// time was asked for before.
func TestSharedTasks(t *testing.T) {
	release := openSample(t).release
	var found query.Answer
	var wire api.Answer
	states := map[poi.State]bool{}
	for _, step := range []time.Duration{time.Hour, 31 * time.Hour, -7 * time.Hour} {
		for i := range 60 {
			at := noon.Add(time.Duration(i) * step)
			if err := release.Lookup(query.Request{Pos: coord.WGS84{Lat: 51.5145, Lng: -0.127}, At: at, All: true}, &found); err != nil {
				t.Fatal(err)
			}
			wire.Set(&found)
			want, err := json.Marshal(&wire)
			if err != nil {
				t.Fatal(err)
			}
			if got := api.AppendAnswer(nil, &wire); string(got) != string(want) {
				t.Fatalf("at %v:\ngot  %s\nwant %s", at, got, want)
			}
			for _, task := range found.Tasks {
				states[task.State] = true
			}
		}
	}
	if len(states) < 3 {
		t.Errorf("the times show tasks in the states %v only", states)
	}
}

// TestLookupAllocates: a lookup has three objects of its own, its id, the
// values of its header lines and the text of its length.
func TestLookupAllocates(t *testing.T) {
	if testing.Short() {
		t.Skip("short tests run under the race detector, which makes pools forget")
	}
	const own = 3
	s := newServer(t, Options{Releases: openSample(t)})
	body, request := &rewound{}, []byte(`{"lat":51.5145,"lng":-0.127,"kinds":[],"limit":100}`)
	r := httptest.NewRequest("POST", "/v1/lookup", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Body, r.ContentLength = body, int64(len(request))
	w := &discard{header: map[string][]string{}}
	n := testing.AllocsPerRun(1000, func() {
		body.Reset(request)
		clear(w.header)
		s.ServeHTTP(w, r)
	})
	if w.n < 1000*1000 {
		t.Fatalf("%d bytes of answers", w.n)
	}
	if n > own {
		t.Errorf("%v allocations, want at most %d", n, own)
	}
}
