package node

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
	awaitReady(t, at, 0, `"detail":"at r`)
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

// awaitReady waits until /readyz has a status, or any where that is 0, and a text.
func awaitReady(t *testing.T, at *url.URL, status int, has string) {
	t.Helper()
	const patience = 30 * time.Second
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	code, body := 0, ""
	for began := time.Now(); time.Since(began) < patience; <-tick.C {
		code, body = get(at, "/readyz")
		if (status == 0 || code == status) && strings.Contains(body, has) {
			return
		}
	}
	t.Fatalf("/readyz is %d %s after %v, want %d with %s", code, body, patience, status, has)
}

// checkReady holds the time to be ready against what is promised, where the
// machine does nothing else: that is what GEODROP_LONG says. The table that the
// test logs has it always.
func checkReady(t *testing.T, after time.Duration) {
	t.Helper()
	const within = 2 * time.Second
	if after > within && os.Getenv("GEODROP_LONG") != "" {
		t.Errorf("ready after %v, want at most %v", after, within)
	}
}

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
	awaitReady(t, at, http.StatusOK, "")
	ready := time.Since(began)
	checkReady(t, ready)
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
	checkReady(t, ready)
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
		must(t, m.Verify(t.Context(), filepath.Join(dir, e.Name())))
	}
	if len(entries) == 0 {
		t.Error("no release is there")
	}
}
