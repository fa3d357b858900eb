package main

import (
	"fmt"
	"time"

	"geodrop/cmd/internal/bench"
)

type benchSwapCmd struct {
	benchFlags
	Duration time.Duration `default:"1m" help:"Of the load without swaps, and of that with them; 10m for the target."`
	Every    time.Duration `default:"2s" help:"Pause between two swaps."`
	Step     time.Duration `default:"3s" help:"Length of a step of the search for the peak."`
	Share    float64       `default:"0.5" help:"Of the peak that is asked for."`
	Temp     string        `placeholder:"DIR" help:"Where the releases go; default: the system's folder for temporary files."`
}

func (*benchSwapCmd) Help() string {
	return `Runs a node in a process of its own, and an origin that points it to one release
of the shipped sample after another: each is fetched as patches, staged, opened and
swapped in. The same load is measured without swaps first.

Example: geodrop bench swap --duration 10m`
}

// Validate refuses what measures nothing.
func (c *benchSwapCmd) Validate() error {
	switch {
	case c.Duration < c.Every || c.Every < 10*time.Millisecond:
		return fmt.Errorf("--every %v is not within 10ms…--duration %v", c.Every, c.Duration)
	case c.Step < 10*time.Millisecond:
		return fmt.Errorf("--step %v is less than 10ms", c.Step)
	case !(c.Share > 0 && c.Share <= 1):
		return fmt.Errorf("--share %v is not within 0…1", c.Share)
	}
	return nil
}

func (c *benchSwapCmd) Run(r *run) error {
	rows, err := bench.Swap(r.ctx, bench.SwapOptions{
		Duration: c.Duration, Every: c.Every, Step: c.Step, Share: c.Share, Seed: c.Seed, TempDir: c.Temp,
		Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}
