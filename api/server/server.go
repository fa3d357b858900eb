// Package server answers HTTP: it turns requests into lookups of the release
// that is served, and answers and errors into bytes. Which release that is, and
// how it comes to be, it does not know: a Releases hands it out.
//
//	connection ─► limit ─► brake ─► chi ─► exchange ─► handler ─┬─► answer
//	                         │            │ id, recovery        └─► error ─► problem+json
//	                         │            │ metrics, log             (one place: fail)
//	                         │            └ gate: so many lookups at a time, few waiting; and tiles,
//	                         │                    and releases of the shelf
//	                         └ turns away what the processors have no time for
//
// Every route stands in routes.go. A handler returns an error or sends; it never
// does both. Where somebody is goes into no log, no metric and no error.
package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"geodrop/api"
	"geodrop/api/console"
	"geodrop/api/query"
)

// Releases hands out the release that is served.
type Releases interface {
	// Acquire is the release of this moment, which stays open until Done; false
	// where there is none.
	Acquire() (Held, bool)
}

// Held is a release that is kept open for one request.
type Held interface {
	Release() *query.Release
	Since() time.Time // when this node began to serve it
	// Outlines draws a JSON list of {"id","name","rings"} of the districts; nil
	// if unknown. It may take its time: who asks keeps it. An error is damage of
	// the release.
	Outlines() ([]byte, error)
	Done()
}

// Shelf are the releases that a node has beside the one that it serves. They are
// for operators, who look ahead and back; so they may be slow to open, and few
// are open at a time.
type Shelf interface {
	// Take opens a release by its id, until Done. The error wraps ErrNotAtHand
	// where there is none, or is that of the context or of the files.
	Take(ctx context.Context, id string) (Held, error)
}

// ErrNotAtHand marks a release that is not on the shelf.
var ErrNotAtHand = errors.New("the release is not at hand")

// Options of a server. The zero value, with Releases set, is fit for use.
type Options struct {
	Releases Releases
	Shelf    Shelf                // default: an empty one
	Checks   func() []api.Check   // for /readyz; nil for none
	Registry *prometheus.Registry // default: one of its own
	Log      *slog.Logger         // default: discarded
	Tracer   trace.Tracer         // of a span for each request; default: none
	Now      func() time.Time     // default time.Now

	OperatorToken string        // empty: nobody is an operator
	Origins       []string      // of pages elsewhere that may read the public routes, as CheckOrigin wants them; default: none
	NextPoll      time.Duration // what clients are told; default api.DefaultNextPoll
	CacheAge      time.Duration // most that a cache may keep an answer; default 10 s
	Attribution   []string      // what the licences of the data ask to show on the map

	Concurrent     int           // lookups at a time; default 4 for each processor
	Queue          int           // lookups that wait for one of them; default 16 for each
	QueueWait      time.Duration // how long; default 100 ms
	Tiles          int           // tiles at a time; default one for two processors
	TileTimeout    time.Duration // for a tile; default 2 s
	MaxConnections int           // default 16384; more are closed at once
	QueueTarget    time.Duration // that all requests may wait before they are looked at; default 0.75 ms

	prober prober // default: an echo

	HeaderTimeout time.Duration // for the header of a request; default 5 s
	ReadTimeout   time.Duration // for a request; default 10 s
	WriteTimeout  time.Duration // from the end of the header to that of the answer; default 15 s
	IdleTimeout   time.Duration // between requests; default 90 s
	Drain         time.Duration // how long a server that stops still takes requests; default: not at all
	StopTimeout   time.Duration // for requests under way after that; default 10 s
}

// maxHeaderBytes is what net/http adds 4 kB of slack to.
const maxHeaderBytes = 12 << 10

func (o Options) withDefaults() Options {
	processors := runtime.GOMAXPROCS(0)
	o.NextPoll = cmp.Or(o.NextPoll, api.DefaultNextPoll)
	o.CacheAge = cmp.Or(o.CacheAge, 10*time.Second)
	o.Concurrent = cmp.Or(o.Concurrent, 4*processors)
	o.Queue = cmp.Or(o.Queue, 16*o.Concurrent)
	o.QueueWait = cmp.Or(o.QueueWait, 100*time.Millisecond)
	o.Tiles = cmp.Or(o.Tiles, max(1, processors/2))
	o.TileTimeout = cmp.Or(o.TileTimeout, 2*time.Second)
	o.QueueTarget = cmp.Or(o.QueueTarget, 750*time.Microsecond)
	o.MaxConnections = cmp.Or(o.MaxConnections, 16384)
	o.HeaderTimeout = cmp.Or(o.HeaderTimeout, 5*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 10*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 15*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, 90*time.Second)
	o.StopTimeout = cmp.Or(o.StopTimeout, 10*time.Second)
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Checks == nil {
		o.Checks = func() []api.Check { return nil }
	}
	return o
}

