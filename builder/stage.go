package builder

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"time"
)

// stageClock times the stages of a build.
type stageClock struct {
	name  string
	began time.Time
}

func (c *stageClock) start(name string, s *Summary) {
	c.stop(s)
	resetPeak()
	c.name, c.began = name, time.Now()
}

func (c *stageClock) stop(s *Summary) {
	if c.name == "" {
		return
	}
	s.Stages = append(s.Stages, Stage{Name: c.name, Duration: time.Since(c.began), PeakBytes: peak()})
	c.name = ""
}

// resetPeak sets the kernel's peak of resident memory to the present figure.
// Where it cannot, peak goes on from the stage before.
func resetPeak() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peak is the most memory that was resident since resetPeak; 0 if unknown.
func peak() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close() // read only: nothing to lose
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
