package origin

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
)

// exchange is one request and its answer.
type exchange struct {
	w *reply
	r *http.Request
}

// errSend marks an answer that did not arrive: there is nobody to tell.
var errSend = errors.New("the answer was not taken")

func sendError(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errSend, err)
}

// newRouter has every route. HEAD is answered where GET is.
func (o *Origin) newRouter() http.Handler {
	mux := chi.NewRouter()
	for pattern, handle := range map[string]func(*exchange) error{
		"/v1/channels/{name}":    o.getChannel,
		"/v1/objects/{digest}":   o.getObject,
		"/v1/patches/{to}/{key}": o.getPatch,
	} {
		mux.Get(pattern, o.answer(pattern, handle))
		mux.Head(pattern, o.answer(pattern, handle))
	}
	mux.Post("/v1/nodes", o.answer("/v1/nodes", o.postNode))
	if o.options.Also != nil {
		mux.NotFound(o.options.Also.ServeHTTP)
	} else {
		mux.NotFound(o.answer("none", func(*exchange) error {
			return notFound("there are /v1/channels/NAME, /v1/objects/SHA256 and /v1/patches/SHA256/KEY")
		}))
	}
	mux.MethodNotAllowed(o.answer("none", func(x *exchange) error {
		x.w.Header().Set("Allow", "GET, HEAD")
		return &problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", detail: "releases are only read here"}
	}))
	return mux
}

// answer is all that happens around a request.
func (o *Origin) answer(pattern string, handle func(*exchange) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{w: &reply{ResponseWriter: w}, r: r}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		began := time.Now()
		defer func() {
			o.metrics.observe(pattern, x.w)
			o.options.Log.LogAttrs(r.Context(), slog.LevelDebug, "request",
				slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", x.w.status),
				slog.Int64("bytes", x.w.bytes), slog.Duration("took", time.Since(began)))
		}()
		defer o.recover(x)
		if err := handle(x); err != nil {
			o.fail(x, err)
		}
	}
}

// recover answers for a handler that met a defect.
func (o *Origin) recover(x *exchange) {
	met := recover()
	switch {
	case met == nil:
	case met == http.ErrAbortHandler || x.w.status != 0:
		panic(http.ErrAbortHandler) // half an answer: the connection goes
	default:
		o.options.Log.Error("panic", "panic", met, "stack", string(debug.Stack()))
		x.w.problem(x.r, &problem{status: http.StatusInternalServerError, code: "internal", detail: "a defect was met and logged"})
	}
}

// fail turns an error into an answer, or a line of the log.
func (o *Origin) fail(x *exchange, err error) {
	var p *problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, errSend):
		return
	default:
		o.options.Log.Error("a request failed", "path", x.r.URL.Path, "error", err)
		p = &problem{status: http.StatusInternalServerError, code: "internal", detail: "the object cannot be read; another origin or relay may have it", retry: true}
	}
	if x.w.status == 0 {
		x.w.problem(x.r, p)
	}
}

// deadline gives the answer so much time from now. A server that cannot set it
// has its own.
func (x *exchange) deadline(after time.Duration) {
	_ = http.NewResponseController(x.w.ResponseWriter).SetWriteDeadline(time.Now().Add(after))
}

// reply counts what is sent.
type reply struct {
	http.ResponseWriter
	status int // 0 until something is sent
	bytes  int64
	kind   string // of the content, for metrics
	err    error  // of sending
	pace   *pace  // of receivers; nil: as the server has it
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
	w.bytes, w.err = w.bytes+int64(n), err
	return n, err
}

// ReadFrom lets the kernel send files.
func (w *reply) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.copy(r)
	w.bytes, w.err = w.bytes+n, err
	return n, err
}

func (w *reply) copy(r io.Reader) (int64, error) {
	if w.pace == nil {
		return io.Copy(w.ResponseWriter, r)
	}
	return w.pace.copy(w.ResponseWriter, r)
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
		h.Set("Retry-After", strconv.Itoa(retryAfter()))
	}
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		_, w.err = w.Write(p.json())
	}
}
