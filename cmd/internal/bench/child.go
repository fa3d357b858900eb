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

// buildFunc builds a release of the bundle in dir and returns the processor time
// that it took, of all threads.
type buildFunc func(ctx context.Context, dir, out string, memory int64) (*builder.Summary, time.Duration, error)

// buildInChild runs `geodrop build` in a process of its own, so that the memory
// that it reports is its own.
func buildInChild(ctx context.Context, dir, out string, memory int64) (*builder.Summary, time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, fmt.Errorf("find the program: %w", err)
	}
	c := command(ctx, self, "build", "--src", "dir:"+dir, "--out", out, "--memory", strconv.FormatInt(memory, 10), "--json")
	stdout, err := output(ctx, c)
	if err != nil {
		return nil, 0, err
	}
	var s builder.Summary
	if err := json.Unmarshal(stdout, &s); err != nil {
		return nil, 0, fmt.Errorf("read the summary of geodrop build: %w", err)
	}
	return &s, processorTime(c), nil
}

// processorTime is what a process that has ended took of all processors.
func processorTime(c *exec.Cmd) time.Duration {
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
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

// output runs a process of the context. Its error has the last line that it
// wrote to stderr.
func output(ctx context.Context, c *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	err = fmt.Errorf("%s: %w: %s", c.Path, err, lines[len(lines)-1])
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("install it: %w", err)
	}
	return nil, err
}
