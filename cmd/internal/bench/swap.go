package bench

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"geodrop/api/client"
	"geodrop/api/client/load"
	"geodrop/builder"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

// SwapOptions say what Swap measures. The zero value is what geodrop uses unless
// told.
type SwapOptions struct {
	Duration time.Duration // of the load without swaps, and of that with them; default 1 min
	Every    time.Duration // a swap; default 2 s
	Step     time.Duration // of the search for the peak; default 3 s
	Share    float64       // of the peak that is asked for; default 0.5
	Seed     uint64
	TempDir  string // default: the system's folder for temporary files

	Progress builder.Progress // default: none

	start func(ctx context.Context, on *processors, upstream *url.URL, dir string) (swapNode, error)
}

const (
	// swapReleases go round: what a node keeps beside the one it serves is never
	// the next one, so each is patched, staged and opened.
	swapReleases = 4
	// targetSwap is the p99 beside swaps, in times of that without.
	targetSwap = 1.3
	// peakConnections are those of the search for the peak.
	peakConnections = 64
	// atRest is how long a node is left alone before it is looked at.
	atRest = 2 * time.Second
)

func (o SwapOptions) withDefaults() SwapOptions {
	setDefault(&o.Duration, time.Minute)
	setDefault(&o.Every, 2*time.Second)
	setDefault(&o.Step, 3*time.Second)
	setDefault(&o.Share, 0.5)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	if o.start == nil {
		o.start = nodeInChild
	}
	return o
}

// Swap measures what lookups notice when the release is swapped again and again:
// an origin in this process points a node in another one to releases of the
// sample in turn, under a steady load. The rows are valid, as far as it came,
// also with an error.
func Swap(ctx context.Context, opts SwapOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	defer o.Progress.Done()
	p, err := sharedProcessors()
	if err != nil {
		return nil, err
	}
	before := runtime.GOMAXPROCS(p.forGenerator())
	defer runtime.GOMAXPROCS(before)
	dir, err := os.MkdirTemp(o.TempDir, "geodrop-swap-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the swaps: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &swapping{o: &o, processors: p}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(ctx, dir); err != nil {
		return nil, fmt.Errorf("bench swap: %w", err)
	}
	for _, part := range []func(context.Context) error{s.findRate, s.atBaseline, s.calm, s.swap, s.atEnd} {
		if err := part(ctx); err != nil {
			return s.rows, fmt.Errorf("bench swap: %w", err)
		}
		if ctx.Err() != nil {
			return s.rows, context.Cause(ctx)
		}
	}
	return s.rows, nil
}

// swapping is the measurement of one node.
type swapping struct {
	o          *SwapOptions
	processors *processors
	origin     *origin.Origin
	network    *listening
	node       swapNode
	client     *client.Client
	ids        []string // of the releases

	base  load.Options
	rate  float64
	p99   float64 // milliseconds, without swaps
	swaps int
	seen  []time.Duration // from the pointer to being served
	rest  vitals          // before the swaps
	rows  []Row
}

// open builds the releases, and has a node serve the first.
func (s *swapping) open(ctx context.Context, dir string) (err error) {
	s.o.Progress.Stage("build the releases")
	if s.origin, err = origin.Open(origin.Options{Dir: filepath.Join(dir, "origin"), Keep: swapReleases}); err != nil {
		return err
	}
	if s.network, err = listen(ctx, s.origin.Serve); err != nil {
		return err
	}
	if err := s.publish(ctx, dir); err != nil {
		return err
	}
	upstream := &url.URL{Scheme: "http", Host: s.network.address}
	if s.node, err = s.o.start(ctx, s.processors, upstream, filepath.Join(dir, "node")); err != nil {
		return err
	}
	if s.client, err = client.New(s.node.address(), client.Options{Timeout: requestTimeout}); err != nil {
		return err
	}
	positions, err := load.Places(ctx, s.node.address(), s.o.Seed)
	s.base = load.Options{Target: s.node.address(), Positions: positions, Seed: s.o.Seed, Connections: peakConnections}
	return err
}

func (s *swapping) close() error {
	var errs []error
	if s.client != nil {
		s.client.Close()
	}
	if s.node != nil {
		errs = append(errs, s.node.stop())
	}
	if s.network != nil {
		errs = append(errs, s.network.stop())
	}
	if s.origin != nil {
		errs = append(errs, s.origin.Close())
	}
	return errors.Join(errs...)
}

