package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

// vitals are what a process holds at a moment, by the names of vitalKinds.
type vitals map[string]float64

// vitalKind is something that a process holds, and how samples of it become one
// level.
type vitalKind struct {
	name   string
	metric string // of /metrics; empty: from the system
	unit   string
	how    string
	flat   bool // it must not grow
	reduce func([]float64) float64
}

const (
	vitalMappings = "mappings"
	vitalHeap     = "heap_bytes"
)

func vitalKinds() []vitalKind {
	return []vitalKind{
		{"goroutines", "go_goroutines", "", "median", true, midLevel},
		{"descriptors", "process_open_fds", "", "median", true, midLevel},
		{vitalMappings, "", "", "median", true, midLevel},
		// Between two collections the heap grows; just after one it is what lives.
		{vitalHeap, "go_memstats_heap_alloc_bytes", unitBytes, "least", true, slices.Min[[]float64]},
		{"resident_bytes", "process_resident_memory_bytes", unitBytes, "median", false, midLevel},
	}
}

// midLevel is the median.
func midLevel(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func (k *vitalKind) level(samples []vitals) float64 {
	values := make([]float64, len(samples))
	for i, v := range samples {
		values[i] = v[k.name]
	}
	return k.reduce(values)
}

// maxMetrics is the longest page of metrics that is read.
const maxMetrics = 4 << 20

// vitals looks at the process.
func (p *upProcess) vitals(ctx context.Context) (vitals, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxMetrics))
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	v, err := parseVitals(page)
	if err != nil {
		return nil, err
	}
	// The map of a process has one line for each mapping.
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.command.Process.Pid))
	if err != nil {
		return nil, fmt.Errorf("look at the mappings of the service: %w", err)
	}
	v[vitalMappings] = float64(bytes.Count(maps, []byte(".seg\n")) + bytes.Count(maps, []byte(".areas\n")))
	return v, nil
}

// parseVitals reads a page in Prometheus' text format.
func parseVitals(page []byte) (vitals, error) {
	v := vitals{}
	lines := bufio.NewScanner(bytes.NewReader(page))
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		for _, kind := range vitalKinds() {
			if !ok || name != kind.metric {
				continue
			}
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return nil, fmt.Errorf("metric %s is %q", name, value)
			}
			v[kind.name] = number
		}
	}
	for _, kind := range vitalKinds() {
		if _, ok := v[kind.name]; !ok && kind.metric != "" {
			return nil, fmt.Errorf("the service has no metric %s", kind.metric)
		}
	}
	return v, lines.Err()
}
