package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/builder"
	"geodrop/cmd/internal/node"
	"geodrop/data/sample"
	"geodrop/grid/index"
	"geodrop/poi"
)

type upCmd struct {
	Dir    string `default:"var/up" placeholder:"DIR" help:"Folder of all that it keeps; made if missing. Default: ${default}."`
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to answer on; port 0 is any. Default: ${default}."`
	Admin  string `placeholder:"ADDR" help:"Address for profiles of the process (pprof); default: none."`
	Src    string `placeholder:"SRC" env:"GEODROP_SRC" help:"Config, as for build; default: the shipped sample, in DIR/sample."`
	CRS    string `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of places whose row names none: ${enum}."`

	Poll          time.Duration `default:"1s" help:"Pause between two looks at the config."`
	Quiet         time.Duration `default:"1s" help:"How long the config has to rest before it is built."`
	NextPoll      time.Duration `default:"10s" help:"When clients are told to ask again."`
	Memory        size          `default:"1GiB" help:"Memory for a build to stay within."`
	MaxRejected   percent       `default:"1%" help:"Share of rows that may be rejected."`
	MaxShrink     percent       `default:"20%" help:"Share of POIs that may be lost from one release to the next."`
	OperatorToken string        `env:"GEODROP_OPERATOR_TOKEN" placeholder:"TOKEN" help:"What operators send for previews; better given by the environment."`
}

func (*upCmd) Help() string {
	return `Everything in one process: it builds the config, serves the release, and builds
again whenever the config changes. What it served last is there at once after a
restart, whatever the config does. Ctrl-C stops it.

Example: geodrop up
         geodrop up --dir /var/lib/geodrop --listen :8080 --src dir:london`
}

func (c *upCmd) Run(r *run) error {
	src, err := c.source()
	if err != nil {
		return err
	}
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	var admin net.Listener
	if c.Admin != "" {
		if admin, err = listen(c.Admin); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	url := "http://" + reachable(listener.Addr())
	if _, err := fmt.Fprintf(r.stdout, "Starting on %s/ …\n", url); err != nil {
		return errors.Join(err, listener.Close())
	}
	return node.Run(r.ctx, node.Options{
		Dir: c.Dir, Listener: listener, Admin: admin,
		Open:     func(ctx context.Context) (poi.Source, error) { return src.openContext(ctx) },
		Interval: c.Poll, Quiet: c.Quiet,
		Build:   builder.Options{Memory: int64(c.Memory), MaxRejected: c.MaxRejected.limit(), MaxShrink: c.MaxShrink.limit()},
		Server:  server.Options{OperatorToken: c.OperatorToken, NextPoll: c.NextPoll},
		Log:     r.log,
		Serving: func(release *query.Release) { welcome(r.stdout, url, release) },
	})
}

// source names the config; that of the sample is unpacked first. A sample that
// was edited since stays as it is.
func (c *upCmd) source() (*sourceFlags, error) {
	src := c.Src
	if src == "" {
		dir := filepath.Join(c.Dir, "sample")
		if err := sample.Write(dir); err != nil && !errors.Is(err, sample.ErrForeign) {
			return nil, err
		}
		src = "dir:" + dir
	}
	f := &sourceFlags{Src: src, CRS: c.CRS}
	// A config that cannot be opened now may be later; one that is none never.
	switch opened, err := f.open(); {
	case err == nil:
		return f, opened.Close()
	case errors.As(err, new(usage)):
		return nil, err
	}
	return f, nil
}

// Validate refuses times that would stand for a default.
func (c *upCmd) Validate() error {
	for name, d := range map[string]time.Duration{"poll": c.Poll, "quiet": c.Quiet, "next-poll": c.NextPoll} {
		if d < time.Millisecond {
			return fmt.Errorf("--%s %v is less than a millisecond", name, d)
		}
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address", address, err)
	}
	return l, nil
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

// welcome says what is served, and how to ask for it.
func welcome(w io.Writer, url string, r *query.Release) {
	t := table{w: w}
	total := 0
	for _, s := range r.Index().Segments() {
		total += s.Len()
	}
	t.line("Release %s: %d places, %d tasks, %d districts.", r.Manifest().ID, total, len(r.Catalog().Tasks), len(r.Catalog().Districts))
	t.line("")
	t.line("  map    %s/", url)
	t.line("  state  %s/readyz", url)
	if body := example(r); body != "" {
		t.line("  ask    curl -s %s/v1/lookup -H 'Content-Type: application/json' -d '%s'", url, body)
	}
	t.line("")
	t.line("Ctrl-C stops it.")
}

// example is a request at the busiest of some places of the release.
func example(r *query.Release) string {
	const tried = 64
	var answer query.Answer
	most, body := 0, ""
	for _, s := range r.Index().Segments() {
		for i := 0; i < s.Len(); i += max(1, s.Len()/tried) {
			var req query.Request
			err := index.Protect(func() error { req.Pos = s.Postings()[i].Pos.WGS84(); return nil })
			if err == nil {
				err = r.Lookup(req, &answer)
			}
			if err != nil {
				return "" // the first request will tell
			}
			if len(answer.Drops) > most {
				most = len(answer.Drops)
				body = fmt.Sprintf(`{"lat":%.4f,"lng":%.4f}`, float64(req.Pos.Lat), float64(req.Pos.Lng))
			}
		}
	}
	return strings.TrimSpace(body)
}
