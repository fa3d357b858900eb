package extsort

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRemoveStale(t *testing.T) {
	dir := t.TempDir()
	live, err := newFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	var stale []string
	for name, files := range map[string][]string{"1": nil, "2": {"run-000001"}, "3": {lockName, "run-000001"}} {
		path := filepath.Join(dir, folderPrefix+name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(path, f), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		stale = append(stale, path)
	}
	other := filepath.Join(dir, "geodrop-other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	removed, err := RemoveStale(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(stale)
	if !slices.Equal(removed, stale) {
		t.Errorf("removed %v, want %v", removed, stale)
	}
	for _, path := range []string{live.path, other} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("removed what is not stale: %v", err)
		}
	}
	if err := live.remove(); err != nil {
		t.Fatal(err)
	}
	if removed, err := RemoveStale(dir); err != nil || len(removed) > 0 {
		t.Errorf("second time: %v %v", removed, err)
	}
}

func TestRemoveStaleSparesRunningSorter(t *testing.T) {
	dir := t.TempDir()
	s, _ := spillFor(t, dir)
	if removed, err := RemoveStale(dir); err != nil || len(removed) > 0 {
		t.Fatalf("%v %v", removed, err)
	}
	if got, err := drain(s, nil); err != nil || len(got) != 4000 {
		t.Errorf("%d records, %v", len(got), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	emptyDir(t, dir)
}

func TestRemoveStaleMissingFolder(t *testing.T) {
	if _, err := RemoveStale(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("no error")
	}
}
