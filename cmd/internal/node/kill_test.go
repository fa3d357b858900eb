package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
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
	"geodrop/sync/manifest"
)

// The environment of a process that kills itself, as kill -9 would, at a step of
// a release's way.
const (
	killStep     = "GEODROP_TEST_KILL_STEP"
	killDir      = "GEODROP_TEST_KILL_DIR"
	killBundle   = "GEODROP_TEST_KILL_BUNDLE"   // an origin's config; empty: a node
	killUpstream = "GEODROP_TEST_KILL_UPSTREAM" // a node's
)

func TestMain(m *testing.M) {
	if role := os.Getenv(partRole); role != "" {
		fmt.Fprintln(os.Stderr, runPart(role))
		os.Exit(1)
	}
	step := os.Getenv(killStep)
	if step == "" {
		os.Exit(m.Run())
	}
	die := func(name string) {
		if name != step {
			return
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		fmt.Fprintln(os.Stderr, "not killed:", err)
		select {}
	}
	const patience = 30 * time.Second
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	if err := runRole(ctx, os.Getenv(killDir), os.Getenv(killBundle), os.Getenv(killUpstream), nil, die); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1) // the step was not reached
}

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

// steps are those at which origins and nodes are killed, in the order in which
// they are passed.
func steps() (ofOrigin, ofNode []string) {
	return []string{
			"build/areas", "build/read", "build/join", "build/write", "build/seal", "build/done",
			"shelf/built", "shelf/checked", "shelf/adopted", "shelf/pruned",
			"publish/object", "publish/manifest", "publish/list", "publish/patch", "publish/marks", "publish/pointer", "publish/unlist", "publish/removed",
		}, []string{
			"stage/folder", "stage/part", "stage/manifest", "stage/linked", "stage/fetched",
			"stage/patch-part", "stage/patch-fetched", "stage/patch-applied", "stage/patched",
			"stage/objects-durable", "stage/manifest-written", "stage/moved", "stage/staged",
			"swap/opened", "swap/swapped", "swap/drained", "stage/served", "stage/adopted", "stage/pruned",
		}
}

// fleet is an origin's folder and a node's, before a release, and an origin that
// has it.
type fleet struct {
	bundle   string
	origin   string // folder
	node     string
	after    *url.URL // of the origin that has the new release
	old, new string   // names of a place

	mutex sync.Mutex
	notes map[string]string // by the step that was hit
	ready time.Duration     // at most
}

const place = "tfl-244"

// newFleet makes releases until the next one pushes an old one out.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{notes: map[string]string{}, bundle: writeSample(t), origin: filepath.Join(t.TempDir(), "origin"), node: filepath.Join(t.TempDir(), "node")}
	name := "Earnshaw Street"
	rename := func(to string) {
		edit(t, f.bundle, "pois.csv", name, to)
		edit(t, f.bundle, "tasks.yaml", "title: ", "title: x") // another catalog
		name = to
	}
	at, stop := startRole(t, f.origin, f.bundle, "")
	upstream, stopNode := startRole(t, f.node, "", at.String())
	rounds := 6 // the origin keeps four, and what channels were at
	if testing.Short() {
		rounds = 2
	}
	for i := range rounds {
		rename(fmt.Sprint("Round ", i))
		ask(t, upstream, name)
	}
	stopNode()
	stop()
	// What was being read lingers, and goes when the next one begins.
	at, stop = startRole(t, f.origin, f.bundle, "")
	for body := ""; !strings.Contains(body, `"detail":"at r`); _, body = get(at, "/readyz") {
	}
	stop()
	f.old = name
	rename("The next one")
	f.new = name
	after := copied(t, f.origin)
	f.after, _ = startRole(t, after, f.bundle, "")
	n, stopNode := startRole(t, filepath.Join(t.TempDir(), "first"), "", f.after.String())
	ask(t, n, f.new)
	stopNode()
	return f
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

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	must(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

// kill has a process kill itself at a step.
func (f *fleet) kill(t *testing.T, step, dir, bundle, upstream string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), killStep+"="+step, killDir+"="+dir, killBundle+"="+bundle, killUpstream+"="+upstream)
	if out, err := c.CombinedOutput(); err == nil || c.ProcessState.ExitCode() != -1 { // -1: by a signal
		t.Fatalf("the process was not killed at %s: %v %s", step, err, out)
	}
}

