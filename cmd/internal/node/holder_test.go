package node

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"geodrop/api/query"
	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// TestSwapUnderLoad: no lookup fails while releases are swapped a hundred times,
// and nothing of the old ones stays open.
func TestSwapUnderLoad(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	must(t, h.swap(newGeneration(h, "1", openRelease(t, dir))))
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
	swaps := 100
	if testing.Short() {
		swaps = 20
	}
	for i := range swaps {
		for n := lookups.Load(); lookups.Load() == n; { // some are under way at each swap
			runtime.Gosched()
		}
		must(t, h.swap(newGeneration(h, strconv.Itoa(i+2), openRelease(t, dir))))
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

// TestSurveyed: what is swapped in is surveyed, so that tiles of it are answered.
func TestSurveyed(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	must(t, h.swap(newGeneration(h, "1", openRelease(t, dir))))
	held, _ := h.Acquire()
	<-held.Release().Surveyed()
	a := &query.Tile{}
	must(t, held.Release().Tile(t.Context(), query.MapTile{}, a))
	if len(a.Clusters) == 0 {
		t.Error("the tile of the world is empty")
	}
	held.Done()
	must(t, h.close())
}

// TestSurveyMeetsDamage: damage that only the survey has met is reported.
func TestSurveyMeetsDamage(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	r := openRelease(t, dir)
	for _, path := range segmentsBelow(t, dir) {
		must(t, os.Truncate(path, 0))
	}
	must(t, h.swap(newGeneration(h, "1", r)))
	if d := <-h.damaged; d.Dir != "1" || d.Err == nil {
		t.Errorf("damage %+v", d)
	}
	must(t, h.close())
}

// TestOutlinesMeetDamage: damage that only drawing the districts has met is reported.
func TestOutlinesMeetDamage(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	must(t, h.swap(newGeneration(h, "1", openRelease(t, dir))))
	areas, err := filepath.Glob(filepath.Join(dir, "*.areas"))
	must(t, err)
	for _, path := range areas {
		must(t, os.Truncate(path, 0))
	}
	held, _ := h.Acquire()
	if b, err := held.Outlines(); err == nil {
		t.Errorf("outlines %.100s of a file that was cut", b)
	}
	held.Done()
	if d := <-h.damaged; d.Dir != "1" || !errors.Is(d.Err, index.ErrFault) {
		t.Errorf("damage %+v", d)
	}
	must(t, h.close())
}

// TestDrain: a swap waits for the requests with the release before, and its
// release answers them until then.
func TestDrain(t *testing.T) {
	dir := t.TempDir()
	buildSample(t, dir)
	h := newHolder()
	must(t, h.swap(newGeneration(h, "1", openRelease(t, dir))))
	held, _ := h.Acquire()
	swapped := make(chan error, 1)
	second := newGeneration(h, "2", openRelease(t, dir))
	go func() { swapped <- h.swap(second) }()
	for h.current.Load() != second {
		runtime.Gosched()
	}
	select {
	case err := <-swapped:
		t.Fatalf("swapped with a request under way: %v", err)
	default:
	}
	<-held.(*generation).replaced.Done() // ends its survey
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
