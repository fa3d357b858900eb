package server

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/api"
	"geodrop/sync/manifest"
)

// TestBadInput sends each route what it must refuse. What a body or a query may
// hold is told in full by the tests of package api.
func TestBadInput(t *testing.T) {
	const jsonBody = "Content-Type: application/json"
	good := `{"lat":51.5145,"lng":-0.127}`
	tests := []struct {
		name           string
		method, target string
		body           string
		headers        []string
		status         int
		code           api.Code
		field          string
	}{
		{"empty body", "POST", "/v1/lookup", "", nil, 400, api.CodeInvalidJSON, ""},
		{"NaN", "POST", "/v1/lookup", `{"lat":NaN,"lng":0}`, nil, 400, api.CodeCoordinateRange, "lat"},
		{"Infinity", "POST", "/v1/lookup", `{"lat":0,"lng":-Infinity}`, nil, 400, api.CodeCoordinateRange, "lng"},
		{"1e999", "POST", "/v1/lookup", `{"lat":1e999,"lng":0}`, nil, 400, api.CodeCoordinateRange, "lat"},
		{"one ulp", "POST", "/v1/lookup", `{"lat":-90.00000000000002,"lng":0}`, nil, 400, api.CodeCoordinateRange, "lat"},
		{"duplicate key", "POST", "/v1/lookup", `{"lat":0,"lng":0,"lng":1}`, nil, 400, api.CodeDuplicateKey, "lng"},
		{"trailing data", "POST", "/v1/lookup", good + good, nil, 400, api.CodeInvalidJSON, ""},
		{"invalid UTF-8", "POST", "/v1/lookup", "{\"lat\":0,\"lng\":0,\"x\":\"\xff\"}", nil, 400, api.CodeInvalidUTF8, ""},
		{"depth", "POST", "/v1/lookup", `{"x":` + strings.Repeat("[", 10_000), nil, 400, api.CodeTooDeep, ""},
		{"10 MB", "POST", "/v1/lookup", `{"x":"` + strings.Repeat("x", 10<<20) + `"}`, nil, 413, api.CodeBodyTooLarge, ""},
		{"one byte too many", "POST", "/v1/lookup", good + strings.Repeat(" ", api.MaxLookupBytes+1-len(good)), nil, 413, api.CodeBodyTooLarge, ""},
		{"SQL", "POST", "/v1/lookup", `{"lat":0,"lng":0,"sort":"1;drop table pois"}`, nil, 400, api.CodeInvalidValue, "sort"},
		{"form", "POST", "/v1/lookup", good, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, api.CodeMediaType, ""},
		{"JSON of another charset", "POST", "/v1/lookup", good, []string{"Content-Type: application/json; charset=utf-16"}, 415, api.CodeMediaType, ""},
		{"media type of nothing", "POST", "/v1/lookup", good, []string{"Content-Type: ;"}, 415, api.CodeMediaType, ""},
		{"compressed", "POST", "/v1/lookup", good, []string{jsonBody, "Content-Encoding: gzip"}, 415, api.CodeMediaType, ""},
		{"takes XML", "POST", "/v1/lookup", good, []string{"Accept: text/xml, text/plain"}, 406, api.CodeNotAcceptable, ""},
		{"at of a player", "POST", "/v1/lookup", `{"lat":0,"lng":0,"at":"2027-01-01T00:00:00Z"}`, nil, 401, api.CodeUnauthorized, "at"},
		{"preview of a player", "POST", "/v1/lookup", `{"lat":0,"lng":0,"preview":true}`, nil, 401, api.CodeUnauthorized, "preview"},
		{"another token", "POST", "/v1/lookup", `{"lat":0,"lng":0,"preview":true}`, []string{"Authorization: Bearer open"}, 403, api.CodeOperatorOnly, "preview"},
		{"another scheme", "POST", "/v1/lookup", `{"lat":0,"lng":0,"preview":true}`, []string{"Authorization: Basic " + token}, 403, api.CodeOperatorOnly, "preview"},
		{"token without a scheme", "POST", "/v1/lookup", `{"lat":0,"lng":0,"preview":true}`, []string{"Authorization: " + token}, 403, api.CodeOperatorOnly, "preview"},

		{"JSON as a message", "POST", "/v1/lookup", good, []string{sendsMessage}, 400, api.CodeInvalidProtobuf, ""},
		{"message as JSON", "POST", "/v1/lookup", here, []string{jsonBody}, 400, api.CodeInvalidUTF8, ""},
		{"empty message", "POST", "/v1/lookup", "", []string{sendsMessage, takesMessage}, 400, api.CodeMissingField, "lat"},
		{"cut message", "POST", "/v1/lookup", here[:9], []string{sendsMessage, takesMessage}, 400, api.CodeInvalidProtobuf, ""},
		{"group in a message", "POST", "/v1/lookup", here + "\x53\x54", []string{sendsMessage}, 400, api.CodeInvalidProtobuf, ""},
		{"message beyond the pole", "POST", "/v1/lookup", "\x0d\x01\xe9\xa4\x35" + here[5:], []string{sendsMessage}, 400, api.CodeCoordinateRange, "lat"},
		{"position twice in a message", "POST", "/v1/lookup", here + here, []string{sendsMessage}, 400, api.CodeDuplicateKey, "lat"},
		{"latitude as a varint", "POST", "/v1/lookup", "\x08\x01", []string{sendsMessage}, 400, api.CodeInvalidType, "lat"},
		{"limit 0 in a message", "POST", "/v1/lookup", here + "\x20\x00", []string{sendsMessage}, 400, api.CodeInvalidValue, "limit"},
		{"user of a message is no text", "POST", "/v1/lookup", here + "\x3a\x01\xff", []string{sendsMessage}, 400, api.CodeInvalidUTF8, "user"},
		{"preview in a message", "POST", "/v1/lookup", here + "\x48\x01", []string{sendsMessage}, 401, api.CodeUnauthorized, "preview"},
		{"message of 10 MB", "POST", "/v1/lookup", here + strings.Repeat("\x50\x01", 5<<20), []string{sendsMessage}, 413, api.CodeBodyTooLarge, ""},
		{"compressed message", "POST", "/v1/lookup", here, []string{sendsMessage, "Content-Encoding: gzip"}, 415, api.CodeMediaType, ""},
		{"message of another name", "POST", "/v1/lookup", here, []string{"Content-Type: application/protobuf"}, 415, api.CodeMediaType, ""},
		{"takes nothing", "POST", "/v1/lookup", here, []string{sendsMessage, "Accept: application/json;q=0, application/x-protobuf;q=0"}, 406, api.CodeNotAcceptable, ""},

		{"no parameters", "GET", "/v1/lookup", "", nil, 400, api.CodeMissingField, "lat"},
		{"lat is NaN", "GET", "/v1/lookup?lat=NaN&lng=0", "", nil, 400, api.CodeCoordinateRange, "lat"},
		{"lat twice", "GET", "/v1/lookup?lat=1&lng=0&lat=2", "", nil, 400, api.CodeDuplicateKey, "lat"},
		{"HTML", "GET", "/v1/lookup?lat=<script>&lng=0", "", nil, 400, api.CodeInvalidValue, "lat"},
		{"at in a query", "GET", "/v1/lookup?lat=1&lng=0&at=2027-01-01T00:00:00Z", "", nil, 401, api.CodeUnauthorized, "at"},
		{"GET takes XML", "GET", "/v1/lookup?lat=1&lng=0", "", []string{"Accept: text/xml"}, 406, api.CodeNotAcceptable, ""},

		{"no cell", "GET", "/v1/cells/x", "", nil, 400, api.CodeInvalidCell, "cell"},
		{"cell of another size", "GET", "/v1/cells/100-78785-62223", "", nil, 400, api.CodeInvalidCell, "cell"},
		{"cell off the map", "GET", "/v1/cells/200-99999999-1", "", nil, 400, api.CodeInvalidCell, "cell"},
		{"cell upwards", "GET", "/v1/cells/..%2f..%2fetc%2fpasswd", "", nil, 400, api.CodeInvalidCell, "cell"},
		{"cell of zero bytes", "GET", "/v1/cells/%00", "", nil, 400, api.CodeInvalidCell, "cell"},
		{"long cell", "GET", "/v1/cells/" + strings.Repeat("9", 5000), "", nil, 400, api.CodeInvalidCell, "cell"},

		{"zoom of a tile", "GET", "/v1/tiles/23/0/0.mvt", "", nil, 400, api.CodeInvalidTile, "z"},
		{"zoom below all", "GET", "/v1/tiles/-1/0/0.mvt", "", nil, 400, api.CodeInvalidTile, "z"},
		{"zoom is a word", "GET", "/v1/tiles/z/0/0.mvt", "", nil, 400, api.CodeInvalidTile, "z"},
		{"zoom is long", "GET", "/v1/tiles/" + strings.Repeat("1", 5000) + "/0/0.mvt", "", nil, 400, api.CodeInvalidTile, "z"},
		{"column of a tile", "GET", "/v1/tiles/3/8/0.mvt", "", nil, 400, api.CodeInvalidTile, "x"},
		{"column that wraps", "GET", "/v1/tiles/3/4294967296/0.mvt", "", nil, 400, api.CodeInvalidTile, "x"},
		{"column with a zero", "GET", "/v1/tiles/3/07/0.mvt", "", nil, 400, api.CodeInvalidTile, "x"},
		{"column with a plus", "GET", "/v1/tiles/3/+7/0.mvt", "", nil, 400, api.CodeInvalidTile, "x"},
		{"column upwards", "GET", "/v1/tiles/3/..%2f1/0.mvt", "", nil, 400, api.CodeInvalidTile, "x"},
		{"row of a tile", "GET", "/v1/tiles/0/0/1.mvt", "", nil, 400, api.CodeInvalidTile, "y"},
		{"row is a fraction", "GET", "/v1/tiles/1/0/0.5.mvt", "", nil, 404, api.CodeNotFound, ""},
		{"row of zero bytes", "GET", "/v1/tiles/1/0/%00.mvt", "", nil, 400, api.CodeInvalidTile, "y"},
		{"tile as a picture", "GET", "/v1/tiles/1/0/0.png", "", nil, 404, api.CodeNotFound, ""},
		{"tile takes JSON", "GET", "/v1/tiles/1/0/0.mvt", "", []string{"Accept: application/json"}, 406, api.CodeNotAcceptable, ""},
		{"write to a tile", "POST", "/v1/tiles/1/0/0.mvt", "", nil, 405, api.CodeMethodNotAllowed, ""},

		{"no task", "GET", "/v1/tasks/none", "", nil, 404, api.CodeTaskNotFound, "id"},
		{"task upwards", "GET", "/v1/tasks/..%2fx", "", nil, 404, api.CodeTaskNotFound, "id"},
		{"task at no time", "GET", "/v1/tasks/city-packets?at=x", "", nil, 400, api.CodeInvalidValue, "at"},
		{"task at nothing", "GET", "/v1/tasks/city-packets?at=", "", nil, 400, api.CodeInvalidValue, "at"},
		{"task at two times", "GET", "/v1/tasks/city-packets?at=2027-01-01T00:00:00Z&at=2027-01-02T00:00:00Z", "", nil, 400, api.CodeDuplicateKey, "at"},
		{"task at no text", "GET", "/v1/tasks/city-packets?at=%ff", "", nil, 400, api.CodeInvalidUTF8, "at"},
		{"task with half a byte", "GET", "/v1/tasks/city-packets?at=%f", "", nil, 400, api.CodeInvalidValue, ""},
		{"task with others' parameters", "GET", "/v1/tasks/none?lat=91&lat=92", "", nil, 404, api.CodeTaskNotFound, "id"},
		{"task at a time", "GET", "/v1/tasks/city-packets?at=2027-01-01T00:00:00Z", "", nil, 401, api.CodeUnauthorized, "at"},
		{"task at a time with another token", "GET", "/v1/tasks/city-packets?at=2027-01-01T00:00:00Z", "", []string{"Authorization: Bearer open"}, 403, api.CodeOperatorOnly, "at"},

		{"no route", "GET", "/v2/lookup", "", nil, 404, api.CodeNotFound, ""},
		{"folder", "GET", "/v1/cells/", "", nil, 404, api.CodeNotFound, ""},
		{"window off the map", "POST", "/ui/window", `{"lat":91,"lng":0}`, nil, 400, api.CodeCoordinateRange, "lat"},
		{"window of nowhere", "POST", "/ui/window", `{}`, nil, 400, api.CodeMissingField, "lat"},
		{"no file of the page", "GET", "/ui/none.js", "", nil, 404, api.CodeNotFound, ""},
		{"page upwards", "GET", "/ui/../routes.go", "", nil, 404, api.CodeNotFound, ""},
		{"profiles", "GET", "/debug/pprof/", "", nil, 404, api.CodeNotFound, ""},
		{"method", "DELETE", "/v1/lookup", "", nil, 405, api.CodeMethodNotAllowed, ""},
		{"method of one's own", "BREW", "/v1/lookup", "", nil, 405, api.CodeMethodNotAllowed, ""},
		{"write to a cell", "POST", "/v1/cells/x", "", nil, 405, api.CodeMethodNotAllowed, ""},
	}
	s := newServer(t, Options{Releases: openSample(t)})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkProblem(t, ask(s, tt.method, tt.target, tt.body, tt.headers...), tt.status, tt.code, tt.field)
		})
	}
}

