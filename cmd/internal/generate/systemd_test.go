package generate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnits: systemd takes the units and finds them well locked in.
func TestUnits(t *testing.T) {
	self, err := os.Executable() // there must be something to run
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles() {
		file := filepath.Join(t.TempDir(), "geodrop-"+r.name+".service")
		if err := os.WriteFile(file, written(t, "systemd-"+r.name, Options{Binary: self, Channel: "canary"}), 0o644); err != nil {
			t.Fatal(err)
		}
		// Where it cannot read net.core.somaxconn, Go lets 128 connections wait.
		if strings.Contains(string(written(t, "systemd-"+r.name, Options{})), "ProcSubset=pid") {
			t.Errorf("%s: /proc/sys is hidden", r.name)
		}
		for _, args := range [][]string{
			{"verify", "--man=no", file},
			{"security", "--offline=yes", "--threshold=15", file}, // of 100; an open unit has 96
		} {
			out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
			if err != nil || args[0] == "verify" && len(out) > 0 {
				t.Errorf("systemd-analyze %v: %v\n%s", args, err, out)
			}
		}
	}
}

// TestKinds: everything that is listed can be written, and nothing else.
func TestKinds(t *testing.T) {
	for _, k := range Kinds() {
		if k.Says == "" || len(written(t, k.Name, Options{})) == 0 {
			t.Errorf("%s is nothing", k.Name)
		}
	}
	if err := Write(nil, "helm", Options{}); err == nil {
		t.Error("what is not listed was written")
	}
}
