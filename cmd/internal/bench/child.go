package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"geodrop/builder"
)

// buildFunc builds a release of the bundle in dir.
type buildFunc func(ctx context.Context, dir, out string, memory int64) (*builder.Summary, error)

// buildInChild runs `geodrop build` in a process of its own, so that the memory
// that it reports is its own.
func buildInChild(ctx context.Context, dir, out string, memory int64) (*builder.Summary, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program: %w", err)
	}
	stdout, err := output(command(ctx, self, "build", "--src", "dir:"+dir, "--out", out,
		"--memory", strconv.FormatInt(memory, 10), "--json"))
	if err != nil {
		return nil, err
	}
	var s builder.Summary
	if err := json.Unmarshal(stdout, &s); err != nil {
		return nil, fmt.Errorf("read the summary of geodrop build: %w", err)
	}
	return &s, nil
}

// patience is how long a process may take to stop when asked to.
const patience = 10 * time.Second

// command is a process that is asked to stop when the context ends.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = patience
	return c
}

// output runs a process. Its error has the last line that it wrote to stderr.
func output(c *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	err = fmt.Errorf("%s: %w: %s", c.Path, err, lines[len(lines)-1])
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("install it: %w", err)
	}
	return nil, err
}
