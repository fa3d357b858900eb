package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"geodrop/api/client"
)

// startFunc starts a node and returns its URL, and what ends it.
type startFunc func(ctx context.Context) (url string, stop func() error, err error)

// upInChild runs `geodrop up` with the shipped sample in a process of its own:
// the generator shall not be in the schedule of its goroutines.
func upInChild(ctx context.Context) (url string, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("find the program: %w", err)
	}
	dir, err := os.MkdirTemp("", "geodrop-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the node: %w", err)
	}
	c := command(ctx, self, "up", "--dir", filepath.Join(dir, "up"), "--listen", "127.0.0.1:0")
	stdout, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("start a node: %w", err), os.RemoveAll(dir))
	}
	stop = func() error { return errors.Join(stopChild(c), os.RemoveAll(dir)) }
	if url, err = waitReady(ctx, stdout); err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return url, stop, nil
}

// stopChild asks a process to stop, and waits for it.
func stopChild(c *exec.Cmd) error {
	if err := c.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the node: %w", err)
	}
	if err := c.Wait(); err != nil && c.ProcessState.ExitCode() != 0 {
		return fmt.Errorf("the node did not end as it should: %w", err)
	}
	return nil
}

// waitReady reads what up prints until it serves.
func waitReady(ctx context.Context, stdout io.Reader) (url string, err error) {
	in := bufio.NewScanner(stdout)
	for in.Scan() {
		if rest, ok := strings.CutPrefix(in.Text(), "Starting on "); ok {
			url, _, _ = strings.Cut(rest, " ")
		}
		if strings.HasPrefix(in.Text(), "Release ") {
			return strings.TrimSuffix(url, "/"), checkReady(ctx, strings.TrimSuffix(url, "/"))
		}
	}
	return "", errors.Join(errors.New("the node ended before it served; geodrop up says why"), in.Err())
}

func checkReady(ctx context.Context, url string) error {
	c, err := client.New(url, client.Options{Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := c.Ready(ctx)
	if err == nil && r.Status != "ready" {
		err = fmt.Errorf("the node says %s", r.Status)
	}
	return err
}
