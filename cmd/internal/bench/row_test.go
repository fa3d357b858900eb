package bench

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestRowTargets(t *testing.T) {
	row := func() Row { return newRow("c", "m", 100, unitNs) }
	for _, tt := range []struct {
		name  string
		row   Row
		ratio float64 // 0: none
		met   string
		rule  string
	}{
		{"no target         ", row(), 0, "", ""},
		{"value met         ", row().atMost(100), 0, "met", "value ≤ 100"},
		{"value missed      ", row().atMost(99), 0, "NOT MET", "value ≤ 99"},
		{"times better      ", row().timesBetter("p", 800), 8, "", "peer_value/value"},
		{"times better met  ", row().timesBetter("p", 800).atLeast(8), 8, "met", "peer_value/value ≥ 8"},
		{"times better miss ", row().timesBetter("p", 799).atLeast(8), 7.99, "NOT MET", "peer_value/value ≥ 8"},
		{"cost met          ", row().timesCost("p", 100).atMost(1), 1, "met", "value/peer_value ≤ 1"},
		{"cost missed       ", row().timesCost("p", 50).atMost(1), 2, "NOT MET", "value/peer_value ≤ 1"},
		{"no peer, no answer", row().without("none here").atLeast(8), 0, "?", ""},
		{"nothing to divide ", newRow("c", "m", 0, "").timesBetter("p", 1), 0, "", "peer_value/value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := met(tt.row); got != tt.met {
				t.Errorf("met %q, want %q", got, tt.met)
			}
			if tt.row.Rule != tt.rule {
				t.Errorf("rule %q, want %q", tt.row.Rule, tt.rule)
			}
			if (tt.row.Ratio == nil) != (tt.ratio == 0) || tt.row.Ratio != nil && *tt.row.Ratio != tt.ratio {
				t.Errorf("ratio %s, want %v", ratio(tt.row), tt.ratio)
			}
		})
	}
}

func TestRowJSON(t *testing.T) {
	rows := []Row{
		newRow("lookup/1e7", "ns_per_lookup", 312, unitNs).timesBetter(peerRTree, 3962.4).atLeast(8),
		newRow("build/1e8", "seconds", 200, unitSeconds).without("too many rows").atMost(1),
	}
	want := []string{
		`{"case":"lookup/1e7","metric":"ns_per_lookup","value":312,"unit":"ns","peer":"tidwall/rtree",` +
			`"peer_value":3962.4,"ratio":12.7,"target":8,"met":true,"rule":"peer_value/value ≥ 8"}`,
		`{"case":"build/1e8","metric":"seconds","value":200,"unit":"s","peer":"none",` +
			`"peer_value":null,"ratio":null,"target":1,"met":null,"note":"too many rows"}`,
	}
	for i, r := range rows {
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
}

func TestMissed(t *testing.T) {
	bad := newRow("a", "m", 2, "").atMost(1)
	rows := []Row{newRow("b", "m", 1, "").atMost(1), bad, newRow("c", "m", 1, ""), newRow("d", "m", 1, "").without("x").atLeast(2)}
	missed := Missed(rows)
	if len(missed) != 1 || missed[0].Case != bad.Case {
		t.Errorf("missed %v, want only a", slices.Collect(func(yield func(string) bool) {
			for _, r := range missed {
				yield(r.Case)
			}
		}))
	}
}

func TestCountName(t *testing.T) {
	for n, want := range map[int]string{1: "1", 10: "10", 1000: "1e3", 200000: "2e5", 10000000: "1e7", 1234: "1234", 12000: "12000"} {
		if got := countName(n); got != want {
			t.Errorf("countName(%d) = %q, want %q", n, got, want)
		}
	}
}
