package origin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"geodrop/sync/disktest"
	"geodrop/sync/manifest"
	"geodrop/sync/releasetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(publishEnv); dir != "" {
		if err := publishIn(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(disktest.Answers))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const objectSize = 10_000

// seal makes a release in a folder whose segments have the names.
func seal(t testing.TB, dir string, sequence uint64, segments ...string) *manifest.Manifest {
	t.Helper()
	return releasetest.SealNamed(t, dir, sequence, objectSize, segments...)
}

func open(t testing.TB, o Options) *Origin {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := Open(o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// publish publishes a new release, with all defaults.
func publish(t testing.TB, o *Origin, sequence uint64, segments ...string) (*manifest.Manifest, manifest.Pointer) {
	t.Helper()
	dir := t.TempDir()
	m := seal(t, dir, sequence, segments...)
	p, err := o.Publish(t.Context(), dir, Publication{})
	must(t, err)
	return m, p
}

// ask sends a request to the handler; header is of pairs.
func ask(o http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	return w
}

// figure is the sum of a metric over its labels.
func figure(t testing.TB, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	must(t, err)
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
