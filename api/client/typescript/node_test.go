package typescript_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/poi/decode"
)

// shown serves one release.
type shown struct{ release *query.Release }

func (s shown) Acquire() (server.Held, bool) { return s, true }
func (s shown) Release() *query.Release      { return s.release }
func (shown) Since() time.Time               { return time.Time{} }
func (shown) Outlines() ([]byte, error)      { return nil, nil }
func (shown) Done()                          {}

// node serves the shipped sample.
func node(t *testing.T) string {
	dir := t.TempDir()
	bundle, out := filepath.Join(dir, "bundle"), filepath.Join(dir, "release")
	if err := sample.Write(bundle); err != nil {
		t.Fatal(err)
	}
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if _, err := builder.Build(t.Context(), src, builder.Options{Out: out}); err != nil {
		t.Fatal(err)
	}
	noon := func() time.Time { return time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC) }
	release, err := query.Open(out, query.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Releases: shown{release}, Now: noon, OperatorToken: "sesame"})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		web.Close()
		if err := release.Close(); err != nil {
			t.Error(err)
		}
	})
	return web.URL
}

// faulty is a node that fails in a way for each path.
func faulty(t *testing.T) string {
	problem := func(w http.ResponseWriter, retryAfter string) {
		w.Header().Set("Content-Type", "application/problem+json")
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"type":"about:blank","title":"t","status":503,"code":"overloaded","detail":"d"}`))
	}
	answer := func(w http.ResponseWriter, body string) { _, _ = w.Write([]byte(body)) }
	asked := map[string]*atomic.Int32{"twice": {}, "watched": {}}
	paths := map[string]http.HandlerFunc{
		"twice": func(w http.ResponseWriter, _ *http.Request) {
			if asked["twice"].Add(1) <= 2 {
				problem(w, "3")
				return
			}
			answer(w, `{}`)
		},
		"always": func(w http.ResponseWriter, _ *http.Request) { problem(w, "") },
		"date":   func(w http.ResponseWriter, _ *http.Request) { problem(w, "Sat, 01 Jan 2000 00:00:00 GMT") },
		"long":   func(w http.ResponseWriter, _ *http.Request) { problem(w, "61") },
		"html":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); answer(w, "<h1>Bad</h1>") },
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			answer(w, `{"release":`)
			panic(http.ErrAbortHandler)
		},
		"moved": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/twice/v1/lookup", http.StatusFound)
		},
		"huge":  func(w http.ResponseWriter, _ *http.Request) { answer(w, strings.Repeat(" ", 2000)) },
		"text":  func(w http.ResponseWriter, _ *http.Request) { answer(w, "hello") },
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"watched": func(w http.ResponseWriter, _ *http.Request) {
			if asked["watched"].Add(1) == 1 {
				answer(w, `{"next_poll_ms":5000}`)
				return
			}
			problem(w, "30")
		},
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		paths[path](w, r)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// run runs a program in a folder and gives what it writes to stdout.
func run(ctx context.Context, t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	c.Dir, c.Stderr = dir, &stderr
	out, err := c.Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is missing: make deps", name)
	}
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out
}

// compiled is a folder with the client and testdata/check.ts, type-checked in
// every strictness that there is, as JavaScript.
func compiled(ctx context.Context, t *testing.T) string {
	dir := t.TempDir()
	for _, name := range []string{"geodrop.ts", "testdata/check.ts", "testdata/package.json", "testdata/package-lock.json"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(ctx, t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	run(ctx, t, dir, "node", "node_modules/typescript/bin/tsc", "--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes",
		"--noUnusedLocals", "--noUnusedParameters", "--noImplicitReturns", "--noImplicitOverride", "--noFallthroughCasesInSwitch",
		"--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "nodenext", "--moduleDetection", "force", "geodrop.ts", "check.ts")
	return dir
}

// TestUnderNode: the generated client type-checks, and does under Node what it
// says.
func TestUnderNode(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir := compiled(ctx, t)
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	var got map[string]any
	if err := json.Unmarshal(run(ctx, t, dir, "node", "check.js", node(t), faulty(t), nobody.URL), &got); err != nil {
		t.Fatal(err)
	}
	const overloaded = `"name":"ProblemError","code":"overloaded","status":503,"message":"overloaded: d"`
	want := map[string]string{
		"lookup":       `["Earnshaw Street","Camden",10000]`,
		"get":          `true`,
		"noKinds":      `true`,
		"cell":         `true`,
		"task":         `"active"`,
		"release":      `true`,
		"ready":        `"ready"`,
		"health":       `"ok"`,
		"unset":        `"ok"`,
		"metrics":      `true`,
		"outOfRange":   `{"name":"ProblemError","code":"coordinate_out_of_range","status":400,"attempts":1,"message":"coordinate_out_of_range: lat: is not within -90…90 degrees"}`,
		"noTask":       `{"name":"ProblemError","code":"task_not_found","status":404,"attempts":1,"message":"task_not_found: id: names no task that can be seen"}`,
		"operator":     `{"name":"ProblemError","code":"unauthorized","status":401,"attempts":1,"message":"unauthorized: preview: needs an operator's token in the header Authorization: Bearer …"}`,
		"withToken":    `0`,
		"twice":        `{"failure":{"name":"none"},"pauses":[3100,3200]}`,
		"always":       `{"failure":{` + overloaded + `,"attempts":4},"pauses":[100,200,400]}`,
		"date":         `{"failure":{` + overloaded + `,"attempts":4},"pauses":[100,200,400]}`,
		"long":         `{"failure":{` + overloaded + `,"attempts":1},"pauses":[]}`,
		"html":         `{"failure":{"name":"ProblemError","status":502,"attempts":4,"message":"status 502"},"pauses":[100,200,400]}`,
		"cut":          `{"failure":{"name":"ConnectionError","message":"the node cannot be reached"},"pauses":[100,200,400]}`,
		"moved":        `{"failure":{"name":"ProblemError","status":302,"attempts":1,"message":"status 302"},"pauses":[]}`,
		"huge":         `{"failure":{"name":"RangeError","message":"the answer has more than 1000 bytes"},"pauses":[]}`,
		"text":         `{"failure":{"name":"SyntaxError"},"pauses":[]}`,
		"nobody":       `{"name":"ConnectionError","message":"the node cannot be reached"}`,
		"nobodyPauses": `3`,
		"hangs":        `{"name":"ConnectionError","message":"no answer in time"}`,
		"aborted":      `{"name":"AbortError"}`,
		"watched":      `{"seen":[5000,"overloaded","overloaded"],"pauses":[5500,30100,30200,30400,33000,30100,30200,30400]}`,
	}
	for name, text := range want {
		var wanted any
		if err := json.Unmarshal([]byte(text), &wanted); err != nil {
			t.Fatal(err)
		}
		if !alike(got[name], wanted) {
			t.Errorf("%s: got %v, want %v", name, got[name], wanted)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("not judged: %v", got)
	}
}

// alike compares; a message that is Node's own, and so not wanted, may be any.
func alike(got, want any) bool {
	g, ok1 := got.(map[string]any)
	w, ok2 := want.(map[string]any)
	if !ok1 || !ok2 {
		return reflect.DeepEqual(got, want)
	}
	if _, has := w["message"]; !has {
		delete(g, "message")
	}
	if len(g) != len(w) {
		return false
	}
	for name := range w {
		if !alike(g[name], w[name]) {
			return false
		}
	}
	return true
}