func TestGoodInput(t *testing.T) {
	operator := "Authorization: Bearer " + token
	tests := []struct {
		name           string
		method, target string
		body           string
		headers        []string
		has            string // in the answer
	}{
		{"no content type", "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127}`, nil, `"poi":"tfl-244"`},
		{"charset", "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127}`, []string{"Content-Type: Application/JSON; charset=UTF-8"}, `"poi":"tfl-244"`},
		{"accept", "POST", "/v1/lookup", `{"lat":0,"lng":0}`, []string{"Accept: text/html, application/*;q=0.5"}, `"drops":[]`},
		{"unknown fields", "POST", "/v1/lookup", `{"lat":0,"lng":0,"battery":7}`, nil, `"drops":[]`},
		{"full body", "POST", "/v1/lookup", `{"lat":0,"lng":0}` + strings.Repeat(" ", api.MaxLookupBytes-17), nil, `"drops":[]`},
		{"minus zero", "POST", "/v1/lookup", `{"lat":-0,"lng":-0.0}`, nil, `"cell":"200-50112-100184"`},
		{"poles", "POST", "/v1/lookup", `{"lat":90,"lng":180}`, nil, `"district":null`},
		{"antimeridian", "GET", "/v1/lookup?lat=0&lng=-180", "", nil, `"drops":[]`},
		{"time of an operator", "POST", "/v1/lookup", `{"lat":0,"lng":0,"at":"2028-01-01T00:00:00Z"}`, []string{operator}, `"as_of":"2028-01-01T00:00:00Z"`},
		{"preview of an operator", "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127,"preview":true}`, []string{operator}, `"id":"evening-rain"`},
		{"scheme in another case", "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127,"preview":true}`, []string{"Authorization: bearer " + token}, `"id":"evening-rain"`},
		{"task at a time", "GET", "/v1/tasks/city-packets?at=2031-01-01T00:00:00Z", "", []string{operator}, `"state":"ended"`},
		{"escaped task", "GET", "/v1/tasks/city%2Dpackets", "", nil, `"id":"city-packets"`},
		{"health", "GET", "/healthz", "", nil, `"ok"`},
		{"definition", "GET", "/geodrop.proto", "", nil, "message LookupRequest {"},
		{"metrics", "GET", "/metrics", "", nil, `geodrop_release_info{release="r1-`},
		{"page", "GET", "/", "", nil, `<script src="/ui/main-`},
		{"licences", "GET", "/ui/LICENSES.txt", "", nil, `Natural Earth`},
		{"window", "POST", "/ui/window", `{"lat":51.5145,"lng":-0.127}`, nil, `{"cell":"200-78784-62224","cells":[{"id":"200-78782-`},
		{"map", "GET", "/ui/map.json", "", nil, `"total":737`},
		{"map is escaped", "GET", "/ui/map.json", "", nil, `"name":"\u003cEast\u003e"`},
	}
	s := newServer(t, Options{Releases: openSample(t)})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(s, tt.method, tt.target, tt.body, tt.headers...)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), tt.has) {
				t.Errorf("%d %.400s, want 200 with %s", w.Code, w.Body, tt.has)
			}
		})
	}
}

