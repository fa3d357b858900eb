package builder

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"geodrop/poi"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with the file of that name in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (go test -update rewrites it):\n%s", path, got)
	}
}

// busy is a summary with something in each of its rows.
func busy(t *testing.T) *Summary {
	t.Helper()
	m := parse(t, `
		zone w1 water 10 10 11 11
		zone w2 water 12 10 13 11
		zone r railway 14 10 15 11
		zone unused water 40 40 41 41
		zone s school 1 1 2 2 timed
		district 1 0 0 3 3
		task t parks 1=5`)
	place := func(n int, lat float64) {
		for range n {
			id := fmt.Sprint("p", len(m.pois[0].Rows))
			m.add(t, []string{"poi", id, fmt.Sprint(lat), fmt.Sprint(lat / 2)})
			m.addMembership("parks", poi.POIID(id))
		}
	}
	place(1200, 1.5)
	place(3, 1.51)
	place(2, 10.5)
	m.zones[0].Shape, m.zones[1].Shape = box(t, 10, 5, 11, 6), box(t, 12, 6, 13, 7)
	place(5, 12.5)
	place(7, 30)
	m.zones[2].Name = ""
	m.zones[2].Shape = box(t, 29.9, 14, 30.1, 16)
	place(4, 31)
	for i := range 12 {
		m.add(t, []string{"poi", fmt.Sprint("p", i), "1.5", "0.75"})
	}
	m.addMembership("parks", "none")
	s := built(t, m, Options{Out: t.TempDir(), MaxRejected: 1})
	for i := range s.Stages {
		s.Stages[i].Duration, s.Stages[i].PeakBytes = time.Duration(i)*1234*time.Millisecond, int64(i)*50<<20
	}
	return s
}

func TestSummaryText(t *testing.T) {
	var b strings.Builder
	busy(t).Text(func(name, value string) { fmt.Fprintf(&b, "%-22s%s\n", name, value) })
	golden(t, "summary.txt", b.String())
}

func TestSummaryJSON(t *testing.T) {
	b, err := json.MarshalIndent(busy(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", string(b)+"\n")
}

func TestSummaryOfNothing(t *testing.T) {
	var b strings.Builder
	(&Summary{}).Text(func(name, value string) { fmt.Fprintf(&b, "%-22s%s\n", name, value) })
	golden(t, "summary-empty.txt", b.String())
}

// The stages are told to Progress as they are timed, and rows are counted.
func TestProgress(t *testing.T) {
	p := &told{rows: map[string]int{}}
	s := built(t, parse(t, "poi a 1 1\npoi b 1 1\nin s a\ndistrict d 0 0 2 2"), Options{Out: t.TempDir(), Progress: p})
	var stages []string
	for _, stage := range s.Stages {
		stages = append(stages, stage.Name)
	}
	const want = "areas read memberships join write seal"
	if got := strings.Join(stages, " "); got != want || strings.Join(p.stages, " ") != want {
		t.Errorf("stages %q, told %q, want %q", got, p.stages, want)
	}
	if p.rows["areas"] != 1 || p.rows["read"] != 2 || p.rows["memberships"] != 1 || p.rows["write"] != 2 || p.done != 1 {
		t.Errorf("told %v and %d times done", p.rows, p.done)
	}
	if s.Total() <= 0 || s.Peak() <= 0 && runtime.GOOS == "linux" {
		t.Errorf("%v in all, peak %d bytes", s.Total(), s.Peak())
	}
}

type told struct {
	stages []string
	rows   map[string]int
	done   int
}

func (p *told) Stage(name string) { p.stages = append(p.stages, name) }
func (p *told) Add(rows int)      { p.rows[p.stages[len(p.stages)-1]] += rows }
func (p *told) Done()             { p.done++ }
