package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/node"
	"geodrop/sync/agent"
	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
)

type nodeCmd struct {
	upstreamFlags
	trustFlags
	Name    string `placeholder:"NAME" env:"GEODROP_NODE" help:"What the origin lists the node as, with what it serves; default: that of the machine and the port."`
	Channel string `default:"main" placeholder:"NAME" help:"Channel to follow; another takes another --dir. Default: ${default}."`
	Dir     string `default:"var/node" placeholder:"DIR" help:"Folder of the releases; made if missing. Default: ${default}."`
	nodeTokenFlags
	listenFlags
	serveFlags
}

func (*nodeCmd) Help() string {
	return `Answers lookups from the release that an origin is at, and follows it. What it
served last is there at once after a restart, also when no upstream is. Ctrl-C
stops it.

Example: geodrop node --upstream http://10.0.0.5:8090 --trust trusted.keys
         geodrop node --upstream http://10.0.0.5:8090 --trust trusted.keys --dir /var/lib/geodrop-node --listen :8080
         geodrop node --upstream http://relay-a:8091,http://relay-b:8091 --trust trusted.keys
         geodrop node --upstream http://10.0.0.5:8090 --trust trusted.keys --channel canary`
}

// Validate refuses addresses that are none, and a time that would stand for a default.
func (c *nodeCmd) Validate() error {
	return errors.Join(c.listenFlags.Validate(), c.serveFlags.Validate())
}

var errChannel = errors.New("--channel is lower-case letters, digits, - and _, such as canary")

// seldomCollected is GOGC of a node unless told. Its heap is a few MiB of answers
// under way, what it serves is mapped: it may as well grow, for lookups beside a
// collection take longer.
const seldomCollected = 400

func (c *nodeCmd) Run(r *run) (err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(seldomCollected)
	}
	if !manifest.ValidChannel(c.Channel) {
		return usage{errChannel}
	}
	upstreams, err := c.upstreams()
	if err != nil {
		return err
	}
	keys, err := c.keys()
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	feed, err := node.OpenAgent(agent.Options{Upstreams: upstreams, Dir: c.Dir, Trust: keys, Channel: c.Channel, Node: c.name(), Token: c.NodeToken, Health: node.Health(registry), Registry: registry, Log: r.log})
	if errors.Is(err, atomicfile.ErrLocked) {
		err = fmt.Errorf("another geodrop runs there: %w; choose another folder with --dir", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, feed.Close()) }()
	listener, admin, err := c.listen()
	if err != nil {
		return err
	}
	at := "http://" + reachable(listener.Addr())
	if _, err := fmt.Fprintf(r.stdout, "Starting on %s/ …\n", at); err != nil {
		return errors.Join(err, listener.Close(), closeListener(admin))
	}
	return node.Run(r.ctx, node.Options{
		Listener: listener, Admin: admin, Feed: feed, Parts: []board.Checker{feed}, AsOf: feed.AsOf,
		Registry: registry, Server: c.server(r), Log: r.log, Shelf: filepath.Join(c.Dir, "releases"),
		Serving: announce(r.stdout, at, ""),
	})
}

// name is what the origin lists the node as.
func (c *nodeCmd) name() string {
	if c.Name != "" {
		return c.Name
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	_, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return host
	}
	return host + ":" + port
}

// upstreamFlags are those of commands that fetch.
type upstreamFlags struct {
	Upstream []string `required:"" placeholder:"URL" help:"Origin or relay to fetch from; several, the preferred first."`
}

// upstreams are the addresses, parsed.
func (c *upstreamFlags) upstreams() ([]*url.URL, error) {
	var list []*url.URL
	for _, text := range c.Upstream {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, usage{errors.New("an upstream is a URL such as http://10.0.0.5:8090")}
		}
		if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
			return nil, usage{errors.New("an upstream is a URL without ? and #, such as http://10.0.0.5:8090")}
		}
		list = append(list, u)
	}
	return list, nil
}
