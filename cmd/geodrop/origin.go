package main

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"geodrop/cmd/internal/origin"
	"geodrop/cmd/internal/shelf"
	"geodrop/sync/manifest"
)

type originCmd struct {
	sourceFlags
	Dir    string `default:"var/origin" placeholder:"DIR" help:"Folder of all that it keeps; made if missing. Default: ${default}."`
	Listen string `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Address for nodes to fetch from; port 0 is any. Default: ${default}."`
	loopFlags
}

func (*originCmd) Help() string {
	return `Builds the config, carries the release to nodes over HTTP, and builds again
whenever the config changes. Nodes hold what they fetch against its digests, but
not who it is from: let none but them reach the address. Ctrl-C stops it.

Example: geodrop origin --src dir:london --dir /var/lib/geodrop-origin --listen :8090
         GEODROP_SRC=mysql://gd_read:secret@db/geodrop?tls=true geodrop origin --listen 10.0.0.5:8090
         geodrop node --upstream http://10.0.0.5:8090 --listen :8080`
}

func (c *originCmd) Run(r *run) (err error) {
	config, err := c.follow()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, config.Close()) }()
	shelf, err := shelf.Open(c.Dir, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shelf.Close()) }()
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	url := "http://" + reachable(listener.Addr())
	if _, err := fmt.Fprintf(r.stdout, "Starting on %s/ …\n", url); err != nil {
		return errors.Join(err, listener.Close())
	}
	var told sync.Once
	return origin.Run(r.ctx, origin.Options{
		Dir: c.Dir, Listener: listener, Log: r.log, Publish: c.publish(r, config, shelf),
		Announced: func(at manifest.Pointer) { told.Do(func() { carried(r.stdout, url, at) }) },
	})
}

// carried says what nodes can fetch, and how.
func carried(w io.Writer, url string, at manifest.Pointer) {
	t := table{w: w}
	t.line("Release %s can be fetched.", at.Release)
	t.line("")
	t.line("  node   geodrop node --upstream %s", url)
	t.line("  state  %s/readyz", url)
	t.line("")
	t.line("Ctrl-C stops it.")
}
