package main

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"geodrop/api"
	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/origin"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/relay"
	"geodrop/sync/trust"
)

type relayCmd struct {
	upstreamFlags
	trustFlags
	Dir    string `default:"var/relay" placeholder:"DIR" help:"Folder of what it keeps; made if missing. Default: ${default}."`
	Listen string `default:"127.0.0.1:8091" placeholder:"ADDR" help:"Address for nodes to fetch from; port 0 is any. Default: ${default}."`
	Quota  size   `default:"64GiB" help:"Space for what it keeps; what nobody asked for longest goes."`
	Rate   *size  `placeholder:"SIZE" help:"Bytes a second to send, to all together; default: no bound."`
}

func (*relayCmd) Help() string {
	return `Stands between an origin and many nodes: it fetches each file once, keeps it, and
sends it to all who ask. With its upstreams away it goes on with what it has. An
ordinary HTTP cache can stand in the same place. Ctrl-C stops it.

Example: geodrop relay --upstream http://10.0.0.5:8090 --trust trusted.keys
         geodrop relay --upstream http://10.0.0.5:8090 --trust trusted.keys --listen :8091
         geodrop node --upstream http://relay-a:8091,http://relay-b:8091 --trust trusted.keys`
}

// Validate refuses an address that is none.
func (c *relayCmd) Validate() error { return checkAddress("listen", c.Listen) }

func (c *relayCmd) Run(r *run) (err error) {
	upstreams, err := c.upstreams()
	if err != nil {
		return err
	}
	keys, err := c.keys()
	if err != nil {
		return err
	}
	carrier, err := c.open(r, upstreams, keys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, carrier.Close()) }()
	listener, err := listen("--listen", c.Listen)
	if err != nil {
		return err
	}
	url := "http://" + reachable(listener.Addr())
	if _, err := fmt.Fprintf(r.stdout, "Starting on %s/ …\n\n  node   geodrop node --upstream %s %s\n  state  %s/readyz\n\nCtrl-C stops it.\n", url, url, believing(c.Unsigned), url); err != nil {
		return errors.Join(err, listener.Close())
	}
	return carrier.Serve(r.ctx, listener)
}

func (c *relayCmd) open(r *run, upstreams []*url.URL, keys func() (trust.Keys, error)) (*relay.Relay, error) {
	var carrier *relay.Relay // the probe is asked when it is there
	check := checkFunc(func() api.Check { return relayCheck(carrier) })
	registry, parts := prometheus.NewRegistry(), board.New(check)
	for _, m := range []prometheus.Collector{parts, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := registry.Register(m); err != nil {
			return nil, err
		}
	}
	ready := func() string { return carrier.Channel(manifest.DefaultChannel).Release }
	options := relay.Options{
		Upstreams: upstreams, Dir: c.Dir, Trust: keys, Quota: int64(c.Quota), Registry: registry, Log: r.log,
		Also: origin.NewProbe(ready, parts, registry),
	}
	if c.Rate != nil {
		options.Rate = int64(*c.Rate)
	}
	var err error
	carrier, err = relay.Open(options)
	if errors.Is(err, atomicfile.ErrLocked) {
		err = fmt.Errorf("another geodrop runs there: %w; choose another folder with --dir", err)
	}
	return carrier, err
}

type checkFunc func() api.Check

// Check asks the function.
func (f checkFunc) Check() api.Check { return f() }

// relayCheck is how it goes with the upstreams of a relay, for the channel that
// nodes follow by default.
func relayCheck(r *relay.Relay) api.Check {
	at := r.Channel(manifest.DefaultChannel)
	check := api.Check{Name: "upstream", State: api.CheckOK, Detail: "at " + at.Release, Last: at.LastContact}
	switch {
	case at.Err != nil:
		check.State, check.Class = api.CheckFailing, "upstream"
		check.Detail = "no upstream answers as it should; what is here is passed on still, and the log says more"
	case at.Release == "":
		check.State, check.Detail = api.CheckWorking, "no upstream has answered yet"
	}
	return check
}
