package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRoles: an origin and a node are two processes. What is written to the
// config reaches lookups; without the origin they go on, also in a node that
// starts anew.
func TestRoles(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "london")
	geodrop(t, "sample", "--out", bundle)
	home := t.TempDir()
	origin := startProcess(t, nil, "origin", "--unsigned", "--src", "dir:"+bundle, "--dir", filepath.Join(home, "origin"), "--listen", "127.0.0.1:0", "--poll", "20ms", "--quiet", "20ms")
	startNode := func() *process {
		return startProcess(t, nil, "node", "--unsigned", "--upstream", origin.url, "--dir", filepath.Join(home, "node"), "--listen", "127.0.0.1:0",
			"--cors-origin", "http://localhost:3000", "--cors-origin", "https://map.example")
	}
	node := startNode()
	node.until(lookup, "Earnshaw Street")
	for origin, may := range map[string]bool{"http://localhost:3000": true, "https://map.example": true, "https://other.example": false} {
		if got := node.mayRead(origin); got != may {
			t.Errorf("pages of %s may read: %v", origin, got)
		}
	}
	load := node.steadyLoad()
	for i := range 3 {
		name := fmt.Sprintf("Edited %d", i)
		rename(t, filepath.Join(bundle, "pois.csv"), name)
		node.until(lookup, name)
	}
	origin.end(syscall.SIGKILL)
	node.until("/readyz", `{"name":"upstream","state":"failing","class":"network"`)
	node.until(lookup, "Edited 2")
	load.check(t)
	node.end(syscall.SIGTERM)
	if code := node.cmd.ProcessState.ExitCode(); code != exitDone {
		t.Errorf("told to stop, the node ended with %d: %s", code, node.stderr)
	}

	began := time.Now()
	alone := startNode()
	alone.until(lookup, "Edited 2")
	took, bound := time.Since(began), 2*time.Second
	if testing.Short() {
		bound *= 3 // the race detector is slow
	}
	if took > bound {
		t.Errorf("without its origin a node serves after %v, want within %v", took, bound)
	}
	t.Logf("without its origin a node serves after %v", took.Round(time.Millisecond))
}

// mayRead tells whether browsers let pages of an origin read lookups.
func (p *process) mayRead(origin string) bool {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.url+lookup, nil)
	must(p.t, err)
	r.Header.Set("Origin", origin)
	resp, err := p.client.Do(r)
	must(p.t, err)
	must(p.t, resp.Body.Close())
	return resp.Header.Get("Access-Control-Allow-Origin") == origin
}

// rename gives the POI of lookup another name, as editors write files.
func rename(t *testing.T, path, name string) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	lines := strings.SplitAfter(string(b), "\n")
	for i, line := range lines {
		if rest, ok := strings.CutPrefix(line, "tfl-244,"); ok {
			_, rest, _ = strings.Cut(rest, ",")
			lines[i] = "tfl-244," + name + "," + rest
		}
	}
	must(t, os.WriteFile(path+".new", []byte(strings.Join(lines, "")), 0o600))
	must(t, os.Rename(path+".new", path))
}
