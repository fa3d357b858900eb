package answer

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// Handler is all that happens around every request.
type Handler struct {
	Log     *slog.Logger
	Traffic *Traffic
	Failed  Problem // what is told of errors that are none
}

// Route is what is answered on one path. HEAD is answered where GET is.
type Route struct {
	Method  string
	Pattern string // as chi has it
	Name    string // in metrics
	Handle  func(*Exchange) error
}

// Router has the routes; every other path is also's, or, where that is nil, a
// problem that tells what there is.
func (h *Handler) Router(routes []Route, also http.Handler, there string) http.Handler {
	mux := chi.NewRouter()
	for _, rt := range routes {
		answers := h.Answer(rt.Name, rt.Handle)
		mux.Method(rt.Method, rt.Pattern, answers)
		if rt.Method == http.MethodGet {
			mux.Method(http.MethodHead, rt.Pattern, answers)
		}
	}
	mux.NotFound(h.Answer("none", func(*Exchange) error { return NotFound(there) }))
	if also != nil {
		mux.NotFound(also.ServeHTTP)
	}
	mux.MethodNotAllowed(h.Answer("none", func(x *Exchange) error {
		allow := strings.Join(allowed(mux, x.R), ", ")
		x.W.Header().Set("Allow", allow)
		return &Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Detail: "this path takes only " + allow}
	}))
	return mux
}

// allowed are the methods that a router has for the path of a request.
func allowed(mux *chi.Mux, r *http.Request) (methods []string) {
	path := cmp.Or(r.URL.RawPath, r.URL.Path) // as chi takes it
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if mux.Match(chi.NewRouteContext(), m, path) {
			methods = append(methods, m)
		}
	}
	return methods
}

// Answer makes a handler of a handle; name is what metrics call it.
func (h *Handler) Answer(name string, handle func(*Exchange) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := &Exchange{W: &Reply{ResponseWriter: w}, R: r}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		began := time.Now()
		defer func() {
			h.Traffic.observe(name, x.W)
			h.Log.LogAttrs(r.Context(), slog.LevelDebug, "request",
				slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", x.W.status),
				slog.Int64("bytes", x.W.bytes), slog.Duration("took", time.Since(began)))
		}()
		defer h.recover(x)
		if err := handle(x); err != nil {
			h.fail(x, err)
		}
	}
}

// recover answers for a handle that met a defect.
func (h *Handler) recover(x *Exchange) {
	met := recover()
	if met == nil {
		return
	}
	if met != http.ErrAbortHandler {
		h.Log.Error("panic", "panic", met, "stack", string(debug.Stack()))
	}
	if met == http.ErrAbortHandler || x.W.status != 0 {
		panic(http.ErrAbortHandler) // half an answer: the connection goes
	}
	x.W.problem(x.R, &Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "a defect was met and logged"})
}

// fail turns an error into an answer, or a line of the log. An asker that is not
// gone when its request ends is one of a server that stops.
func (h *Handler) fail(x *Exchange, err error) {
	var p *Problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, errSend):
		return
	case x.R.Context().Err() != nil:
		p = &Problem{Status: http.StatusServiceUnavailable, Code: "stopping", Detail: "the one that was asked is stopping; another may answer", Retry: true}
	default:
		h.Log.Error("a request failed", "path", x.R.URL.Path, "error", err)
		p = &h.Failed
	}
	if x.W.status == 0 {
		x.W.problem(x.R, p)
	}
}
