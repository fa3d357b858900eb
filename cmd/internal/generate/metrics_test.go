package generate

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"geodrop/cmd/internal/node"
	"geodrop/cmd/internal/publish"
	"geodrop/cmd/internal/shelf"
	"geodrop/sync/agent"
	"geodrop/sync/origin"
)

// exported is a registry with all metrics that the roles have.
func exported(t *testing.T) *prometheus.Registry {
	t.Helper()
	r := prometheus.NewRegistry()
	log := slog.New(slog.DiscardHandler)
	s, err := shelf.Open(t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	a, err := node.OpenAgent(agent.Options{Dir: t.TempDir(), Registry: r, Upstreams: []*url.URL{{Scheme: "http", Host: "127.0.0.1:1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := origin.Open(origin.Options{Dir: t.TempDir(), Registry: r}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop() // it has registered all that it has by the time it looks
	p := publish.New(publish.Options{Shelf: s, Log: log})
	err = node.Run(stopped, node.Options{
		Listener: l, Registry: r, Parts: p.Parts(), Metrics: p.Metrics(), Feed: node.ShelfFeed{Shelf: s, Log: log},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// has reports whether a registry has a metric of that name: then it takes no
// other one.
func has(r *prometheus.Registry, name string) bool {
	other := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "another one"})
	if err := r.Register(other); err != nil {
		return true
	}
	r.Unregister(other)
	return false
}

var metricName = regexp.MustCompile(`\b(?:geodrop|go|process)_[a-z0-9_]+\b`)

// checkNames wants every metric of an expression in the registry.
func checkNames(t *testing.T, r *prometheus.Registry, where, expr string) {
	t.Helper()
	names := metricName.FindAllString(expr, -1)
	if len(names) == 0 && !strings.Contains(expr, "up{") {
		t.Errorf("%s: no metric in %s", where, expr)
	}
	for _, name := range names {
		known := has(r, name)
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			if base, ok := strings.CutSuffix(name, part); ok {
				known = known || has(r, base)
			}
		}
		if !known {
			t.Errorf("%s: there is no metric %s", where, name)
		}
	}
}

// TestNames: what is asked for is exported.
func TestNames(t *testing.T) {
	r := exported(t)
	if has(r, "geodrop_no_such_metric") || !has(r, "geodrop_http_requests_total") {
		t.Fatal("the check cannot tell what the registry has")
	}
	for _, a := range alerts() {
		checkNames(t, r, a.Alert, a.Expr)
	}
	d := newDashboard()
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			checkNames(t, r, p.Title, target.Expr)
		}
	}
	checkNames(t, r, "instance", d.Templating.List[1].Query)
}
