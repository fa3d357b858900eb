package node

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/api/query"
	"geodrop/builder"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
	"geodrop/data/sample"
	"geodrop/poi"
	"geodrop/poi/decode"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writeSample unpacks the sample into a folder that the test may edit.
func writeSample(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	must(t, sample.Write(dir))
	return dir
}

func openBundle(dir string) func() (poi.Source, error) {
	return func() (poi.Source, error) { return decode.Open(dir, decode.Options{}) }
}

// buildSample builds a release of the sample in a folder.
func buildSample(t testing.TB, out string) {
	t.Helper()
	src, err := openBundle(writeSample(t))()
	must(t, err)
	_, err = builder.Build(t.Context(), src, builder.Options{Out: out})
	must(t, err)
	must(t, src.Close())
}

// service is what runs in one process: a publisher, a node, and the shelf
// between them.
type service struct {
	Publish publish.Options
	Node    Options
}

// running is a service under test.
type running struct {
	t    *testing.T
	url  string
	stop func()

	registry *prometheus.Registry // of a node that is fed
}

// start runs a service that looks at its source every few milliseconds.
func start(t *testing.T, dir string, open func() (poi.Source, error), change ...func(*service)) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	s, err := shelf.Open(dir, log)
	must(t, err)
	config := &publish.Bundle{Path: "/config", Reopen: open}
	o := service{
		Publish: publish.Options{Config: config, Shelf: s, Interval: 5 * time.Millisecond, Quiet: 5 * time.Millisecond},
		Node:    Options{Listener: l, Feed: ShelfFeed{Shelf: s, Log: log}},
	}
	for _, c := range change {
		c(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.run(ctx) }()
	stopped := false
	r := &running{t: t, url: "http://" + l.Addr().String()}
	r.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run = %v", err)
			}
			must(t, s.Close())
			http.DefaultClient.CloseIdleConnections()
		}
	}
	t.Cleanup(r.stop)
	return r
}

func (s *service) run(ctx context.Context) error {
	p := publish.New(s.Publish)
	s.Node.Parts, s.Node.Metrics, s.Node.AsOf = p.Parts(), p.Metrics(), p.AsOf
	s.Node.Beside = append(s.Node.Beside, func(ctx context.Context) error { p.Run(ctx); return nil })
	return Run(ctx, s.Node)
}

func (r *running) get(path string) (int, string) {
	resp, err := http.Get(r.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// until asks until the answer has the status and a text.
func (r *running) until(path string, status int, has string) string {
	r.t.Helper()
	const patience = 30 * time.Second
	for began := time.Now(); ; {
		code, body := r.get(path)
		if code == status && strings.Contains(body, has) {
			return body
		}
		if time.Since(began) > patience {
			r.t.Fatalf("%s is %d %s, want %d with %s", path, code, body, status, has)
		}
	}
}

// edit replaces a text in a file of a bundle.
func edit(t *testing.T, dir, name, old, with string) {
	t.Helper()
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	must(t, err)
	if !strings.Contains(string(b), old) {
		t.Fatalf("%s has no %q", path, old)
	}
	// As editors do it: another file under the name.
	must(t, os.WriteFile(path+".tmp", []byte(strings.ReplaceAll(string(b), old, with)), 0o600))
	must(t, os.Rename(path+".tmp", path))
}

func openRelease(t testing.TB, dir string) *query.Release {
	t.Helper()
	r, err := query.Open(dir, query.Options{})
	must(t, err)
	return r
}
