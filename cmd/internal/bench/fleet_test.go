package bench

import "testing"

// TestFleet: every agent comes to both releases, the second one by patches.
func TestFleet(t *testing.T) {
	const agents = 20
	dir := t.TempDir()
	rows, err := Fleet(t.Context(), FleetOptions{Agents: agents, POIs: 12_000, TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, dir)
	wantMetrics(t, rows, "fleet/20/cold until_all_have_it", "fleet/20/cold origin_egress_copies", "fleet/20/cold goroutines_per_agent",
		"fleet/20/change until_all_have_it", "fleet/20/change sockets_per_agent", "fleet/20/change heap_per_agent")
	held := map[string]func(float64) bool{
		"fleet/20/change agents_with_it":       func(v float64) bool { return v == agents },
		"fleet/20/change fallbacks":            func(v float64) bool { return v == 0 },
		"fleet/20/change moved":                func(v float64) bool { return v > 0 && v <= targetMoved },
		"fleet/20/cold origin_egress_copies":   func(v float64) bool { return v >= agents && v < 1.1*agents },
		"fleet/20/change origin_egress_copies": func(v float64) bool { return v >= agents && v < 3*agents },
		"fleet/20 goroutines_left":             func(v float64) bool { return v <= 0 },
	}
	for _, r := range rows {
		if is := held[label(r)]; is != nil && !is(r.Value) {
			t.Errorf("%s is %v", label(r), r.Value)
		}
		delete(held, label(r))
	}
	if len(held) != 0 {
		t.Errorf("rows are missing: %v", len(held))
	}
}

// TestFleetBehindRelays: the origin sends few copies, however many want one.
func TestFleetBehindRelays(t *testing.T) {
	dir := t.TempDir()
	rows, err := Fleet(t.Context(), FleetOptions{Agents: 20, Relays: 2, POIs: 4000, TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, dir)
	found := 0
	for _, r := range rows {
		switch label(r) {
		case "fleet/20/relays-2/cold origin_egress_copies", "fleet/20/relays-2/change origin_egress_copies":
			found++
			if r.Value < 1 || r.Value > targetCopies {
				t.Errorf("%s is %v", label(r), r.Value)
			}
		case "fleet/20/relays-2/change agents_with_it":
			found++
			if r.Value != 20 {
				t.Errorf("%v agents have it", r.Value)
			}
		}
	}
	if found != 3 {
		t.Errorf("%d rows of 3", found)
	}
}