func (s *swapping) findRate(ctx context.Context) error {
	s.o.Progress.Stage("find the peak")
	peak, err := load.FindPeak(ctx, s.base, load.PeakOptions{From: 1000, Step: s.o.Step})
	if err != nil {
		return err
	}
	if peak.Goodput == 0 && ctx.Err() == nil {
		return errors.New("no lookup succeeded")
	}
	s.rate = s.o.Share * peak.Goodput
	s.rows = append(s.rows, newRow("swap", "asked", s.rate, unitPerS).noted("%g of the peak; %v", s.o.Share, s.processors))
	return nil
}

// run is the load for the duration, at the rate.
func (s *swapping) run(ctx context.Context) (load.Report, error) {
	o := s.base
	o.Phases = []load.Phase{{Rate: s.rate, Duration: s.o.Step}, {Rate: s.rate, Duration: s.o.Duration}}
	reports, err := load.Run(ctx, o)
	if err != nil || len(reports) < 2 {
		return load.Report{}, errors.Join(err, ctx.Err())
	}
	return reports[1], nil
}

func (s *swapping) calm(ctx context.Context) error {
	s.o.Progress.Stage("measure without swaps")
	r, err := s.run(ctx)
	if err != nil {
		return err
	}
	s.p99 = r.Latency.P99
	s.rows = append(s.rows, newRow("swap/without", "failed_requests", float64(r.Failed()), "").noted("of %d", r.Lookups),
		newRow("swap/without", "p99_ms", r.Latency.P99, unitMs).noted("%s", loadNote(&r)))
	return nil
}

func (s *swapping) swap(ctx context.Context) error {
	s.o.Progress.Stage(fmt.Sprintf("swap every %v", s.o.Every))
	swapping, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.goRound(swapping) }()
	r, err := s.run(ctx)
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return err
	}
	if len(s.seen) == 0 {
		return errors.New("no release was swapped in: give it more time")
	}
	slices.Sort(s.seen)
	swaps := newRow("swap/with", "swaps", float64(len(s.seen)), "")
	swaps = swaps.noted("of %d pointed to; served after %v, at most %v", s.swaps,
		s.seen[len(s.seen)/2].Round(time.Millisecond), s.seen[len(s.seen)-1].Round(time.Millisecond))
	s.rows = append(s.rows, swaps.atLeast(float64(s.swaps)),
		newRow("swap/with", "failed_requests", float64(r.Failed()), "").atMost(0).noted("of %d", r.Lookups),
		newRow("swap/with", "p99_ms", r.Latency.P99, unitMs).timesCost("without swaps", s.p99).atMost(targetSwap).noted("%s", loadNote(&r)))
	return nil
}

// goRound points to one release after another, and waits until each is served.
func (s *swapping) goRound(ctx context.Context) error {
	err := every(ctx, s.o.Every, func() error {
		p, err := s.origin.Point(manifest.DefaultChannel, s.ids[s.swaps%swapReleases])
		if err != nil {
			return err
		}
		s.swaps++
		began := time.Now()
		serves := func() error {
			if r, err := s.client.CurrentRelease(ctx); err != nil || r.ID != p.Release {
				return err
			}
			return errReady
		}
		const look = 10 * time.Millisecond
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		switch err := every(waiting, look, serves); {
		case errors.Is(err, errReady):
			s.seen = append(s.seen, time.Since(began))
			return nil
		case ctx.Err() != nil:
			s.swaps-- // the time was over
			return nil
		default:
			return fmt.Errorf("release %s is not served: %w", p.Release, err)
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// atBaseline looks at the node before the swaps, after it has answered as many
// requests at a time as it ever will.
func (s *swapping) atBaseline(ctx context.Context) (err error) {
	s.o.Progress.Stage("look at what the node holds")
	s.rest, err = s.resting(ctx)
	return err
}

// resting is what the node holds when nobody asks anything.
func (s *swapping) resting(ctx context.Context) (vitals, error) {
	select {
	case <-time.After(min(atRest, s.o.Step)):
		return s.node.vitals(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *swapping) atEnd(ctx context.Context) error {
	end, err := s.resting(ctx)
	if err != nil {
		return err
	}
	for _, kind := range vitalKinds() {
		row := newRow("swap/after", kind.name, end[kind.name], kind.unit).timesCost("before the swaps", s.rest[kind.name])
		switch {
		case kind.name == vitalMappings:
			row = row.atMost(1)
		case kind.flat && kind.name != vitalHeap:
			row = row.atMost(targetFlat)
		}
		s.rows = append(s.rows, row.noted("one look, %v after the load", min(atRest, s.o.Step)))
	}
	return nil
}
