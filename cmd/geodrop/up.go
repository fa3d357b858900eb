package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"geodrop/api/query"
	"geodrop/cmd/internal/node"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
	"geodrop/cmd/internal/starter"
	"geodrop/data/sample"
	"geodrop/grid/index"
	"geodrop/poi/phrase"
)

type upCmd struct {
	Dir string `default:"var/up" placeholder:"DIR" help:"Folder of all that it keeps; made if missing. Default: ${default}."`
	Src string `placeholder:"SRC" env:"GEODROP_SRC" help:"Config, as for build; default: sqlite:DIR/config.db, made with the shipped sample if missing."`
	CRS string `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of places whose row names none: ${enum}."`
	listenFlags
	loopFlags
	serveFlags
}

func (*upCmd) Help() string {
	return `Everything in one process: it builds the config, serves the release, and builds
again whenever the config changes. What it served last is there at once after a
restart, whatever the config does. Ctrl-C stops it.

OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4318 in the environment sends traces
there; origin and node know it, too.

Example: geodrop up
         sqlite3 var/up/config.db "UPDATE tasks SET paused = 1 WHERE id = 'city-packets'"
         geodrop up --dir /var/lib/geodrop --listen :8080 --src dir:london`
}

// Validate refuses addresses that are none, and times that would stand for a default.
func (c *upCmd) Validate() error {
	return errors.Join(c.listenFlags.Validate(), c.loopFlags.Validate(), c.serveFlags.Validate())
}

func (c *upCmd) Run(r *run) (err error) {
	shelf, err := shelf.Open(c.Dir, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shelf.Close()) }()
	config, err := c.config(r, shelf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, config.Close()) }()
	o, err := c.node(r)
	if err != nil {
		return err
	}
	publisher := publish.New(c.publish(r, config, shelf))
	o.Feed = node.ShelfFeed{Shelf: shelf, Log: r.log}
	o.Parts, o.Metrics, o.AsOf = publisher.Parts(), publisher.Metrics(), publisher.AsOf
	o.Beside = []func(context.Context) error{func(ctx context.Context) error { publisher.Run(ctx); return nil }}
	return node.Run(r.ctx, o)
}

// node listens, and says so.
func (c *upCmd) node(r *run) (o node.Options, err error) {
	listener, admin, err := c.listen()
	if err != nil {
		return o, err
	}
	url := "http://" + reachable(listener.Addr())
	if _, err := fmt.Fprintf(r.stdout, "Starting on %s/ …\n", url); err != nil {
		return o, errors.Join(err, listener.Close(), closeListener(admin))
	}
	so := c.server(r)
	so.Attribution = c.attribution()
	return node.Options{
		Listener: listener, Admin: admin, Server: so, Log: r.log, Shelf: filepath.Join(c.Dir, "releases"),
		Serving: announce(r.stdout, url, c.store()),
	}, nil
}

// attribution is what the map has to show of the config; that of others is not
// known.
func (c *upCmd) attribution() []string {
	if c.Src != "" {
		return nil
	}
	return sample.Attribution()
}

// store is the store of those who name no config.
func (c *upCmd) store() string {
	if c.Src != "" {
		return ""
	}
	return filepath.Join(c.Dir, starter.StoreName)
}

// config is what is followed. The default one is made at the first start; when
// it is gone later it is not, or the sample would take the place of what was
// lost.
func (c *upCmd) config(r *run, s *shelf.Shelf) (publish.Config, error) {
	f := &sourceFlags{Src: c.Src, CRS: c.CRS}
	path := c.store()
	if path == "" {
		if err := c.present(s); err != nil {
			return nil, err
		}
		return f.follow(r.log)
	}
	f.Src = "sqlite:" + path
	config, err := f.follow(r.log)
	if err != nil {
		return nil, err
	}
	if whole, err := wholePath(path); err != nil || published(s, "sqlite:"+whole) {
		return config, err
	}
	if _, err := os.Lstat(path); len(s.Candidates()) > 0 && errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(usage{fmt.Errorf("%s holds releases of another config: name it with --src, or choose another --dir", c.Dir)}, config.Close())
	}
	made, err := starter.Fill(r.ctx, c.Dir)
	if made {
		_, err = fmt.Fprintf(r.stdout, "First start: the shipped sample is in sqlite:%s\n", path)
	}
	return config, err
}

// present refuses a config that is not there as long as nothing was ever served:
// that is a mistyped path, which waiting does not mend. Later it is a loss, and
// what was served goes on.
func (c *upCmd) present(s *shelf.Shelf) error {
	kind, path, _ := strings.Cut(c.Src, ":")
	if path == "" || kind != "dir" && kind != "sqlite" || len(s.Candidates()) > 0 {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no config at %s, and %s holds none that was served before: geodrop import or geodrop sample make one", c.Src, c.Dir)
	}
	return nil
}

// published reports whether the store has been published before.
func published(s *shelf.Shelf, store string) bool {
	for _, no := range s.Candidates() {
		origin, err := publish.OriginOf(s.Path(no))
		if err == nil && strings.HasPrefix(origin, store+" ") {
			return true
		}
	}
	return false
}

// announce tells of each release that is served; of the first also how to ask for
// it, and where to change it.
func announce(w io.Writer, url, store string) func(*query.Release) {
	first := true
	return func(r *query.Release) {
		t := table{w: w}
		total := 0
		for _, s := range r.Index().Segments() {
			total += s.Len()
		}
		t.line("Release %s: %s, %s, %s.", r.Manifest().ID, phrase.Count(total, "place"),
			phrase.Count(len(r.Catalog().Tasks), "task"), phrase.Count(len(r.Catalog().Districts), "district"))
		if first {
			welcome(&t, url, store, r)
		}
		first = false
	}
}

func welcome(t *table, url, store string, r *query.Release) {
	t.line("")
	t.line("  map    %s/", url)
	t.line("  state  %s/readyz", url)
	if store != "" {
		t.line("  config sqlite:%s", store)
	}
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
