//go:build !linux

package bench

import (
	"os/exec"
	"runtime"
)

// processors are not parted on this system.
type processors struct{}

func partProcessors() (*processors, error) { return &processors{}, nil }

func sharedProcessors() (*processors, error) { return &processors{}, nil }

func (*processors) forGenerator() int { return runtime.GOMAXPROCS(0) + 1 }

func (*processors) join() error { return nil }

func (*processors) start(c *exec.Cmd) error { return c.Start() }

func (*processors) String() string { return "generator and node share the processors" }
