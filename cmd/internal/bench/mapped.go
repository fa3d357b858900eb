package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"geodrop/grid/coord"
	"geodrop/grid/index"
)

// coldLookups is how many first lookups are timed after the pages were dropped.
// Later ones meet pages that those before have fetched.
const coldLookups = 1000

// keptShare is the share of pages above which a cold figure is called lukewarm.
const keptShare = 0.01

// memory reports what an open release keeps in memory once every page of it has
// been used.
func (l *lookups) memory(context.Context) error {
	heap, err := heapOfNode(l.dir)
	if err != nil {
		return err
	}
	x, err := openIndex(l.dir, l.manifest, index.Options{})
	if err != nil {
		return err
	}
	paths, bytes := segmentFiles(l.dir, l.manifest)
	_, err = visitEach(x, l.manifest.Grid.Radius, l.positions)
	resident, residentErr := residentBytes(paths)
	texts, textsErr := textBytes(x)
	if err := errors.Join(err, textsErr, x.Close()); err != nil {
		return err
	}
	n := float64(l.points.Len())
	l.add(newRow(l.name+"/mapped", "file_bytes_per_poi", float64(bytes)/n, "B"))
	l.add(newRow(l.name+"/mapped", "text_bytes_per_poi", float64(texts)/n, "B").noted("of these: ids, names, kinds, attributes"))
	row := newRow(l.name+"/mapped", "resident_bytes_per_poi", float64(resident)/n, "B")
	if residentErr != nil {
		l.add(row.without(residentErr.Error()))
	} else {
		if l.points.Len() >= targetPerPOIAt {
			row = row.atMost(targetPerPOI)
		}
		l.add(row.noted("every page read: the files were checked"))
	}
	l.add(newRow(l.name+"/mapped", "heap_bytes", float64(heap), unitBytes).atMost(targetHeap).
		noted("heap of an open release, catalog included"))
	return nil
}

// textBytes are the bytes of the texts of all segments.
func textBytes(x *index.Index) (int64, error) {
	total := 0
	for _, s := range x.Segments() {
		stats, err := s.Stats(0)
		if err != nil {
			return 0, err
		}
		for _, section := range stats.Sections {
			if section.Name == "texts" {
				total += section.Bytes
			}
		}
	}
	return int64(total), nil
}

// heapInUse is the live heap.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first only queues finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// cold times the first lookups in a release whose pages are on disk only.
func (l *lookups) cold(context.Context) error {
	name := l.name + "/cold"
	paths, _ := segmentFiles(l.dir, l.manifest)
	if err := dropPages(paths); err != nil {
		l.add(newRow(name, "ns_per_lookup", 0, unitNs).without(err.Error()))
		return nil
	}
	kept, err := cachedShare(paths)
	if err != nil {
		return err
	}
	x, err := openIndex(l.dir, l.manifest, index.Options{SkipChecksums: true})
	if err != nil {
		return err
	}
	times, err := timeEach(x, l.manifest.Grid.Radius, l.positions[:min(coldLookups, len(l.positions))])
	touched, residentErr := residentBytes(paths)
	if err := errors.Join(err, x.Close()); err != nil {
		return err
	}
	total := time.Duration(0)
	for _, d := range times {
		total += d
	}
	slices.Sort(times)
	note := fmt.Sprintf("first %d lookups, one by one, after posix_fadvise(DONTNEED)", len(times))
	if kept > keptShare {
		note += fmt.Sprintf("; lukewarm: the kernel kept %.0f %% of the pages", 100*kept)
	}
	at := func(q float64) float64 {
		return float64(times[min(int(q*float64(len(times))), len(times)-1)].Nanoseconds())
	}
	l.add(newRow(name, "ns_per_lookup", per(total, len(times)), unitNs).timesCost("warm", l.warm).noted("%s", note))
	l.add(newRow(name, "p50_ns", at(0.5), unitNs))
	l.add(newRow(name, "p99_ns", at(0.99), unitNs))
	l.add(newRow(name, "pages_kept", 100*kept, unitPercent).noted("by the kernel, of those dropped"))
	if residentErr == nil {
		l.add(newRow(name, "resident_bytes", float64(touched), unitBytes).noted("of the mappings, after these lookups"))
	}
	return nil
}

// timeEach times lookups one by one.
func timeEach(x *index.Index, radius int, positions []coord.E7) ([]time.Duration, error) {
	times := make([]time.Duration, len(positions))
	ranges := make([]index.Range, 0, maxRanges)
	var t tally
	err := index.Protect(func() error {
		for i, p := range positions {
			began := time.Now()
			ranges = x.Window(p, radius, nil, ranges[:0])
			t.visit(x, ranges)
			times[i] = time.Since(began)
		}
		return nil
	})
	return times, err
}
