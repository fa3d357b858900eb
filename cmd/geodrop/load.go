package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"geodrop/api/client/load"
	"geodrop/grid/coord"
)

type loadCmd struct {
	Target   string        `required:"" placeholder:"URL" help:"Node to ask, such as http://127.0.0.1:8080."`
	Rate     float64       `default:"100" help:"Lookups a second, whether answers come or not; with --find-peak the first rate."`
	Duration time.Duration `default:"10s" help:"How long; with --find-peak that of a step."`
	Warmup   time.Duration `default:"0s" help:"Time before, at the same rate, that does not count."`
	Poisson  bool          `help:"Random gaps between lookups instead of equal ones."`
	FindPeak bool          `help:"Double the rate until the node does not keep it, then close in on the limit."`

	Positions string `type:"existingfile" placeholder:"FILE" help:"Where to ask: a CSV file of lat,lng. Default: near the places that the node shows on its map."`
	Area      *area  `placeholder:"S,W,N,E" help:"Where to ask: anywhere in a box of degrees, such as 51.4,-0.2,51.6,0.1."`
	Limit     int    `default:"0" help:"Drops in an answer at most; 0 for what the node says."`
	Get       bool   `help:"Ask with GET, which caches may answer, rather than POST."`

	Connections int           `default:"64" help:"Connections at most; a lookup that finds all of them busy waits, and the wait counts."`
	Timeout     time.Duration `default:"5s" help:"Of a lookup, from when it is due."`
	Patience    time.Duration `default:"0s" help:"Most that a lookup waits for a connection, then it counts as unsent; default: half of --timeout."`
	Slow        int           `default:"0" help:"Clients beside them that send a request, or read an answer, byte by byte."`
	SlowPause   time.Duration `default:"1s" help:"Pause between two such bytes."`

	MaxErrors percent `default:"1%" help:"Share of lookups that may fail; exit with 1 when more do. Default: ${default}."`
	Seed      uint64  `default:"1" help:"Seed of positions and gaps."`
	JSON      bool    `name:"json" help:"Print the report as JSON."`
}

func (*loadCmd) Help() string {
	return `Open loop: when each lookup is due is set beforehand, and its latency runs from
that moment, so that a node that falls behind cannot slow down what measures it.
Ctrl-C ends it and prints what was measured until then.

Example: geodrop load --target http://127.0.0.1:8080 --rate 2000 --duration 30s
         geodrop load --target http://127.0.0.1:8080 --find-peak --duration 3s --json`
}

// Validate refuses what would stand for a default, and what contradicts itself.
func (c *loadCmd) Validate() error {
	for name, d := range map[string]time.Duration{"duration": c.Duration, "timeout": c.Timeout, "slow-pause": c.SlowPause} {
		if d < time.Millisecond {
			return fmt.Errorf("--%s %v is less than a millisecond", name, d)
		}
	}
	switch {
	case !(c.Rate > 0):
		return fmt.Errorf("--rate %v asks for nothing: give more than 0 lookups a second", c.Rate)
	case c.Warmup < 0:
		return fmt.Errorf("--warmup %v is negative", c.Warmup)
	case c.Positions != "" && c.Area != nil:
		return errors.New("--positions and --area name two places to ask at; give one")
	case c.Connections < 1:
		return fmt.Errorf("--connections %d is not at least 1", c.Connections)
	}
	return within("limit", c.Limit, 0, 1000, "drops")
}

func (c *loadCmd) Run(r *run) error {
	// The pacer sleeps in the kernel and holds a processor of the runtime.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	o, err := c.options(r.ctx)
	if err != nil {
		return loadError(err)
	}
	if c.FindPeak {
		return c.findPeak(r, o)
	}
	reports, err := load.Run(r.ctx, o)
	if err != nil {
		return loadError(err)
	}
	if len(reports) < len(o.Phases) {
		return errors.New("stopped by a signal before anything was measured")
	}
	report := &reports[len(reports)-1]
	if err := c.print(r, report); err != nil {
		return err
	}
	return c.judge(report)
}

