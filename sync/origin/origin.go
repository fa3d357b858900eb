// Package origin publishes releases over plain HTTP: immutable objects under
// their digests, which any cache may carry, and for each channel one small
// pointer that says which release it is at. It moves bytes; when to build and
// what is in a release is for others.
//
//	builder ──► Publish ──► DIR/objects/<sha256>    ──► GET /v1/objects/<sha256>
//	            Point   ──► DIR/releases.json
//	                    ──► DIR/patches/<to>-<key>  ──► GET /v1/patches/<to>/<key>
//	                    ──► DIR/channels/NAME.json  ──► GET /v1/channels/NAME
//
// A release is written in this order, so that who reads the pointer finds all
// that it leads to, whenever the process dies: objects, manifest, list of
// releases, patches, pointer.
//
// Patches lead to the segments of a release from those of the releases before
// it, of which a few are left: each in one go, never from patch to patch. They
// are named by the digest of the segment and the key, see patch.Key, of those
// that they start from; like objects they never change, and have their own
// SHA-256 as ETag. They only save bytes: where there is none, since it would not
// be clearly smaller than the segment or took too long to make, nodes fetch the
// segment.
//
// Where a channel has a plan, a release that is published reaches it in waves: the
// pointer says which release all nodes serve, and which one a share of them serves
// already; each node knows by its own name whether it is meant, so caches and
// relays carry one pointer for all. RunWaves holds what the nodes of a wave report
// against the plan, and widens the wave or takes it back: the nodes that had it
// return, the release is bad or put aside, and no other node was ever led to it. marks.json has
// the wave before the pointer tells of it, so a process that died goes on with it.
//
// An Origin is an http.Handler. Serve wraps it in an http.Server with limits on
// connections, headers and time; whoever mounts the handler elsewhere brings
// those, and leaves the deadlines of its connections to it.
package origin

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/sync/answer"
	"geodrop/sync/manifest"
	"geodrop/sync/patch"
	"geodrop/sync/trust"
)

// Options of an origin. The zero value, with Dir set, is fit for use.
type Options struct {
	Dir      string               // of what is published; made if missing
	Keep     int                  // newest releases kept, beside those of channels; default 4
	Linger   time.Duration        // an older release stays so long after it was last read; default 1 min
	Registry *prometheus.Registry // default: one of its own
	Log      *slog.Logger         // default: discarded
	Now      func() time.Time     // default time.Now
	Also     http.Handler         // answers for every other path; default 404

	// Step is told of each step of a release's way, as it is done: tests end the
	// process there. Default: nobody.
	Step func(name string)

	WithoutPatches bool          // segments move whole
	PatchFrom      int           // newest releases before one from which patches lead to it, beside those of channels; default 3
	PatchTime      time.Duration // most that making patches holds a publication up; default 30 s
	PatchParallel  int           // patches made at a time, each in some three times its segment's memory; default 2
	MaxPatched     int64         // bytes of a segment beyond which it moves whole; default 64 MiB

	Keys     []trust.Key   // that sign where channels are; default: nobody does
	Validity time.Duration // of what is signed, which is renewed after a third of it; default 1 h
	Lineage  string        // names the history that versions count; default: that of the folder

	Plans map[string]Plan // of channels whose releases come in waves, by name; see RunWaves

	// NodeToken is what nodes send as a bearer does when they report. Waves go by
	// reports: without it whoever reaches the origin can have one taken back.
	NodeToken string

	MaxWait        time.Duration // most that a request may wait for a channel to move; default 1 min
	MaxWaiters     int           // requests that wait at a time; default 8192
	MaxSends       int           // objects being sent at a time; default 256
	MaxConnections int           // default 16384; more wait to be accepted

	MinRate       int64         // bytes a second below which a receiver is cut off; default 16 KiB
	HeaderTimeout time.Duration // for the header of a request; default 5 s
	SendTimeout   time.Duration // for an answer, beside what MinRate gives; default 15 s
	IdleTimeout   time.Duration // between requests; default 90 s
	StopTimeout   time.Duration // for requests under way when stopping; default 10 s
}

