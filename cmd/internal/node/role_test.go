package node

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/builder"
	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/origin"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
	"geodrop/sync/agent"
)

// prefixed tells of steps under the name of who does them.
func prefixed(prefix string, step func(string)) func(string) {
	return func(name string) { step(prefix + name) }
}

// stages tells of the stages of a build as steps.
type stages struct{ step func(string) }

func (s stages) Stage(name string) { s.step(name) }
func (s stages) Add(int)           {}
func (s stages) Done()             { s.step("done") }

// runRole runs an origin, or a node, until the context is done. Who listens is
// told where, if anybody does.
func runRole(ctx context.Context, dir, bundle, upstream string, listening func(*url.URL), step func(string)) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if listening != nil {
		listening(&url.URL{Scheme: "http", Host: l.Addr().String()})
	}
	if bundle == "" {
		return runNode(ctx, l, dir, step, upstream)
	}
	return runOrigin(ctx, l, dir, bundle, step)
}

func runOrigin(ctx context.Context, l net.Listener, dir, bundle string, step func(string)) error {
	log := slog.New(slog.DiscardHandler)
	s, err := shelf.Open(dir, log)
	if err != nil {
		return err
	}
	config := &publish.Bundle{Path: "/config", Reopen: openBundle(bundle)}
	err = origin.Run(ctx, origin.Options{Dir: dir, Listener: l, Log: log, Step: prefixed("publish/", step), Publish: publish.Options{
		Config: config, Shelf: s, Interval: 5 * time.Millisecond, Quiet: 5 * time.Millisecond,
		Step:  prefixed("shelf/", step),
		Build: builder.Options{Progress: stages{prefixed("build/", step)}},
	}})
	if closeErr := s.Close(); err == nil {
		err = closeErr
	}
	return err
}

func runNode(ctx context.Context, l net.Listener, dir string, step func(string), upstreams ...string) error {
	var list []*url.URL
	for _, upstream := range upstreams {
		u, err := url.Parse(upstream)
		if err != nil {
			return err
		}
		list = append(list, u)
	}
	registry := prometheus.NewRegistry()
	feed, err := OpenAgent(agent.Options{
		Upstreams: list, Dir: dir, Registry: registry, Log: slog.New(slog.DiscardHandler), Parallel: 1,
		Step: prefixed("stage/", step),
	})
	if err != nil {
		return err
	}
	err = Run(ctx, Options{Listener: l, Feed: feed, Parts: []board.Checker{feed}, AsOf: feed.AsOf, Registry: registry, Step: prefixed("swap/", step)})
	if closeErr := feed.Close(); err == nil {
		err = closeErr
	}
	return err
}

// startRole runs an origin, or a node, in this process, until the test ends.
func startRole(t *testing.T, dir, bundle, upstream string) (at *url.URL, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listening, done := make(chan *url.URL, 1), make(chan error, 1)
	go func() {
		done <- runRole(ctx, dir, bundle, upstream, func(u *url.URL) { listening <- u }, func(string) {})
	}()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			must(t, <-done)
		})
	}
	t.Cleanup(stop)
	return <-listening, stop
}

// get is an answer; empty when there is none.
func get(at *url.URL, path string) (status int, body string) {
	resp, err := http.Get(at.String() + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(b)
}

// ask asks a node, or an origin, until it is ready and serves one of some
// names; it returns the name.
func ask(t *testing.T, at *url.URL, names ...string) string {
	t.Helper()
	const patience = 30 * time.Second
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < patience; <-tick.C {
		if status, _ := get(at, "/readyz"); status != http.StatusOK {
			continue
		}
		_, body := get(at, lookupPath)
		for _, name := range names {
			if strings.Contains(body, `"poi":"`+place+`","name":"`+name+`"`) {
				return name
			}
		}
	}
	t.Fatalf("%s does not serve %q", at, names)
	return ""
}
