package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"geodrop/sync/agent"
	"geodrop/sync/manifest"
)

// fleetAgent is one of many.
type fleetAgent struct {
	dir   string
	agent *agent.Agent
}

// arrival tells that an agent serves a release.
type arrival struct{ release string }

// start lets the agents loose at once, and waits until they serve the release
// that is published. What it returns ends them.
func (f *fleet) start(ctx context.Context, first string) (stop func() error, err error) {
	f.opts.Progress.Stage("cold start")
	f.arrivals = make(chan arrival, 2*f.opts.Agents)
	running, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	stop = func() error {
		cancel()
		all.Wait()
		var errs []error
		for _, a := range f.agents {
			errs = append(errs, a.agent.Close())
		}
		return errors.Join(errs...)
	}
	for i := range f.opts.Agents {
		if err := f.open(i); err != nil {
			return stop, err
		}
	}
	h, err := f.herd(ctx, first, func() error {
		for _, a := range f.agents {
			all.Go(func() { a.agent.Run(running) })
		}
		return nil
	})
	if err != nil {
		return stop, err
	}
	f.report(f.name()+"/cold", h, f.agents[0].agent.Status().Fetched, "the release")
	return stop, nil
}

// open opens an agent whose node looks at the manifest alone: its objects were
// digested as they came.
func (f *fleet) open(i int) error {
	a := &fleetAgent{dir: filepath.Join(f.work, fmt.Sprintf("agent-%05d", i))}
	var err error
	a.agent, err = agent.Open(agent.Options{
		Upstreams: f.servers.upstreams(i), Dir: a.dir, MaxPause: time.Second,
		Serve: func(ctx context.Context, dir string) error {
			m, err := manifest.Read(dir)
			if err != nil {
				return err
			}
			select {
			case f.arrivals <- arrival{m.ID}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	})
	if err != nil {
		return err
	}
	f.agents = append(f.agents, a)
	return nil
}

// whole reads all files of a release that the agent has.
func (a *fleetAgent) whole(ctx context.Context, m *manifest.Manifest) error {
	for name, o := range m.Objects {
		if err := manifest.VerifyObject(ctx, filepath.Join(a.dir, "releases", m.ID), name, o); err != nil {
			return err
		}
	}
	return nil
}
