package bench

import "testing"

// TestPatch: every patch leads to the release that was built, and moves what
// changed.
func TestPatch(t *testing.T) {
	dir := t.TempDir()
	rows, err := Patch(t.Context(), PatchOptions{POIs: 20000, TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, dir)
	wantMetrics(t, rows, "patch/scattered/2e4 moved", "patch/scattered/2e4 rebuilt", "patch/scattered/2e4/whole-files moved",
		"patch/scattered/2e4/chunks moved", "patch/scattered/2e4/rsync moved", "patch/clustered/2e4 moved", "patch/task/2e4 rebuilt",
		"upon/scattered/2e4 build_s", "upon/clustered/2e4 build_s", "upon/task/2e4 build_s")
	for _, r := range rows {
		if label(r) == "patch/scattered/2e4 moved" && (r.Value <= 0 || !*r.Met) {
			t.Errorf("%s is %v %%", label(r), r.Value)
		}
		if label(r) == "patch/task/2e4 rebuilt" && r.Value != 0 {
			t.Error("another title of a task makes other segments")
		}
	}
}
