// Package agent keeps a node at the release that a channel points to. It
// fetches over plain HTTP from origins, relays or caches, believes none of them,
// and hands complete releases to the node, which opens and swaps them.
//
//	pointer ──► judge ──► manifest ──► objects ──► releases/ID ──► Serve ──► agent.json
//	long-poll   newer?    by digest    link|patch|   whole or      opens,     what to
//	            bad?                   fetch         not there     swaps      start with
//
// An object that a release on the disk has is linked. A segment is made of the
// segments there that hold its tiles and a patch, if an upstream has one that
// leads to exactly that segment; else, as all others, it is fetched whole.
//
// What it has served it serves again after a restart, with no upstream at all. A
// release that Serve refuses is bad, for good; what an upstream sends is refused
// where it is not exactly what the manifest lists, and another upstream is tried.
package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/failover"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
	"geodrop/sync/vitals"
)

// Options of an agent. Upstreams, Dir and Serve have to be set.
type Options struct {
	Upstreams []*url.URL // origins, relays or caches, the preferred first
	Dir       string     // of the releases; made if missing
	Channel   string     // default manifest.DefaultChannel
	Node      string     // name under which upstreams are told what is served, and by which waves know the node; default: they are not told, and it is in none

	// Serve opens the release in dir and swaps it in. When it returns nil the
	// release before is no longer looked at; until then that one is served. An
	// error makes the release bad, unless it wraps ErrTransient or the context
	// is done. Calls come one after another, from Run.
	Serve func(ctx context.Context, dir string) error

	// Trust tells whose releases are served. It is asked for each pointer, so that
	// keys can change meanwhile. Without it whoever answers is believed, which is
	// for development.
	Trust func() (trust.Keys, error)

	Token string // that is sent with reports; default: none

	// Health counts what the node does. Waves go by it; default: they go without.
	Health func() vitals.Counts

	// Step is told of each step of a release's way, as it is done: tests end the
	// process there. Default: nobody.
	Step func(name string)

	Client   *http.Client         // default: one of its own, with limits
	Registry *prometheus.Registry // default: one of its own
	Log      *slog.Logger         // default: discarded
	Now      func() time.Time     // for what Status tells; default time.Now

	Wait     time.Duration // for which an upstream is asked to hold a request; default 25 s
	Poll     time.Duration // between two looks at one that does not; default 2 s
	Timeout  time.Duration // for an answer to begin; default 10 s
	MinRate  int64         // bytes a second below which a transfer is given up; default 16 KiB
	MaxPause time.Duration // most between two tries; default 10 s
	Parallel int           // objects fetched at a time; default 4
	Quota    int64         // bytes of releases on the disk; default: no bound
	Settle   time.Duration // after so long a release is known to be good; default 1 min

	WithoutPatches bool  // segments are fetched whole
	MaxPatched     int64 // bytes of a segment beyond which it is; applying a patch takes that much memory; default 64 MiB
}

