package agent

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"geodrop/sync/manifest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
	"geodrop/sync/upstreamtest"
)

// The environment of a process that is to kill itself.
const (
	killStep     = "GEODROP_TEST_KILL_STEP"
	killDir      = "GEODROP_TEST_KILL_DIR"
	killUpstream = "GEODROP_TEST_KILL_UPSTREAM"
)

// dieAt runs an agent that is killed, as by kill -9, at a step. It returns when
// that did not happen.
func dieAt(step string) (status int) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	die := func(name string) {
		if name == step {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			fmt.Fprintln(os.Stderr, "not killed:", err)
			select {}
		}
	}
	n := newNode()
	upstream, err := url.Parse(os.Getenv(killUpstream))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	a, err := Open(Options{Dir: os.Getenv(killDir), Upstreams: []*url.URL{upstream}, Parallel: 1, Serve: func(ctx context.Context, dir string) error {
		if strings.HasPrefix(filepath.Base(dir), "r2-") && step == "discarded" {
			return errBroken
		}
		return n.Serve(ctx, dir)
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	a.intercept = func(name string, _ []byte) error {
		die("writing")
		die("writing " + filepath.Ext(name)) // of a patch: none
		return nil
	}
	a.step = func(name string) {
		die(name)
		if name == "pruned" || name == "discarded" {
			stop()
		}
	}
	a.Run(ctx)
	fmt.Fprintln(os.Stderr, "step", step, "was not reached")
	return 1
}

// TestKilled: whichever step an agent is killed at, the next one serves what is
// good at once, with no upstream, and goes on to the new release with one.
func TestKilled(t *testing.T) {
	steps := []string{
		"folder", "part", "writing", "fetched", "linked", "manifest", "objects-durable", "manifest-written",
		"moved", "staged", "served", "adopted", "pruned", "discarded",
	}
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			upstream := upstreamtest.Listen(t, o)
			n := newNode()
			options := quick(t, n, upstream)
			_, stop := start(t, options)
			first := publish(t, o, 1, "a", "b")
			n.await(t, first.ID)
			stop()
			second := publish(t, o, 2, "a", "c")
			killed(t, step, options.Dir, upstream)

			options.Upstreams = []*url.URL{dark(t)}
			a, stop := start(t, options)
			s := until(t, a, "serving", func(s Status) bool { return s.Release != "" })
			if want := lastGood(step, first, second); s.Release != want.ID {
				t.Errorf("serves %s, want %s", s.Release, want.ID)
			}
			stop()
			halves(t, options.Dir)
			options.Upstreams = []*url.URL{upstream}
			a, _ = start(t, options)
			if step == "discarded" {
				until(t, a, "knowing that the release is bad", withClass(Refused))
				return
			}
			until(t, a, "at the new release", func(s Status) bool { return s.Release == second.ID })
		})
	}
}

// TestKilledWhilePatching: as TestKilled, with segments that come as patches.
// What was fetched before the kill is not fetched again.
func TestKilledWhilePatching(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	steps := map[string]bool{ // whether patches are fetched after the kill
		"patch-part":    true,
		"writing ":      true, // a patch
		"patch-fetched": false,
		"writing .seg":  false, // what comes of it
		"patch-applied": false,
		"patched":       false,
	}
	for step, want := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			o := upstreamtest.OpenOrigin(t, origin.Options{})
			upstream := upstreamtest.Listen(t, o)
			n := newNode()
			options := quick(t, n, upstream)
			publish := func(round int) *manifest.Manifest {
				dir := t.TempDir()
				m := releasetest.Seal(t, dir, uint64(round), releasetest.Town(t, 50, townSize, edits(round)...))
				_, err := o.Publish(t.Context(), dir, origin.Publication{})
				must(t, err)
				return m
			}
			_, stop := start(t, options)
			first := publish(1)
			n.await(t, first.ID)
			stop()
			second := publish(2)
			killed(t, step, options.Dir, upstream)

			options.Upstreams = []*url.URL{dark(t)}
			a, stop := start(t, options)
			until(t, a, "serving", func(s Status) bool { return s.Release == first.ID })
			stop()
			halves(t, options.Dir)
			options.Upstreams = []*url.URL{upstream}
			a, _ = start(t, options)
			s := until(t, a, "at the new release", func(s Status) bool { return s.Release == second.ID })
			if (s.AsPatches > 0) != want || s.AsSegments > 0 || len(s.Fallbacks) != 0 {
				t.Errorf("status %+v, want patches %v and no segment", s, want)
			}
			noPatchesLeft(t, a, second)
		})
	}
}

// lastGood is what is served after a kill at a step.
func lastGood(step string, first, second *manifest.Manifest) *manifest.Manifest {
	if step == "adopted" || step == "pruned" {
		return second
	}
	return first
}

func killed(t *testing.T, step, dir string, upstream *url.URL) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), killStep+"="+step, killDir+"="+dir, killUpstream+"="+upstream.String())
	out, err := c.CombinedOutput()
	if err == nil || c.ProcessState.ExitCode() != -1 { // -1: by a signal
		t.Fatalf("the process ended with %v: %s", err, out)
	}
}

// halves finds releases that are not whole.
func halves(t *testing.T, dir string) {
	t.Helper()
	for _, id := range onDisk(t, dir) {
		m, err := manifest.Read(filepath.Join(dir, releasesDir, id))
		if err != nil {
			t.Errorf("release %s: %v", id, err)
			continue
		}
		if err := m.Verify(t.Context(), filepath.Join(dir, releasesDir, id)); err != nil {
			t.Errorf("release %s: %v", id, err)
		}
	}
}

// TestFleet: a hundred agents of one origin come to the same release, again and
// again, though the origin sends few objects at a time.
func TestFleet(t *testing.T) {
	agents := fleetSize()
	o := upstreamtest.OpenOrigin(t, origin.Options{MaxSends: 8})
	transport := &http.Transport{MaxIdleConnsPerHost: agents}
	t.Cleanup(transport.CloseIdleConnections)
	upstream := upstreamtest.Listen(t, o)
	nodes := make([]*node, agents)
	for i := range nodes {
		nodes[i] = newNode()
		options := quick(t, nodes[i], upstream)
		options.Log, options.Wait = nil, 0
		options.Client = &http.Client{Transport: transport}
		start(t, options)
	}
	for sequence := range uint64(3) {
		m := publish(t, o, sequence+1, "a", fmt.Sprint(sequence))
		for _, n := range nodes {
			n.await(t, m.ID)
		}
	}
}

// fleetSize is how many agents follow one origin.
func fleetSize() int {
	if testing.Short() {
		return 30
	}
	return 100
}
