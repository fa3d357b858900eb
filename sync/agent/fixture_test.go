package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
)

func TestMain(m *testing.M) {
	if step := os.Getenv(killStep); step != "" {
		os.Exit(dieAt(step))
	}
	if dir := os.Getenv(takeEnv); dir != "" {
		if err := takeIn(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const objectSize = 64 << 10

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

// node stands for the one that serves what an agent brings: it looks at every
// object, as a node does when it opens a release.
type node struct {
	careless bool // it does not look at the objects

	mutex   sync.Mutex
	served  []string
	refusal map[string]func() error // by id of a release
	swaps   chan string             // ids, as they are served
}

func newNode() *node {
	return &node{refusal: map[string]func() error{}, swaps: make(chan string, 1000)}
}

// refuse sets what the node says to a release.
func (n *node) refuse(id string, say func() error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.refusal[id] = say
}

func (n *node) Serve(ctx context.Context, dir string) error {
	m, err := manifest.Read(dir)
	if err != nil {
		return err
	}
	if err := m.Verify(ctx, dir); err != nil && !n.careless {
		return err
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if say := n.refusal[m.ID]; say != nil {
		if err := say(); err != nil {
			return err
		}
	}
	n.served = append(n.served, m.ID)
	n.swaps <- m.ID
	return nil
}

// last is what the node serves; the agent says so a moment later.
func (n *node) last() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.served[len(n.served)-1]
}

// quick is an agent that does not wait long for anything.
func quick(t testing.TB, n *node, upstreams ...*url.URL) Options {
	return Options{
		Upstreams: upstreams, Dir: t.TempDir(), Serve: n.Serve,
		Wait: 2 * time.Second, Poll: 10 * time.Millisecond, MaxPause: 20 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// start runs an agent until the test, or stop, ends it.
func start(t testing.TB, o Options, prepare ...func(*Agent)) (a *Agent, stop func()) {
	t.Helper()
	a, err := Open(o)
	must(t, err)
	for _, p := range prepare {
		p(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			<-done
			must(t, a.Close())
		})
	}
	t.Cleanup(stop)
	return a, stop
}

const patience = 5 * time.Minute // for what has to happen; in a test's own time as well

// await waits until the node serves a release.
func (n *node) await(t testing.TB, id string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case got := <-n.swaps:
			if got == id {
				return
			}
		case <-deadline:
			t.Fatalf("release %s is not served after %v", id, patience)
		}
	}
}

// until waits for a state of the agent.
func until(t testing.TB, a *Agent, what string, is func(Status) bool) Status {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		s := a.Status()
		if is(s) {
			return s
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not %s after %v: %+v", what, patience, s)
		}
	}
}

func withClass(c Class) func(Status) bool { return func(s Status) bool { return s.Class == c } }

// liar is an upstream that tells the truth unless it has a lie.
type liar struct {
	truth http.Handler
	mutex sync.Mutex
	lie   http.HandlerFunc
	end   context.CancelFunc // of the requests under way
	until context.Context
	busy  sync.WaitGroup
}

func newLiar(truth http.Handler) *liar {
	l := &liar{truth: truth}
	l.until, l.end = context.WithCancel(context.Background())
	return l
}

// tell changes what is told, and ends the requests that were answered otherwise.
func (l *liar) tell(lie http.HandlerFunc) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.end()
	l.busy.Wait()
	l.until, l.end = context.WithCancel(context.Background())
	l.lie = lie
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mutex.Lock()
	l.busy.Add(1)
	lie, until := l.lie, l.until
	l.mutex.Unlock()
	defer l.busy.Done()
	if lie == nil {
		lie = l.truth.ServeHTTP
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(until, cancel)()
	lie(w, r.WithContext(ctx))
}

// object reports whether a request is for one.
func object(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/objects/") }

// recorded is the true answer to a request.
func recorded(truth http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	truth.ServeHTTP(w, r)
	return w
}

func resend(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte) {
	maps.Copy(w.Header(), answer.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // the agent may have had enough
}

// figure is the value of a counter with a label, of the agent's registry.
func figure(t testing.TB, r *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := r.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// partial is how many bytes of the first segment of m wait for the others.
func (a *Agent) partial(t testing.TB, m *manifest.Manifest) int64 {
	t.Helper()
	_, file, err := m.File()
	must(t, err)
	info, err := os.Stat(filepath.Join(a.shelf.dir, stagingDir, string(file.Digest), m.Segments[0].FileName(manifest.SegmentKind)+".part"))
	if err != nil {
		return 0
	}
	return info.Size()
}

var errBroken = errors.New("broken on purpose")
