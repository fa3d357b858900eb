package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"geodrop/builder"
	"geodrop/cmd/internal/starter"
	"geodrop/data/sqlite"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// full is a number of kills, fewer of them where tests are to be short.
func full(n int) int {
	if testing.Short() {
		return n / 6
	}
	return n
}

// listing are the names and sizes of what is below a folder, as they are while
// somebody writes there.
func listing(dir string) string {
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			if info, err := e.Info(); err == nil {
				fmt.Fprintln(&b, path, info.Size())
			}
		}
		return nil
	})
	return b.String()
}

// killAfter ends a process when it has changed what is below a folder so many
// times, or when it is done.
func killAfter(dir string, changes int, done func() bool, kill func()) {
	for last := listing(dir); changes > 0 && !done(); {
		if now := listing(dir); now != last {
			last = now
			changes--
		}
	}
	kill()
}

// A killedUp is a folder in which geodrop up is killed again and again.
type killedUp struct {
	t       *testing.T
	dir     string
	store   string
	slowest time.Duration // from the start to ready
	left    map[string]int
}

// start starts up, and wants it to be ready soon with what was served before.
func (k *killedUp) start(names ...string) *process {
	k.t.Helper()
	began := time.Now()
	p := startProcess(k.t, nil, "up", "--dir", k.dir, "--src", "sqlite:"+k.store, "--listen", "127.0.0.1:0", "--poll", "5ms", "--quiet", "5ms")
	p.until("/readyz", `"ready"`)
	took := time.Since(began)
	k.slowest = max(k.slowest, took)
	bound := 2 * time.Second
	if testing.Short() {
		bound *= 3 // the race detector is slow
	}
	if took > bound {
		k.t.Errorf("ready after %v, want within %v", took, bound)
	}
	_, body := p.get(lookup)
	if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(body, `"name":"`+name+`"`) }) {
		k.t.Fatalf("after a start %s is served, want one of %q", body, names)
	}
	return p
}

// shelfIndex is the content of shelf.json.
type shelfIndex struct{ Current, Previous uint64 }

func (k *killedUp) index() (x shelfIndex) {
	k.t.Helper()
	b, err := os.ReadFile(filepath.Join(k.dir, "shelf.json"))
	must(k.t, err)
	must(k.t, json.Unmarshal(b, &x))
	return x
}

func (k *killedUp) release(no uint64) string {
	return filepath.Join(k.dir, "releases", strconv.FormatUint(no, 10))
}

// published tells when a release has been published since, and old ones are
// gone.
func (k *killedUp) published() func() bool {
	before := k.index()
	return func() bool {
		_, err := os.Stat(k.release(before.Previous))
		return err != nil && k.index() != before
	}
}

// check looks at what a killed process left.
func (k *killedUp) check() {
	k.t.Helper()
	index := k.index()
	folders, err := os.ReadDir(filepath.Join(k.dir, "releases"))
	must(k.t, err)
	whole := "nothing"
	for _, f := range folders {
		no, err := strconv.ParseUint(f.Name(), 10, 64)
		must(k.t, err)
		switch _, err := builder.Verify(context.Background(), k.release(no)); {
		case no == index.Current || no == index.Previous:
			if err != nil {
				k.t.Fatalf("release %d of %+v: %v", no, index, err)
			}
		case err != nil:
			whole = "half a release"
		case no > index.Current:
			whole = "a release that was not adopted"
		}
	}
	k.left[whole]++
}

// TestKilledWhileBuilding kills the process at all moments of the loop's build:
// nothing half-written is served, and it is soon ready again.
func TestKilledWhileBuilding(t *testing.T) {
	kills := full(54)
	k := &killedUp{t: t, dir: filepath.Join(t.TempDir(), "up"), left: map[string]int{}}
	home := t.TempDir()
	_, err := starter.Fill(t.Context(), home)
	must(t, err)
	k.store = filepath.Join(home, starter.StoreName)
	store, err := sqlite.Open(t.Context(), k.store, sqlite.Options{})
	must(t, err)
	defer func() { must(t, store.Close()) }()
	p := startProcess(t, nil, "up", "--dir", k.dir, "--src", "sqlite:"+k.store, "--listen", "127.0.0.1:0")
	p.until(lookup, "Earnshaw Street")
	_, body := p.get(lookup)
	_, before, _ := strings.Cut(body, `"poi":"tfl-244","name":"`)
	before, _, _ = strings.Cut(before, `"`)
	p.end(syscall.SIGTERM)
	names := []string{before}
	for i := range kills {
		p := k.start(names...)
		name := fmt.Sprintf("Kill %d", i)
		must(t, store.Write(t.Context(), func(ctx context.Context, w poi.Writer) error {
			return w.PutPOIs(ctx, []poi.POIRow{{POI: poi.POI{ID: "tfl-244", Name: name, Kind: "cycle_hire", Pos: coord.WGS84{Lat: 51.516119, Lng: -0.128585}.E7()}}})
		}))
		killAfter(k.dir, 1+i%14, k.published(), func() { p.end(syscall.SIGKILL) })
		k.check()
		names = append(names, name)
	}
	p = k.start(names...)
	p.until(lookup, names[len(names)-1])
	p.end(syscall.SIGTERM)
	t.Logf("%d kills; ready after at most %v; left: %v", kills, k.slowest.Round(time.Millisecond), k.left)
	if k.left["half a release"] == 0 {
		t.Error("no kill left half a release: the kills are not where they should be")
	}
}

// TestKilledAtFirstStart: a first start that is killed leaves no half-filled
// store.
func TestKilledAtFirstStart(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	for i := range full(12) {
		dir := filepath.Join(t.TempDir(), "up")
		must(t, os.Mkdir(dir, 0o755))
		c := exec.Command("geodrop", "up", "--dir", dir, "--listen", "127.0.0.1:0")
		must(t, c.Start())
		killAfter(dir, 1+3*i, func() bool { _, err := os.Stat(filepath.Join(dir, "shelf.json")); return err == nil },
			func() { must(t, c.Process.Kill()) })
		_ = c.Wait() // killed
		p := startProcess(t, nil, "up", "--dir", dir, "--listen", "127.0.0.1:0")
		p.until(lookup, "Earnshaw Street")
		if body := p.until("/v1/releases/current", `"kind":"sqlite"`); !strings.Contains(body, `"read":742`) {
			t.Errorf("kill %d: %s", i, body)
		}
		p.end(syscall.SIGTERM)
	}
}