func (o Options) withDefaults() Options {
	o.Channel = cmp.Or(o.Channel, manifest.DefaultChannel)
	o.Wait = cmp.Or(o.Wait, 25*time.Second)
	o.Poll = cmp.Or(o.Poll, 2*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.MinRate = cmp.Or(o.MinRate, 16<<10)
	o.MaxPause = cmp.Or(o.MaxPause, 10*time.Second)
	o.Parallel = cmp.Or(o.Parallel, 4)
	o.Settle = cmp.Or(o.Settle, time.Minute)
	o.MaxPatched = cmp.Or(o.MaxPatched, 64<<20)
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Health == nil {
		o.Health = func() vitals.Counts { return vitals.Counts{} }
	}
	if o.Client == nil {
		o.Client = newClient(o)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func newClient(o Options) *http.Client {
	const headerBytes, redirects = 64 << 10, 3
	return &http.Client{
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{Timeout: o.Timeout}).DialContext, TLSHandshakeTimeout: o.Timeout,
			DisableCompression: true, MaxResponseHeaderBytes: headerBytes,
			MaxIdleConnsPerHost: o.Parallel + 1, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > redirects {
				return fmt.Errorf("stopped after %d redirects", redirects)
			}
			return nil
		},
	}
}

// ErrTransient marks an error of Serve that is not the release's: it is tried
// again.
var ErrTransient = errors.New("not now")

// Agent follows a channel. It has its folder alone.
type Agent struct {
	options   Options
	shelf     *shelf
	upstreams *failover.List[pointed]
	state     *state
	applying  chan struct{} // one item for the patch that is being applied
	step      func(name string)
	intercept func(name string, b []byte) error // before bytes of an object go to the disk; nil: none

	// Of Run alone:
	serving    string          // id of the release that is served
	distrust   bool            // a file on the disk turned out to be damaged
	failures   int             // to take a release, in a row
	compared   time.Time       // with another upstream
	unreadable manifest.Digest // of the last manifest that this program cannot read

	mutex     sync.Mutex
	damage    []damage           // reported and not yet seen to
	interrupt context.CancelFunc // of what Run waits for
}

// Open opens the folder of an agent. The error wraps atomicfile.ErrLocked where
// another process has it.
func Open(o Options) (*Agent, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("open agent: %w", err)
	}
	s, err := openShelf(o.Dir, o.Log)
	if err != nil {
		return nil, fmt.Errorf("open agent: %w", err)
	}
	a := &Agent{
		options: o, shelf: s, upstreams: failover.New[pointed](o.Upstreams, o.MaxPause), state: newState(s.taken().Expires),
		applying: make(chan struct{}, 1), step: o.Step,
	}
	if err := a.state.register(o.Registry); err != nil {
		return nil, fmt.Errorf("open agent: %w", errors.Join(err, s.close()))
	}
	return a, nil
}

func (o Options) check() error {
	if o.Serve == nil {
		return errors.New("nobody serves what it fetches: set Serve")
	}
	if !manifest.ValidChannel(o.Channel) {
		return fmt.Errorf("%w: channel %.80q: use lower-case letters, digits, - and _", manifest.ErrPointer, o.Channel)
	}
	if len(o.Upstreams) == 0 {
		return errors.New("no upstream: name an origin or a relay")
	}
	for _, u := range o.Upstreams { // errors do not repeat it: there may be a secret in it
		switch {
		case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			return errors.New("an upstream is no URL like http://origin.example:8081")
		case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
			return fmt.Errorf("upstream %s: leave away what begins with ? or #, which is never sent", failover.NameOf(u))
		}
	}
	return nil
}

// Close lets others have the folder. Run must have returned.
func (a *Agent) Close() error {
	a.options.Client.CloseIdleConnections()
	return a.shelf.close()
}

// Run serves the last good release at once, if there is one, and follows the
// channel until the context is done.
func (a *Agent) Run(ctx context.Context) {
	if a.options.Node != "" {
		var reporting sync.WaitGroup
		reporting.Go(func() { a.report(ctx) })
		defer reporting.Wait()
	}
	a.serveKept(ctx)
	a.compared = time.Now()
	for ctx.Err() == nil {
		a.turn(ctx)
	}
}

// turn waits for one answer of an upstream and does what follows from it.
func (a *Agent) turn(ctx context.Context) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, d := range a.beginTurn(cancel) {
		a.heal(ctx, d)
	}
	if a.serving == "" && len(a.shelf.candidates()) > 0 {
		a.serveKept(ctx)
	}
	a.catchUp()
	a.follow(ctx, waiting)
}

// beginTurn takes the damage that was reported, and lets what is reported from
// now on interrupt the turn.
func (a *Agent) beginTurn(interrupt context.CancelFunc) []damage {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	d := a.damage
	a.damage, a.interrupt = nil, interrupt
	return d
}
