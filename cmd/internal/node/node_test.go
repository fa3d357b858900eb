package node

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"geodrop/api/query"
	"geodrop/poi"
)

const lookupPath = "/v1/lookup?lat=51.516119&lng=-0.128585"

// TestChangeIsServed: an edit of the config is in the answers a moment later,
// and no request fails meanwhile.
func TestChangeIsServed(t *testing.T) {
	defer goleak.VerifyNone(t)
	bundle := writeSample(t)
	told := make(chan string, 3) // one for each release
	r := start(t, t.TempDir(), openBundle(bundle), func(s *service) {
		s.Node.Serving = func(release *query.Release) { told <- release.Manifest().ID }
	})
	r.until("/readyz", 200, <-told)
	r.until(lookupPath, 200, "Earnshaw Street")
	var stop atomic.Bool
	var failed atomic.Int64
	var clients sync.WaitGroup
	clients.Go(func() {
		for !stop.Load() {
			if code, _ := r.get(lookupPath); code != http.StatusOK {
				failed.Add(1)
			}
		}
	})
	for _, names := range [][2]string{{"Earnshaw Street", "Earnshaw Row"}, {"Earnshaw Row", "Earnshaw Lane"}} {
		edit(t, bundle, "pois.csv", names[0], names[1])
		r.until(lookupPath, 200, names[1])
	}
	stop.Store(true)
	clients.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d lookups failed", failed.Load())
	}
	r.until("/metrics", 200, `geodrop_builds_total{result="sealed"} 3`)
	r.until("/ui/map.json", 200, `"name":"Westminster","rings":[[[`)
	r.stop()
}

// TestLastGood: whatever becomes of the config, what was served still is, also
// after a restart, and the state says so.
func TestLastGood(t *testing.T) {
	bundle, dir := writeSample(t), t.TempDir()
	r := start(t, dir, openBundle(bundle), func(s *service) {
		s.Publish.Build.MaxRejected = 1 // or the sets, whose POIs are gone, would be the reason
	})
	id := release(r.until("/readyz", 200, `"ready"`))
	original, err := os.ReadFile(filepath.Join(bundle, "pois.csv"))
	must(t, err)

	lines := strings.SplitAfter(string(original), "\n")
	tests := []struct {
		name  string
		spoil string
		says  string
	}{
		{"20 % of the rows", strings.Join(lines[:len(lines)/5], ""), `"class":"shrink"`},
		{"no rows", lines[0], `"class":"empty"`},
		{"garbage", "\x00\x01", `"class":"format"`},
	}
	for _, tt := range tests {
		must(t, os.WriteFile(filepath.Join(bundle, "pois.csv"), []byte(tt.spoil), 0o600))
		body := r.until("/readyz", 200, tt.says)
		if release(body) != id {
			t.Errorf("%s: %s is served, was %s", tt.name, release(body), id)
		}
		r.until(lookupPath, 200, "Earnshaw Street")
	}
	r.until("/metrics", 200, `geodrop_check_failing{check="builder"} 1`)
	r.until("/metrics", 200, `geodrop_check_reason{check="builder",class="format"} 1`)
	r.stop()

	away := func() (poi.Source, error) { return nil, errors.New("gd:secret@db is away from 51.5145,-0.127") }
	r = start(t, dir, away)
	body := r.until("/readyz", 200, `"class":"failed"`)
	if release(body) != id {
		t.Errorf("after a restart %s is served, was %s", release(body), id)
	}
	if body += r.until("/metrics", 200, ""); strings.Contains(body, "secret") || strings.Contains(body, "51.5") {
		t.Errorf("the state tells what is for the log: %s", body)
	}
	r.until(lookupPath, 200, "Earnshaw Street")
	r.until("/metrics", 200, `geodrop_check_failing{check="source"} 1`)
	r.stop()

	must(t, os.WriteFile(filepath.Join(bundle, "pois.csv"), original, 0o600))
	r = start(t, dir, openBundle(bundle))
	if body := r.until("/readyz", 200, `"name":"builder","state":"ok"`); release(body) != id {
		t.Errorf("%s is served, was %s", release(body), id)
	}
}

// release is the id in the answer of /readyz.
func release(body string) string {
	_, rest, _ := strings.Cut(body, `"release":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// TestDamage: a release whose file is cut under the mapping is put aside, the
// one before is served, and the config is built anew.
func TestDamage(t *testing.T) {
	bundle, dir := writeSample(t), t.TempDir()
	r := start(t, dir, openBundle(bundle))
	r.until(lookupPath, 200, "Earnshaw Street")
	edit(t, bundle, "pois.csv", "Earnshaw Street", "Earnshaw Row")
	r.until(lookupPath, 200, "Earnshaw Row")
	segments, err := filepath.Glob(filepath.Join(dir, "releases", "2", "*.seg"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("%v, %v", segments, err)
	}
	for _, path := range segments {
		must(t, os.Truncate(path, 0))
	}
	r.get(lookupPath) // meets the damage, if the node has not yet looked by itself
	r.until("/metrics", 200, "geodrop_releases_quarantined_total 1")
	r.until("/readyz", 200, `"name":"releases","state":"ok"`)
	r.until(lookupPath, 200, "Earnshaw Row") // built again
	if _, err := os.Stat(filepath.Join(dir, "releases", "3")); err != nil {
		t.Errorf("the release was not built again: %v", err)
	}
	r.stop()
	r = start(t, dir, openBundle(bundle))
	r.until(lookupPath, 200, "Earnshaw Row")
}

// TestHalfBuilt: what a build that was killed left is no obstacle, and goes.
func TestHalfBuilt(t *testing.T) {
	bundle, dir := writeSample(t), t.TempDir()
	half := filepath.Join(dir, "releases", "5")
	must(t, os.MkdirAll(half, 0o755))
	must(t, os.WriteFile(filepath.Join(half, "manifest.json"), []byte("{"), 0o600))
	r := start(t, dir, openBundle(bundle))
	r.until(lookupPath, 200, "Earnshaw Street")
	if _, err := os.Stat(filepath.Join(half, "manifest.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", half, err)
	}
}

// idle feeds nothing.
type idle struct{}

func (idle) Feed(ctx context.Context, _ *Node) error { <-ctx.Done(); return nil }

// TestListenerFails: a node that cannot answer ends, with the reason.
func TestListenerFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := Run(ctx, Options{Listener: l, Feed: idle{}}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run = %v", err)
	}
}

func TestAdmin(t *testing.T) {
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r := start(t, t.TempDir(), openBundle(writeSample(t)), func(s *service) { s.Node.Admin = admin })
	profiles := &running{t: t, url: "http://" + admin.Addr().String()}
	profiles.until("/debug/pprof/goroutine?debug=1", 200, "goroutine profile")
	profiles.until("/readyz", 200, `"ready"`)
	if code, _ := r.get("/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("profiles where everybody asks: %d", code)
	}
}
