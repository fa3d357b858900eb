package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"geodrop/api/client/load"
	"geodrop/builder"
)

// OverloadOptions say what Overload measures. The zero value is what geodrop
// uses unless told.
type OverloadOptions struct {
	Target   string        // URL of a node; default: one with the sample, in a process of its own
	Step     time.Duration // of the search for the peak, and unit of the others; default 3 s
	Times    float64       // how much of the peak is too much; default 10
	Phones   int           // connections of the overload; default 1000
	Slow     int           // slow clients; default 2000
	PeakMost int           // connections of the search; default 64
	Seed     uint64

	Progress builder.Progress // default: none

	start startFunc
}

const (
	targetGoodput  = 0.8 // of the peak
	targetAccepted = 5   // times the p99 of a node without load
	targetRecovery = 5   // seconds
	targetSlow     = 2   // times the p99 without slow clients

	calm       = 0.1 // of the peak: a rate at which nothing waits
	lookWindow = 250 * time.Millisecond
	noPatience = 100 * time.Microsecond
)

func (o OverloadOptions) withDefaults() OverloadOptions {
	setDefault(&o.Step, 3*time.Second)
	setDefault(&o.Times, 10)
	setDefault(&o.Phones, 1000)
	setDefault(&o.Slow, 2000)
	setDefault(&o.PeakMost, 64)
	if o.Progress == nil {
		o.Progress = silent{}
	}
	if o.Target != "" {
		target := o.Target
		o.start = func(context.Context) (string, func() error, error) { return target, func() error { return nil }, nil }
	}
	return o
}

// startFunc starts a node and returns its URL, and what ends it.
type startFunc func(ctx context.Context) (url string, stop func() error, err error)

// node runs `geodrop node` on its processors, and an origin here that has given it
// the shipped sample and rests.
func (p *processors) node(ctx context.Context) (url string, stop func() error, err error) {
	dir, err := os.MkdirTemp("", "geodrop-bench-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the node: %w", err)
	}
	s := &swapping{processors: p, o: &SwapOptions{Progress: silent{}, start: nodeInChild}}
	stop = func() error { return errors.Join(s.close(), os.RemoveAll(dir)) }
	if err := s.open(ctx, dir); err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return s.node.address(), stop, nil
}

// Overload measures what a node does when it is asked for more than it can. The
// rows are valid, as far as it came, also with an error.
func Overload(ctx context.Context, opts OverloadOptions) (rows []Row, err error) {
	o := opts.withDefaults()
	defer o.Progress.Done()
	on := partProcessors
	if o.start != nil {
		on = sharedProcessors
	}
	p, err := on()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.join()) }()
	before := runtime.GOMAXPROCS(p.forGenerator())
	defer runtime.GOMAXPROCS(before)
	if o.start == nil {
		o.start = p.node
	}
	url, stop, err := o.start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	positions, err := load.Places(ctx, url, o.Seed)
	if err != nil {
		return nil, err
	}
	b := overload{o: &o, processors: p, base: load.Options{Target: url, Positions: positions, Seed: o.Seed, Connections: o.PeakMost}}
	for _, part := range []func(context.Context) error{b.findPeak, b.unloaded, b.tooMuch, b.slowClients} {
		if err := part(ctx); err != nil {
			return b.rows, fmt.Errorf("bench overload: %w", err)
		}
		if ctx.Err() != nil {
			return b.rows, context.Cause(ctx)
		}
	}
	return b.rows, nil
}

// overload is the measurement of one node.
type overload struct {
	o          *OverloadOptions
	processors *processors
	base       load.Options
	peak       float64 // goodput
	p99        float64 // milliseconds, without load
	rows       []Row
}

func (b *overload) findPeak(ctx context.Context) error {
	b.o.Progress.Stage("find the peak")
	peak, err := load.FindPeak(ctx, b.base, load.PeakOptions{From: 1000, Step: b.o.Step})
	if err != nil {
		return err
	}
	if peak.Goodput == 0 && ctx.Err() == nil {
		return errors.New("no lookup succeeded")
	}
	b.peak = peak.Goodput
	b.rows = append(b.rows, newRow("overload/peak", "goodput", peak.Goodput, unitPerS).noted("%d steps of %v; %v", len(peak.Steps), b.o.Step, b.processors))
	return nil
}

