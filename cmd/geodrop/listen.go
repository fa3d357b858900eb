package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/builder"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
)

// listenFlags are those of commands that answer.
type listenFlags struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to answer on; port 0 is any. Default: ${default}."`
	Admin  string `placeholder:"ADDR" help:"Address for profiles of the process (pprof), and for /healthz, /readyz and /metrics when the other has no connection left; default: none."`
}

// Validate refuses addresses that are none.
func (c *listenFlags) Validate() error {
	return errors.Join(checkAddress("listen", c.Listen), checkAddress("admin", c.Admin))
}

// checkAddress looks at the address that a flag gave, empty or not.
func checkAddress(flag, address string) error {
	if address == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("--%s is no host and port, such as 127.0.0.1:8080 or :8080: %w", flag, err)
	}
	return nil
}

// listen begins to; admin is nil without an address for it.
func (c *listenFlags) listen() (listener, admin net.Listener, err error) {
	if listener, err = listen("--listen", c.Listen); err != nil || c.Admin == "" {
		return listener, nil, err
	}
	if admin, err = listen("--admin", c.Admin); err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, admin, nil
}

// listen listens on the address that a flag gave.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err // the rest of it says the address again
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with %s", address, err, flag)
	}
	return l, nil
}

func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// reachable is an address to connect to: that of any interface is localhost.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// loopFlags are those of commands that follow a config.
type loopFlags struct {
	Poll        time.Duration `default:"1s" help:"Pause between two looks at the config."`
	Quiet       time.Duration `default:"1s" help:"How long the config has to rest before it is built."`
	PollTimeout time.Duration `default:"30s" help:"How long a look at the config may take."`
	Memory      size          `default:"1GiB" help:"Memory for a build to stay within."`
	MaxRejected percent       `default:"1%" help:"Share of places, and of memberships of sets, that may be rejected."`
	MaxShrink   percent       `default:"20%" help:"Share of POIs that may be lost from one release to the next; of tasks, quotas, sets, districts and zones it is half, or this if more."`

	AcceptRejectedConfig bool `help:"Publish although a zone, district, set, task, prize or merchant was rejected, and is missing on the map."`
}

// Validate refuses times that would stand for a default.
func (c *loopFlags) Validate() error {
	return errors.Join(atLeastMillisecond("poll", c.Poll), atLeastMillisecond("quiet", c.Quiet),
		atLeastMillisecond("poll-timeout", c.PollTimeout))
}

func atLeastMillisecond(flag string, d time.Duration) error {
	if d < time.Millisecond {
		return fmt.Errorf("--%s %v is less than a millisecond", flag, d)
	}
	return nil
}

// publish are the options of a publisher; what it makes has to open.
func (c *loopFlags) publish(r *run, config publish.Config, s *shelf.Shelf) publish.Options {
	return publish.Options{
		Config: config, Shelf: s, Interval: c.Poll, Quiet: c.Quiet, Timeout: c.PollTimeout, Log: r.log, Tracer: r.tracer,
		Build: builder.Options{
			Memory: int64(c.Memory), MaxRejected: c.MaxRejected.limit(), MaxShrink: c.MaxShrink.limit(),
			AcceptRejectedConfig: c.AcceptRejectedConfig,
		},
		Check: func(dir string) error {
			r, err := query.Open(dir, query.Options{})
			if err != nil {
				return err
			}
			return r.Close()
		},
	}
}

// serveFlags are those of commands that answer lookups.
type serveFlags struct {
	NextPoll      time.Duration `default:"10s" help:"When clients are told to ask again."`
	Drain         time.Duration `default:"0s" help:"How long to answer yet when stopping, with /readyz at 503, so that a balancer sees it."`
	CORSOrigin    []string      `name:"cors-origin" placeholder:"ORIGIN" help:"Origin of pages elsewhere that may read the public routes, such as https://map.example; repeat for several. Default: none."`
	OperatorToken string        `env:"GEODROP_OPERATOR_TOKEN" placeholder:"TOKEN" help:"What operators send for previews; better given by the environment."`
}

// Validate refuses a time that would stand for a default, or is none, and what is
// no origin.
func (c *serveFlags) Validate() error {
	if c.Drain < 0 {
		return fmt.Errorf("--drain %v is less than nothing", c.Drain)
	}
	for _, origin := range c.CORSOrigin {
		if err := server.CheckOrigin(origin); err != nil {
			return fmt.Errorf("--cors-origin: %w", err)
		}
	}
	return atLeastMillisecond("next-poll", c.NextPoll)
}

func (c *serveFlags) server(r *run) server.Options {
	return server.Options{
		OperatorToken: c.OperatorToken, Origins: c.CORSOrigin, NextPoll: c.NextPoll, Drain: c.Drain, Tracer: r.tracer,
	}
}
