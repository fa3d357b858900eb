package main

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/api/query"
	"geodrop/cmd/internal/board"
	"geodrop/cmd/internal/node"
	"geodrop/sync/agent"
	"geodrop/sync/atomicfile"
)

type nodeCmd struct {
	Upstream []string `required:"" placeholder:"URL" help:"Origin or relay to fetch from; several, the preferred first."`
	Dir      string   `default:"var/node" placeholder:"DIR" help:"Folder of the releases; made if missing. Default: ${default}."`
	listenFlags
	serveFlags
}

func (*nodeCmd) Help() string {
	return `Answers lookups from the release that an origin is at, and follows it. What it
served last is there at once after a restart, also when no upstream is. Ctrl-C
stops it.

Example: geodrop node --upstream http://10.0.0.5:8090 --dir /var/lib/geodrop-node --listen :8080
         geodrop node --upstream http://relay-a:8090,http://relay-b:8090`
}

func (c *nodeCmd) Run(r *run) (err error) {
	upstreams, err := c.upstreams()
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	feed, err := node.OpenAgent(agent.Options{Upstreams: upstreams, Dir: c.Dir, Registry: registry, Log: r.log})
	if errors.Is(err, atomicfile.ErrLocked) {
		err = fmt.Errorf("another geodrop runs there: %w; choose another folder", err)
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
		Registry: registry, Server: c.server(r), Log: r.log,
		Serving: func(release *query.Release) { welcome(r.stdout, at, "", release) },
	})
}

// upstreams are the addresses, parsed.
func (c *nodeCmd) upstreams() ([]*url.URL, error) {
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
