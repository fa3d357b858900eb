package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// gnuSort is the peer of builds.
type gnuSort struct {
	path   string
	memory int64
}

// errNoSort marks a machine without GNU sort.
var errNoSort = errors.New("there is no GNU sort")

func findSort(ctx context.Context, memory int64) (*gnuSort, error) {
	path, err := exec.LookPath("sort")
	if err != nil {
		return nil, errNoSort
	}
	version, err := output(ctx, command(ctx, path, "--version"))
	if err != nil || !bytes.Contains(version, []byte("GNU coreutils")) {
		return nil, errNoSort
	}
	return &gnuSort{path, memory}, nil
}

// String is the peer as rows call it.
func (s *gnuSort) String() string {
	return fmt.Sprintf("GNU sort -S %s --parallel=2", s.size())
}

func (s *gnuSort) size() string {
	if s.memory%(1<<30) == 0 {
		return fmt.Sprintf("%dG", s.memory>>30)
	}
	return fmt.Sprintf("%dK", s.memory>>10)
}

// run sorts a file by whole lines into another, which it then removes. It
// returns the processor time that it took.
func (s *gnuSort) run(ctx context.Context, in string) (time.Duration, error) {
	out := in + ".sorted"
	c := command(ctx, s.path, "-S", s.size(), "--parallel=2", "-T", filepath.Dir(in), "-o", out, in)
	c.Env = append(os.Environ(), "LC_ALL=C")
	_, err := output(ctx, c)
	if err = errors.Join(err, os.RemoveAll(out)); err != nil {
		return 0, err
	}
	return processorTime(c), nil
}