// Server answers every route. It is an http.Handler.
type Server struct {
	options    Options
	router     http.Handler
	direct     map[target]http.HandlerFunc
	gate       *gate // of lookups
	tiles      *gate
	shelf      *gate
	brake      *brake
	origins    *origins
	turnedAway *turnedAway
	metrics    *metrics
	ids        *requestIDs
	operator   [sha256.Size]byte // of the token
	pool       sync.Pool         // of *exchange
	zippers    sync.Pool         // of *gzip.Writer
	page       map[string]*sentFile
	openAPI    *sentFile
	maps       drawnMaps
	stopping   atomic.Bool
}

// New makes a server. The error is of metrics that the registry has already, of
// Origins that are none, or of a page that was put together wrongly.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{
		options: o, gate: newGate(shedLookups, o.Concurrent, o.Queue, o.QueueWait), ids: newRequestIDs(),
		tiles: newGate(shedTiles, o.Tiles, 16*o.Tiles, o.QueueWait),
		shelf: newGate(shedShelf, shelfAskers, shelfQueue, o.QueueWait),
		brake: newBrake(o.QueueTarget, runtime.GOMAXPROCS(0)), turnedAway: newTurnedAway(),
		operator: sha256.Sum256([]byte(o.OperatorToken)), direct: map[target]http.HandlerFunc{},
	}
	s.openAPI = newSentFile(console.File{Name: "openapi.json", Type: jsonType[0], Body: api.OpenAPI()})
	s.maps.turn, s.maps.zip = make(chan struct{}, 1), s.zip
	s.pool.New = func() any { return &exchange{server: s} }
	s.metrics = newMetrics(s)
	if err := s.metrics.register(o.Registry); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	var err error
	if s.origins, err = newOrigins(o.Origins, s.routes()); err != nil {
		return nil, err
	}
	if s.page, err = pageFiles(); err != nil {
		return nil, err
	}
	s.router = s.newRouter()
	return s, nil
}

// ServeHTTP answers one request, if there is room for it. One for a route without
// parameters is not routed by chi, which copies a request to go with its
// parameters.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		w.Header()["Connection"] = closes
	}
	if s.origins.meet(w, r) || !s.hasRoom(w, r) {
		return
	}
	if handle, ok := s.direct[target{r.Method, r.URL.Path}]; ok && r.URL.RawPath == "" {
		handle(w, r)
		return
	}
	s.router.ServeHTTP(w, r)
}

// Serve answers on the listener, which it closes, until the context is done and
// the server is stopped. The error is nil after such a stop:
//
//	context done ─► drain ─────────────────────► shut down ─────────────► return
//	                /readyz is 503, all else is  no more connections,
//	                answered, and connections    requests under way have
//	                are closed after an answer   StopTimeout to end
//
// Drain is for whoever spreads requests over nodes to see /readyz: without it,
// what is sent here in the meantime finds nobody.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{
		Handler: s, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: s.options.HeaderTimeout, ReadTimeout: s.options.ReadTimeout,
		WriteTimeout: s.options.WriteTimeout, IdleTimeout: s.options.IdleTimeout,
		ConnContext: withConn, ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
	stopWatching, err := s.startWatching(context.WithoutCancel(ctx))
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer stopWatching()
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(gathered{s.limited(l)}) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = s.drain(failed)
	}
	if err != nil {
		return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
	}
	if err := s.shutDown(context.WithoutCancel(ctx), web); err != nil {
		return fmt.Errorf("stop HTTP on %s: %w", l.Addr(), err)
	}
	<-failed
	return nil
}

// drain says that the server stops, and leaves it running for a while. The error
// is that of a server that failed meanwhile.
func (s *Server) drain(failed <-chan error) error {
	s.stopping.Store(true)
	over := time.NewTimer(s.options.Drain)
	defer over.Stop()
	select {
	case err := <-failed:
		return err
	case <-over.C:
		return nil
	}
}

func (s *Server) shutDown(ctx context.Context, web *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.StopTimeout)
	defer cancel()
	err := web.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.options.Log.Warn("requests under way were cut off", "after", s.options.StopTimeout)
		err = web.Close()
	}
	return err
}
