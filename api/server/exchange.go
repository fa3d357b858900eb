package server

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"geodrop/api"
	"geodrop/api/query"
)

// exchange is one request and its answer. It is used again for others, with its
// buffers.
type exchange struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	id     string
	values *headerValues
	span   trace.Span // nil if nobody traces

	held   Held
	passed []*gate // that leave is to tell
	status int     // 0 until something is sent
	bytes  int

	sent     []string // media type of the body
	wanted   []string // of the answer
	body     [api.MaxLookupBytes + 1]byte
	out      []byte
	gathered []byte // header and out
	key      []byte // of an ETag
	answer   query.Answer
	wire     api.Answer
	tile     query.Tile
}

// headerValues are those that each answer has for itself, allocated together.
type headerValues struct{ id, length [1]string }

// Header values that do not change, shared by all answers. Nobody appends to
// them.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
	closes  = []string{"close"}
)

// handler runs a route: it is all that happens around every request.
func (s *Server) handler(rt route) http.HandlerFunc {
	m := s.metrics.route(rt.pattern)
	return func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		x := s.pool.Get().(*exchange)
		x.w, x.r, x.id, x.status, x.bytes = w, r, s.ids.of(r), 0, 0
		x.values = &headerValues{id: [1]string{x.id}}
		h := w.Header()
		h["X-Request-Id"] = x.values.id[:]
		h["X-Content-Type-Options"] = noSniff
		s.metrics.inFlight.Inc()
		if t := s.options.Tracer; t != nil && traced(rt.pattern) {
			x.startSpan(t, rt.pattern)
		}
		defer x.finish(m, started)
		if err := rt.handle(x); err != nil {
			x.fail(err)
		}
	}
}

// finish is deferred: it also ends a request whose handler panicked, with a
// problem if nothing was sent, and with the connection otherwise. The log has the pattern of the route: a path may
// be a tile of a few metres, or a position that a client put there by mistake.
func (x *exchange) finish(m *routeMetrics, started time.Time) {
	s := x.server
	panicked := recover()
	if panicked != nil && panicked != http.ErrAbortHandler {
		s.options.Log.Error("panic", "id", x.id, "panic", panicked, "stack", string(debug.Stack()))
		if x.status == 0 {
			x.fail(api.NewProblem(api.CodeInternal, "", "a defect was met and logged under this id"))
		} else {
			panicked = http.ErrAbortHandler // or half an answer would pass for a whole one
		}
	}
	x.leave()
	x.done()
	s.metrics.inFlight.Dec()
	if x.span != nil {
		x.endSpan()
	}
	took := time.Since(started)
	m.observe(x.r.Method, x.status, took)
	if log := s.options.Log; log.Enabled(x.r.Context(), slog.LevelInfo) {
		log.LogAttrs(x.r.Context(), slog.LevelInfo, "request",
			slog.String("id", x.id), slog.String("method", knownMethod(x.r.Method)), slog.String("route", m.pattern),
			slog.Int("status", x.status), slog.Int("bytes", x.bytes), slog.Duration("took", took))
	}
	x.w, x.r, x.values = nil, nil, nil
	if panicked == nil {
		s.pool.Put(x) // what panicked may be in any state
		return
	}
	if panicked == http.ErrAbortHandler {
		panic(panicked)
	}
}

// send writes an answer. What the request held is given back before: writing
// waits for the client.
func (x *exchange) send(status int, contentType []string, body []byte) {
	x.leave()
	x.done()
	h := x.w.Header()
	h["Content-Type"] = contentType
	x.values.length[0] = strconv.Itoa(len(body))
	h["Content-Length"] = x.values.length[:]
	x.status = status
	x.w.WriteHeader(status)
	// An error is the client's, who is gone.
	x.bytes, _ = x.write(body)
}

// fail is the one place that turns errors into problems.
func (x *exchange) fail(err error) {
	var p *api.Problem
	if !errors.As(err, &p) {
		x.server.options.Log.Error("request failed", "id", x.id, "error", err)
		p = api.NewProblem(api.CodeInternal, "", "a defect was met and logged under this id")
	}
	h := x.w.Header()
	delete(h, "Etag")
	delete(h, "Content-Encoding")
	h["Cache-Control"] = noStore
	switch p.Code {
	case api.CodeOverloaded, api.CodeNoRelease, api.CodeReleaseDamaged, api.CodeNotReady:
		h["Retry-After"] = []string{retryAfter()}
	case api.CodeUnauthorized:
		h["Www-Authenticate"] = challenge
	case api.CodeBodyTooLarge, api.CodeRequestTimeout:
		h["Connection"] = closes // rather than read the rest
	}
	shown := *p // a problem may be shared
	shown.Instance = x.id
	x.out = api.AppendProblem(x.out[:0], &shown)
	x.send(p.Status, problemType, x.out)
}

// release is the release that is served, held until send.
func (x *exchange) release() (*query.Release, error) {
	held, ok := x.server.options.Releases.Acquire()
	if !ok {
		return nil, api.NewProblem(api.CodeNoRelease, "", "the first release is still being built or fetched; try again later")
	}
	x.held = held
	return held.Release(), nil
}

func (x *exchange) done() {
	if x.held != nil {
		x.held.Done()
		x.held = nil
	}
}

// admit waits for the gate of lookups.
func (x *exchange) admit() error { return x.pass(x.server.gate) }

func (x *exchange) pass(g *gate) error {
	if !g.enter(x.r.Context()) {
		x.server.metrics.shed.WithLabelValues(g.reason).Inc()
		return api.NewProblem(api.CodeOverloaded, "", "too many %s at a time; try again after Retry-After", g.reason)
	}
	x.passed = append(x.passed, g)
	return nil
}

func (x *exchange) leave() {
	for _, g := range x.passed {
		g.leave()
	}
	x.passed = x.passed[:0]
}

// readBody reads the body, of at most api.MaxLookupBytes and the media type that
// is x.sent then.
func (x *exchange) readBody() ([]byte, error) {
	if err := x.checkBodyType(); err != nil {
		return nil, err
	}
	if x.r.ContentLength > api.MaxLookupBytes {
		return nil, tooLarge()
	}
	n := 0
	for {
		m, err := x.r.Body.Read(x.body[n:])
		n += m
		switch {
		case n > api.MaxLookupBytes:
			return nil, tooLarge()
		case err == nil:
		case err == io.EOF:
			return x.body[:n], nil
		case timedOut(err):
			return nil, api.NewProblem(api.CodeRequestTimeout, "", "send the body faster")
		default:
			return nil, api.NewProblem(unreadable(x.sent), "", "the body cannot be read to its end")
		}
	}
}

func timedOut(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

func tooLarge() error {
	return api.NewProblem(api.CodeBodyTooLarge, "", "more than %d bytes", api.MaxLookupBytes)
}

// unreadable is the code of a body that is not what it says it is.
func unreadable(media []string) api.Code {
	if media[0] == messageType[0] {
		return api.CodeInvalidProtobuf
	}
	return api.CodeInvalidJSON
}