// loadError is the error of a run with its exit code.
func loadError(err error) error {
	if errors.Is(err, load.ErrOptions) {
		return usage{err}
	}
	return err
}

func (c *loadCmd) options(ctx context.Context) (load.Options, error) {
	o := load.Options{
		Target: c.Target, Poisson: c.Poisson, Connections: c.Connections, Timeout: c.Timeout, Patience: c.Patience,
		Limit: c.Limit, Get: c.Get, Seed: c.Seed, Slow: c.Slow, SlowPause: c.SlowPause,
	}
	if c.Warmup > 0 {
		o.Phases = append(o.Phases, load.Phase{Name: "warm-up", Rate: c.Rate, Duration: c.Warmup})
	}
	o.Phases = append(o.Phases, load.Phase{Rate: c.Rate, Duration: c.Duration})
	var err error
	o.Positions, err = c.positions(ctx)
	return o, err
}

func (c *loadCmd) positions(ctx context.Context) ([]coord.WGS84, error) {
	switch {
	case c.Area != nil:
		const enough = 100_000
		return load.Area(*c.Area).Random(enough, c.Seed), nil
	case c.Positions == "":
		return load.Places(ctx, c.Target, c.Seed)
	}
	f, err := os.Open(c.Positions)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing to lose
	at, err := load.ReadPositions(f)
	if err == nil && len(at) == 0 {
		err = errors.New("it has no positions")
	}
	if err != nil {
		return nil, usage{fmt.Errorf("%s: %w", c.Positions, err)}
	}
	return at, nil
}

func (c *loadCmd) print(r *run, report *load.Report) error {
	if c.JSON {
		return printJSON(r, report)
	}
	return writeLoad(r.stdout, report)
}

func printJSON(r *run, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(r.stdout, "%s\n", b)
	}
	return err
}

// judge is the exit code of a run.
func (c *loadCmd) judge(report *load.Report) error {
	switch failed := report.Failed(); {
	case report.Lookups == 0:
		return nil // so slow a rate that none was due, or stopped before
	case report.OK == 0 && failed > 0:
		return notRight{fmt.Errorf("none of %d lookups succeeded", report.Lookups)}
	case float64(failed) > float64(c.MaxErrors)*float64(report.Lookups):
		return notRight{fmt.Errorf("%d of %d lookups failed, more than --max-errors", failed, report.Lookups)}
	}
	return nil
}

func (c *loadCmd) findPeak(r *run, o load.Options) error {
	p := load.PeakOptions{From: c.Rate, Step: c.Duration, Warmup: c.Warmup}
	t := table{w: r.stdout}
	if !c.JSON {
		t.line("%s", stepHeading)
		p.Each = func(report load.Report) { t.line("%s", stepLine(&report)) }
	}
	peak, err := load.FindPeak(r.ctx, o, p)
	switch {
	case err != nil:
		return loadError(err)
	case c.JSON:
		return printJSON(r, &peak)
	}
	t.line("")
	t.row("rate kept", perSecond(peak.Rate))
	t.row("peak goodput", perSecond(peak.Goodput))
	return t.err
}

// area is a box on the map, written as south,west,north,east.
type area load.Area

// Decode reads the next argument, which may begin with a minus.
func (a *area) Decode(ctx *kong.DecodeContext) error {
	text := ctx.Scan.Pop().String()
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return fmt.Errorf("%q is no area such as 51.4,-0.2,51.6,0.1: south, west, north, east", text)
	}
	var degrees [4]float64
	for i, part := range parts {
		var err error
		if degrees[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil {
			return fmt.Errorf("%q is no number of degrees such as -0.127", part)
		}
	}
	var err1, err2 error
	a.SouthWest, err1 = coord.NewWGS84(coord.Lat(degrees[0]), coord.Lng(degrees[1]))
	a.NorthEast, err2 = coord.NewWGS84(coord.Lat(degrees[2]), coord.Lng(degrees[3]))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if a.SouthWest.Lat > a.NorthEast.Lat || a.SouthWest.Lng > a.NorthEast.Lng {
		return fmt.Errorf("%q is no area: its south or west is beyond its north or east", text)
	}
	return nil
}