// calmly runs at a rate at which nothing waits.
func (b *overload) calmly(ctx context.Context, slow int) (load.Report, error) {
	o := b.base
	o.Slow = slow
	rate := calm * b.peak
	// Slow clients need a moment to connect, one after another.
	o.Phases = []load.Phase{{Rate: rate, Duration: b.o.Step}, {Rate: rate, Duration: 3 * b.o.Step}}
	reports, err := load.Run(ctx, o)
	if err != nil || len(reports) < 2 {
		return load.Report{}, errors.Join(err, ctx.Err())
	}
	return reports[1], nil
}

func (b *overload) unloaded(ctx context.Context) error {
	b.o.Progress.Stage("measure without load")
	r, err := b.calmly(ctx, 0)
	if err != nil {
		return err
	}
	b.p99 = r.Latency.P99
	b.rows = append(b.rows, newRow("overload/unloaded", "p99_ms", b.p99, unitMs).noted("%s", loadNote(&r)))
	return nil
}

// tooMuch asks for more than the peak, and then looks how long the node takes to
// be as it was.
func (b *overload) tooMuch(ctx context.Context) error {
	b.o.Progress.Stage(fmt.Sprintf("ask for %g times the peak", b.o.Times))
	o := b.base
	// A lookup that finds no free connection is one of a phone that cannot
	// connect: it does not wait for others to be done.
	o.Connections, o.Patience, o.Timeout, o.Window = b.o.Phones, noPatience, 5*time.Second, lookWindow
	o.Phases = []load.Phase{
		{Rate: calm * b.peak, Duration: b.o.Step},
		{Rate: b.o.Times * b.peak, Duration: b.o.Step}, // its thousand connections begin
		{Rate: b.o.Times * b.peak, Duration: 3 * b.o.Step},
		{Rate: calm * b.peak, Duration: 2 * targetRecovery * time.Second},
	}
	if b.o.Step < time.Second { // for tests
		o.Phases[3].Duration = 4 * b.o.Step
	}
	reports, err := load.Run(ctx, o)
	if err != nil || len(reports) < 4 {
		return errors.Join(err, ctx.Err())
	}
	onset, r, name := &reports[1], &reports[2], fmt.Sprintf("overload/%gx", b.o.Times)
	b.rows = append(b.rows,
		newRow(name, "onset_p99_ms", onset.Latency.P99, unitMs).noted("of those accepted in the first %v; goodput %.0f/s", b.o.Step, onset.Goodput),
		newRow(name, "goodput", r.Goodput, unitPerS).timesCost("its own peak", b.peak).atLeast(targetGoodput).noted("%s", loadNote(r)),
		newRow(name, "accepted_p99_ms", r.Latency.P99, unitMs).timesCost("without load", b.p99).atMost(targetAccepted),
		recoveryRow(name, &reports[3], targetAccepted*b.p99))
	return nil
}

// recoveryRow tells when the last window was over in which a lookup failed, or was
// slow before a whole second had been well: later ones are hiccups of the machine.
func recoveryRow(name string, r *load.Report, slow float64) Row {
	last, well := 0.0, 0
	for _, w := range r.Windows {
		well++
		if w.Failed > 0 || w.P99 > slow && well <= int(time.Second/lookWindow) {
			last, well = w.At+lookWindow.Seconds(), 0
		}
	}
	return newRow(name, "recovery_seconds", last, unitSeconds).atMost(targetRecovery).
		noted("until no lookup fails and each %v of a second has a p99 of at most %.3g ms; %s", lookWindow, slow, loadNote(r))
}

func (b *overload) slowClients(ctx context.Context) error {
	b.o.Progress.Stage(fmt.Sprintf("ask beside %d slow clients", b.o.Slow))
	r, err := b.calmly(ctx, b.o.Slow)
	if err != nil {
		return err
	}
	row := newRow(caseName("overload/slow", b.o.Slow), "p99_ms", r.Latency.P99, unitMs).
		timesCost("without slow clients", b.p99).atMost(targetSlow).noted("%s", loadNote(&r))
	if s := r.Slow; s != nil {
		row = row.noted("%d connections, %d cut off, %d refused", s.Connected, s.CutOff, s.Refused)
	}
	b.rows = append(b.rows, row)
	return nil
}

// loadNote says what else there is to know of a report.
func loadNote(r *load.Report) string {
	note := fmt.Sprintf("asked %.0f/s, done %.0f/s, generator late by p99 %.3g ms", r.Rate, r.RateDone, r.Schedule.LagMS.P99)
	var errors []string
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		errors = append(errors, fmt.Sprintf("%s %d", kind, r.Errors[kind]))
	}
	if len(errors) > 0 {
		note += ", errors " + strings.Join(errors, ", ")
	}
	return note
}
