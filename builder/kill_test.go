package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"geodrop/sync/manifest"
)

// The environment of a child: the folder to build in, what, and whether to spill.
const (
	childEnv = "GEODROP_TEST_BUILD_IN"
	spillEnv = "GEODROP_TEST_BUILD_SPILLS"
	storeEnv = "GEODROP_TEST_BUILD_STORE" // to build, instead of a town
	baseEnv  = "GEODROP_TEST_BUILD_UPON"  // folder of the release to build it upon
)

// child builds a release in dir. Before every step it writes a byte to file 3
// and waits for one from file 4, so that it can be killed at any of them.
func child(dir string) int {
	c := &steps{told: os.NewFile(3, "told"), answer: os.NewFile(4, "answer")}
	if path := os.Getenv(storeEnv); path != "" {
		return c.buildUpon(path, Options{Out: dir, Base: os.Getenv(baseEnv), SegmentBytes: uponBytes, MaxShrink: 1, Progress: c})
	}
	m, o := killed(c, os.Getenv(spillEnv) != "")
	m.at = func(string) error { c.step(); return nil }
	o.Out, o.Progress = dir, c
	if _, err := Build(context.Background(), m, o); err != nil {
		c.Fatal(err)
	}
	return 0
}

// killed is the config that children build.
func killed(t failer, spills bool) (*memory, Options) {
	if spills {
		return town(t, 12_000, 3000), Options{Memory: MinMemory, SegmentBytes: 16 << 20, MaxShrink: 1}
	}
	return town(t, 1000, 10), Options{SegmentBytes: 30_000, MaxShrink: 1}
}

// steps is the Progress of a child, and the test that it is not in.
type steps struct{ told, answer *os.File }

func (s *steps) step() {
	var b [1]byte
	if _, err := s.told.Write(b[:]); err != nil {
		s.Fatal(err)
	}
	if _, err := io.ReadFull(s.answer, b[:]); err != nil {
		s.Fatal(err)
	}
}

func (s *steps) Stage(string) { s.step() }
func (s *steps) Add(int)      { s.step() }
func (s *steps) Done()        { s.step() } // sealed
func (s *steps) Helper()      {}

func (s *steps) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

func (s *steps) Fatalf(format string, args ...any) { s.Fatal(fmt.Sprintf(format, args...)) }

// A killing is a series of builds that are killed in turn.
type killing struct {
	t        *testing.T
	spills   bool
	env      []string // further environment of the child
	old      string   // folder of the release that is replaced
	oldID    string
	newID    string
	kills    int
	accepted map[string]int // releases found after a kill, by id
	left     map[string]int // stale files found after a kill, by kind
}

func newKilling(t *testing.T, spills bool) *killing {
	t.Helper()
	k := &killing{t: t, spills: spills, old: t.TempDir(), accepted: map[string]int{}, left: map[string]int{}}
	k.oldID = built(t, town(t, 1000, 20), Options{Out: k.old, SegmentBytes: 1}).Release
	m, o := killed(t, spills)
	o.Out = t.TempDir()
	k.newID = built(t, m, o).Release
	return k
}

// start gives a folder with the old release, or with none.
func (k *killing) start(replace bool) string {
	k.t.Helper()
	dir := k.t.TempDir()
	if !replace {
		return dir
	}
	entries, err := os.ReadDir(k.old)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Link(filepath.Join(k.old, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			k.t.Fatal(err)
		}
	}
	return dir
}

// run runs a build in a child and kills it before step n, if that is not 0, or
// when watch calls kill. It returns how many steps the child took, and whether
// it was killed.
func (k *killing) run(dir string, n int, watch func(kill func()) (stop func())) (step int, killed bool) {
	k.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childEnv+"="+dir), k.env...)
	if k.spills {
		cmd.Env = append(cmd.Env, spillEnv+"=yes")
	}
	cmd.Stderr = os.Stderr
	told, tell := k.pipe()
	hear, answer := k.pipe()
	defer told.Close()
	defer answer.Close()
	cmd.ExtraFiles = []*os.File{tell, hear}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	tell.Close()
	hear.Close()
	kill := func() {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			k.t.Error(err)
		}
	}
	stop := func() {}
	if watch != nil {
		stop = watch(kill)
	}
	var b [1]byte
	for step = 1; ; step++ {
		if _, err := io.ReadFull(told, b[:]); err != nil {
			break // done or dead
		}
		if step == n {
			kill()
		} else if _, err := answer.Write(b[:]); err != nil {
			break
		}
	}
	err := cmd.Wait()
	stop()
	if err == nil {
		return step - 1, false
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Exited() {
		k.t.Fatalf("the child ended by itself: %v", err)
	}
	k.kills++
	return step, true
}

