package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"geodrop/cmd/internal/origin"
	"geodrop/cmd/internal/shelf"
	"geodrop/sync/manifest"
	carrier "geodrop/sync/origin"
)

type originCmd struct {
	sourceFlags
	Dir    string `default:"var/origin" placeholder:"DIR" help:"Folder of all that it keeps; made if missing. Default: ${default}."`
	Listen string `default:"127.0.0.1:8090" placeholder:"ADDR" help:"Address for nodes to fetch from; port 0 is any. Default: ${default}."`
	Admin  string `default:"127.0.0.1:8092" placeholder:"ADDR" help:"Address for geodrop release, where there is a token. Default: ${default}."`
	Token  string `name:"admin-token" env:"GEODROP_ADMIN_TOKEN" placeholder:"TOKEN" help:"What operators send, of 16 characters or more; better given by the environment. Without it nobody can."`
	nodeTokenFlags
	signFlags
	loopFlags
	waveFlags
}

// nodeTokenFlags are those of an origin and its nodes.
type nodeTokenFlags struct {
	NodeToken string `env:"GEODROP_NODE_TOKEN" placeholder:"TOKEN" help:"What nodes send with their reports; better given by the environment. Without one anybody who reaches the origin can report, and so have a wave taken back."`
}

// waveFlags say how a release reaches the nodes.
type waveFlags struct {
	Waves       []percent     `placeholder:"SHARE" help:"Shares of the nodes that get a release before all do, such as 5%,25%; default: all at once."`
	Bake        time.Duration `default:"5m" help:"How long a wave has to stand before the next. Default: ${default}."`
	MaxRefusing percent       `default:"0%" help:"Share of a wave's nodes that may refuse a release before it is taken back."`
	MaxErrors   percent       `default:"1%" help:"Share of the requests to them that may meet an error before it is."`
	MaxEmpty    percent       `default:"5%" help:"By how much the share of lookups that find nothing may be higher there, as compared with the same nodes before and with the other nodes: 2% may become 7%."`
	MaxSlower   float64       `default:"2" placeholder:"TIMES" help:"How many times as long the p99 of lookups may be there, compared likewise, once the wave has baked. Default: ${default}."`
	MinLookups  uint64        `default:"1000" placeholder:"N" help:"Lookups of the last minutes below which nodes tell nothing of these two. Default: ${default}."`
}

// Validate refuses addresses that are none, and times that would stand for a default.
func (c *originCmd) Validate() error {
	return errors.Join(checkAddress("listen", c.Listen), checkAddress("admin", c.Admin), c.loopFlags.Validate(), c.waveFlags.Validate())
}

// Validate refuses what would stand for a default, and factors that are none.
func (c *waveFlags) Validate() error {
	var err error
	if !(c.MaxSlower >= 1) {
		err = errors.New("--max-slower is a factor of 1 or more")
	}
	if c.MinLookups == 0 {
		err = errors.Join(err, errors.New("--min-lookups is 1 or more"))
	}
	return errors.Join(atLeastMillisecond("bake", c.Bake), err)
}

func (c *waveFlags) plan() carrier.Plan {
	return carrier.Plan{
		Shares: shares(c.Waves), Bake: c.Bake, MaxRefusing: float64(c.MaxRefusing), MaxErrors: c.MaxErrors.limit(),
		MaxEmpty: c.MaxEmpty.limit(), MaxSlower: c.MaxSlower, MinLookups: c.MinLookups,
	}
}

func shares(list []percent) (shares []float64) {
	for _, p := range list {
		shares = append(shares, float64(p))
	}
	return shares
}

func (*originCmd) Help() string {
	return `Builds the config, carries the release to nodes over HTTP, and builds again
whenever the config changes. It signs which release is the one to serve, and does
so again all the time: nodes that trust the key notice who else answers, and who
holds news back. Ctrl-C stops it.

With --waves a new release goes to some nodes first, and to more once it stood
there for --bake: nodes say what they serve, refuse, and fail at, how many lookups
find nothing and how long they take. One that fails is taken back by itself, and
marked bad, or put aside where nodes did not get to serve it or lookups are worse
than before and elsewhere; geodrop release list shows how far it is. While no node
reports, a wave stays, and its time does not count.

Example: geodrop origin --src dir:london --key origin.key --listen :8090

    geodrop keys new --out origin.key --trust trusted.keys
    geodrop origin --src dir:london --key origin.key --dir /var/lib/geodrop-origin --listen :8090
    GEODROP_SRC=mysql://gd_read:secret@db/geodrop?tls=true geodrop origin --key origin.key --listen 10.0.0.5:8090
    geodrop origin --src dir:london --key origin.key --waves 5%,25% --bake 10m --listen :8090
    geodrop node --upstream http://10.0.0.5:8090 --trust trusted.keys --listen :8080`
}

func (c *originCmd) Run(r *run) (err error) {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	config, err := c.follow(r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, config.Close()) }()
	shelf, err := shelf.Open(c.Dir, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shelf.Close()) }()
	listener, err := listen("--listen", c.Listen)
	if err != nil {
		return err
	}
	var admin net.Listener
	if c.Token != "" {
		if admin, err = listen("--admin", c.Admin); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	url := "http://" + reachable(listener.Addr())
	if _, err := fmt.Fprintf(r.stdout, "Starting on %s/ …\n", url); err != nil {
		return errors.Join(err, listener.Close(), closeListener(admin))
	}
	if len(c.Waves) > 0 && c.NodeToken == "" {
		r.log.Warn("waves go by what nodes report, and anybody can: give the origin and its nodes GEODROP_NODE_TOKEN")
	}
	var told sync.Once
	return origin.Run(r.ctx, origin.Options{
		Dir: c.Dir, Listener: listener, Log: r.log, Keys: keys, Lineage: c.Lineage, Admin: admin, Token: c.Token, NodeToken: c.NodeToken, Plan: c.plan(),
		Publish:   c.publish(r, config, shelf),
		Announced: func(at manifest.Pointer) { told.Do(func() { carried(r.stdout, url, believing(c.Unsigned), at) }) },
	})
}

// carried says what nodes can fetch, and how.
func carried(w io.Writer, url, believing string, at manifest.Pointer) {
	t := table{w: w}
	t.line("Release %s can be fetched.", at.Release)
	t.line("")
	t.line("  node   geodrop node --upstream %s %s", url, believing)
	t.line("  state  %s/readyz", url)
	t.line("")
	t.line("Ctrl-C stops it.")
}
