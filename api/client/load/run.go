package load

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"
)

// run is a run under way.
type run struct {
	options  Options
	target   *url.URL
	began    time.Time
	recorder *recorder
	slow     slowCounts
}

// longestQueue bounds the jobs that wait for a connection.
const longestQueue = 1 << 17

// Run makes the lookups of all phases and tells what came of them, phase by
// phase. When the context ends, so does the run, without an error: the reports
// are of what was measured until then.
func Run(ctx context.Context, opts Options) ([]Report, error) {
	o := opts.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	target, err := parseTarget(o.Target)
	if err != nil {
		return nil, err
	}
	if o.dial == nil {
		o.dial = dialer(target)
	}
	if err := reachable(ctx, &o, target); err != nil {
		return nil, err
	}
	r := &run{options: o, target: target, began: time.Now(), recorder: newRecorder(&o)}
	r.all(ctx)
	return r.reports(time.Since(r.began)), nil
}

// reachable connects once, so that a wrong address is an error at once rather
// than in every lookup.
func reachable(ctx context.Context, o *Options, target *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	c, err := o.dial(ctx, address(target))
	if err != nil {
		return fmt.Errorf("connect to %s: %w; is a node running there?", target.Host, err)
	}
	return c.Close()
}

// all runs pacer, connections and slow clients, and waits for them.
func (r *run) all(ctx context.Context) {
	var fast, slow sync.WaitGroup
	aside, stopSlow := context.WithCancel(ctx)
	defer stopSlow()
	for i := range r.options.Slow {
		slow.Go(func() { r.slowClient(aside, i) })
	}
	jobs := make(chan job, longestQueue)
	for range r.options.Connections {
		fast.Go(func() { newConnection(r).work(ctx, jobs) })
	}
	r.pace(ctx, newSchedule(&r.options), jobs)
	fast.Wait()
	stopSlow()
	slow.Wait()
}

// address is host and port of a target.
func address(target *url.URL) string {
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	return net.JoinHostPort(target.Hostname(), port)
}
