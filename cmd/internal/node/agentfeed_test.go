package node

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"geodrop/cmd/internal/board"
	"geodrop/sync/agent"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

// startUpstream carries a release of the sample.
func startUpstream(t *testing.T) (u *url.URL, stop func()) {
	t.Helper()
	release := t.TempDir()
	buildSample(t, release)
	o, err := origin.Open(origin.Options{Dir: t.TempDir()})
	must(t, err)
	_, err = o.Publish(t.Context(), release, origin.Publication{})
	must(t, err)
	web := httptest.NewServer(o)
	u, err = url.Parse(web.URL)
	must(t, err)
	return u, func() {
		web.CloseClientConnections()
		web.Close()
		must(t, o.Close())
	}
}

// startFed runs a node that an agent feeds.
func startFed(t *testing.T, dir string, upstream *url.URL) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	registry := prometheus.NewRegistry()
	feed, err := OpenAgent(agent.Options{
		Upstreams: []*url.URL{upstream}, Dir: dir, Registry: registry, Log: slog.New(slog.DiscardHandler), MaxPause: 50 * time.Millisecond,
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Options{Listener: l, Feed: feed, Parts: []board.Checker{feed}, AsOf: feed.AsOf, Registry: registry})
	}()
	r := &running{t: t, url: "http://" + l.Addr().String(), registry: registry}
	stopped := false
	r.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run = %v", err)
			}
			must(t, feed.Close())
			http.DefaultClient.CloseIdleConnections()
		}
	}
	t.Cleanup(r.stop)
	return r
}

// TestFedByAgent: a node serves what its upstream has, says how it is with it,
// fetches a release anew that is damaged, and starts without it.
func TestFedByAgent(t *testing.T) {
	defer goleak.VerifyNone(t)
	upstream, stop := startUpstream(t)
	dir := t.TempDir()
	r := startFed(t, dir, upstream)
	r.until(lookupPath, 200, "Earnshaw Street")
	r.until("/readyz", 200, `{"name":"upstream","state":"ok"`)
	r.until("/ui/map.json", 200, `"name":"Westminster","rings":[[[`)

	for _, path := range segmentsBelow(t, dir) {
		must(t, os.Truncate(path, 0))
	}
	for code := 200; code == 200; { // until one meets the damage
		code, _ = r.get(lookupPath)
	}
	r.until("/metrics", 200, "geodrop_releases_quarantined_total 1")
	r.until(lookupPath, 200, "Earnshaw Street") // fetched again
	r.until("/readyz", 200, `{"name":"releases","state":"ok"`)
	r.stop()

	stop()
	r = startFed(t, dir, upstream)
	r.until(lookupPath, 200, "Earnshaw Street")
	body := r.until("/readyz", 200, `{"name":"upstream","state":"failing","class":"network"`)
	if strings.Contains(body, upstream.Host) {
		t.Errorf("the state tells what the error said: %s", body)
	}
	r.stop()
}

// TestGoldenQueries: a release that answers otherwise than its manifest says is not
// served, whoever published it, and the node tells.
func TestGoldenQueries(t *testing.T) {
	defer goleak.VerifyNone(t)
	release := t.TempDir()
	buildSample(t, release)
	o, err := origin.Open(origin.Options{Dir: t.TempDir()})
	must(t, err)
	defer func() { must(t, o.Close()) }()
	good, err := o.Publish(t.Context(), release, origin.Publication{})
	must(t, err)
	web := httptest.NewServer(o)
	defer web.Close()
	upstream, err := url.Parse(web.URL)
	must(t, err)
	r := startFed(t, t.TempDir(), upstream)
	r.until("/readyz", 200, good.Release)

	m, err := manifest.Read(release)
	must(t, err)
	m.Golden[len(m.Golden)-1].Postings++
	m.Sequence++
	m, err = m.Sealed()
	must(t, err)
	must(t, manifest.Write(release, m))
	_, err = o.Publish(t.Context(), release, origin.Publication{})
	must(t, err)
	r.until("/readyz", 200, `{"name":"upstream","state":"failing","class":"golden"`)
	r.until("/v1/releases/current", 200, good.Release)
	r.stop()
	web.CloseClientConnections()
}

func segmentsBelow(t *testing.T, dir string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".seg" {
			paths = append(paths, path)
		}
		return err
	}))
	if len(paths) == 0 {
		t.Fatal("there are no segments")
	}
	return paths
}
