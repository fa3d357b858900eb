package answer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"geodrop/sync/manifest"
)

func newHandler() *Handler {
	return &Handler{
		Log: slog.New(slog.DiscardHandler), Traffic: NewTraffic("test_", "route", "places"),
		Failed: Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "ask another", Retry: true},
	}
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestErrors: what a handle returns becomes an answer, and half an answer the end
// of the connection.
func TestErrors(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	tests := []struct {
		name   string
		ctx    context.Context
		handle func(*Exchange) error
		status int // 0: the connection is closed
		has    string
		retry  bool
		logs   string // among what is logged; empty: nothing is
	}{
		{"problem", t.Context(), func(*Exchange) error { return NotFound("look elsewhere") }, 404, `"code":"not_found"`, false, ""},
		{"error", t.Context(), func(*Exchange) error { return errors.New("secret") }, 500, `"detail":"ask another"`, true, "secret"},
		{"stopping", gone, func(x *Exchange) error { return x.R.Context().Err() }, 503, `"code":"stopping"`, true, ""},
		{"not taken", t.Context(), func(x *Exchange) error { x.W.WriteHeader(200); return sendError(io.ErrShortWrite) }, 200, "", false, ""},
		{"defect", t.Context(), func(*Exchange) error { panic("a defect") }, 500, `"code":"internal"`, false, "handler_test.go"},
		{"defect in the midst", t.Context(), func(x *Exchange) error { x.W.WriteHeader(200); panic("a defect") }, 0, "", false, "handler_test.go"},
		{"broken off", t.Context(), func(*Exchange) error { panic(http.ErrAbortHandler) }, 0, "", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			h := newHandler()
			h.Log = slog.New(slog.NewTextHandler(&log, nil))
			w, closed := httptest.NewRecorder(), false
			func() {
				defer func() { closed = recover() == http.ErrAbortHandler }()
				h.Answer("test", tt.handle)(w, httptest.NewRequest("GET", "/", nil).WithContext(tt.ctx))
			}()
			if closed != (tt.status == 0) {
				t.Fatalf("the connection is closed: %v", closed)
			}
			if got := log.String(); !strings.Contains(got, tt.logs) || tt.logs == "" && got != "" {
				t.Errorf("the log says %q, want %q", got, tt.logs)
			}
			if closed {
				return
			}
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, tt.status, tt.has)
			}
			if retry := w.Header().Get("Retry-After") != ""; retry != tt.retry {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

// TestAnswers: pointers and files are sent to who does not have them.
func TestAnswers(t *testing.T) {
	digest := manifest.ObjectOf([]byte("file")).Digest
	tag := `"` + string(digest) + `"`
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	routes := []Route{
		{"GET", "/pointer", "pointer", func(x *Exchange) error { return x.SendPointer([]byte("{}\n"), `"a"`, "none") }},
		{"GET", "/nothing", "pointer", func(x *Exchange) error { return x.SendPointer(nil, "", "none yet") }},
		{"GET", "/file", "file", func(x *Exchange) error { return x.SendFile(strings.NewReader("file"), digest, "segment") }},
		{"GET", "/json", "json", func(x *Exchange) error { return x.SendJSON([]int{1}) }},
		{"POST", "/report", "report", func(x *Exchange) error { x.W.WriteHeader(http.StatusNoContent); return nil }},
	}
	h := newHandler()
	mine, shared := h.Router(routes, nil, "there is /pointer"), h.Router(routes, teapot, "")
	tests := []struct {
		method, target string
		header         []string
		status         int
		body           string
	}{
		{"GET", "/pointer", nil, 200, "{}\n"},
		{"HEAD", "/pointer", nil, 200, ""},
		{"GET", "/pointer", []string{"If-None-Match", `"a"`}, 304, ""},
		{"GET", "/pointer", []string{"If-None-Match", `"b"`}, 200, "{}\n"},
		{"GET", "/nothing", nil, 404, "none yet"},
		{"GET", "/file", nil, 200, "file"},
		{"GET", "/file", []string{"Range", "bytes=1-2"}, 206, "il"},
		{"GET", "/file", []string{"If-None-Match", tag}, 304, ""},
		{"GET", "/json", nil, 200, "[1]\n"},
		{"POST", "/report", nil, 204, ""},
		{"GET", "/report", nil, 405, "method_not_allowed"},
		{"GET", "/other", nil, 404, "there is /pointer"},
	}
	for _, tt := range tests {
		w := ask(mine, tt.method, tt.target, tt.header...)
		if got := w.Body.String(); w.Code != tt.status || !strings.Contains(got, tt.body) || tt.body == "" && got != "" {
			t.Errorf("%s %s %v: %d %s, want %d %q", tt.method, tt.target, tt.header, w.Code, got, tt.status, tt.body)
		}
	}
	for target, allow := range map[string]string{"/pointer": "GET, HEAD", "/report": "POST"} {
		if w := ask(mine, "PUT", target); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow {
			t.Errorf("PUT %s: %d, Allow: %s; want %s", target, w.Code, w.Header().Get("Allow"), allow)
		}
	}
	if w := ask(shared, "GET", "/other"); w.Code != http.StatusTeapot {
		t.Errorf("what others answer: %d", w.Code)
	}
}