func (o Options) withDefaults() Options {
	o.Keep = cmp.Or(o.Keep, 4)
	o.Linger = cmp.Or(o.Linger, time.Minute)
	o.PatchFrom = cmp.Or(o.PatchFrom, 3)
	o.PatchTime = cmp.Or(o.PatchTime, 30*time.Second)
	o.PatchParallel = cmp.Or(o.PatchParallel, 2)
	o.MaxPatched = cmp.Or(o.MaxPatched, patch.MaxPatched)
	o.Validity = cmp.Or(o.Validity, time.Hour)
	o.MaxWait = cmp.Or(o.MaxWait, time.Minute)
	o.MaxWaiters = cmp.Or(o.MaxWaiters, 8192)
	o.MaxSends = cmp.Or(o.MaxSends, 256)
	o.MaxConnections = cmp.Or(o.MaxConnections, 16384)
	o.MinRate = cmp.Or(o.MinRate, 16<<10)
	o.HeaderTimeout = cmp.Or(o.HeaderTimeout, 5*time.Second)
	o.SendTimeout = cmp.Or(o.SendTimeout, 15*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 90*time.Second)
	o.StopTimeout = cmp.Or(o.StopTimeout, 10*time.Second)
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// What a publisher decides upon.
var (
	// ErrOlder marks a release older than the one that the channel is at.
	ErrOlder = errors.New("release is older than the one published")
	// ErrUnknown marks a release that the origin does not have.
	ErrUnknown = errors.New("no such release")
	// ErrNoChannel marks a channel that was never at a release, or a name that no
	// channel can have.
	ErrNoChannel = errors.New("no such channel")
)

// Origin holds what is published in a folder, and answers for it. No other
// process has the folder meanwhile.
type Origin struct {
	options Options
	store   *store
	unlock  func() error
	answers *answer.Handler
	handler http.Handler // of nodes
	metrics *metrics
	waiters chan struct{} // one item for each request that waits
	sends   chan struct{} // one item for each object being sent
	lineage string
	step    func(name string)
	opened  time.Time
	found   map[string]bool // channels that had a release then

	nodes   nodes
	refused chan struct{} // gets an item when a node refuses a release

	writing sync.Mutex           // held by the one who changes the store
	holds   map[string]*waveMark // of channels: nobody reports, which the log knows
	unheard map[string]time.Time // when nobody reported last, by channel with a wave

	mutex    sync.RWMutex // of the following, which requests read
	releases []release    // in the order of their publication
	objects  map[manifest.Digest]*object
	patches  map[patchName]*storedPatch
	channels map[string]channel
	marks    marks // replaced, never changed

	published map[string]string // release that was published last, by channel

	moved chan struct{} // closed, and made anew, when a channel moves
}

// Open opens the origin in a folder. The error wraps atomicfile.ErrLocked where
// another process has it.
func Open(o Options) (*Origin, error) {
	o = o.withDefaults()
	for name, p := range o.Plans {
		if _, err := sharesOf(p.Shares); err != nil {
			return nil, fmt.Errorf("open origin: plan of channel %s: %w", name, err)
		}
	}
	s, unlock, err := openStore(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open origin: %w", err)
	}
	origin := &Origin{
		options: o, store: s, unlock: unlock, step: o.Step,
		waiters: make(chan struct{}, o.MaxWaiters), sends: make(chan struct{}, o.MaxSends),
		moved: make(chan struct{}), published: map[string]string{}, holds: map[string]*waveMark{}, unheard: map[string]time.Time{}, found: map[string]bool{}, nodes: nodes{byName: map[string]NodeState{}},
		refused: make(chan struct{}, 1), opened: o.Now().UTC(),
	}
	origin.metrics = newMetrics(origin)
	origin.answers = origin.newHandler()
	origin.handler = origin.newRouter()
	err = origin.load()
	if err == nil {
		err = origin.metrics.register(o.Registry)
	}
	if err != nil {
		return nil, fmt.Errorf("open origin in %s: %w", o.Dir, errors.Join(err, unlock()))
	}
	return origin, nil
}

// Close lets others have the folder. Nobody may be publishing.
func (o *Origin) Close() error { return o.unlock() }

// ServeHTTP answers one request.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.handler.ServeHTTP(w, r) }

// Pointer is where the channel is; false where it has no release.
func (o *Origin) Pointer(name string) (manifest.Pointer, bool) {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	c, ok := o.channels[name]
	return c.pointer, ok && c.served()
}

// Releases are those that can be pointed to, in the order of their publication.
func (o *Origin) Releases() []Release {
	o.mutex.RLock()
	defer o.mutex.RUnlock()
	list := make([]Release, len(o.releases))
	for i, r := range o.releases {
		list[i] = r.Release
	}
	return list
}

// load reads what the folder has, and drops what it lacks a part of.
func (o *Origin) load() error {
	listed, err := o.store.releases()
	if err != nil {
		return err
	}
	for _, r := range listed {
		m, err := o.store.whole(r)
		if err != nil {
			o.options.Log.Error("a release is not complete and no longer published", "release", r.ID, "error", err)
			continue
		}
		o.releases = append(o.releases, release{Release: r, manifest: m})
	}
	if o.channels, err = o.store.channels(); err != nil {
		return err
	}
	if o.marks, err = o.store.marks(); err != nil {
		return err
	}
	if o.lineage, err = o.store.lineage(o.options.Lineage); err != nil {
		return err
	}
	o.objects = objectsOf(o.releases, nil)
	for name, c := range o.channels {
		if o.find(c.pointer.Release) == nil {
			o.options.Log.Error("a channel has no release until the next one is published", "channel", name, "release", c.pointer.Release)
			c.body = nil
			o.channels[name] = c
		}
		o.found[name] = c.served()
	}
	if err := o.reissue(); err != nil {
		return err
	}
	if err := errors.Join(o.store.sweep(o.objects), o.loadPatches()); err != nil {
		return err
	}
	o.nodes.holdOn(o.marks)
	o.nodes.recall(o.marks)
	if err := o.settleWaves(); err != nil { // RunWaves tries again; what is published can be served
		o.options.Log.Error(unsettled, "error", err)
	}
	return nil
}

// find is a release by its id; nil if it is not there.
func (o *Origin) find(id string) *release {
	for i := range o.releases {
		if o.releases[i].ID == id {
			return &o.releases[i]
		}
	}
	return nil
}
