package bench

import "testing"

func TestStores(t *testing.T) {
	dir := t.TempDir()
	rows, err := Stores(t.Context(), StoresOptions{Rows: 2000, Rounds: 1, TempDir: dir, withoutServer: true})
	if err != nil {
		t.Fatal(err)
	}
	wantMetrics(t, rows, "store/sqlite/2e3 rows_per_second", "store/sqlite/2e3 max_rows_per_second",
		"store/sqlite/2e3 rows_written_per_second", "store/mariadb/2e3 rows_per_second")
	for _, r := range rows {
		switch label(r) {
		case "store/sqlite/2e3 rows_per_second":
			if r.Ratio == nil || r.Met == nil || r.Rule != "value/peer_value ≥ 0.8" {
				t.Errorf("no ratio or no target: %+v", r)
			}
		case "store/mariadb/2e3 rows_per_second":
			if r.Peer != None || r.Met != nil {
				t.Errorf("MariaDB that was not started has a peer or meets a target: %+v", r)
			}
		}
	}
	wantEmpty(t, dir)
}
