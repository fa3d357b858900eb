// Package relay carries releases between an origin and many nodes. It fetches
// what it is asked for, once, keeps it, and answers from that; nodes believe it
// no more than any other cache.
//
//	node ─┐                ┌─ watch ── one long-poll a channel ──┐
//	node ─┼─► GET /v1/… ──►┤                                     ├──► upstreams
//	node ─┘                └─ transfer ── one download a file ───┘    in order of
//	                             │  sent on as it comes,               preference
//	                             ▼  its last byte when the digest is right
//	                        DIR/files: the least recently asked for goes first
//
// Everything is bounded: files on the disk, bytes a second, requests that wait,
// files that are sent and fetched at a time. Who comes when it is full is told
// to come back, at a time of its own.
package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"geodrop/sync/atomicfile"
	"geodrop/sync/failover"
	"geodrop/sync/trust"
)

// Options of a relay. Upstreams and Dir have to be set.
type Options struct {
	Upstreams []*url.URL // origins or relays, the preferred first
	Dir       string     // of what it keeps; made if missing

	// Trust tells whose pointers are passed on. Without it all are: nodes judge
	// for themselves.
	Trust func() (trust.Keys, error)

	Client   *http.Client         // default: one of its own, with limits
	Registry *prometheus.Registry // default: one of its own
	Log      *slog.Logger         // default: discarded
	Now      func() time.Time     // for what is signed; default time.Now
	Also     http.Handler         // answers for every other path; default 404

	Quota       int64 // bytes of files on the disk; default 64 GiB
	Rate        int64 // bytes a second that are sent, to all together; default: no bound
	MinRate     int64 // bytes a second below which a transfer is given up; default 16 KiB
	MaxChannels int   // that are followed; default 64
	MaxFetches  int   // files fetched at a time; default 16
	MaxSends    int   // files sent at a time; default 256
	MaxWaiters  int   // requests that wait for a channel; default 8192

	MaxConnections int // default 16384; more wait to be accepted

	Wait        time.Duration // for which an upstream is asked to hold a request; default 25 s
	MaxWait     time.Duration // for which a request is held; default 1 min
	Poll        time.Duration // between two looks at an upstream that does not hold; default 2 s
	Timeout     time.Duration // for an answer to begin; default 10 s
	MaxPause    time.Duration // most that an upstream is left alone after failures; default 10 s
	Idle        time.Duration // a channel that nobody asks for is followed so long; default 5 min
	SendTimeout time.Duration // for an answer, beside what MinRate gives; default 15 s
	StopTimeout time.Duration // for requests under way when stopping; default 10 s
}

func (o Options) withDefaults() Options {
	o.Quota = cmp.Or(o.Quota, 64<<30)
	o.MinRate = cmp.Or(o.MinRate, 16<<10)
	o.MaxChannels = cmp.Or(o.MaxChannels, 64)
	o.MaxFetches = cmp.Or(o.MaxFetches, 16)
	o.MaxSends = cmp.Or(o.MaxSends, 256)
	o.MaxWaiters = cmp.Or(o.MaxWaiters, 8192)
	o.MaxConnections = cmp.Or(o.MaxConnections, 16384)
	o.Wait = cmp.Or(o.Wait, 25*time.Second)
	o.MaxWait = cmp.Or(o.MaxWait, time.Minute)
	o.Poll = cmp.Or(o.Poll, 2*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.MaxPause = cmp.Or(o.MaxPause, 10*time.Second)
	o.Idle = cmp.Or(o.Idle, 5*time.Minute)
	o.SendTimeout = cmp.Or(o.SendTimeout, 15*time.Second)
	o.StopTimeout = cmp.Or(o.StopTimeout, 10*time.Second)
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
	const headerBytes = 64 << 10
	return &http.Client{
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: (&net.Dialer{Timeout: o.Timeout}).DialContext, TLSHandshakeTimeout: o.Timeout,
			DisableCompression: true, MaxResponseHeaderBytes: headerBytes,
			MaxIdleConnsPerHost: o.MaxFetches + o.MaxChannels, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("upstreams are asked where they are: a redirect is not followed")
		},
	}
}

// Relay carries what its upstreams have. It has its folder alone.
type Relay struct {
	options   Options
	unlock    func() error
	upstreams *failover.List[struct{}]
	files     *files
	channels  string // folder of pointers
	handler   http.Handler
	metrics   *metrics
	limiter   *rate.Limiter // nil: no bound
	sends     chan struct{} // one item for each file being sent
	fetches   chan struct{} // one item for each file being fetched
	waiters   chan struct{} // one item for each request that waits
	reports   chan struct{} // one item for each report being passed on

	ctx    context.Context // of what goes on between requests
	cancel context.CancelFunc
	busy   sync.WaitGroup // transfers and watches

	mutex     sync.Mutex
	closed    bool
	transfers map[string]*transfer // by key
	watches   map[string]*watch    // by channel
}

// Open opens the folder of a relay. The error wraps atomicfile.ErrLocked where
// another process has it.
func Open(o Options) (*Relay, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	if err := atomicfile.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	unlock, err := atomicfile.LockDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	r, err := newRelay(o)
	if err != nil {
		return nil, fmt.Errorf("open relay in %s: %w", o.Dir, errors.Join(err, unlock()))
	}
	r.unlock = unlock
	return r, nil
}

func newRelay(o Options) (*Relay, error) {
	r := &Relay{
		options: o, upstreams: failover.New[struct{}](o.Upstreams, o.MaxPause), channels: filepath.Join(o.Dir, "channels"),
		sends: make(chan struct{}, o.MaxSends), fetches: make(chan struct{}, o.MaxFetches),
		waiters: make(chan struct{}, o.MaxWaiters), reports: make(chan struct{}, maxReports),
		transfers: map[string]*transfer{}, watches: map[string]*watch{},
	}
	if o.Rate > 0 {
		r.limiter = rate.NewLimiter(rate.Limit(o.Rate), piece)
	}
	err := atomicfile.MkdirAll(r.channels, 0o755)
	if err == nil {
		err = atomicfile.RemoveStale(r.channels)
	}
	if err == nil {
		r.files, err = openFiles(filepath.Join(o.Dir, "files"), o.Quota)
	}
	r.metrics = newMetrics(r)
	if err == nil {
		err = r.metrics.register(o.Registry)
	}
	r.handler = r.newRouter()
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, err
}

func (o Options) check() error {
	if len(o.Upstreams) == 0 {
		return errors.New("no upstream: name an origin or another relay")
	}
	for _, u := range o.Upstreams {
		if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("upstream %q: use a URL like http://origin.example:8090", u.Redacted())
		}
	}
	return nil
}

// ServeHTTP answers one request.
func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.handler.ServeHTTP(w, req) }

// Close ends what goes on in the background and lets others have the folder.
// Nobody may be asking.
func (r *Relay) Close() error {
	r.mutex.Lock()
	r.closed = true
	r.mutex.Unlock()
	r.cancel()
	r.busy.Wait()
	r.options.Client.CloseIdleConnections()
	return r.unlock()
}
