package relay

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
)

// exchange is one request and its answer.
type exchange struct {
	w    *reply
	r    *http.Request
	kind string // of what is asked for, in metrics
}

// newRouter has every route. HEAD is answered where GET is.
func (r *Relay) newRouter() http.Handler {
	mux := chi.NewRouter()
	for _, route := range []struct {
		pattern, kind string
		handle        func(*exchange) error
	}{
		{"/v1/channels/{name}", "channel", r.getChannel},
		{"/v1/objects/{digest}", "object", r.getObject},
		{"/v1/patches/*", "patch", r.getPatch},
	} {
		mux.Get(route.pattern, r.answer(route.kind, route.handle))
		mux.Head(route.pattern, r.answer(route.kind, route.handle))
	}
	mux.Post("/v1/nodes", r.answer("report", r.postNode))
	if r.options.Also != nil {
		mux.NotFound(r.options.Also.ServeHTTP)
	} else {
		mux.NotFound(r.answer("none", func(*exchange) error {
			return notFound("there are /v1/channels/NAME, /v1/objects/SHA256 and /v1/patches/…")
		}))
	}
	mux.MethodNotAllowed(r.answer("none", func(x *exchange) error {
		x.w.Header().Set("Allow", "GET, HEAD")
		return &problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", detail: "releases are only read here"}
	}))
	return mux
}

// answer is all that happens around a request.
func (r *Relay) answer(kind string, handle func(*exchange) error) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		x := &exchange{w: &reply{ResponseWriter: w}, r: req, kind: kind}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		began := time.Now()
		err := handle(x)
		if err != nil && x.w.status == 0 && req.Context().Err() == nil {
			r.fail(x, err)
		}
		r.metrics.observe(kind, x.w)
		r.options.Log.LogAttrs(req.Context(), slog.LevelDebug, "request",
			slog.String("method", req.Method), slog.String("path", req.URL.Path), slog.Int("status", x.w.status),
			slog.Int64("bytes", x.w.bytes), slog.Duration("took", time.Since(began)))
	}
}

func (r *Relay) fail(x *exchange, err error) {
	var p *problem
	if !errors.As(err, &p) {
		r.options.Log.Error("a request failed", "path", x.r.URL.Path, "error", err)
		p = &problem{status: http.StatusServiceUnavailable, code: "unavailable", detail: "it cannot be answered here now; another relay may have it", retry: true}
	}
	x.w.problem(x.r, p)
}

// deadline gives the answer so much time from now. A server that cannot set it
// has its own.
func (x *exchange) deadline(after time.Duration) {
	_ = http.NewResponseController(x.w.ResponseWriter).SetWriteDeadline(time.Now().Add(after))
}

// problem is an error that is told to the asker, as RFC 9457 has it.
type problem struct {
	status int
	code   string // stable; a client may branch on it
	detail string
	retry  bool // it may go better later
}

func (p *problem) Error() string { return p.code + ": " + p.detail }

func notFound(detail string) *problem {
	return &problem{status: http.StatusNotFound, code: "not_found", detail: detail}
}

func full(detail string) *problem {
	return &problem{status: http.StatusTooManyRequests, code: "full", detail: detail, retry: true}
}

// reply counts what is sent.
type reply struct {
	http.ResponseWriter
	status int // 0 until something is sent
	bytes  int64
	kind   string // of the content, for metrics
}

// WriteHeader notes the status.
func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *reply) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel send files.
func (w *reply) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *reply) problem(r *http.Request, p *problem) {
	h := w.Header()
	for _, of := range []string{"ETag", "Content-Length", "Preference-Applied"} {
		h.Del(of)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.retry {
		h.Set("Retry-After", strconv.Itoa(1+rand.IntN(4))) // so that not all come back at once
	}
	w.WriteHeader(p.status)
	if r.Method == http.MethodHead {
		return
	}
	b, _ := json.Marshal(map[string]any{ // of strings and a number: it cannot fail
		"type": "about:blank", "title": http.StatusText(p.status), "status": p.status,
		"code": p.code, "detail": p.detail,
	})
	_, _ = w.Write(append(b, '\n')) // who is gone needs no answer
}
