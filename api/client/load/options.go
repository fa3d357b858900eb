package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"time"

	"geodrop/grid/coord"
)

// Phase is a time at one rate.
type Phase struct {
	Name     string
	Rate     float64 // lookups a second
	Duration time.Duration
}

// Options of a run. Target, Positions and Phases are required; the zero value of
// the others is fit for use.
type Options struct {
	Target    string        // URL of a node, such as http://127.0.0.1:8080
	Positions []coord.WGS84 // where lookups are made, picked at random
	Phases    []Phase       // one after another, without a pause

	Poisson     bool          // random gaps instead of equal ones
	Connections int           // most at a time; default 64
	Timeout     time.Duration // of a lookup, from when it is due; default 5 s
	Patience    time.Duration // most that a lookup waits for a connection; default half of Timeout
	Limit       int           // of drops in an answer; default: the node's
	Get         bool          // GET, which caches may answer, rather than POST
	Seed        uint64        // of positions and random gaps
	Window      time.Duration // length of Report.Windows; default: none

	Slow      int           // clients that send and read a byte now and then
	SlowPause time.Duration // between two bytes; default 1 s

	sleep func(time.Duration)                             // default nap
	dial  func(context.Context, string) (net.Conn, error) // default: TCP, or TLS for https
}

// ErrOptions marks options that no run can have.
var ErrOptions = errors.New("wrong option")

// most connections and slow clients, and the highest rate.
const (
	maxClients = 60_000
	maxRate    = 10e6
)

func (o Options) withDefaults() Options {
	o.Connections = cmp.Or(o.Connections, 64)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	o.Patience = cmp.Or(o.Patience, o.Timeout/2)
	o.SlowPause = cmp.Or(o.SlowPause, time.Second)
	if o.sleep == nil {
		o.sleep = nap
	}
	return o
}

func (o *Options) check() error {
	switch {
	case len(o.Positions) == 0:
		return fmt.Errorf("%w: no positions to ask for", ErrOptions)
	case len(o.Phases) == 0:
		return fmt.Errorf("%w: no phases", ErrOptions)
	case o.Connections < 1 || o.Connections > maxClients:
		return fmt.Errorf("%w: %d connections are not within 1…%d", ErrOptions, o.Connections, maxClients)
	case o.Slow < 0 || o.Slow > maxClients:
		return fmt.Errorf("%w: %d slow clients are not within 0…%d", ErrOptions, o.Slow, maxClients)
	case o.Timeout < time.Millisecond:
		return fmt.Errorf("%w: a time-out of %v is less than a millisecond", ErrOptions, o.Timeout)
	case o.Patience < 0 || o.Patience > o.Timeout:
		return fmt.Errorf("%w: a patience of %v is not within the time-out of %v", ErrOptions, o.Patience, o.Timeout)
	}
	for _, p := range o.Phases {
		if !(p.Rate > 0 && p.Rate <= maxRate) || math.IsNaN(p.Rate) {
			return fmt.Errorf("%w: a rate of %v is not above 0 and up to %d a second", ErrOptions, p.Rate, int(maxRate))
		}
		if p.Duration <= 0 {
			return fmt.Errorf("%w: a duration of %v is none", ErrOptions, p.Duration)
		}
	}
	return nil
}

// parseTarget is a URL of http or https with a host and no query.
func parseTarget(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%w: the target is not a URL such as http://127.0.0.1:8080", ErrOptions)
	}
	return u, nil
}
