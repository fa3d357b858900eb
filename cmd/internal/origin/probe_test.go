package origin

import (
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/cmd/internal/board"
)

// TestReadiness: without a release it says when to ask again.
func TestReadiness(t *testing.T) {
	for release, want := range map[string]struct {
		status int
		again  string
	}{"": {503, "1"}, "r1-ab": {200, ""}} {
		probe := NewProbe(func() string { return release }, board.New(), prometheus.NewRegistry())
		w := httptest.NewRecorder()
		probe.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		if again := w.Header().Get("Retry-After"); w.Code != want.status || again != want.again {
			t.Errorf("release %q: %d, Retry-After %q", release, w.Code, again)
		}
	}
}
