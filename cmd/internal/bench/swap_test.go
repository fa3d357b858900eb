package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"geodrop/sync/agent"
)

// followingNode says that it serves what an agent brings, and answers lookups at
// once.
type followingNode struct {
	web     *httptest.Server
	serving atomic.Pointer[string]
	stopped func() error
}

func (n *followingNode) address() string { return n.web.URL }
func (n *followingNode) stop() error     { return n.stopped() }

func (n *followingNode) vitals(context.Context) (vitals, error) {
	return vitals{"goroutines": 20, "descriptors": 10, vitalMappings: 2, vitalHeap: 1e6, "resident_bytes": 1e7}, nil
}

func (n *followingNode) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ui/map.json":
		fmt.Fprint(w, `{"places":[{"lat":1,"lng":2}]}`)
	case "/v1/releases/current":
		fmt.Fprintf(w, `{"id":%q}`, *n.serving.Load())
	default:
		fmt.Fprint(w, `{"drops":[{}]}`)
	}
}

func follow(ctx context.Context, _ *processors, upstream *url.URL, dir string) (swapNode, error) {
	n := &followingNode{}
	first := make(chan struct{})
	a, err := agent.Open(agent.Options{Dir: dir, Upstreams: []*url.URL{upstream}, Serve: func(_ context.Context, release string) error {
		id := filepath.Base(release)
		if n.serving.Swap(&id) == nil {
			close(first)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { a.Run(ctx) })
	<-first
	n.web = httptest.NewServer(n)
	n.stopped = func() error {
		n.web.Close()
		stop()
		running.Wait()
		return a.Close()
	}
	return n, nil
}

func TestSwap(t *testing.T) {
	rows, err := Swap(t.Context(), SwapOptions{
		Duration: 600 * time.Millisecond, Every: 100 * time.Millisecond, Step: 20 * time.Millisecond, Share: 0.01, TempDir: t.TempDir(), start: follow,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, rows, "swap asked", "swap/without failed_requests", "swap/without p99_ms", "swap/with swaps", "swap/with failed_requests", "swap/with p99_ms",
		"swap/after goroutines", "swap/after descriptors", "swap/after mappings", "swap/after heap_bytes", "swap/after resident_bytes")
	for _, r := range rows {
		if r.Metric == "swaps" && (r.Value < 2 || !*r.Met) {
			t.Errorf("%+v: each release is to be served", r)
		}
	}
}

func TestSwapOfNobody(t *testing.T) {
	nobody := errors.New("no node")
	_, err := Swap(t.Context(), SwapOptions{TempDir: t.TempDir(), start: func(context.Context, *processors, *url.URL, string) (swapNode, error) { return nil, nobody }})
	if !errors.Is(err, nobody) {
		t.Error(err)
	}
}