// note counts a kill that had no consequence.
func (f *fleet) note(step, served string, ready time.Duration) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.ready = max(f.ready, ready)
	f.notes[step] = fmt.Sprintf("ready after %6.1f ms with %s", float64(ready.Microseconds())/1e3, served)
}

const readyWithin = 2 * time.Second

// TestKilledAtEveryStep kills an origin, or a node, at each step from reading the
// config to dropping what was served before. The next process is ready at once,
// with what was good last and nothing half, and comes to the new release.
func TestKilledAtEveryStep(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	f := newFleet(t)
	ofOrigin, ofNode := steps()
	if testing.Short() {
		ofOrigin, ofNode = []string{"publish/pointer"}, []string{"stage/patched", "swap/swapped", "stage/adopted"}
	}
	t.Run("steps", func(t *testing.T) {
		for _, step := range ofOrigin {
			t.Run(step, func(t *testing.T) { t.Parallel(); f.killOrigin(t, step) })
		}
		for _, step := range ofNode {
			t.Run(step, func(t *testing.T) { t.Parallel(); f.killNode(t, step) })
		}
	})
	var table strings.Builder
	all := append(ofOrigin, ofNode...)
	for _, step := range all {
		fmt.Fprintf(&table, "%-24s %s\n", step, f.notes[step])
	}
	t.Logf("%d kills, ready within %v:\n%s", len(f.notes), f.ready, table.String())
	if len(f.notes) != len(all) {
		t.Errorf("%d steps were hit, want %d", len(f.notes), len(all))
	}
}

// killOrigin kills one that builds and publishes. What the next one has at once
// is whole, as a node sees that fetches it.
func (f *fleet) killOrigin(t *testing.T, step string) {
	dir := copied(t, f.origin)
	f.kill(t, step, dir, f.bundle, "")
	began := time.Now()
	at, _ := startRole(t, dir, f.bundle, "")
	for status := 0; status != http.StatusOK; status, _ = get(at, "/readyz") {
	}
	ready := time.Since(began)
	if ready > readyWithin {
		t.Errorf("ready after %v", ready)
	}
	n, stop := startRole(t, filepath.Join(t.TempDir(), "node"), "", at.String())
	served := ask(t, n, f.old, f.new)
	if served != f.new {
		ask(t, n, f.new)
	}
	if pointed := step == "publish/pointer" || step == "publish/unlist" || step == "publish/removed"; pointed && served != f.new {
		t.Errorf("%s is served", served)
	}
	stop()
	f.note(step, served, ready)
}

// killNode kills one that follows an origin. The next one is without at first.
func (f *fleet) killNode(t *testing.T, step string) {
	dir := copied(t, f.node)
	f.kill(t, step, dir, "", f.after.String())
	began := time.Now()
	at, stop := startRole(t, dir, "", "http://127.0.0.1:1")
	served := ask(t, at, f.old, f.new)
	ready := time.Since(began)
	if ready > readyWithin {
		t.Errorf("ready after %v", ready)
	}
	stop()
	if late := step == "stage/adopted" || step == "stage/pruned"; (served == f.new) != late {
		t.Errorf("%s is served", served)
	}
	at, stop = startRole(t, dir, "", f.after.String())
	ask(t, at, f.new)
	stop()
	wholeReleases(t, filepath.Join(dir, "releases"))
	f.note(step, served, ready)
}

// wholeReleases reads every object of the releases in a folder.
func wholeReleases(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		m, err := manifest.Read(filepath.Join(dir, e.Name()))
		must(t, err)
		for name, o := range m.Objects {
			must(t, manifest.VerifyObject(t.Context(), filepath.Join(dir, e.Name()), name, o))
		}
	}
	if len(entries) == 0 {
		t.Error("no release is there")
	}
}
