package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/origin"
	"geodrop/sync/relay"
)

// fleetServer is an origin or a relay.
type fleetServer interface {
	Serve(ctx context.Context, l net.Listener) error
	Close() error
}

// fleetServers are those that agents fetch from.
type fleetServers struct {
	registry *prometheus.Registry // of the origin
	origin   *origin.Origin
	networks []*countedListener // the origin's first

	all    []fleetServer
	ended  chan error
	cancel context.CancelFunc
}

// serveFleet starts an origin and relays in front of it, in folders below dir.
// What has begun is to be stopped, even after an error.
func serveFleet(ctx context.Context, dir string, relays int) (*fleetServers, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &fleetServers{registry: prometheus.NewRegistry(), ended: make(chan error, 1+relays), cancel: cancel}
	var err error
	s.origin, err = origin.Open(origin.Options{Dir: filepath.Join(dir, "origin"), Registry: s.registry})
	if err != nil {
		return s, err
	}
	if err := s.serve(ctx, s.origin); err != nil {
		return s, err
	}
	for i := range relays {
		r, err := relay.Open(relay.Options{Dir: filepath.Join(dir, fmt.Sprint("relay-", i)), Upstreams: []*url.URL{s.networks[0].url()}})
		if err != nil {
			return s, err
		}
		if err := s.serve(ctx, r); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *fleetServers) serve(ctx context.Context, server fleetServer) error {
	s.all = append(s.all, server)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen on loopback: %w", err)
	}
	network := &countedListener{Listener: l}
	s.networks = append(s.networks, network)
	go func() { s.ended <- server.Serve(ctx, network) }()
	return nil
}

// upstreams are those of an agent: the relays, one after another beginning with
// its own, or the origin where there are none.
func (s *fleetServers) upstreams(i int) (list []*url.URL) {
	from := s.networks
	if len(from) > 1 {
		from = from[1:]
	}
	for n := range from {
		list = append(list, from[(i+n)%len(from)].url())
	}
	return list
}

// stop ends all, and waits for that.
func (s *fleetServers) stop() error {
	s.cancel()
	var errs []error
	for range s.networks {
		errs = append(errs, <-s.ended)
	}
	for i := len(s.all) - 1; i >= 0; i-- { // relays before their origin
		errs = append(errs, s.all[i].Close())
	}
	return errors.Join(errs...)
}

// egress are the bytes that the origin has sent, headers included.
func (s *fleetServers) egress() int64 { return s.networks[0].sent.Load() }

// sockets are the connections that all hold.
func (s *fleetServers) sockets() (n int64) {
	for _, l := range s.networks {
		n += l.open.Load()
	}
	return n
}

// refused is how many requests the origin has put off, content what it has sent
// beside headers.
func (s *fleetServers) refused() float64 { return s.sum("geodrop_origin_refused_total") }
func (s *fleetServers) content() float64 { return s.sum("geodrop_origin_sent_bytes_total") }

// sum is that of a counter of the origin over its labels.
func (s *fleetServers) sum(name string) (total float64) {
	families, err := s.registry.Gather()
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if err == nil && family.GetName() == name {
				total += m.GetCounter().GetValue()
			}
		}
	}
	return total
}
