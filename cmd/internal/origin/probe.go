package origin

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"geodrop/api"
	"geodrop/cmd/internal/board"
)

// NewProbe answers those who watch over the process, as a node does. What is
// ready is a release, or nothing.
func NewProbe(ready func() string, parts *board.Board, registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r := api.Readiness{Status: "ready", Release: ready(), Checks: parts.Checks()}
		status := http.StatusOK
		if r.Release == "" {
			r.Status, status = "no_release", http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "1") // a build may end any moment
		}
		send(w, status, &r)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

func send(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who has gone is not told
}