// TestHiddenTask: what is not announced yet exists for operators only.
func TestHiddenTask(t *testing.T) {
	s, found := newServer(t, Options{Releases: openSample(t)}), 0
	for _, task := range s.options.Releases.(*shown).release.Catalog().Tasks {
		status := task.StatusAt(noon)
		hidden := status.State == "upcoming" && !status.Visible
		w := ask(s, "GET", "/v1/tasks/"+string(task.ID), "")
		if hidden != (w.Code == http.StatusNotFound) {
			t.Errorf("%s is %+v: %d %s", task.ID, status, w.Code, w.Body)
		}
		w = ask(s, "GET", "/v1/tasks/"+string(task.ID), "", "Authorization: Bearer "+token)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), string(status.State)) {
			t.Errorf("%s to an operator: %d %s", task.ID, w.Code, w.Body)
		}
		if hidden {
			found++
		}
	}
	if found == 0 {
		t.Error("the sample has no task that is hidden")
	}
}

// TestNoOperators: without a token in the options nobody is one, not even who
// sends an empty token; who sends none is asked for it all the same.
func TestNoOperators(t *testing.T) {
	s, err := New(Options{Releases: openSample(t)})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		header string
		status int
		code   api.Code
	}{
		{"Authorization: Bearer ", 403, api.CodeOperatorOnly},
		{"Authorization: Bearer x", 403, api.CodeOperatorOnly},
		{"Authorization: ", 401, api.CodeUnauthorized},
		{"X: y", 401, api.CodeUnauthorized},
	}
	for _, tt := range tests {
		w := ask(s, "POST", "/v1/lookup", `{"lat":0,"lng":0,"preview":true}`, tt.header)
		checkProblem(t, w, tt.status, tt.code, "preview")
	}
}

