package node

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"geodrop/api/client/load"
	"geodrop/builder"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

// holdings are what a process holds.
type holdings struct{ goroutines, descriptors, mappings int }

func held(t *testing.T) (h holdings) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	return holdings{runtime.NumGoroutine(), len(fds), bytes.Count(maps, []byte(".seg\n")) + bytes.Count(maps, []byte(".areas\n"))}
}

// TestSwapsUnderLoad: while a node is pointed to one release after another, each
// lookup is answered; afterwards it holds what it held before.
func TestSwapsUnderLoad(t *testing.T) {
	const swaps, pause = 24, 100 * time.Millisecond
	o, err := origin.Open(origin.Options{Dir: t.TempDir()})
	must(t, err)
	bundle := writeSample(t)
	var ids []string
	for i := range 4 { // of which the node keeps two or three
		edit(t, bundle, "pois.csv", "Street", fmt.Sprint("Street ", i))
		src, err := openBundle(bundle)()
		must(t, err)
		release := filepath.Join(t.TempDir(), "release")
		_, err = builder.Build(t.Context(), src, builder.Options{Out: release})
		must(t, err)
		must(t, src.Close())
		p, err := o.Publish(t.Context(), release, origin.Publication{Older: true})
		must(t, err)
		ids = append(ids, p.Release)
	}
	web := httptest.NewServer(o)
	defer func() { web.CloseClientConnections(); web.Close(); must(t, o.Close()) }()
	upstream, err := url.Parse(web.URL)
	must(t, err)
	r := startFed(t, t.TempDir(), upstream)
	defer r.stop()
	turn := func(i int) {
		id := ids[i%len(ids)]
		_, err := o.Point(manifest.DefaultChannel, id)
		must(t, err)
		r.until("/v1/releases/current", 200, id)
	}
	for i := range 3 { // until all that is kept is there
		turn(i)
	}
	before := held(t)
	positions, err := load.Places(t.Context(), r.url, 1)
	must(t, err)
	loaded := make(chan load.Report, 1)
	go func() {
		reports, err := load.Run(t.Context(), load.Options{
			Target: r.url, Positions: positions, Connections: 8, Phases: []load.Phase{{Rate: 200, Duration: swaps * pause}},
			Timeout: time.Minute,
		})
		if err != nil || len(reports) != 1 {
			t.Errorf("load: %v", err)
			reports = make([]load.Report, 1)
		}
		loaded <- reports[0]
	}()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for i := range swaps {
		<-tick.C
		turn(3 + i)
	}
	report := <-loaded
	if report.Failed() > 0 || report.OK == 0 || report.Empty > 0 {
		t.Errorf("%d of %d lookups failed, %d were empty: %v", report.Failed(), report.Lookups, report.Empty, report.Errors)
	}
	const patience = 10 * time.Second
	after := held(t)
	for began := time.Now(); after.mappings != before.mappings || after.goroutines > before.goroutines+3 || after.descriptors > before.descriptors+3; after = held(t) {
		if time.Since(began) > patience {
			t.Fatalf("the process holds %+v, before %d swaps it held %+v", after, swaps, before)
		}
		tick.Reset(20 * time.Millisecond)
		<-tick.C // connections end, releases are surveyed
	}
	t.Logf("%d lookups beside %d swaps; p99 %.1f ms; held %+v, then %+v", report.OK, swaps, report.Latency.P99, before, after)
}
