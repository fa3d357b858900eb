package generate

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestDashboard: what is written is a dashboard with panels of their own ids
// and places, and promtool takes each expression.
func TestDashboard(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal(written(t, "grafana", Options{}), &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.UID == "" || d.SchemaVersion == 0 || len(d.Panels) == 0 {
		t.Errorf("%+v", d)
	}
	ids, taken := map[int]bool{}, map[[2]int]string{}
	var rules []map[string]string
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %d %q", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= columns {
					t.Fatalf("%q lies on %q or beyond the edge", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("%s %q has %d targets", p.Type, p.Title, len(p.Targets))
		}
		for _, target := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*").Replace(target.Expr)
			rules = append(rules, map[string]string{"record": fmt.Sprintf("panel:%d:%s", p.ID, target.RefID), "expr": expr})
		}
	}
	dir := t.TempDir()
	writeYAML(t, filepath.Join(dir, "panels.yml"), map[string]any{"groups": []any{map[string]any{"name": "panels", "rules": rules}}})
	promtool(t, dir, "check", "rules", "panels.yml")
}
