package server

import (
	"net/http"
	"strconv"
	"time"

	"geodrop/api"
)

// turnedAway is the answer to a request that there is no room for, made once: it
// costs no more than to write it. It has no id, since nothing of the request was
// looked at.
type turnedAway struct {
	body    []byte
	headers http.Header
	retry   [][]string // values of Retry-After
}

func newTurnedAway() *turnedAway {
	p := api.NewProblem(api.CodeOverloaded, "", "more is asked than can be answered; try again after Retry-After")
	t := &turnedAway{body: api.AppendProblem(nil, p)}
	t.headers = http.Header{
		"Content-Type": problemType, "X-Content-Type-Options": noSniff, "Cache-Control": noStore,
		"Content-Length": {strconv.Itoa(len(t.body))},
	}
	for range 64 {
		t.retry = append(t.retry, []string{retryAfter()})
	}
	return t
}

func (t *turnedAway) send(w http.ResponseWriter, n uint64) {
	h := w.Header()
	for name, value := range t.headers {
		h[name] = value
	}
	h["Retry-After"] = t.retry[n%uint64(len(t.retry))]
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(t.body) // an error is the client's, who is gone
}

// alwaysAnswered are the paths that are answered however many requests come.
// Where too many connections are open already, only those to Admin are.
func alwaysAnswered(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics"
}

// hasRoom turns a request away, after a wait, if the brake says so.
func (s *Server) hasRoom(w http.ResponseWriter, r *http.Request) bool {
	if alwaysAnswered(r.URL.Path) {
		return true
	}
	wait, ok := s.brake.admit(time.Now())
	if ok {
		return true
	}
	s.metrics.shed.WithLabelValues(shedQueue).Inc()
	if wait > 0 {
		s.metrics.shedWaiting.Inc()
		defer s.metrics.shedWaiting.Dec()
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
	s.turnedAway.send(w, s.brake.begun.Load())
	return false
}
