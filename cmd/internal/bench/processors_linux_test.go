package bench

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// allowed are the processors of each thread of this process, each set once.
func allowed(t *testing.T) (sets []unix.CPUSet) {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[unix.CPUSet]bool{}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		var set unix.CPUSet
		if err := unix.SchedGetaffinity(id, &set); err == nil && !seen[set] { // or it has ended
			seen[set] = true
			sets = append(sets, set)
		}
	}
	return sets
}

// TestProcessors parts them, starts a process on those
// of the node, and joins them again.
func TestProcessors(t *testing.T) {
	before := allowed(t)
	p, err := partProcessors()
	if err != nil {
		t.Fatal(err)
	}
	if got := allowed(t); len(got) != 1 || got[0] != p.ours {
		t.Errorf("this process may use %v, want %v", got, p.ours)
	}
	if n := p.ours.Count() + p.theirs.Count(); p.ours != p.theirs && n != p.all.Count() {
		t.Errorf("%v and %v are %d of %d", p.ours, p.theirs, n, p.all.Count())
	}
	var out strings.Builder
	c := exec.Command("nproc")
	c.Stdout = &out
	if err := p.start(c); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(out.String()); got != strconv.Itoa(p.theirs.Count()) {
		t.Errorf("a process of the node has %s processors, want %d", got, p.theirs.Count())
	}
	if got := allowed(t); len(got) != 1 || got[0] != p.ours {
		t.Errorf("behind it this process may use %v, want %v", got, p.ours)
	}
	if err := p.join(); err != nil {
		t.Fatal(err)
	}
	if got := allowed(t); len(got) != 1 || got[0] != before[0] {
		t.Errorf("in the end this process may use %v, want %v", got, before)
	}
}