// steps is how many steps a build takes that is left alone.
func (k *killing) steps() int {
	k.t.Helper()
	n, killed := k.run(k.start(false), 0, nil)
	if killed || n < 10 {
		k.t.Fatalf("%d steps, killed %v", n, killed)
	}
	return n
}

func (k *killing) pipe() (r, w *os.File) {
	k.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		k.t.Fatal(err)
	}
	return r, w
}

// check looks at what a killed child left, and runs the build again.
func (k *killing) check(dir string, replace bool) {
	k.t.Helper()
	m, err := Verify(context.Background(), dir)
	switch {
	case err == nil && (m.ID == k.newID || replace && m.ID == k.oldID):
		k.accepted[m.ID]++
	case errors.Is(err, manifest.ErrNone) && !replace:
		k.accepted[""]++
	default:
		k.t.Fatalf("after kill %d, replace %v: release %v, %v", k.kills, replace, m, err)
	}
	for _, name := range listing(k.t, dir) {
		for _, kind := range []string{".geodrop-tmp-", "geodrop-extsort-", manifest.SegmentKind} {
			if strings.Contains(name, kind) {
				k.left[kind]++
			}
		}
	}
	again, o := killed(k.t, k.spills)
	o.Out = dir
	if s := built(k.t, again, o); s.Release != k.newID {
		k.t.Fatalf("the next run made release %s, want %s", s.Release, k.newID)
	}
	want := objects(k.t, dir)
	slices.Sort(want)
	if got := listing(k.t, dir); !slices.Equal(got[:len(got)-1], want) {
		k.t.Fatalf("after the next run the folder has %q, want %q and the manifest", got, want)
	}
	if err := os.RemoveAll(dir); err != nil {
		k.t.Fatal(err)
	}
}

// report fails unless there were many kills of different kinds.
func (k *killing) report(least int, left ...string) {
	k.t.Helper()
	k.t.Logf("%d kills; the old release (%s) or the new one (%s) was there: %v; left: %v", k.kills, k.oldID, k.newID, k.accepted, k.left)
	if k.kills < least {
		k.t.Errorf("%d kills, want at least %d", k.kills, least)
	}
	for _, kind := range left {
		if k.left[kind] == 0 {
			k.t.Errorf("no killed build left a %s: the kills are not where they should be", kind)
		}
	}
}

// A build killed before any of its steps leaves the old release, the new one or
// none, and the next run succeeds and cleans up.
func TestKilledBeforeAnyStep(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	t.Parallel()
	k := newKilling(t, false)
	steps, kills := k.steps(), full(24)
	for i := range kills {
		replace := i%2 == 1
		dir := k.start(replace)
		if _, killed := k.run(dir, 1+i*(steps-1)/(kills-1), nil); !killed {
			t.Errorf("kill %d came too late", i)
		}
		k.check(dir, replace)
	}
	k.report(kills)
	if k.accepted[k.newID] == 0 || k.accepted[k.oldID] == 0 || k.accepted[""] == 0 {
		t.Errorf("a release was there %v times: kills before and after the seal are expected", k.accepted)
	}
}

// The same while rows are spilled and large segments written.
func TestKilledWhileSpilling(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it runs side by side")
	}
	t.Parallel()
	k := newKilling(t, true)
	steps := k.steps()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range full(4) {
		replace := i%2 == 1
		dir := k.start(replace)
		if _, killed := k.run(dir, steps/2+r.IntN(steps/2), nil); killed {
			k.check(dir, replace)
		}
	}
	k.report(full(4)-full(4)/4, "geodrop-extsort-")
}
