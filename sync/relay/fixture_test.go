package relay

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"geodrop/sync/agent"
	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
	"geodrop/sync/trust"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(disktest.Answers)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const objectSize = 200_000

// seal makes a release whose segments have the names.
func seal(t testing.TB, sequence uint64, segments ...string) (dir string, m *manifest.Manifest) {
	t.Helper()
	dir = t.TempDir()
	return dir, releasetest.SealNamed(t, dir, sequence, objectSize, segments...)
}

func publish(t testing.TB, o *origin.Origin, sequence uint64, segments ...string) *manifest.Manifest {
	t.Helper()
	dir, m := seal(t, sequence, segments...)
	_, err := o.Publish(t.Context(), dir, origin.Publication{})
	must(t, err)
	return m
}

// quick is a relay that does not wait long for anything.
func quick(t testing.TB, upstreams ...*url.URL) Options {
	return Options{
		Upstreams: upstreams, Dir: t.TempDir(), Registry: prometheus.NewRegistry(),
		Wait: 2 * time.Second, Poll: 10 * time.Millisecond, MaxPause: 20 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// start opens a relay until the test, or stop, ends it.
func start(t testing.TB, o Options) (r *Relay, at *url.URL, stop func()) {
	t.Helper()
	r, err := Open(o)
	must(t, err)
	s := httptest.NewServer(r)
	at, err = url.Parse(s.URL)
	must(t, err)
	var once sync.Once
	stop = func() {
		once.Do(func() {
			s.CloseClientConnections()
			s.Close()
			must(t, r.Close())
		})
	}
	t.Cleanup(stop)
	return r, at, stop
}

// count counts the requests for objects, and the others.
type count struct {
	of       http.Handler
	requests atomic.Int64
	channels atomic.Int64
}

func (c *count) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !object(r) {
		c.channels.Add(1)
		c.of.ServeHTTP(w, r)
		return
	}
	c.requests.Add(1)
	c.of.ServeHTTP(w, r)
}

// object reports whether a request is for one.
func object(r *http.Request) bool { return len(r.URL.Path) > 12 && r.URL.Path[:12] == "/v1/objects/" }

// get asks, and reads the answer whole; err is that of reading.
func get(t testing.TB, to *url.URL, path string, header ...string) (resp *http.Response, body []byte, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to.JoinPath(path).String(), nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err = client.Do(r)
	must(t, err)
	defer resp.Body.Close() // read only: nothing to lose
	body, err = io.ReadAll(resp.Body)
	return resp, body, err
}

func objectPath(o manifest.Object) string { return "/v1/objects/" + string(o.Digest) }

// node is an agent that follows upstreams until the test ends; served gets the
// ids of the releases that it serves.
func node(t testing.TB, keys func() (trust.Keys, error), upstreams ...*url.URL) (served chan string) {
	t.Helper()
	served = make(chan string, 100)
	a, err := agent.Open(agent.Options{
		Upstreams: upstreams, Dir: t.TempDir(), Trust: keys, Wait: 2 * time.Second, Poll: 10 * time.Millisecond, MaxPause: 20 * time.Millisecond,
		Serve: func(ctx context.Context, dir string) error {
			m, err := manifest.Read(dir)
			if err != nil {
				return err
			}
			if err := m.Verify(ctx, dir); err != nil {
				return err
			}
			served <- m.ID
			return nil
		},
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		must(t, a.Close())
	})
	return served
}

const longest = time.Minute // for what has to happen

func await(t testing.TB, served <-chan string, id string) {
	t.Helper()
	deadline := time.After(longest)
	for {
		select {
		case got := <-served:
			if got == id {
				return
			}
		case <-deadline:
			t.Fatalf("release %s is not served after %v", id, longest)
		}
	}
}

// figure is the sum of a metric over its labels.
func figure(t testing.TB, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	must(t, err)
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
