package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"geodrop/api/client/load"
)

// quickNode is a node with one place that answers at once.
func quickNode(context.Context) (string, func() error, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ui/map.json", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"places":[{"lat":1,"lng":2}]}`)) })
	mux.HandleFunc("/v1/lookup", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"drops":[{}]}`)) })
	web := httptest.NewServer(mux)
	return web.URL, func() error { web.Close(); return nil }, nil
}

func TestOverload(t *testing.T) {
	rows, err := Overload(t.Context(), OverloadOptions{Step: 30 * time.Millisecond, Phones: 8, Slow: 5, start: quickNode})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, rows, "overload/peak goodput", "overload/unloaded p99_ms", "overload/10x onset_p99_ms", "overload/10x goodput", "overload/10x accepted_p99_ms",
		"overload/10x recovery_seconds", "overload/slow/5 p99_ms")
	for _, r := range rows {
		if judged := strings.HasPrefix(r.Case, "overload/10x") && r.Metric != "onset_p99_ms" || strings.HasPrefix(r.Case, "overload/slow"); judged != (r.Met != nil) {
			t.Errorf("%s has no target, or one too many: %+v", label(r), r)
		}
	}
}

func TestOverloadOfNobody(t *testing.T) {
	nobody := errors.New("no node")
	_, err := Overload(t.Context(), OverloadOptions{start: func(context.Context) (string, func() error, error) { return "", nil, nobody }})
	if !errors.Is(err, nobody) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Overload(ctx, OverloadOptions{start: quickNode}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRecoveryRow(t *testing.T) {
	tests := []struct {
		name    string
		windows []load.Window
		want    float64
		met     bool
	}{
		{"at once", []load.Window{{At: 0, OK: 9, P99: 1}, {At: 0.25, OK: 9, P99: 5}}, 0, true},
		{"slow at first", []load.Window{{At: 0, OK: 9, P99: 6}, {At: 0.25, OK: 9, P99: 1}}, 0.25, true},
		{"slow again at once", []load.Window{{At: 0, P99: 1}, {At: 0.25, P99: 1}, {At: 0.5, P99: 6}, {At: 0.75, P99: 1}}, 0.75, true},
		{"a hiccup", []load.Window{{At: 0, P99: 1}, {At: 0.25, P99: 1}, {At: 0.5, P99: 1}, {At: 0.75, P99: 1}, {At: 1, P99: 6}}, 0, true},
		{"fails late", []load.Window{{At: 0, OK: 9}, {At: 7.5, OK: 9, Failed: 1}, {At: 7.75, OK: 9}}, 7.75, false},
	}
	for _, tt := range tests {
		got := recoveryRow("x", &load.Report{Windows: tt.windows}, 5)
		if got.Value != tt.want || got.Met == nil || *got.Met != tt.met {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
