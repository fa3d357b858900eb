package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"geodrop/sync/disktest"
	"geodrop/sync/origin"
	"geodrop/sync/releasetest"
	"geodrop/sync/upstreamtest"
)

// soon is within which space is used that came back.
const soon = 10 * time.Second

// TestDiskReallyFull: on a disk with no space for all of a release, or for a
// patch, or for knowing what is served, the error names a file, what was served
// still is, and would be after a start; with space again the release is taken.
func TestDiskReallyFull(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	if !disktest.Alone(t, 0) {
		return
	}
	disk := disktest.NewSmall(t, "8m")
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	options := quick(t, newNode(), upstreamtest.Listen(t, o))
	options.Dir, options.MaxPause = disk.Dir+"/agent", 10*time.Second
	publish := func(round int) string {
		const places = 4000
		dir := t.TempDir()
		m := releasetest.Seal(t, dir, uint64(round), releasetest.Town(t, 50, places, round), releasetest.Town(t, 51, 30+round), releasetest.Town(t, 52, places))
		_, err := o.Publish(t.Context(), dir, origin.Publication{})
		must(t, err)
		return m.ID
	}
	a, stop := start(t, options)
	before := publish(1)
	until(t, a, "serving", func(s Status) bool { return s.Release == before })
	stages := map[string]bool{}
	sizes := []int64{0, 12, 20, 40, 200, 360}
	if testing.Short() {
		sizes = []int64{0, 4, 20}
	}
	for i, kilobytes := range sizes {
		until(t, a, "settled", func(s Status) bool { return s.Fetching == "" })
		disk.Fill(kilobytes << 10)
		last := publish(i + 2)
		s := until(t, a, "short of disk", func(s Status) bool { return s.Class == Disk || s.Release == last && s.Fetching == "" })
		if s.Class == Disk {
			stages[stage(s.Error)] = true
			if !strings.Contains(s.Error, options.Dir) {
				t.Errorf("with %d kB: %s: no file is named", kilobytes, s.Error)
			}
		}
		if s.Release != before && s.Release != last {
			t.Errorf("with %d kB %q is served", kilobytes, s.Release)
		}
		disk.Free()
		began := time.Now()
		until(t, a, "at the new release", func(s Status) bool { return s.Release == last && s.Class == "" })
		if took := time.Since(began); took > soon {
			t.Errorf("with %d kB: %v after there was space", kilobytes, took)
		}
		before = last
	}
	stop()
	halves(t, options.Dir)
	t.Logf("short of disk at: %v", stages)
	if len(stages) < 2 {
		t.Errorf("the disk was full at %v alone", stages)
	}
}

// stage is the kind of file that an error names.
func stage(message string) string {
	for _, kind := range []string{indexName, patchDir, manifestKind, "manifest.json", ".seg", ".jsonl", ".areas", stagingDir} {
		if strings.Contains(message, kind) {
			return kind
		}
	}
	return fmt.Sprintf("%.200s", message)
}

// TestDiskFullWhenServed: though the disk cannot be told what is served, for one
// release after another, there is one to start with; and with space again it is
// soon told.
func TestDiskFullWhenServed(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	disk := disktest.NewSmall(t, "2m")
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	upstream := upstreamtest.Listen(t, o)
	options := quick(t, newNode(), upstream)
	options.Dir = disk.Dir + "/agent"
	first := publish(t, o, 1, "a", "1")
	adoptOne(t, options)
	full := false
	a, stop := start(t, options, func(a *Agent) {
		a.step = func(name string) {
			switch {
			case name == "folder" && full:
				disk.Free()
				full = false
			case name == "served", name == "pruned": // which gives some back
				disk.Fill(0)
				full = true
			}
		}
	})
	var last string
	for i := range uint64(4) {
		last = publish(t, o, i+2, "a", fmt.Sprint(i+2)).ID
		until(t, a, "served, and not known to the disk", func(s Status) bool { return s.Release == last && s.Class == Disk })
	}
	stop()
	if id := firstServed(t, options, true); id != first.ID {
		t.Errorf("a start serves %s, want the last that the disk knows, %s", id, first.ID)
	}
	began := time.Now()
	disk.Free()
	a, stop = start(t, options)
	until(t, a, "at the last release", func(s Status) bool { return s.Release == last && s.Class == "" })
	if took := time.Since(began); took > soon {
		t.Errorf("%v after there was space", took)
	}
	stop()
	if id := firstServed(t, options, true); id != last {
		t.Errorf("a start serves %s, want the last release, %s", id, last)
	}
}

// TestDiskCatchesUp: with space again the disk is told what is served, by an
// agent that has nothing new to take.
func TestDiskCatchesUp(t *testing.T) {
	if !disktest.Alone(t, 0) {
		return
	}
	disk := disktest.NewSmall(t, "2m")
	o := upstreamtest.OpenOrigin(t, origin.Options{})
	options := quick(t, newNode(), upstreamtest.Listen(t, o))
	options.Dir = disk.Dir + "/agent"
	a, stop := start(t, options, func(a *Agent) {
		a.step = func(name string) {
			if name == "served" {
				disk.Fill(0)
			}
		}
	})
	m := publish(t, o, 1, "a")
	until(t, a, "served, and not known to the disk", func(s Status) bool { return s.Release == m.ID && s.Class == Disk })
	disk.Free()
	began := time.Now()
	until(t, a, "known to the disk", func(s Status) bool { return s.Release == m.ID && s.Class == "" })
	if took := time.Since(began); took > soon {
		t.Errorf("%v after there was space", took)
	}
	stop()
	if id := firstServed(t, options, true); id != m.ID {
		t.Errorf("a start serves %q, want %s", id, m.ID)
	}
}
