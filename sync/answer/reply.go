package answer

import (
	"io"
	"net/http"
	"strconv"
)

// Reply counts what is sent.
type Reply struct {
	http.ResponseWriter
	Kind string // of the content, for metrics; empty where it does not count
	Pace *Pace  // of receivers; nil: as the server has it

	status int // 0 until something is sent
	bytes  int64
	err    error // of sending
}

// WriteHeader notes the status.
func (w *Reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *Reply) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes, w.err = w.bytes+int64(n), err
	return n, err
}

// ReadFrom lets the kernel send files.
func (w *Reply) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.copy(r)
	w.bytes, w.err = w.bytes+n, err
	return n, err
}

func (w *Reply) copy(r io.Reader) (int64, error) {
	if w.Pace == nil {
		return io.Copy(w.ResponseWriter, r)
	}
	return w.Pace.copy(w.ResponseWriter, r)
}

// Unwrap is for http.ResponseController.
func (w *Reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *Reply) problem(r *http.Request, p *Problem) {
	h := w.Header()
	for _, of := range []string{"ETag", "Content-Length", "Preference-Applied"} {
		h.Del(of)
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.Retry {
		h.Set("Retry-After", strconv.Itoa(retryAfter()))
	}
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, w.err = w.Write(p.json())
	}
}
