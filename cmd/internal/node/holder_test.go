package node

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"geodrop/api/query"
	"geodrop/grid/coord"
)

// TestSwapUnderLoad: no lookup fails while releases are swapped a hundred times,
// and nothing of the old ones stays open.
func TestSwapUnderLoad(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	must(t, h.swap(newGeneration(h, "1", openRelease(t, dir), nil)))
	files, mappings := openFiles(t), mapped(t)
	var stop atomic.Bool
	var lookups, failed atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			var a query.Answer
			for !stop.Load() {
				held, ok := h.Acquire()
				if !ok {
					failed.Add(1)
					continue
				}
				err := held.Release().Lookup(query.Request{Pos: coord.WGS84{Lat: 51.5145, Lng: -0.127}}, &a)
				held.Done()
				if err != nil || len(a.Drops) == 0 {
					failed.Add(1)
				}
				lookups.Add(1)
			}
		})
	}
	for i := range 100 {
		for n := lookups.Load(); lookups.Load() == n; { // some are under way at each swap
			runtime.Gosched()
		}
		must(t, h.swap(newGeneration(h, strconv.Itoa(i+2), openRelease(t, dir), nil)))
	}
	stop.Store(true)
	clients.Wait()
	if failed.Load() > 0 || lookups.Load() < 100 {
		t.Errorf("%d of %d lookups failed", failed.Load(), lookups.Load())
	}
	if n := openFiles(t); n > files {
		t.Errorf("%d files are open, %d were", n, files)
	}
	if n := mapped(t); n > mappings {
		t.Errorf("%d files are mapped, %d were", n, mappings)
	}
	must(t, h.close())
	if _, ok := h.Acquire(); ok {
		t.Error("a closed holder has a release")
	}
}

func openFiles(t *testing.T) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}

// mapped counts the mapped files of releases.
func mapped(t *testing.T) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	b, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	return strings.Count(string(b), ".seg") + strings.Count(string(b), ".areas")
}

// TestDrain: a swap waits for the requests with the release before, and its
// release answers them until then.
func TestDrain(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	must(t, h.swap(newGeneration(h, "1", openRelease(t, dir), nil)))
	held, _ := h.Acquire()
	swapped := make(chan error, 1)
	second := newGeneration(h, "2", openRelease(t, dir), nil)
	go func() { swapped <- h.swap(second) }()
	for h.current.Load() != second {
		runtime.Gosched()
	}
	select {
	case err := <-swapped:
		t.Fatalf("swapped with a request under way: %v", err)
	default:
	}
	var a query.Answer
	must(t, held.Release().Lookup(query.Request{}, &a))
	held.Done()
	must(t, <-swapped)
	if err := held.Release().Lookup(query.Request{}, &a); !errors.Is(err, query.ErrClosed) {
		t.Errorf("lookup after the drain: %v", err)
	}
	if held.(*generation).take() {
		t.Error("a drained generation was taken")
	}
	must(t, h.close())
}
