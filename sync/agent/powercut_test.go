package agent

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"geodrop/sync/disktest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
	"geodrop/sync/upstreamtest"
)

// takeEnv names the folder of an agent, in a process that takes the next release
// of an upstream.
const takeEnv = "GEODROP_TEST_TAKE_IN"

func takeIn(dir string) error {
	upstream, err := url.Parse(os.Getenv(killUpstream))
	if err != nil {
		return err
	}
	a, err := Open(Options{Dir: dir, Upstreams: []*url.URL{upstream}, Parallel: 1, Serve: newNode().Serve, Poll: 10 * time.Millisecond, MaxPause: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	a.step = func(name string) {
		switch {
		case name == "adopted" && a.shelf.behind:
			name = "adopted, which the disk does not know yet"
		case name == "caught up":
			name = "adopted"
			stop()
		case name == "pruned" && !a.shelf.behind:
			stop()
		}
		disktest.Mark(name)
	}
	a.Run(ctx)
	return a.Close()
}

// TestPowerCutWhileStaging: whenever the power goes, and whatever was not durable
// then, an agent with no upstream serves a release whose every byte is there: the
// new one, once it is adopted. With an upstream it comes to the new one.
func TestPowerCutWhileStaging(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	t.Run("sound disk", func(t *testing.T) { cutWhileStaging(t, atMost(80)) })
	if !testing.Short() {
		t.Run("fsync fails once", func(t *testing.T) { cutWhileStaging(t, 30, "-e", disktest.Failing("fsync", "EIO", 5)) })
	}
}

func cutWhileStaging(t *testing.T, most int, strace ...string) {
	t.Helper()
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream := upstreamtest.Listen(t, o)
	options := quick(t, newNode(), upstream)
	options.Log = nil
	releases := map[string]bool{}
	publish := func(round int) string {
		const places = 400
		dir := t.TempDir()
		m := releasetest.Seal(t, dir, uint64(round), releasetest.Town(t, 50, places, round), releasetest.Town(t, 51, places), releasetest.Town(t, 51+round, places))
		_, err := o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		releases[m.ID] = true
		return m.ID
	}
	first := publish(1)
	adoptOne(t, options)
	publish(2)
	adoptOne(t, options)
	last := publish(3) // the first goes
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), takeEnv+"="+options.Dir, killUpstream+"="+upstream.String())
	r := disktest.Record(t, options.Dir, c, strace...)
	delete(releases, first)
	served := map[string]int{}
	folders := r.Replay(t, disktest.Cuts{Most: most}, func(c disktest.Cut) {
		options := options
		options.Dir, options.Serve = c.Dir, newNode().Serve
		id := firstServed(t, options, len(strace) == 0)
		if served[id]++; !releases[id] || c.Marked("adopted") && id != last {
			t.Errorf("serves %s of %v", id, releases)
		}
		if c.Number%8 == 0 {
			a, stop := start(t, options)
			until(t, a, "at the new release", func(s Status) bool { return s.Release == last })
			stop()
			must(t, a.verify(t.Context(), a.shelf.path(last), a.shelf.current().Manifest))
		}
	})
	t.Logf("%d events, %d folders; served were %v", r.Events(), folders, served)
	if len(served) != len(releases) {
		t.Errorf("%v were served: the power was never cut before, or after, the new one was adopted", served)
	}
}

// firstServed is what an agent with no upstream serves when it starts, which has to
// be whole. So has all else that its folder is said to keep, if the disk is sound:
// one that takes no new index still has to give older releases up for room.
func firstServed(t *testing.T, o Options, sound bool) string {
	t.Helper()
	o.Upstreams = []*url.URL{dark(t)}
	a, stop := start(t, o)
	defer stop()
	s := until(t, a, "serving", func(s Status) bool { return s.Release != "" })
	stop()
	for _, h := range a.shelf.kept() {
		if sound || h.ID == s.Release {
			must(t, a.verify(t.Context(), a.shelf.path(h.ID), h.Manifest))
		}
	}
	return s.Release
}

// adoptOne runs an agent until it has adopted a release.
func adoptOne(t *testing.T, o Options) {
	t.Helper()
	adopted := make(chan struct{}, 1)
	_, stop := start(t, o, func(a *Agent) {
		a.step = func(name string) {
			if name == "pruned" {
				adopted <- struct{}{}
			}
		}
	})
	<-adopted
	stop()
}

// atMost is a number of folders, fewer of them where tests are to be short, and
// all there are where they may be long.
func atMost(n int) int {
	switch {
	case os.Getenv("GEODROP_LONG") != "":
		return 0
	case testing.Short():
		return n / 5
	}
	return n
}

// TestFailingDisk: where some fsync, or rename, fails while a release is staged,
// it is staged again, and what can be served first is whole.
func TestFailingDisk(t *testing.T) {
	most := 3
	if testing.Short() {
		most = 1
	}
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream := upstreamtest.Listen(t, o)
	sequence := uint64(0)
	for _, call := range []string{"fsync", "renameat"} {
		hits := 0
		for n := 1; n <= most; n++ {
			options := quick(t, newNode(), upstream)
			options.Log = nil
			sequence += 2
			first := publish(t, o, sequence, "a", "b")
			adoptOne(t, options)
			last := publish(t, o, sequence+1, "a", "c", fmt.Sprint(call, n))
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), takeEnv+"="+options.Dir, killUpstream+"="+upstream.String())
			failed := disktest.Fail(t, c, call, "EIO", n)
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%s %d: %v: %s", call, n, err, out)
			}
			hits += failed()
			options.Serve = newNode().Serve
			if id := firstServed(t, options, true); id != last.ID && id != first.ID {
				t.Errorf("%s %d: serves %s, want %s or %s", call, n, id, last.ID, first.ID)
			}
			halves(t, options.Dir)
		}
		if hits == 0 {
			t.Errorf("no %s failed", call)
		}
	}
}
