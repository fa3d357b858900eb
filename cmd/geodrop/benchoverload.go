package main

import (
	"fmt"
	"time"

	"geodrop/cmd/internal/bench"
)

type benchOverloadCmd struct {
	benchFlags
	Target string        `placeholder:"URL" help:"Node to ask; default: one with the shipped sample, in a process of its own."`
	Step   time.Duration `default:"3s" help:"Length of a step of the search for the peak; the others are three times as long."`
	Times  float64       `default:"10" help:"How many times the peak is asked for."`
	Phones count         `default:"1000" help:"Connections of the overload."`
	Slow   count         `default:"2000" help:"Slow clients."`
}

func (*benchOverloadCmd) Help() string {
	return `Finds the most that a node answers, asks for ten times as much, and looks how long
it takes to be as before; then measures how it serves good clients beside slow
ones. Node and generator have processors of their own where there are two or more:
see the notes for whether the generator kept up.

Example: geodrop bench overload --step 2s --json`
}

// Validate refuses what measures nothing.
func (c *benchOverloadCmd) Validate() error {
	switch {
	case c.Step < 10*time.Millisecond:
		return fmt.Errorf("--step %v is less than 10ms", c.Step)
	case !(c.Times >= 1 && c.Times <= 1000):
		return fmt.Errorf("--times %v is not within 1…1000", c.Times)
	}
	return nil
}

func (c *benchOverloadCmd) Run(r *run) error {
	rows, err := bench.Overload(r.ctx, bench.OverloadOptions{
		Target: c.Target, Step: c.Step, Times: c.Times, Phones: int(c.Phones), Slow: int(c.Slow), Seed: c.Seed,
		Progress: newProgress(r.stderr),
	})
	return c.print(r, rows, err)
}