func TestNoRelease(t *testing.T) {
	s := newServer(t, Options{Releases: &shown{}})
	for _, target := range []string{"/v1/lookup?lat=1&lng=1", "/v1/cells/x", "/v1/tiles/0/0/0.mvt", "/v1/tiles/20/0/0.mvt", "/v1/tasks/x", "/v1/releases/current", "/ui/map.json"} {
		checkProblem(t, ask(s, "GET", target, ""), 503, api.CodeNoRelease, "")
	}
	checkProblem(t, ask(s, "POST", "/ui/window", `{"lat":1,"lng":1}`), 503, api.CodeNoRelease, "")
	if w := ask(s, "GET", "/readyz", ""); w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"no_release"`) {
		t.Errorf("/readyz: %d %s", w.Code, w.Body)
	}
	for _, target := range []string{"/healthz", "/metrics", "/openapi.json", "/"} {
		if w := ask(s, "GET", target, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

// TestDamagedRelease: a file cut under its mapping is a 503, and the next
// request is answered as well.
func TestDamagedRelease(t *testing.T) {
	dir, err := sampleDir()
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Options{Releases: openIn(t, copied)})
	segments, err := filepath.Glob(filepath.Join(copied, "*"+manifest.SegmentKind))
	if err != nil || len(segments) == 0 {
		t.Fatalf("%v, %v", segments, err)
	}
	for _, path := range segments {
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []string{"/v1/lookup?lat=51.5145&lng=-0.127", "/v1/cells/200-78785-62223", "/ui/map.json"} {
		w := ask(s, "GET", target, "", "Accept-Encoding: gzip")
		checkProblem(t, w, 503, api.CodeReleaseDamaged, "")
		if coding := w.Header().Get("Content-Encoding"); coding != "" {
			t.Errorf("%s: a problem in plain text says %s", target, coding)
		}
	}
	if w := ask(s, "GET", "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("/healthz: %d", w.Code)
	}
}

func TestAllowAndHead(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	tests := []struct {
		target string
		want   []string
	}{
		{"/v1/lookup", []string{"GET", "HEAD", "POST"}},
		{"/v1/tasks/x", []string{"GET", "HEAD"}},
		{"/", []string{"GET", "HEAD"}},
	}
	for _, tt := range tests {
		got := strings.Split(ask(s, "PUT", tt.target, "").Header().Get("Allow"), ", ")
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s allows %v, want %v", tt.target, got, tt.want)
		}
	}
	if w := ask(s, "HEAD", "/v1/lookup?lat=1&lng=1", ""); w.Code != http.StatusOK || w.Header().Get("ETag") == "" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
}
