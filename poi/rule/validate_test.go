package rule

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"geodrop/data/sample"
	"geodrop/poi/decode"
)

func TestCleanBundle(t *testing.T) {
	r := validated(t, clean(), Options{})
	if len(r.Findings) > 0 {
		t.Errorf("a clean bundle has findings:\n%s", messages(r))
	}
	if r.POIs != 4 || r.Memberships != 2 || r.Districts != 2 || r.Zones != 1 || r.Tasks != 2 || r.Prizes != 2 {
		t.Errorf("it was not read whole: %+v", r)
	}
}

func TestSampleIsClean(t *testing.T) {
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	file, err := os.Open(filepath.Join(dir, SettingsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	settings, err := ReadSettings(SettingsFile, file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Validate(context.Background(), b, Options{Now: now, Severity: settings.Severity, Accepted: settings.Accepted})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) > 0 || r.Accepted() == 0 {
		t.Errorf("the sample has findings that its rules.yaml does not accept, of %d that it does:\n%s", r.Accepted(), messages(r))
	}
}

// planted are bundles with one defect each, and where it is to be found.
var planted = []struct {
	rule  string
	at    string // place of the only finding
	edits [][3]string
}{
	{"duplicate-id", "pois.csv:6:1", [][3]string{{"pois.csv", "", "a,Other,0.05,0.05\n"}}},
	{"duplicate-id", "merchants.csv:4:1", [][3]string{{"merchants.csv", "", "tea,Again,\n"}}},
	{"dangling-reference", "poi_sets.csv:4:6", [][3]string{{"poi_sets.csv", "", "west,x\n"}}},
	{"dangling-reference", "quotas.csv:3:1", [][3]string{{"quotas.csv", "", "ridez,badge,1001,1\n"}}},
	{"dangling-district", "tasks.yaml:15:35", [][3]string{{"tasks.yaml", "district: 1001", "district: 1003"}}},
	{"dangling-district", "quotas.csv:3:13", [][3]string{{"quotas.csv", "rides,badge,1001,500", "rides,badge,1001,490"}, {"quotas.csv", "", "rides,badge,1009,10\n"}}},
	{"membership-twice", "poi_sets.csv:4:6", [][3]string{{"poi_sets.csv", "", "west,a\n"}}},
	{"merchant-unused", "merchants.csv:4:1", [][3]string{{"merchants.csv", "", "idle,Idle,\n"}}},
	{"prize-unused", "prizes.csv:4:1", [][3]string{{"prizes.csv", "", "idle,Idle,collectable,tea,0,,0,\n"}}},
	{"set-unused", "poi_sets.csv:4:1", [][3]string{{"poi_sets.csv", "", "idle,a\n"}}},
	{"set-unused", "sets/idle.csv", [][3]string{{"sets/idle.csv", "", "poi_id\na\n"}}},
}

func TestPlantedDefects(t *testing.T) {
	for _, p := range planted {
		t.Run(p.rule+" "+p.at, func(t *testing.T) {
			files := edited(t, clean(), p.edits...)
			r := validated(t, files, Options{})
			if got, want := found(r), []string{p.rule + " " + p.at}; !slices.Equal(got, want) {
				t.Errorf("found %q, want %q\n%s", got, want, messages(r))
			}
			off := validated(t, files, Options{Severity: map[string]Severity{p.rule: Off}})
			if got := found(off); len(got) > 0 {
				t.Errorf("without the rule, others find %q", got)
			}
		})
	}
}
