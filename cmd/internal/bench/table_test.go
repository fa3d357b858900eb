package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func tableRows() []Row {
	return []Row{
		newRow("lookup/1e7", "ns_per_lookup", 312.4, unitNs).timesBetter(peerRTree, 3962).atLeast(8).noted("every posting visited"),
		newRow("lookup/1e7", "allocs_per_lookup", 0, "").atMost(0),
		newRow("lookup/1e8", "ns_per_lookup", 2430, unitNs).without("R-trees are filled with fewer").atLeast(8),
		newRow("build/1e7", "seconds", 12.345, unitSeconds).timesCost("GNU sort", 10).atMost(1),
		newRow("build/1e7", "rows_per_second", 1234567, unitPerS),
		newRow("build/1e7", "peak_bytes", 900<<20, unitBytes).atMost(1 << 30),
	}
}

func TestWriteTable(t *testing.T) {
	var got bytes.Buffer
	if err := WriteTable(&got, tableRows()); err != nil {
		t.Fatal(err)
	}
	const path = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
	}
}

func TestWriteJSONIsAnArray(t *testing.T) {
	for _, rows := range [][]Row{nil, tableRows()} {
		var got bytes.Buffer
		if err := WriteJSON(&got, rows); err != nil {
			t.Fatal(err)
		}
		var back []map[string]any
		if err := json.Unmarshal(got.Bytes(), &back); err != nil {
			t.Fatalf("%v in %s", err, got.Bytes())
		}
		if len(back) != len(rows) {
			t.Errorf("%d rows, want %d", len(back), len(rows))
		}
		for _, row := range back {
			for _, key := range []string{"case", "metric", "value", "unit", "peer", "peer_value", "ratio", "target", "met"} {
				if _, ok := row[key]; !ok {
					t.Errorf("row %v has no %s", row, key)
				}
			}
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	if err := WriteTable(brokenWriter{}, tableRows()); !errors.Is(err, errBroken) {
		t.Errorf("table: %v", err)
	}
	if err := WriteJSON(brokenWriter{}, tableRows()); !errors.Is(err, errBroken) {
		t.Errorf("JSON: %v", err)
	}
}

func TestQuantity(t *testing.T) {
	for _, tt := range []struct {
		value float64
		unit  string
		want  string
	}{
		{0, "", "0"}, {3.14159, "", "3.142"}, {1234567, unitPerS, "1,234,567 1/s"}, {312.44, unitNs, "312.4 ns"},
		{999.96, unitNs, "1,000 ns"}, {-1234, unitNs, "-1,234 ns"}, {0.00012346, unitSeconds, "0.0001235 s"},
		{512, unitBytes, "512 B"}, {1536, unitBytes, "1.5 KiB"}, {1 << 30, unitBytes, "1 GiB"}, {83.714, "B", "83.71 B"},
	} {
		if got := quantity(&tt.value, tt.unit); got != tt.want {
			t.Errorf("quantity(%v, %q) = %q, want %q", tt.value, tt.unit, got, tt.want)
		}
	}
}
