package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/origin"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
	"geodrop/sync/agent"
	"geodrop/sync/manifest"
	carrier "geodrop/sync/origin"
	"geodrop/sync/pipetest"
)

const (
	operators = "0123456789abcdef" // token
	enough    = 20                 // lookups that tell something
)

// cluster is an origin that publishes in waves, and two nodes that follow it, of which
// a wave has the first.
type cluster struct {
	t      *testing.T
	bundle string
	origin *pipetest.Listener
	admin  *pipetest.Listener
	nodes  []*pipetest.Listener
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, bundle: t.TempDir(), origin: pipetest.Listen(), admin: pipetest.Listen()}
	for file, text := range coffee() {
		must(t, os.WriteFile(filepath.Join(c.bundle, file), []byte(text), 0o600))
	}
	c.placesAt(51.5)
	names := []string{"leeds-1", "leeds-2"}
	if manifest.PlaceOf(names[0]) > manifest.PlaceOf(names[1]) {
		names[0], names[1] = names[1], names[0]
	}
	dir := t.TempDir()
	s, err := shelf.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	c.run(s.Close, func(ctx context.Context) error {
		return origin.Run(ctx, origin.Options{
			Dir: dir, Listener: c.origin, Admin: c.admin, Token: operators,
			Plan:    carrier.Plan{Shares: []float64{float64(manifest.PlaceOf(names[0])+1) / manifest.WholeFleet}, Bake: time.Hour, MinLookups: enough},
			Publish: publish.Options{Config: &publish.Bundle{Path: c.bundle, Reopen: openBundle(c.bundle)}, Shelf: s},
		})
	})
	for _, name := range names {
		c.startNode(name)
	}
	return c
}

// startNode starts all of a node but the server around its handler: that one times
// the machine, whose clock is not the test's.
func (c *cluster) startNode(name string) {
	c.t.Helper()
	l, registry := pipetest.Listen(), prometheus.NewRegistry()
	feed, err := OpenAgent(agent.Options{
		Upstreams: []*url.URL{{Scheme: "http", Host: "origin"}}, Client: c.origin.Client(), Dir: c.t.TempDir(),
		Node: name, Registry: registry, Health: Health(registry),
	})
	must(c.t, err)
	n, err := newNode(Options{Listener: l, Feed: feed, Parts: []board.Checker{feed}, AsOf: feed.AsOf, Registry: registry})
	must(c.t, err)
	web := &http.Server{Handler: n.server}
	c.nodes = append(c.nodes, l)
	c.run(n.holder.close, func(context.Context) error { return onlyClosed(web.Serve(l)) })
	c.run(feed.Close, func(ctx context.Context) error { return errors.Join(feed.Feed(ctx, n), web.Close()) })
}

func onlyClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// run runs a part until the test ends.
func (c *cluster) run(then func() error, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- part(ctx) }()
	c.t.Cleanup(func() {
		cancel()
		must(c.t, <-done)
		must(c.t, then())
	})
}

// coffee is a task at all places, when a test's clock begins.
func coffee() map[string]string {
	return map[string]string{
		"merchants.csv": "id,name,category\nm,A merchant,cafe\n",
		"prizes.csv":    "id,name,kind,merchant,value,currency,units\np,A coffee,coupon,m,0,,5\n",
		"tasks.yaml": `tasks:
  - id: coffee
    title: Coffee
    merchant: m
    poi_set: all
    starts_at: 1999-12-31T00:00:00Z
    ends_at: 2001-01-01T00:00:00Z
    prizes: [{prize: p}]
    quotas: [{prize: p, district: "*", units: 5}]
`,
	}
}

// placesAt puts all places of the config at a latitude.
func (c *cluster) placesAt(lat float64) {
	c.t.Helper()
	rows := fmt.Sprintf("id,name,lat,lng\na,Earnshaw Street,%[1]v,-0.1\nb,Denmark Street,%[1]v,-0.1001\n", lat)
	must(c.t, os.WriteFile(filepath.Join(c.bundle, "pois.csv"), []byte(rows), 0o600))
}

// goOn has time pass.
func (c *cluster) goOn(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// lookUp asks a node as often as it takes, and fails where an answer is another.
func (c *cluster) lookUp(node int, release string, found bool) {
	c.t.Helper()
	client := c.nodes[node].Client()
	defer client.CloseIdleConnections()
	for range enough {
		body := read(c.t, client, "http://node/v1/lookup?lat=51.5&lng=-0.1", "")
		if !strings.Contains(body, `"release":"`+release) || strings.Contains(body, "Earnshaw Street") != found {
			c.t.Fatalf("node %d answers %s, want release %s, with drops: %t", node, body, release, found)
		}
	}
}

// state is what operators see.
func (c *cluster) state() (s carrier.State) {
	c.t.Helper()
	client := c.admin.Client()
	defer client.CloseIdleConnections()
	must(c.t, json.Unmarshal([]byte(read(c.t, client, "http://admin/v1/state", operators)), &s))
	return s
}

// read is an answer, whole.
func read(t *testing.T, client *http.Client, url, token string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(r)
	must(t, err)
	defer resp.Body.Close() // read only: nothing to lose
	b, err := io.ReadAll(resp.Body)
	if must(t, err); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s is answered by %s: %s", url, resp.Status, b)
	}
	return string(b)
}

// TestWaveThatLosesPlaces: the places of a config move away, which is a release in
// good order; lookups at the nodes of a wave find nothing, they go back to what they
// served before, and the other nodes are never led to it.
func TestWaveThatLosesPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := startCluster(t)
		c.goOn(10 * time.Second)
		first := c.state().Channels[0].Release
		c.lookUp(0, first, true)
		c.lookUp(1, first, true)

		c.placesAt(15.5)
		c.goOn(10 * time.Second)
		under := c.state().Channels[0].Under
		if under == nil || under.Nodes != 1 || under.Serving != 1 || under.Release == first {
			t.Fatalf("the wave is %+v", under)
		}
		c.lookUp(0, under.Release, false)
		c.lookUp(1, first, true)
		c.goOn(40 * time.Second) // the next reports
		c.lookUp(0, first, true)
		c.lookUp(1, first, true)
		s := c.state()
		const says = "fewer drops are found: empty answers: 100 % of 20 in the wave, 0 % of 20 there before, "
		if aside := s.Releases[1].Aside; len(aside) != 1 || !strings.HasPrefix(aside[0].Reason, says) || s.Channels[0].Under != nil || s.Channels[0].Release != first {
			t.Errorf("put aside is %+v, the channel is %+v", aside, s.Channels[0])
		}
	})
}
